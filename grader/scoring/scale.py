"""Points on an assignment's own scale, rounded once: half up, to two decimals, in decimal."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from grader.i18n.language import _
from grader.inputs.problems import bad_input
from grader.scoring.adjust import exact_score
from grader.scoring.points import earned, exact_fraction

if TYPE_CHECKING:
    from grader.model.report import CriterionResult, Report

_MOST = 1_000_000
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}(?:[.,][0-9]{1,9})?")


@dataclass(frozen=True)
class Scale:
    """What full marks are worth in the export. ``top`` is ``None`` for the rubric's own points."""

    top: Decimal | None = None

    def total(self, report: Report) -> Decimal | None:
        """The report's score on this scale; ``None`` where it has none."""
        if report.score is None:
            return None
        most = sum(exact_fraction(result.max_points) for result in report.criteria)
        return self.score(exact_score(report), most)

    def points(self, result: CriterionResult, report: Report) -> Decimal | None:
        """What a criterion of the report earned, on this scale; ``None`` where it has no points."""
        return None if result.points is None else self.score(earned(result), report.max_score)

    def score(self, points: float | Fraction, maximum: float | Fraction) -> Decimal:
        """``points`` out of ``maximum`` on this scale, at most two decimals.

        A float is taken for the decimal number that it is written as: 2.675 is 2.68. ``maximum`` is
        more than 0.
        """
        value = exact_fraction(points)
        if self.top is not None:
            value = value * Fraction(self.top) / exact_fraction(maximum)
        return Decimal(math.floor(value * 100 + Fraction(1, 2))).scaleb(-2)

    def maximum(self, maximum: float) -> Decimal:
        """Full marks on this scale."""
        return self.score(maximum, maximum) if self.top is None else self.top


def scale_of(text: str | None) -> Scale:
    """The scale that ``--scale`` names. Raises :class:`BadInput` for none."""
    if text is None:
        return Scale()
    top = None if "," in text else decimal_of(text)
    # Two decimals are what a score has: a finer scale would itself be rounded.
    if top is None or not 0 < top <= _MOST or top != round(top, 2):
        raise bad_input(
            "--scale",
            None,
            _("This is not a number of points."),
            _("Write one above 0 with at most two decimals, such as 20 or 100."),
        )
    return Scale(top)


def decimal_of(text: str, *, signed: bool = False) -> Decimal | None:
    """A number as people write it, with a point or a comma, and a sign only where that may be; ``None``
    for anything else."""
    number = text.strip()
    if not _NUMBER.fullmatch(number) or (number[0] in "+-" and not signed):
        return None
    return Decimal(number.replace(",", "."))


def decimal_text(value: Decimal | None) -> str:
    """``value`` with a point and without needless zeros: ``17.5``, ``100``; nothing for ``None``."""
    text = "" if value is None else f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
