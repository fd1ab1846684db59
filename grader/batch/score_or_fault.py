"""One observation's score, or what is told where the grader fails at it: nobody else waits for that."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from grader.judging.ungraded import all_ungraded, may_be_of_one
from grader.model.fact import Unknown
from grader.safety.trace import ShownFaults, trace_of
from grader.scoring.score import score, ungraded_report

if TYPE_CHECKING:
    from grader.batch.setup import GradingSetup
    from grader.model.batch import Student
    from grader.model.observation import Observation
    from grader.model.outcome import Outcome
    from grader.model.report import Report

_log = logging.getLogger("grader")
_shown = ShownFaults()


def score_or_fault(
    student: Student,
    seen: Observation,
    outcomes: list[Outcome],
    setup: GradingSetup,
    *,
    lang: str,
    due: str | None,
) -> tuple[list[Outcome], Report]:
    """The ``outcomes`` and the report they make; both as of what was not judged, where that fails."""
    rubric = setup.rubric
    try:
        return outcomes, score(student, seen, outcomes, rubric, setup.checks, lang=lang, due=due)
    except Exception as error:
        if not may_be_of_one(error):
            raise
        if _shown.is_new(error):
            _log.error("An observation could not be scored.\n%s", trace_of(error))
        failed = all_ungraded(rubric, error)
        words = failed[0].said
        unknown = Unknown("unexpected", str(words), words)
        region = seen.region
        return failed, ungraded_report(
            student, rubric, unknown, seed=seen.seed, region=region, lang=lang
        )
