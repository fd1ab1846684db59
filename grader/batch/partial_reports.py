"""What is known of an account while it is still visited, judged at once: its partial reports."""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from grader.observe.account import WAITING
from grader.scoring.score import score

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from grader.batch.settings import Settings
    from grader.batch.setup import GradingSetup
    from grader.model.batch import Student
    from grader.model.observation import Observation
    from grader.model.outcome import Outcome
    from grader.model.report import CriterionResult, Report


def is_waiting(result: CriterionResult) -> bool:
    """The criterion waits for what the function does."""
    return result.status == "ungraded" and result.message_id == WAITING.words.message_id


class PartialReports:
    """Judges what is known before the visit's end, and gives each report to ``show``.

    There are two at most: what was looked at, before the function is run, and everything, once all that
    was sent has its right answer and only more messages are looked for. It never fails: what cannot be
    judged now is judged, and told, with all the rest. With a judge of one worker both come, in their
    order, before the report of the visit. ``show`` is called in the judge's thread.
    """

    def __init__(
        self,
        setup: GradingSetup,
        settings: Settings,
        student: Student,
        show: Callable[[Report], None],
    ) -> None:
        self._setup, self._settings, self._student, self._show = setup, settings, student, show
        self._known, self._shown = 0, 0
        self._lock = threading.Lock()  # each may be judged in a thread of its own

    def judge_now(self, seen: Observation) -> None:
        """Have it judged; do not wait."""
        self._known += 1
        done = self._setup.judge.submit(self._setup.rubric, [seen], quiet=True)
        done.add_done_callback(partial(self._judged, self._known, seen))

    def _judged(self, number: int, seen: Observation, done: Future[list[list[Outcome]]]) -> None:
        with self._lock, suppress(Exception):
            if number < self._shown:
                return  # what is newer is shown already
            report = score(
                self._student,
                observation=seen,
                outcomes=done.result()[0],
                rubric=self._setup.rubric,
                checks=self._setup.checks,
                lang=self._settings.lang,
                only=self._settings.only,
                due=self._settings.due,
            )
            self._show(report)
            self._shown = number
