from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.looking import hand_in
from tests.wire import Wire

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox


@pytest.fixture
def wire() -> Wire:
    """A wire that plays no fault yet."""
    return Wire()


@pytest.fixture
def account(aws_sandbox: Sandbox, fresh_account: str) -> str:
    """An account in which the reference was deployed."""
    hand_in(aws_sandbox, fresh_account)
    return fresh_account
