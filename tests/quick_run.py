"""Of several that are alike, the first stand for all in the quick run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable


def first_only_when_quick(several: Iterable[Any], *, keep: int = 1) -> list[Any]:
    """Parameters of a test; all but the first ``keep`` are slow."""
    return [
        given
        if number < keep
        else pytest.param(
            *(given if isinstance(given, tuple) else (given,)), marks=pytest.mark.slow
        )
        for number, given in enumerate(several)
    ]
