"""A student's comment: the score, then each criterion that did not pass and what to do next."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from grader.export.scale import number
from grader.export.words import words
from grader.plain import plain

if TYPE_CHECKING:
    from decimal import Decimal

    from grader.export.formats import Export
    from grader.export.scale import Scale
    from grader.report import CriterionResult, Report

_LINE = 2000
_SIGNS = re.compile(r"(?<=;)[=+\-@\uff1d\uff0b\uff0d\uff20]+")


def comment_lines(report: Report, export: Export) -> list[str]:
    """The comment's lines, without control characters or markup of ours.

    Titles, messages and hints are as the report has them, the words between them in the export's
    language. Criteria that students may not see are left out.
    """
    scale, lang = export.scale, export.lang
    said = words(lang)
    lines = [said["ungraded"]]
    if report.score is not None:
        given, most = scale.score(report.score, report.max_score), scale.maximum(report.max_score)
        lines = [said["score"].format(score=_shown(given, lang), maximum=_shown(most, lang))]
    for result in report.criteria:
        if result.status != "passed" and not export.hides(result.id):
            lines += _criterion(result, report.max_score, scale, lang)
    return [plain(line, _LINE) for line in lines]


def comment_text(report: Report, export: Export) -> str:
    """The comment as plain text."""
    return "\n".join(comment_lines(report, export))


def comment_html(report: Report, export: Export) -> str:
    """The comment as HTML in one line, in which what comes from a student's account is text."""
    return "<br>".join(_escaped(line) for line in comment_lines(report, export))


def _escaped(line: str) -> str:
    # After the semicolon of "&lt;" they would look like the beginning of a formula.
    return _SIGNS.sub(
        lambda signs: "".join(f"&#{ord(sign)};" for sign in signs[0]),
        html.escape(line, quote=False),
    )


def explanation(result: CriterionResult) -> list[str]:
    """What a criterion's result says, and what to do next unless another criterion says it."""
    said = [result.message, "" if result.status == "blocked" else result.hint]
    return [plain(line, _LINE) for line in said if line]


def _criterion(result: CriterionResult, maximum: float, scale: Scale, lang: str) -> list[str]:
    said = words(lang)
    if result.points is None:
        head = said["criterion-ungraded"].format(title=result.title)
    else:
        head = said["criterion"].format(
            title=result.title,
            score=_shown(scale.score(result.points, maximum), lang),
            maximum=_shown(scale.score(result.max_points, maximum), lang),
        )
    said_of_it = " ".join(explanation(result))
    return [f"{head} — {said_of_it}" if said_of_it else head]


def _shown(value: Decimal, lang: str) -> str:
    return number(value).replace(".", words(lang)["decimal"])
