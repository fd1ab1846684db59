"""What is known before a visit's end is shown, but never after what is newer."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest

from grader.batch.partial_reports import PartialReports
from grader.batch.settings import Settings
from grader.batch.setup import GradingSetup
from grader.model.batch import Student
from tests.known_checks import known_checks
from tests.observations import lab_rubric, reference


class Judged:
    """A judge whose results come when, and in whatever order, a test wants."""

    def __init__(self) -> None:
        self.asked: list[Future[Any]] = []

    def submit(self, *_given: Any, **_options: Any) -> Future[Any]:
        self.asked.append(Future())
        return self.asked[-1]


@pytest.mark.parametrize(("order", "shown"), [((0, 1), ["first", "second"]), ((1, 0), ["second"])])
def test_a_partial_report_is_shown_unless_a_newer_one_was(
    order: tuple[int, int], shown: list[str]
) -> None:
    judge: Any = Judged()
    setup = GradingSetup(lab_rubric(), judge, known_checks())
    seen: list[str] = []
    partial_reports = PartialReports(
        setup, Settings(seed=1), Student("s1"), lambda report: seen.append(report.started_at)
    )
    for name in ("first", "second"):
        partial_reports.judge_now(reference(started_at=name))
    for number in order:
        judge.asked[number].set_result([[]])
    assert seen == shown
