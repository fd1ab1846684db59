"""Who sees a criterion, and a report that names none which its reader may not see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from grader.i18n.language import N_
from grader.i18n.message import Message, said

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.model.report import CriterionResult, Report
    from grader.rubric.rubric import Rubric, Visibility

BLOCKED_BY_HIDDEN = N_("Not checked: depends on something that did not pass.")


def visibility_of(criterion: str, rubric: Rubric | None) -> Visibility | None:
    """When students see it. Hidden where ``rubric`` cannot be read, or has no such criterion.

    The report was then judged by another rubric, which may have hidden it.
    """
    named = (
        {criterion.id: criterion.visibility for criterion in rubric.criteria}
        if rubric is not None
        else {}
    )
    return named.get(criterion, "hidden")


def hide_criteria(
    report: Report, hides: Callable[[CriterionResult, str], bool], lang: str
) -> Report:
    """The report, in the language ``lang``, without the titles of what ``hides`` keeps from readers.

    ``hides(result, because)``: whoever sees ``result`` may not see the criterion ``because`` with it.
    """
    return msgspec.structs.replace(
        report,
        criteria=tuple(
            msgspec.structs.replace(
                result,
                message=said(Message(BLOCKED_BY_HIDDEN), lang),
                message_id=BLOCKED_BY_HIDDEN,
                values={},
                because=None,
            )
            if result.because is not None and hides(result, result.because)
            else result
            for result in report.criteria
        ),
    )
