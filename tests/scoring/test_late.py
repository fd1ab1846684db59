"""Until when a lab may be changed, and what is taken for what was changed later."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from grader.model.batch import Student
from grader.model.fact import Found, Missing, Unknown
from grader.model.timestamps import time_of
from grader.rubric.due import LateRule
from grader.scoring.best_account import best_of
from grader.scoring.late import due_of, with_lateness
from tests.export.results_folders import ANN, RUBRIC, a_report
from tests.observations import a_function, a_queue, reference

DUE = "2026-11-27T22:59:00.000Z"
TIMELY = "2026-11-27T20:00:00.000+0000"
RULE = LateRule(per_day=0.1, at_most=0.5)


def modified(function: str = TIMELY, source: str = TIMELY, to: str = TIMELY, **changes: Any) -> Any:
    seen = reference(**changes)
    return msgspec.structs.replace(
        seen,
        functions={**seen.functions, "sum": Found(a_function(last_modified=function))},
        queues={
            "input": Found(a_queue(last_modified=source)),
            "output": Found(a_queue("totals", last_modified=to)),
        },
    )


def judged(seen: Any, rule: LateRule | None = RULE, due: str = DUE, score: float = 20) -> Any:
    rubric = msgspec.structs.replace(RUBRIC, late=rule)
    return with_lateness(a_report(ANN, score), seen, rubric, time_of(due))


def test_what_was_modified_in_time_costs_nothing_and_is_not_noted() -> None:
    assert judged(modified()) == a_report(ANN, 20)
    assert judged(modified(function=DUE)) == a_report(ANN, 20)


@pytest.mark.parametrize(
    ("when", "score"),
    [
        ("2026-11-27T22:59:01.000Z", 18),
        ("2026-11-28T22:59:00.000Z", 18),
        ("2026-11-28T22:59:01.000Z", 16),
        ("2027-11-28T00:00:00.000Z", 10),
    ],
)
@pytest.mark.parametrize("which", ["function", "source", "to"])
def test_each_day_begun_takes_its_share_up_to_the_most(which: str, when: str, score: float) -> None:
    report = judged(modified(**{which: when}))
    assert (report.score, report.earned_score) == (score, 20)
    assert report.flags == ("modified-after-due",)
    (one,) = report.adjusted
    assert (one.kind, one.at, one.points) == ("late", when, score - 20)
    assert when.replace("T", " ")[:19] in one.why


def test_without_a_rule_it_is_noted_with_its_time_and_costs_nothing() -> None:
    report = judged(modified(function="2026-12-01T00:00:00.000+0000"), None)
    assert (report.score, report.flags) == (20, ("modified-after-due",))
    assert [(one.points, one.at) for one in report.adjusted] == [(0, "2026-12-01T00:00:00.000Z")]


@pytest.mark.parametrize(
    "changes",
    [
        {"source": ""},
        {"function": "yesterday"},
        {"to": ""},
    ],
)
def test_where_a_time_is_not_known_there_is_no_rule(changes: dict[str, str]) -> None:
    late = {"function": "2027-01-01T00:00:00Z", "source": "2027-01-01T00:00:00Z"}
    report = judged(modified(**{**late, **changes}))
    assert (report.score, report.flags, report.adjusted) == (20, ("due-unknown",), ())


def test_an_observation_of_0_1_0_has_no_times_of_queues() -> None:
    seen = reference(functions={"sum": Found(a_function(last_modified=TIMELY))})
    assert judged(seen).flags == ("due-unknown",)


def test_what_could_not_be_looked_at_is_not_known_and_what_is_not_there_has_no_time() -> None:
    seen = modified()
    denied = {**seen.queues, "input": Unknown("permission", "Denied.")}
    assert judged(msgspec.structs.replace(seen, queues=denied)).flags == ("due-unknown",)
    gone = {**seen.queues, "input": Missing("There is none.")}
    assert judged(msgspec.structs.replace(seen, queues=gone)) == a_report(ANN, 20)


def test_whose_account_was_not_reached_is_told_nothing_of_a_due_time() -> None:
    seen = modified(identity=Unknown("credentials", "They ended."))
    assert judged(seen) == a_report(ANN, 20)


def test_the_row_beats_the_option_and_the_option_the_rubric() -> None:
    rubric = msgspec.structs.replace(RUBRIC, due="2026-01-03T00:00:00+01:00")
    row = Student("s1", due_at="2026-01-01T00:00:00.000Z")
    option = "2026-01-02T00:00:00.000Z"
    assert due_of(row, option, rubric) == time_of("2026-01-01T00:00:00Z")
    assert due_of(Student("s1"), option, rubric) == time_of(option)
    assert due_of(Student("s1"), None, rubric) == time_of("2026-01-02T23:00:00Z")
    assert due_of(Student("s1"), None, RUBRIC) is None


def test_of_a_groups_accounts_the_best_after_lateness_counts() -> None:
    seen = [modified(function="2027-01-01T00:00:00Z"), modified()]
    reports = [judged(seen[0]), judged(seen[1], score=12)]
    assert [one.score for one in reports] == [10, 12]
    best, report = best_of(seen, reports)
    assert (best, report.score) == (1, 12)
