"""Of several that are alike, the first stand for all in the quick run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable


def alike(several: Iterable[Any], *, quick: int = 1) -> list[Any]:
    """Parameters of a test; all but the first ``quick`` are slow."""
    return [
        given
        if number < quick
        else pytest.param(
            *(given if isinstance(given, tuple) else (given,)), marks=pytest.mark.slow
        )
        for number, given in enumerate(several)
    ]
