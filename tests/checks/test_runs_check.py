"""What a run that was seen, or not, earns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader.model.fact import Found, NotTried, Unknown
from grader.model.observation import Runs, decode, encode_observation
from grader.model.outcome import CheckInfo
from grader.rubric.rubric import Criterion
from grader.scoring.score import score
from tests.observations import a_trigger, lab_rubric, only, reference
from tests.scoring.test_score import Student

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.model.fact import Fact
    from grader.model.observation import Observation
    from grader.model.outcome import Outcome
    from grader.model.report import CriterionResult
    from grader.rubric.rubric import Rubric

    Judged = Callable[..., list[Outcome]]

RAN = Found(
    Runs(
        "/aws/lambda/ticker",
        "2024-05-01T09:00:00.000Z",
        ("2024-05-01T09:01:00.000Z",),
        "2024-05-01T10:00:00.000Z",
    )
)
LATE = Unknown("not-ready", "No run of ticker was found in the log group /aws/lambda/ticker.")
STOPPED = NotTried("schedules.periodic", "Nothing that is enabled runs ticker periodically.")
DISABLED = {
    "periodic": Found(
        msgspec.structs.replace(
            reference().schedules["periodic"].value, triggers=(a_trigger(enabled=False),)
        )  # type: ignore[union-attr]
    )
}


def rubric(*others: str) -> Rubric:
    """The criterion, beside ``others``."""
    runs = Criterion(id="runs", title="Ran", check="schedule_runs", on="periodic", points=2)
    beside = only(lab_rubric(), *others)
    return msgspec.structs.replace(beside, criteria=(*beside.criteria, runs))


def result(judged: Judged, asked: Rubric, seen: Observation, lang: str = "en") -> CriterionResult:
    """What the criterion came to, with the checks as they declare themselves."""
    checks = {
        "schedule_enabled": CheckInfo("schedule_enabled", "function", None, "schedules", "f", 1),
        "schedule_runs": CheckInfo("schedule_runs", "function", None, None, "f", 1),
    }
    outcomes = judged(asked, seen)
    return score(Student(), seen, outcomes, asked, checks, lang=lang).criteria[-1]


def ran(fact: Fact[Runs], **changes: Any) -> Observation:
    return reference(runs={"periodic": fact}, **changes)


def test_a_run_that_was_seen_earns_all_points(judged: Judged) -> None:
    one = result(judged, rubric("schedule"), ran(RAN))
    assert (one.status, one.points) == ("passed", 2)


@pytest.mark.parametrize(
    ("lang", "hint"),
    [("en", "This costs no points. Wait a minute"), ("fr", "Cela ne coûte aucun point. Attendez")],
)
def test_a_log_without_a_run_costs_nothing_and_says_what_was_read(
    judged: Judged, lang: str, hint: str
) -> None:
    one = result(judged, rubric("schedule"), ran(LATE), lang)
    assert (one.status, one.points, one.message) == ("ungraded", None, LATE.detail)
    assert one.hint.startswith(hint)


def test_an_observation_that_holds_no_runs_costs_nothing(judged: Judged) -> None:
    one = result(judged, rubric("schedule"), reference())
    assert (one.status, one.points) == ("ungraded", None)
    assert "not-observed" in judged(rubric(), reference())[0].because


def test_runs_without_a_start_cost_nothing(judged: Judged) -> None:
    none = Found(msgspec.structs.replace(RAN.value, seen=()))
    assert result(judged, rubric(), ran(none)).status == "ungraded"


def test_a_schedule_that_fails_is_named_as_the_cause(judged: Judged) -> None:
    one = result(judged, rubric("schedule"), ran(STOPPED, schedules=DISABLED))
    assert (one.status, one.points, one.because) == ("blocked", 0, "schedule")


def test_a_schedule_that_another_rubric_finds_right_costs_nothing(judged: Judged) -> None:
    one = result(judged, rubric("schedule"), ran(STOPPED))
    assert (one.status, one.points) == ("ungraded", None)


def test_without_a_criterion_for_the_schedule_the_reason_is_said(judged: Judged) -> None:
    one = result(judged, rubric(), ran(STOPPED, schedules=DISABLED))
    assert (one.status, one.points, one.message) == ("blocked", 0, STOPPED.reason)


def test_an_older_observation_is_read() -> None:
    older = msgspec.json.decode(encode_observation(reference()))
    del older["runs"]
    for fact in older["functions"].values():
        for name in ("last_modified", "log_group", "log_format"):
            fact["value"].pop(name, None)
    for trigger in older["schedules"]["periodic"]["value"]["triggers"]:
        del trigger["created_at"]
    assert decode(msgspec.json.encode(older)) == reference()
