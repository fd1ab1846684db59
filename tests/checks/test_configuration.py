from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader.i18n.message import message
from grader.model.fact import Found, Missing, NotTried, Unknown
from grader.model.observation import FoundAs
from grader.rubric.rubric import Lab
from tests.observations import (
    a_function,
    a_queue,
    expecting,
    lab_rubric,
    only,
    reference,
    sum_function,
)
from tests.observing import hand_in, lab, observe_sandbox_account

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.model.observation import Observation
    from grader.model.outcome import Outcome
    from grader.rubric.rubric import Rubric
    from grader.sandbox.server import Sandbox

    Judged = Callable[..., list[Outcome]]

GONE = Missing("There is no function adder. Did you mean addr?")
DENIED = Unknown("permission", "not authorized to perform lambda:GetFunctionConfiguration")


def with_function(**changes: Any) -> Observation:
    return reference(functions=sum_function(Found(a_function(**changes))))


def test_the_reference_passes_every_check(judged: Judged) -> None:
    outcomes = judged(lab_rubric(), reference())
    assert {outcome.outcome for outcome in outcomes} == {"passed"}
    assert [one.criterion for one in outcomes] == [
        *(criterion.id for criterion in lab_rubric().criteria[:11]),
        *(["sums"] * 4),
        "schedule",
    ]


@pytest.mark.parametrize(
    ("criterion", "changes", "message"),
    [
        ("memory", {"memory_mb": 256}, "expected 128 MB, found 256 MB."),
        ("timeout", {"timeout_s": 3}, "expected 60 s, found 3 s."),
        ("runtime", {"runtime": "python3.7"}, "expected python3.8 or later, found python3.7."),
        ("runtime", {"runtime": "nodejs22.x"}, "expected python3.8 or later, found nodejs22.x."),
        ("runtime", {"runtime": ""}, "expected python3.8 or later, found a container image."),
        (
            "environment",
            {"environment": Found({"foo": "baz"})},
            "expected foo = bar, found foo = baz.",
        ),
        (
            "environment",
            {"environment": Found({"foo": None})},
            "expected foo = bar, but the variable foo is not set.",
        ),
        (
            "function",
            {"state": "Failed", "state_reason": "The image is gone."},
            "expected the function to be ready, found it failed: The image is gone.",
        ),
    ],
)
def test_a_wrong_setting_fails_its_criterion_only(
    judged: Judged, criterion: str, changes: dict[str, Any], message: str
) -> None:
    failed = [
        one for one in judged(lab_rubric(), with_function(**changes)) if one.outcome != "passed"
    ]
    assert [(one.criterion, one.outcome, one.message) for one in failed] == [
        (criterion, "failed", message)
    ]
    assert failed[0].hint


@pytest.mark.parametrize(
    ("expect", "said"),
    [(512, "Set it to 512 MB: "), ({"at_least": 512}, "Set it to at least 512 MB: ")],
)
def test_what_a_number_is_to_be_and_where_it_is_set_is_said(
    judged: Judged, expect: Any, said: str
) -> None:
    rubric = only(lab_rubric(), "memory")
    asked = msgspec.structs.replace(rubric.criteria[0], expect=expect)
    (one,) = judged(msgspec.structs.replace(rubric, criteria=(asked,)), reference())
    assert one.hint.startswith(said)
    assert one.hint.endswith("Configuration, General configuration, Edit.")


@pytest.mark.parametrize(
    ("code", "name", "outcome"),
    [
        ("InternalError", "adder", "ungraded"),
        ("InsufficientCapacity", "adder", "ungraded"),
        ("EniLimitExceeded", "adder", "failed"),  # of the student's own network
        ("InternalError", "calc", "failed"),  # whatever comes of it, the name is another
        ("InvalidRuntime", "adder", "failed"),
        ("", "adder", "failed"),
    ],
)
def test_what_aws_could_not_make_ready_costs_nothing(
    judged: Judged, code: str, name: str, outcome: str
) -> None:
    failed = with_function(name=name, state="Failed", state_code=code, state_reason="Why not.")
    how = message("which numbers feeds")
    found_as = {} if name == "adder" else {"sum": FoundAs(name, "mapping", how)}
    seen = msgspec.structs.replace(failed, found_as=found_as)
    (one,) = judged(only(lab_rubric(), "function"), seen)
    assert one.outcome == outcome
    assert outcome != "ungraded" or (one.because, code in one.message) == ("not-ready", True)


def test_what_keeps_all_else_from_being_judged_is_said_before_a_wrong_name(judged: Judged) -> None:
    how = message("which numbers feeds")
    seen = msgspec.structs.replace(
        with_function(name="calc", state="Failed", state_reason="The image is gone."),
        queues={"input": Found(a_queue("numbers.fifo", fifo=True))},
        found_as={
            "sum": FoundAs("calc", "mapping", how),
            "input": FoundAs("numbers.fifo", "use", how),
        },
    )
    function, queue = judged(only(lab_rubric(), "function", "input-queue"), seen)
    assert "found it failed: The image is gone." in function.message
    assert "found a FIFO queue" in queue.message
    for one in (function, queue):
        assert one.outcome == "failed"
        assert "All else was judged" not in one.hint


def test_a_failure_carries_what_was_expected_and_found_as_data(judged: Judged) -> None:
    (one,) = judged(only(lab_rubric(), "memory"), with_function(memory_mb=256))
    unit = {"message_id": "MB", "values": {}}
    assert (one.expected, one.actual) == (128, 256)
    assert one.said.values == {"expected": 128, "actual": 256, "unit": unit}
    assert one.template == "expected {expected} {unit}, found {actual} {unit}."
    assert one.test == "The function has 128 MB of memory."


@pytest.mark.parametrize("runtime", ["python3.8", "python3.10", "python3.13"])
def test_versions_are_compared_as_numbers(judged: Judged, runtime: str) -> None:
    (one,) = judged(only(lab_rubric(), "runtime"), with_function(runtime=runtime))
    assert one.outcome == "passed"


def test_a_long_value_is_cut(judged: Judged) -> None:
    seen = with_function(environment=Found({"foo": "x" * 5000}))
    (one,) = judged(only(lab_rubric(), "environment"), seen)
    assert len(one.actual["foo"]) == 100
    assert len(one.message) < 200


@pytest.mark.parametrize(
    ("environment", "outcome", "because"),
    [
        (Found({}), "ungraded", "not-observed"),
        (Unknown("permission", "kms"), "ungraded", "permission"),
        (Missing("The key is disabled."), "failed", None),
        (NotTried("identity", "no"), "blocked", "identity"),
    ],
)
def test_an_environment_that_was_not_read_is_not_judged(
    judged: Judged, environment: Any, outcome: str, because: str | None
) -> None:
    (one,) = judged(only(lab_rubric(), "environment"), with_function(environment=environment))
    assert (one.outcome, one.because) == (outcome, because)


def test_variables_that_nobody_can_decrypt_are_the_students_to_mend(judged: Judged) -> None:
    gone = Missing("Lambda cannot decrypt the function's environment variables: no such key")
    seen = with_function(environment=gone)
    (one,) = judged(only(lab_rubric(), "environment"), seen)
    assert one.message == f"expected foo = bar, but the variables cannot be read. {gone.reason}"
    assert "KMS key" in one.hint


def test_a_wrong_variable_fails_even_if_another_was_not_looked_at(judged: Judged) -> None:
    rubric = expecting(only(lab_rubric(), "environment"), {"absent": "1", "foo": "bar"})
    (one,) = judged(rubric, with_function(environment=Found({"foo": "baz"})))
    assert one.outcome == "failed"


def test_a_missing_function_blocks_what_depends_on_it(judged: Judged) -> None:
    seen = reference(functions=sum_function(GONE))
    outcomes = {one.criterion: one for one in judged(lab_rubric(), seen)}
    assert outcomes["function"].outcome == "failed"
    assert outcomes["function"].message == GONE.reason
    for name in ("runtime", "memory", "timeout", "environment", "mapping"):
        assert (outcomes[name].outcome, outcomes[name].because) == ("blocked", "functions.sum")
    assert outcomes["input-queue"].outcome == "passed"


OWN_NAMES = Lab(
    region="eu-west-3",
    functions={"sum": "", "periodic": ""},
    queues={"input": "", "output": ""},
    found=("sum", "periodic", "input", "output"),
)
ELSEWHERE = Missing.saying(
    "There is no function named {name} in {region}; there is one of that name in {other}.",
    name="adder",
    region="us-east-1",
    other="us-west-2",
)


@pytest.mark.parametrize(
    ("criterion", "on", "hint"),
    [
        ("function", "sum", "Deploy the function, and let a queue trigger it."),
        ("function", "periodic", "Create the function, and a rule that runs it."),
        ("input-queue", "input", "Create the queue, and let it trigger the function."),
        ("output-queue", "output", "Create the queue, and give its URL to the function"),
    ],
)
def test_what_has_no_name_in_the_lab_is_to_play_its_part(
    judged: Judged, criterion: str, on: str, hint: str
) -> None:
    seen = reference(
        functions=dict.fromkeys(OWN_NAMES.functions, GONE),
        queues=dict.fromkeys(OWN_NAMES.queues, GONE),
    )
    (asked,) = only(lab_rubric(), criterion).criteria
    criteria = (msgspec.structs.replace(asked, on=on),)
    (said,) = judged(lab_rubric(lab=OWN_NAMES, criteria=criteria), seen)
    assert hint in said.hint
    (named,) = judged(lab_rubric(criteria=criteria), seen)
    assert "under the name that the lab asks for" in named.hint


@pytest.mark.parametrize("rubric", [lab_rubric(), lab_rubric(lab=OWN_NAMES)])
def test_what_is_in_another_region_is_to_be_deployed_in_the_labs(
    judged: Judged, rubric: Rubric
) -> None:
    seen = reference(functions=sum_function(ELSEWHERE), queues={"input": ELSEWHERE})
    for said in judged(only(rubric, "function", "input-queue"), seen):
        expected = "Deploy it in us-east-1: the provider's region in your stack."
        assert said.hint == expected


def test_an_unknown_function_leaves_its_criteria_ungraded(judged: Judged) -> None:
    seen = reference(functions=sum_function(DENIED))
    outcomes = {one.criterion: one for one in judged(lab_rubric(), seen)}
    for name in ("function", "runtime", "memory", "input-queue", "mapping"):
        assert (outcomes[name].outcome, outcomes[name].because) == ("ungraded", "permission")
        assert outcomes[name].message == DENIED.detail


def test_a_role_that_was_not_observed_is_ungraded(judged: Judged) -> None:
    seen = reference(functions={}, queues={}, schedules={}, mappings={})
    outcomes = {one.criterion: one for one in judged(lab_rubric(), seen)}
    for name in ("function", "memory", "output-queue", "mapping", "schedule"):
        assert (outcomes[name].outcome, outcomes[name].because) == ("ungraded", "not-observed")


@pytest.mark.parametrize(
    ("function", "visibility_s", "outcome"),
    [
        (Found(a_function(timeout_s=60)), 60, "passed"),
        (Found(a_function(timeout_s=60)), 59, "failed"),
        (Found(a_function(timeout_s=3)), 30, "passed"),
        (GONE, 30, "failed"),
        (GONE, 60, "passed"),
        (DENIED, 60, "ungraded"),
    ],
)
def test_the_input_queue_waits_as_long_as_the_function_may_run(
    judged: Judged, function: Any, visibility_s: int, outcome: str
) -> None:
    seen = reference(
        functions=sum_function(function),
        queues={
            "input": Found(a_queue(visibility_timeout_s=visibility_s)),
            "output": Found(a_queue("totals", visibility_timeout_s=0)),
        },
    )
    found = {one.criterion: one.outcome for one in judged(lab_rubric(), seen)}
    assert (found["input-queue"], found["output-queue"]) == (outcome, "passed")


@pytest.mark.parametrize(
    ("function", "whose", "hint"),
    [
        (Found(a_function(timeout_s=60)), "(the function's timeout)", "to the function's timeout"),
        (GONE, "(the timeout that the lab asks of the function)", "of the queue to 60 or more "),
    ],
)
def test_a_visibility_timeout_is_held_against_a_timeout_that_there_is(
    judged: Judged, function: Any, whose: str, hint: str
) -> None:
    seen = reference(
        functions=sum_function(function),
        queues={"input": Found(a_queue(visibility_timeout_s=30))},
    )
    said = next(one for one in judged(lab_rubric(), seen) if one.criterion == "input-queue")
    expected = f"expected a visibility timeout of at least 60 s {whose}, found 30 s."
    assert said.message == expected
    assert hint in said.hint


def test_a_fifo_queue_is_not_the_one_that_the_lab_asks_for(judged: Judged) -> None:
    fifo = Found(a_queue("totals.fifo", fifo=True))
    seen = reference(queues={**reference().queues, "output": fifo})
    (one,) = [one for one in judged(lab_rubric(), seen) if one.outcome != "passed"]
    assert (one.criterion, one.outcome) == ("output-queue", "failed")
    assert one.message == "expected totals.fifo to be a standard queue, found a FIFO queue."
    assert "the name" not in one.hint  # a lab may ask for none, and this one is the student's


def test_a_missing_queue_fails_whatever_the_function_is(judged: Judged) -> None:
    gone = Missing("There is no queue numbers.")
    seen = reference(functions=sum_function(DENIED), queues={"input": gone, "output": gone})
    outcomes = {one.criterion: one for one in judged(lab_rubric(), seen)}
    assert outcomes["input-queue"].outcome == outcomes["output-queue"].outcome == "failed"
    assert (outcomes["mapping"].outcome, outcomes["mapping"].because) == ("blocked", "queues.input")


@pytest.mark.parametrize(
    ("found", "shown"),
    [("bar ", "bar␣"), ("  bar", "␣␣bar"), ("bar\n", "bar\\n"), ("\tbar\xa0", "\\tbar\\xa0")],
)
def test_blanks_around_a_value_are_seen_and_are_what_is_to_be_mended(
    judged: Judged, found: str, shown: str
) -> None:
    seen = with_function(environment=Found({"foo": found}))
    (one,) = judged(only(lab_rubric(), "environment"), seen)
    assert one.message == f"expected foo = bar, found foo = {shown}."
    assert one.hint == "Set foo to bar alone, without blanks or line ends around it."
    assert one.actual == {"foo": found}


def test_a_blank_at_the_end_of_a_deployed_value_is_seen(
    aws_sandbox: Sandbox, fresh_account: str, judged: Judged
) -> None:
    hand_in(aws_sandbox, fresh_account, environment={"foo": "bar "})
    seen = observe_sandbox_account(aws_sandbox, fresh_account, may_exercise=False)
    (one,) = judged(only(lab(), "environment"), seen)
    assert one.message == "expected foo = bar, found foo = bar␣."


def test_a_blank_after_a_queues_url_is_seen(judged: Judged) -> None:
    url = "https://sqs.eu-west-3.amazonaws.com/111111111111/numbers "
    seen = with_function(environment=Found({"URL": url}), holding={"output": ()})
    rubric = expecting(only(lab_rubric(), "environment"), {"URL": {"holds": "output"}})
    (one,) = judged(rubric, seen)
    assert "/numbers␣." in one.message
