"""Both emulators, each where it is installed. They pin different releases of botocore."""

from __future__ import annotations

import importlib.util
import os
from typing import TYPE_CHECKING

import pytest

from tests.emulators.moto_server import Moto, moto
from tests.judges import Judge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.sandbox.server import Sandbox

REQUIRED = "REQUIRE_MOTO"
MOTO = pytest.param("moto", marks=pytest.mark.moto)
BOTH = (MOTO, pytest.param("ministack", marks=pytest.mark.sandbox))
MOTO_AND_SLOWLY_MINISTACK = (
    MOTO,
    pytest.param("ministack", marks=(pytest.mark.sandbox, pytest.mark.slow)),
)
"""An emulator's name, for the fixture ``emulator``."""


@pytest.fixture(scope="module")
def second_emulator() -> Iterator[Moto]:
    if importlib.util.find_spec("moto") is None:
        if os.environ.get(REQUIRED):
            pytest.fail(f"moto is missing (the extra “moto”), and {REQUIRED} is set")
        pytest.skip("moto is not installed here: it has an environment of its own")
    with moto() as running:
        yield running


@pytest.fixture
def emulator(request: pytest.FixtureRequest) -> Moto | Sandbox:
    name = "second_emulator" if request.param == "moto" else "aws_sandbox"
    found: Moto | Sandbox = request.getfixturevalue(name)
    return found


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(workers=1) as judge:
        yield judge
