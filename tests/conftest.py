from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.sandbox.server import Sandbox, sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def aws_sandbox() -> Iterator[Sandbox]:
    """One sandbox for all tests that do not break it."""
    with sandbox() as running:
        yield running


@pytest.fixture
def fresh_account(aws_sandbox: Sandbox) -> str:
    """The id of an account that no other test uses."""
    return aws_sandbox.new_account()
