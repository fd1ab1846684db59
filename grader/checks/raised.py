"""What ends a check before it passes. Needs pytest, whose own exceptions these are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from grader.model.outcome import Verdict


class Failure(pytest.fail.Exception):  # type: ignore[name-defined,misc]
    """The check found something else than was expected. Carries a :class:`Verdict`."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.message, pytrace=False)
        self.verdict = verdict


class Withheld(pytest.skip.Exception):  # type: ignore[name-defined,misc]
    """The check cannot say: blocked or ungraded. Carries a :class:`Verdict`."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.message)
        self.verdict = verdict
