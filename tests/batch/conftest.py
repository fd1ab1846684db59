from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.wire_faults import asked_again_at_once

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def at_once() -> Iterator[None]:
    """An account that cannot be reached is asked as often as ever, and without the pauses."""
    with asked_again_at_once():
        yield
