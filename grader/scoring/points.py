"""What tests earn, as exact numbers: the only place where points are earned."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.model.outcome import Outcome
    from grader.model.report import CriterionResult, TestResult

_DECIMALS = 4

_NUMBERS = 4_096
"""Numbers that are kept as read: a class has the same few over and over."""


def earned(result: CriterionResult) -> Fraction:
    """A criterion's points before a report rounds them: rounded twice, a score can be a cent off.

    Without tests they are as the report has them.
    """
    return (
        share(result.max_points, result.tests)
        if result.tests
        else exact_fraction(result.points or 0)
    )


def share(points: float, tests: Sequence[Outcome | TestResult]) -> Fraction:
    """``points`` by the fraction of the ``tests`` that passed, not rounded; none without a test."""
    passed = sum(test.outcome == "passed" for test in tests)
    most = exact_fraction(points)
    return most if 0 < passed == len(tests) else most * Fraction(passed, len(tests) or 1)


def exact_fraction(value: float | Fraction) -> Fraction:
    """A float as the decimal number that it is written as."""
    return value if isinstance(value, Fraction) else _as_written(float(value))


@lru_cache(_NUMBERS)
def _as_written(value: float) -> Fraction:
    return Fraction(repr(value))


def rounded(points: Fraction) -> float:
    """``points`` as a report has them."""
    return round(float(points), _DECIMALS) + 0.0  # no -0.0
