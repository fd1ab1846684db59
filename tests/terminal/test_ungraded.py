"""Who could not be graded, and who has to settle something: apart from each other."""

from __future__ import annotations

import io
from typing import Any

import msgspec
from rich.console import Console

from grader.terminal.report import show_report
from grader.terminal.ungraded import show_ungraded
from tests.scoring.test_score import report, said


def told(*reports: Any) -> str:
    out = io.StringIO()
    show_ungraded(reports, Console(file=out, width=80))
    return out.getvalue()


def a_report(student_id: str, kind: str, why: str) -> Any:
    one = report(said("sums", "ungraded", because=kind, message=why))
    return msgspec.structs.replace(one, student_id=student_id)


def test_who_has_to_settle_something_is_listed_apart_with_what_to_tell_them() -> None:
    lines = told(
        a_report("s01", "unreachable", "No answer."),
        a_report("s02", "disturbed", "totals triggers other."),
        a_report("s03", "vanished", "It is gone."),
        report(),
    )
    mine, _, theirs = lines.partition("2 have to settle something; tell them:\n")
    assert mine.startswith("1 could not be graded:\n  s01: No answer. ")
    assert "s02: totals triggers other. " in theirs
    assert "s03: It is gone. " in theirs


def test_nothing_is_said_of_a_class_that_is_graded() -> None:
    assert told(report(), report(said("memory", "failed"))) == ""


def shown(one: Any) -> str:
    out = io.StringIO()
    show_report(one, Console(file=out, width=80))
    return " ".join(out.getvalue().split())


def test_a_report_says_which_points_are_sure_and_whose_the_rest_is() -> None:
    theirs = shown(report(said("sums", "ungraded", because="disturbed", message="Taken.")))
    assert "it is yours to settle: see above" in theirs
    assert "16 of 20 points are sure." in theirs
    ours = shown(report(said("sums", "ungraded", because="throttled", message="Too many.")))
    assert "it does not count against you" in ours
    assert "16 of 20 points are sure." in ours
