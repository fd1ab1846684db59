"""What a student's page and ``/state`` say of where they are, in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from grader.batch.partial_reports import is_waiting
from grader.i18n.language import N_, language
from grader.i18n.message import said
from grader.pages.document import sentence
from grader.pages.text import page_text
from grader.scoring.hide_criteria import hide_criteria
from grader.scoring.translate_report import translate

if TYPE_CHECKING:
    from grader.desk.seat import View
    from grader.model.report import CriterionResult, Report
    from grader.rubric.rubric import Rubric

WAITING_IN_LINE = "waiting"
"""The status of a criterion that waits for what the function does: at the desk, never in a report."""

_TITLE, _SENTENCE = 300, 1000
_NEXT = N_("It is your turn next.")
_OLDER_COUNTS = N_("An earlier try was better, and counts: {score} of {maximum}.")
_NO_SCORE = N_("Something could not be checked, so there is no score yet. You may try again.")


class Line(NamedTuple):
    """A criterion as the desk shows it: a report's status, or :data:`WAITING_IN_LINE`."""

    id: str
    title: str
    status: str
    points: float | None
    max_points: float
    message: str
    hint: str


class State(NamedTuple):
    """Where a student is, in words."""

    state: str
    account_id: str | None
    score: float | None
    max_score: float
    criteria: tuple[Line, ...]
    message: str

    def as_json(self) -> dict[str, Any]:
        """What ``/state`` gives."""
        return {**self._asdict(), "criteria": [criterion._asdict() for criterion in self.criteria]}


def desk_state_of(view: View, rubric: Rubric, lang: str) -> State:
    """What ``view`` says in the language ``lang``; nothing of what the rubric hides from students."""
    report = view.report
    is_over = view.stage not in {"queued", "looking"}
    return State(
        view.stage,
        view.account_id,
        report.score if report is not None and is_over else None,
        float(rubric.max_score),
        _lines(report, rubric, lang) if report is not None else (),
        page_text(_message(view, lang), _SENTENCE),
    )


def _message(view: View, lang: str) -> str:
    words = language(lang)
    if view.words is not None:
        return said(view.words, lang)
    if view.stage == "queued":
        if not view.ahead:
            return words.say(_NEXT)
        return words.plural(
            view.ahead,
            "{count} student is before you.",
            "{count} students are before you.",
        )
    report, counting = view.report, view.counting_report
    if view.stage != "done" or report is None:
        return ""
    if counting is not None and counting.score is not None and counting.score != report.score:
        return words.say(_OLDER_COUNTS, score=counting.score, maximum=counting.max_score)
    return words.say(_NO_SCORE) if report.score is None else ""


def _lines(report: Report, rubric: Rubric, lang: str) -> tuple[Line, ...]:
    hidden = {criterion.id for criterion in rubric.criteria if criterion.visibility == "hidden"}
    told = hide_criteria(
        translate(report, rubric, lang), lambda _, because: because in hidden, lang
    )
    return tuple(_line(criterion) for criterion in told.criteria if criterion.id not in hidden)


def _line(result: CriterionResult) -> Line:
    waits = is_waiting(result)
    passed = result.status == "passed"
    hint = " ".join(result.next_steps) if not passed and not waits else ""
    return Line(
        result.id,
        page_text(result.title, _TITLE),
        WAITING_IN_LINE if waits else result.status,
        result.points,
        result.max_points,
        "" if passed else sentence(result.message, _SENTENCE),
        page_text(hint, _SENTENCE),
    )
