"""A student's comment: the score, then each criterion that did not pass and what to do next."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from grader.i18n.language import N_, Language, language
from grader.safety.printable import printable
from grader.scoring.absent import NOTHING_HANDED_IN
from grader.scoring.adjustment_words import adjustment_lines
from grader.scoring.open_by import open_points

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from decimal import Decimal

    from grader.export.formats import Export
    from grader.model.report import CriterionResult, Report
    from grader.scoring.scale import Scale

SURE = N_("These points are sure. Still open, and only you can fix it: {open} of {maximum}.")
UNGRADED_COMMENT = N_("Not graded: something could not be checked. This costs no points.")

_LINE = 2000
_SIGNS = re.compile(r"(?<=;)[=+\-@\uff1d\uff0b\uff0d\uff20]+")


def comment_lines(report: Report, export: Export) -> list[str]:
    """The comment's lines, without control characters or markup of ours.

    Titles, messages and hints are as the report has them, the words between them in the export's
    language. Criteria that students may not see are left out.
    """
    scale, words = export.scale, language(export.lang)
    lines = []
    given = scale.total(report)
    if given is not None:
        most = _shown(scale.maximum(report.max_score), words)
        lines = [
            words.say("{score} of {maximum} points.", score=_shown(given, words), maximum=most)
        ]
    lines += adjusted_lines(report, scale, export.lang, export.hides)
    if report.status == "ungraded":
        lines.append(why_ungraded(report, scale, words))
    for result in report.criteria if not report.absent else ():
        if result.status != "passed" and not export.hides(result.id):
            lines += _criterion(result, report, scale, words)
    return [printable(line, _LINE, joiners=True) for line in lines]


def adjusted_lines(
    report: Report, scale: Scale, lang: str, hides: Callable[[str], bool]
) -> Iterator[str]:
    """The points that the checks gave, and what changed the score after them, on the export's
    scale."""
    words = language(lang)

    def points(value: float) -> str:
        return _shown(scale.score(value, report.max_score), words)

    return adjustment_lines(report, lang, points, hides)


def comment_text(report: Report, export: Export) -> str:
    """The comment as plain text."""
    return "\n".join(comment_lines(report, export))


def comment_html(report: Report, export: Export) -> str:
    """The comment as HTML in one line, in which what comes from a student's account is text."""
    return "<br>".join(_escaped(line) for line in comment_lines(report, export))


def _escaped(line: str) -> str:
    # Moodle's reader of CSV files takes a quote after a backslash for no quote.
    text = html.escape(line, quote=False).replace("\\", "&#92;").replace('"', "&quot;")
    # After the semicolon of "&lt;" they would look like the beginning of a formula.
    return _SIGNS.sub(lambda signs: "".join(f"&#{ord(sign)};" for sign in signs[0]), text)


def why_ungraded(report: Report, scale: Scale, words: Language) -> str:
    """The reason why a student has no grade, or that nothing was handed in. Where a score is given
    all the same, it is said that it holds the sure points, and how many more are possible."""
    if report.absent:
        return words.say(NOTHING_HANDED_IN)
    if report.score is None:
        return words.say(UNGRADED_COMMENT)
    still = scale.score(open_points(report), report.max_score)
    most = scale.maximum(report.max_score)
    return words.say(SURE, open=_shown(still, words), maximum=_shown(most, words))


def explanation(result: CriterionResult) -> list[str]:
    """What a criterion's result says, and what to do next unless another criterion says it."""
    return [
        printable(line, _LINE, joiners=True)
        for line in (result.message, *result.next_steps)
        if line
    ]


def _criterion(result: CriterionResult, report: Report, scale: Scale, words: Language) -> list[str]:
    given = scale.points(result, report)
    if given is None:
        head = words.say("{title}: could not be checked", title=result.title)
    else:
        head = words.say(
            "{title}: {score} of {maximum}",
            title=result.title,
            score=_shown(given, words),
            maximum=_shown(scale.score(result.max_points, report.max_score), words),
        )
    said_of_it = " ".join(explanation(result))
    return [f"{head} — {said_of_it}" if said_of_it else head]


def _shown(value: Decimal, words: Language) -> str:
    return words.number(float(value), "0.##")
