from __future__ import annotations

import pytest

from tests.wire_faults import Wire


@pytest.fixture
def wire() -> Wire:
    """A wire that plays no fault yet."""
    return Wire()
