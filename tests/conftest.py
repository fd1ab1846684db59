from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.sandbox.server import Sandbox, sandbox
from tests.looking import hand_in

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


@pytest.fixture
def right(aws_sandbox: Sandbox, fresh_account: str) -> str:
    """An account in which everything is right."""
    hand_in(aws_sandbox, fresh_account)
    return fresh_account
