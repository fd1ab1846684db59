"""A platform, results to push to it, and the key to do so."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.export.golden_files import RESULTS
from tests.export.lms import Lms, lms
from tests.export.pushing import KEY, PEM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def platform() -> Iterator[Lms]:
    with lms(KEY.public_key()) as running:
        yield running


@pytest.fixture
def results(tmp_path: Path) -> Path:
    shutil.copytree(RESULTS, tmp_path / "results")
    return tmp_path / "results"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "tool.pem"
    path.touch(mode=0o600)
    path.write_bytes(PEM)
    return path
