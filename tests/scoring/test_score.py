from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.model.evidence import Evidence
from grader.model.fact import Unknown
from grader.model.kind import EVERYTHING, EXCHANGE, Need
from grader.model.outcome import CheckInfo, Outcome
from grader.model.report import Report, encode_report
from grader.scoring.points import earned, rounded
from grader.scoring.score import score, ungraded_report
from tests.observations import lab_rubric, reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.model.report import CriterionResult

EXPLAINS = {
    "function_exists": "functions",
    "queue_exists": "queues",
    "mapping_enabled": "mappings",
    "handler_adds": "handler",
    "sums_arrive": "exchange",
}
CHECKS = {
    one.check: CheckInfo(one.check, one.on, None, EXPLAINS.get(one.check), "lab.py", 1)
    for one in lab_rubric().criteria
}


@dataclass
class Student:
    student_id: str = "s01"
    name: str = "Ada"
    email: str = "ada@example.org"
    group: str | None = None
    account_id: str | None = "111111111111"
    due_at: str = ""


def said(criterion: str, outcome: Any = "passed", **more: Any) -> Outcome:
    message = "" if outcome == "passed" else f"{criterion} says so."
    return Outcome(criterion, f"{criterion} is right", outcome, **({"message": message} | more))


def report(*outcomes: Outcome, lang: str = "en", **changes: Any) -> Report:
    """A report of the reference, but for these outcomes."""
    changed = {one.criterion for one in outcomes}
    others = [said(one.id) for one in lab_rubric().criteria if one.id not in changed]
    return score(
        Student(), reference(**changes), [*others, *outcomes], lab_rubric(), CHECKS, lang=lang
    )


def result(graded: Report, name: str) -> CriterionResult:
    return next(one for one in graded.criteria if one.id == name)


def test_everything_right_gives_every_point() -> None:
    graded = report()
    assert (graded.status, graded.score, graded.max_score) == ("graded", 20, 20)
    assert {one.status for one in graded.criteria} == {"passed"}


def test_a_failure_costs_its_points_and_says_why() -> None:
    one = said(
        "memory", "failed", message="expected 128 MB, found 256 MB.", expected=128, actual=256
    )
    graded = report(one)
    memory = result(graded, "memory")
    assert graded.score == 19
    assert (memory.status, memory.points, memory.expected, memory.actual) == ("failed", 0, 128, 256)
    assert (memory.message, memory.hint) == ("expected 128 MB, found 256 MB.", "Look at memory.")


def test_an_outcomes_own_hint_comes_first() -> None:
    assert result(report(said("memory", "failed", hint="More.")), "memory").hint == "More."


@pytest.mark.parametrize(
    ("lang", "author"), [("en", "Look at memory."), ("fr", "Regardez memory.")]
)
def test_the_authors_hint_is_there_whatever_the_check_says(lang: str, author: str) -> None:
    for hint in ("", "More."):
        memory = result(report(said("memory", "failed", hint=hint), lang=lang), "memory")
        assert memory.author_hint == author
        assert memory.next_steps[-1] == author
    assert result(report(lang=lang), "memory").author_hint == ""


def test_what_the_grader_could_not_see_has_no_hint_of_the_author() -> None:
    open_ = result(report(said("memory", "ungraded", because="throttled")), "memory")
    assert (open_.status, open_.author_hint) == ("ungraded", "")


def test_the_evidence_of_what_is_told_is_in_the_report() -> None:
    seen = Evidence(sent=("7",), log=("x",))
    one = msgspec.structs.replace(said("sums", "failed"), evidence=seen)
    assert result(report(said("sums", "passed"), one), "sums").evidence == seen


def test_a_translated_hint_comes_before_an_english_one() -> None:
    graded = report(said("memory", "failed", hint="More."), lang="fr")
    memory = result(graded, "memory")
    assert (memory.title, memory.hint) == ("memory (fr)", "Regardez memory.")


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_an_authors_own_words_stay_as_they_are_in_every_language(lang: str) -> None:
    own = said("memory", "failed", message="It weighs 1,000.", template="It weighs {n}.")
    own = msgspec.structs.replace(own, values={"n": 1000})
    assert result(report(own, lang=lang), "memory").message == "It weighs 1,000."


def test_tests_of_one_criterion_share_its_points() -> None:
    sums = [said("sums", outcome) for outcome in ("passed", "passed", "failed")]
    graded = report(*sums)
    one = result(graded, "sums")
    assert (one.status, one.points, len(one.tests)) == ("partial", 2.6667, 3)
    assert one.message == "2 of 3 passed. sums says so."
    assert graded.score == 18.6667


@pytest.mark.parametrize(
    ("message", "text"), [("It is late.", "1 of 2 passed. It is late."), ("", "1 of 2 passed.")]
)
def test_how_many_of_two_tests_passed_is_said_first(message: str, text: str) -> None:
    graded = report(said("sums"), said("sums", "failed", message=message))
    assert result(graded, "sums").message == text


def test_no_outcome_at_all_is_ungraded() -> None:
    outcomes = [said(one.id) for one in lab_rubric().criteria if one.id != "memory"]
    graded = score(Student(), reference(), outcomes, lab_rubric(), CHECKS)
    assert (graded.status, graded.score) == ("ungraded", None)
    assert result(graded, "memory").points is None


def test_one_ungraded_test_makes_its_criterion_ungraded() -> None:
    graded = report(said("sums"), said("sums", "ungraded", because="throttled"))
    assert (result(graded, "sums").status, graded.score) == ("ungraded", None)


@pytest.mark.parametrize(
    ("because", "advice"),
    [("credentials", "Get new credentials"), (None, "Try again later")],
)
def test_what_is_ungraded_says_what_its_ungraded_test_says_and_what_to_do(
    because: str | None, advice: str
) -> None:
    sums = [said("sums"), said("sums", "failed", message="No."), said("sums", "ungraded")]
    sums[2] = msgspec.structs.replace(sums[2], because=because)
    one = result(report(*sums), "sums")
    assert one.message == "sums says so."
    assert one.hint.startswith(f"This costs no points. {advice}")


def blocked(name: str, because: str | None) -> Outcome:
    return said(name, "blocked", because=because, message="A reason.")


def test_a_blocked_criterion_names_the_root_of_a_chain() -> None:
    graded = report(
        said("function", "failed"),
        blocked("mapping", "functions.sum"),
        blocked("handler", "mappings.input"),
        blocked("records", "handler"),
    )
    for name in ("mapping", "handler", "records"):
        one = result(graded, name)
        assert (one.status, one.points, one.because) == ("blocked", 0, "function")
        assert one.message == "Not checked: depends on “Function”, which did not pass."
        assert one.hint == ""


def test_the_cause_is_the_criterion_of_that_very_resource() -> None:
    queues = [said(name, "failed") for name in ("input-queue", "output-queue")]
    graded = report(*queues, blocked("handler", "queues.output"))
    assert result(graded, "handler").because == "output-queue"


@pytest.mark.parametrize("passed", ["function", "again"])
def test_of_several_criteria_of_a_resource_the_cause_is_one_that_did_not_pass(passed: str) -> None:
    function, *others = lab_rubric().criteria
    again = msgspec.structs.replace(function, id="again")
    rubric = lab_rubric(criteria=(function, again, *others))
    (failed,) = {"function", "again"} - {passed}
    outcomes = [said(passed), said(failed, "failed"), blocked("mapping", "functions.sum")]
    graded = score(Student(), reference(), outcomes, rubric, CHECKS)
    assert result(graded, "mapping").because == failed


@pytest.mark.parametrize("because", ["identity", None])
def test_what_no_criterion_explains_keeps_its_reason(because: str | None) -> None:
    one = result(report(blocked("sums", because)), "sums")
    assert (one.status, one.points, one.because, one.message) == ("blocked", 0, None, "A reason.")


def test_a_circle_of_causes_ends() -> None:
    graded = report(blocked("sums", "exchange"), blocked("handler", "exchange"))
    assert result(graded, "sums").because is None
    assert result(graded, "handler").because == "sums"


def test_what_is_blocked_by_something_ungraded_is_ungraded() -> None:
    graded = report(
        said("mapping", "ungraded", because="permission"), blocked("sums", "mappings.input")
    )
    assert result(graded, "sums").status == "ungraded"
    assert result(graded, "sums").message == "mapping says so."


def test_what_is_blocked_by_something_that_passed_was_not_observed() -> None:
    graded = report(blocked("sums", "mappings.input"))
    assert (result(graded, "sums").status, graded.score) == ("ungraded", None)


def test_flags_are_sorted_and_said_once() -> None:
    graded = report(flags=("pair-left-behind", "foreign-messages", "pair-left-behind"))
    assert graded.flags == ("foreign-messages", "pair-left-behind")


def test_the_account_is_the_one_that_aws_named_and_else_the_rosters() -> None:
    unreached = reference(identity=Unknown("credentials", "They ended."))
    student = Student(account_id="222222222222")
    accounts = [
        score(student, seen, [], lab_rubric(), CHECKS).account_id
        for seen in (reference(), unreached)
    ]
    assert accounts == ["111111111111", "222222222222"]


def test_times_and_seed_are_the_observations() -> None:
    seen, graded = reference(), report()
    for name in (
        "seed",
        "attempt",
        "started_at",
        "finished_at",
        "duration_s",
        "grader_version",
        "region",
    ):
        assert getattr(graded, name) == getattr(seen, name)
    assert encode_report(graded) == encode_report(report())


def test_a_report_that_was_read_is_written_the_same() -> None:
    graded = report(said("memory", "failed"), blocked("sums", "handler"))
    assert encode_report(msgspec.json.decode(encode_report(graded), type=Report)) == encode_report(
        graded
    )


def test_an_account_that_was_never_reached_is_ungraded_and_says_why() -> None:
    graded = ungraded_report(
        Student(), lab_rubric(), Unknown("unexpected", "It broke."), seed=3, region="eu-west-3"
    )
    assert (graded.status, graded.score, graded.max_score, graded.seed) == ("ungraded", None, 20, 3)
    assert b'"attempt"' not in encode_report(graded)  # nothing was sent
    assert {(one.status, one.points, one.message) for one in graded.criteria} == {
        ("ungraded", None, "It broke.")
    }
    assert graded.started_at == graded.finished_at
    assert (graded.flags, graded.duration_s) == ((), 0)


OUTCOMES = st.sampled_from(["passed", "failed", "blocked", "ungraded"])
PATHS = st.sampled_from(
    ["functions.sum", "queues.input", "mappings.input", "handler", "exchange", "nowhere"]
)


@st.composite
def any_outcomes(draw: st.DrawFn) -> list[Outcome]:
    return [
        said(one.id, draw(OUTCOMES), because=draw(PATHS))
        for one in lab_rubric().criteria
        for _ in range(draw(st.integers(0, 4)))
    ]


@given(any_outcomes())
def test_points_stay_within_bounds_and_add_up(outcomes: Sequence[Outcome]) -> None:
    graded = score(Student(), reference(), outcomes, lab_rubric(), CHECKS)
    points = [one.points for one in graded.criteria]
    assert (graded.score is None) == (None in points) == (graded.status == "ungraded")
    for one in graded.criteria:
        assert (one.points is None) == (one.status == "ungraded")
        assert one.points is None or 0 <= one.points <= one.max_points
        if one.status in {"partial", "failed"}:
            share = sum(test.outcome == "passed" for test in one.tests) / len(one.tests)
            assert one.points == pytest.approx(one.max_points * share, abs=1e-4)
        if one.status == "blocked":
            assert one.points == 0
    if graded.score is not None:
        # Each criterion's points are rounded to be shown; the score is rounded once, from the exact.
        assert graded.score == pytest.approx(sum(point or 0 for point in points), abs=1e-3)
        assert 0 <= graded.score <= graded.max_score


@given(any_outcomes())
def test_a_test_without_a_grade_never_gives_a_score(outcomes: Sequence[Outcome]) -> None:
    graded = score(Student(), reference(), outcomes, lab_rubric(), CHECKS)
    if any(one.outcome == "ungraded" for one in outcomes):
        assert graded.score is None


def worth(points: float, passed: int, tests: int, criteria: int = 3) -> Report:
    """A report of criteria that are each worth ``points``, ``passed`` of their ``tests`` passed."""
    some = tuple(
        msgspec.structs.replace(one, points=points) for one in lab_rubric().criteria[:criteria]
    )
    outcomes = [
        said(one.id, "passed" if number < passed else "failed")
        for one in some
        for number in range(tests)
    ]
    return score(Student(), reference(), outcomes, lab_rubric(criteria=some), CHECKS)


@pytest.mark.parametrize(
    ("points", "passed", "tests", "each", "total"),
    [
        (1, 2, 3, 0.6667, 2.0),  # rounded twice, 2.0001
        (1 / 3, 1, 1, 0.3333, 1.0),  # rounded twice, 0.9999
        (0.0001, 1, 4, 0.0, 0.0001),  # rounded twice, nothing
        (0.1, 1, 1, 0.1, 0.3),  # not rounded, 0.30000000000000004
        (2 / 3, 1, 1, 0.6667, 2.0),
    ],
)
def test_the_score_is_rounded_once_and_so_are_the_points_that_are_shown(
    points: float, passed: int, tests: int, each: float, total: float
) -> None:
    graded = worth(points, passed, tests)
    assert {one.points for one in graded.criteria} == {each}
    assert graded.score == total


def test_what_is_shown_is_never_more_than_there_is_to_get() -> None:
    graded = worth(2 / 3, 1, 1)
    assert {one.max_points for one in graded.criteria} == {0.6667}
    assert graded.score == graded.max_score == 2.0


def test_a_report_has_the_points_that_are_counted_again_from_its_tests() -> None:
    graded = worth(0.07, 5, 8, criteria=1)  # half of the last decimal, which a float takes for more
    assert graded.sure_points == graded.criteria[0].points == rounded(earned(graded.criteria[0]))


def test_a_report_says_of_a_check_whose_name_does_not_tell_that_it_only_looks() -> None:
    unsaid, function = msgspec.UNSET, Need("function", "functions")
    asked = {
        "function_exists": ((function,), unsaid),  # the name tells
        "own_log_format": ((function,), True),
        "own_answers": ((function, EXCHANGE[0]), unsaid),
        "own_of_everything": ((EVERYTHING,), unsaid),
    }
    first = lab_rubric().criteria[0]
    rubric = lab_rubric(
        criteria=tuple(msgspec.structs.replace(first, id=name, check=name) for name in asked)
    )
    checks = {
        name: CheckInfo(name, "function", None, None, "own.py", 1, needs=needs)
        for name, (needs, _said) in asked.items()
    }
    graded = score(Student(), reference(), [], rubric, checks)
    said = {result.id: result.only_looks for result in graded.criteria}
    assert said == {name: said_of_it for name, (_needs, said_of_it) in asked.items()}
