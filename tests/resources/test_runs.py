"""Runs of the periodic function in its log: what counts as one, how long it is waited for."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader.model.ended_early import Interrupted
from grader.model.fact import Found, NotTried, Unknown
from grader.model.observation import Runs, decode, encode_observation
from grader.resources import runs
from grader.rubric.rubric import Criterion
from grader.sandbox.layout import PERIODIC_FUNCTION, SUM_FUNCTION
from tests.observing import hand_in, kind, lab, observe_sandbox_account
from tests.quick_run import first_only_when_quick
from tests.wire_faults import DENIED, rpc

if TYPE_CHECKING:
    from grader.model.fact import Fact
    from grader.rubric.rubric import Rubric
    from grader.sandbox.server import Sandbox
    from tests.wire_faults import Answer, Wire

LOG_GROUP = f"/aws/lambda/{PERIODIC_FUNCTION}"
LOOK = "cloudwatch-logs.FilterLogEvents"
NO_LOG_GROUP = rpc(400, "ResourceNotFoundException", "The specified log group does not exist.")


def rubric(on: str = "periodic") -> Rubric:
    """One that asks for the schedule and its runs, and for nothing that must be exercised."""
    shipped = lab()
    schedule = [one for one in shipped.criteria if one.id == "schedule"]
    runs = Criterion(id="runs", title="It was run", check="schedule_runs", on=on, points=1)
    return msgspec.structs.replace(shipped, criteria=(*schedule, runs))


def seen(sandbox: Sandbox, account: str, wire: Wire | None = None, **options: Any) -> Fact[Runs]:
    return observe_sandbox_account(sandbox, account, rubric=rubric(), wire=wire, **options).runs[
        "periodic"
    ]


def found(fact: Fact[Runs]) -> Runs:
    assert isinstance(fact, Found), fact
    return fact.value


def run(sandbox: Sandbox, account: str, times: int = 1) -> None:
    functions = sandbox.client("lambda", account)
    for _ in range(times):
        functions.invoke(FunctionName=PERIODIC_FUNCTION, Payload=b"{}")


def configure(sandbox: Sandbox, account: str, **configuration: Any) -> None:
    functions = sandbox.client("lambda", account)
    functions.update_function_configuration(FunctionName=PERIODIC_FUNCTION, **configuration)


def put_rule(sandbox: Sandbox, account: str, expression: str) -> None:
    """Give the rule that is there another expression."""
    sandbox.client("events", account).put_rule(Name="periodic", ScheduleExpression=expression)


def page(**answer: Any) -> Answer:
    json_type = {"content-type": "application/x-amz-json-1.1"}
    return 200, json_type, json.dumps({"events": [], **answer}).encode()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look once, and do not wait."""
    monkeypatch.setattr(runs, "RUNS_S", 0)


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait as long as ever, but look often."""
    monkeypatch.setattr(runs, "LOGS_EVERY_S", 0.01)


def test_a_run_in_the_functions_log_is_seen(aws_sandbox: Sandbox, reference_account: str) -> None:
    run(aws_sandbox, reference_account)
    there = found(seen(aws_sandbox, reference_account))
    assert there.log_group == LOG_GROUP
    (started,) = there.seen
    assert there.since <= started <= there.looked_until


def test_a_run_is_waited_for_two_and_a_half_minutes_and_no_longer() -> None:
    assert runs.RUNS_S == 150


def test_the_first_few_runs_are_kept(aws_sandbox: Sandbox, reference_account: str) -> None:
    run(aws_sandbox, reference_account)
    (first,) = found(seen(aws_sandbox, reference_account)).seen
    run(aws_sandbox, reference_account, runs.FIRST + 1)
    several = found(seen(aws_sandbox, reference_account)).seen
    assert several[0] == first
    assert len(several) == runs.FIRST
    assert list(several) == sorted(several)


@pytest.mark.slow
def test_a_run_in_a_log_of_json_is_seen(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    configure(aws_sandbox, reference_account, LoggingConfig={"LogFormat": "JSON"})
    run(aws_sandbox, reference_account, 2)
    asked: list[str] = []

    def note(params: dict[str, Any], **_given: Any) -> None:
        asked.append(params["filterPattern"])

    def as_json(answer: dict[str, Any]) -> None:
        for event in answer["events"]:
            word = event["message"].partition(" ")[0]
            record = {"type": f"platform.{word.lower()}", "record": {"requestId": "START"}}
            event["message"] = json.dumps(record)

    wire.session.events.register(f"provide-client-params.{LOOK}", note)
    wire.change(LOOK, as_json)
    assert len(found(seen(aws_sandbox, reference_account, wire)).seen) == 2
    assert asked == ['{ $.type = "platform.start" }']


@pytest.mark.slow
@pytest.mark.parametrize(
    "message",
    first_only_when_quick(
        [
            '"platform.start"',
            '["platform.start"]',
            '{"type": ["platform.start"]}',
            "[" * 100_000,
            "",
            "{",
            "it said START RequestId: 1234",
        ],
        keep=2,
    ),
    ids=lambda text: text[:20],
)
def test_what_the_function_prints_is_no_run(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, message: str
) -> None:
    run(aws_sandbox, reference_account)
    wire.change(LOOK, lambda answer: [one.update(message=message) for one in answer["events"]])
    assert kind(seen(aws_sandbox, reference_account, wire)) == "not-ready"


@pytest.mark.slow
@pytest.mark.parametrize(("name", "counts"), [(PERIODIC_FUNCTION, True), (SUM_FUNCTION, False)])
def test_a_log_group_of_several_functions_is_read_by_the_streams_names(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, name: str, counts: bool
) -> None:
    configure(aws_sandbox, reference_account, LoggingConfig={"LogGroup": "everybody"})
    run(aws_sandbox, reference_account)
    stream = f"2024/05/01/{name}[$LATEST]0123456789abcdef"
    wire.change(LOOK, lambda answer: [one.update(logStreamName=stream) for one in answer["events"]])
    fact = seen(aws_sandbox, reference_account, wire)
    assert isinstance(fact, Found if counts else Unknown)
    assert "everybody" in (found(fact).log_group if counts else fact.detail)  # type: ignore[union-attr]


def test_a_run_before_the_function_was_last_changed_does_not_count(
    aws_sandbox: Sandbox, reference_account: str
) -> None:
    run(aws_sandbox, reference_account)
    configure(aws_sandbox, reference_account, Description="changed")
    assert kind(seen(aws_sandbox, reference_account)) == "not-ready"


def schedule(sandbox: Sandbox, account: str, name: str) -> None:
    sandbox.client("scheduler", account).create_schedule(
        Name=name,
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": f"arn:aws:lambda:{sandbox.region}:{account}:function:{PERIODIC_FUNCTION}",
            "RoleArn": f"arn:aws:iam::{account}:role/LabRole",
        },
    )


def test_a_run_before_the_only_schedule_was_made_does_not_count(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, periodic="unscheduled")
    run(aws_sandbox, fresh_account)
    schedule(aws_sandbox, fresh_account, "first")
    assert kind(seen(aws_sandbox, fresh_account)) == "not-ready"
    run(aws_sandbox, fresh_account)
    schedule(aws_sandbox, fresh_account, "second")
    assert len(found(seen(aws_sandbox, fresh_account)).seen) == 1


def test_a_run_beside_a_rule_counts_however_new_a_schedule_is(
    aws_sandbox: Sandbox, reference_account: str
) -> None:
    run(aws_sandbox, reference_account)
    schedule(aws_sandbox, reference_account, "new")
    assert len(found(seen(aws_sandbox, reference_account)).seen) == 1


def test_a_function_that_never_ran_has_no_log_group_and_is_not_wrong(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    fact = seen(aws_sandbox, reference_account, wire)
    assert kind(fact) == "not-ready"
    assert isinstance(fact, Unknown)
    for said in (PERIODIC_FUNCTION, LOG_GROUP, "from 20", "until 20", "rate(1 day)"):
        assert said in fact.detail


@pytest.mark.parametrize(
    "expression", first_only_when_quick(["rate(1 minute)", "rate(2 minutes)", "cron(* * * * ? *)"])
)
def test_a_run_that_may_be_due_is_waited_for(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, often: None, expression: str
) -> None:
    put_rule(aws_sandbox, reference_account, expression)
    run(aws_sandbox, reference_account)
    wire.play(LOOK, NO_LOG_GROUP, page(), page())
    assert len(found(seen(aws_sandbox, reference_account, wire)).seen) == 1
    assert wire.requests.count(LOOK) == 4


@pytest.mark.slow
@pytest.mark.parametrize("expression", ["rate(3 minutes)", "rate(1 hour)", "rate(7 days)"])
def test_a_run_that_is_due_much_later_is_looked_for_once(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, expression: str
) -> None:
    put_rule(aws_sandbox, reference_account, expression)
    wire.play(LOOK, page(), always=True)
    fact = seen(aws_sandbox, reference_account, wire)
    assert kind(fact) == "not-ready"
    assert wire.requests.count(LOOK) == 1


def test_where_nothing_is_seen_to_the_end_of_the_wait_it_is_not_known(
    aws_sandbox: Sandbox,
    reference_account: str,
    wire: Wire,
    monkeypatch: pytest.MonkeyPatch,
    often: None,
) -> None:
    monkeypatch.setattr(runs, "RUNS_S", 0.1)
    put_rule(aws_sandbox, reference_account, "cron(* * * * ? *)")
    wire.play(LOOK, page(), always=True)
    assert kind(seen(aws_sandbox, reference_account, wire)) == "not-ready"


def test_all_functions_of_an_account_are_waited_for_together(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "RUNS_S", 1)
    monkeypatch.setattr(runs, "LOGS_EVERY_S", 0.8)
    put_rule(aws_sandbox, reference_account, "cron(* * * * ? *)")
    wire.play(LOOK, page(), always=True)
    one = rubric()
    functions = {**one.lab.functions, "again": PERIODIC_FUNCTION}
    again = msgspec.structs.replace(one.criteria[-1], id="again", on="again")
    two = msgspec.structs.replace(
        one,
        lab=msgspec.structs.replace(one.lab, functions=functions),
        criteria=(*one.criteria, again),
    )
    both = observe_sandbox_account(aws_sandbox, reference_account, rubric=two, wire=wire).runs
    assert [kind(fact) for fact in both.values()] == ["not-ready"] * 2
    assert wire.requests.count(LOOK) <= 3


def test_an_interruption_ends_the_wait(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    put_rule(aws_sandbox, reference_account, "rate(1 minute)")
    stop = threading.Event()
    wire.play(LOOK, page(), always=True)
    wire.change(LOOK, lambda _answer: stop.set())
    with pytest.raises(Interrupted):
        seen(aws_sandbox, reference_account, wire, stop=stop)
    assert wire.requests.count(LOOK) == 1


def test_a_log_that_may_not_be_read_is_not_waited_for(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    put_rule(aws_sandbox, reference_account, "rate(1 minute)")
    wire.play(LOOK, rpc(400, "AccessDeniedException", DENIED), always=True)
    fact = seen(aws_sandbox, reference_account, wire)
    assert kind(fact) == "permission"
    assert "logs:FilterLogEvents was denied" in fact.detail  # type: ignore[union-attr]
    assert wire.requests.count(LOOK) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (rpc(400, "ThrottlingException"), "throttled"),
        (rpc(503, "ServiceUnavailable"), "unreachable"),
    ],
    ids=["throttled", "unreachable"],
)
def test_a_log_that_does_not_answer_to_the_end_is_not_known(
    aws_sandbox: Sandbox,
    reference_account: str,
    wire: Wire,
    at_once: None,
    answer: Answer,
    expected: str,
) -> None:
    run(aws_sandbox, reference_account)
    wire.play(LOOK, answer, always=True)
    assert kind(seen(aws_sandbox, reference_account, wire)) == expected


@pytest.mark.slow
def test_a_fault_that_passes_costs_nothing(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, often: None
) -> None:
    put_rule(aws_sandbox, reference_account, "rate(1 minute)")
    run(aws_sandbox, reference_account)
    wire.play(LOOK, *[rpc(400, "ThrottlingException")] * 5)
    assert len(found(seen(aws_sandbox, reference_account, wire)).seen) == 1


def test_a_log_is_read_through_pages_that_are_empty(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    run(aws_sandbox, reference_account)
    wire.play(LOOK, page(nextToken="a"), page(nextToken="b"))
    assert len(found(seen(aws_sandbox, reference_account, wire)).seen) == 1


def test_a_log_whose_events_are_left_out_is_empty(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    run(aws_sandbox, reference_account)
    wire.play(LOOK, (200, {"content-type": "application/json"}, b'{"nextToken": "a"}'))
    assert len(found(seen(aws_sandbox, reference_account, wire)).seen) == 1


def test_a_log_without_end_is_not_read_for_ever(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "MOST_PAGES_OF_LOGS", 3)
    wire.play(LOOK, *[page(nextToken=str(number)) for number in range(9)])
    assert kind(seen(aws_sandbox, reference_account, wire)) == "not-ready"
    assert wire.requests.count(LOOK) == 3


@pytest.mark.parametrize(
    "periodic",
    first_only_when_quick(["disabled-rule", "rule-without-permission", "unscheduled", "absent"]),
)
def test_where_nothing_runs_the_function_its_log_is_not_read(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire, periodic: str
) -> None:
    hand_in(aws_sandbox, fresh_account, periodic=periodic)
    fact = seen(aws_sandbox, fresh_account, wire)
    assert isinstance(fact, NotTried)
    assert fact.because == "schedules.periodic"
    assert PERIODIC_FUNCTION in fact.reason
    assert LOOK not in wire.requests


@pytest.mark.parametrize(
    ("periodic", "operation", "expected"),
    first_only_when_quick(
        [
            ("unscheduled", "scheduler.ListSchedules", Unknown),
            ("unscheduled", "eventbridge.ListRules", Unknown),
            ("disabled-rule", "scheduler.ListSchedules", Unknown),
            ("disabled-rule", "lambda.GetPolicy", NotTried),
        ]
    ),
)
def test_a_schedule_that_was_not_read_may_be_there(
    aws_sandbox: Sandbox,
    fresh_account: str,
    wire: Wire,
    periodic: str,
    operation: str,
    expected: type,
) -> None:
    hand_in(aws_sandbox, fresh_account, periodic=periodic)
    wire.play(operation, rpc(403, "AccessDeniedException", DENIED), always=True)
    assert isinstance(seen(aws_sandbox, fresh_account, wire), expected)


def test_a_function_that_was_not_read_has_no_known_runs(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    denied = rpc(403, "AccessDeniedException", DENIED)
    wire.play("lambda.GetFunctionConfiguration", denied, always=True)
    assert kind(seen(aws_sandbox, reference_account, wire)) == "permission"


def test_a_time_that_cannot_be_read_is_not_known(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    wire.change(
        "lambda.GetFunctionConfiguration", lambda answer: answer.update(LastModified="soon")
    )
    fact = seen(aws_sandbox, reference_account, wire)
    assert kind(fact) == "unexpected"
    assert isinstance(fact, Unknown)
    assert "does not say when" in fact.detail  # and no call that AWS answered is blamed


def test_of_another_account_nothing_is_read(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    fact = seen(aws_sandbox, reference_account, wire, expected_account="9" * 12)
    assert kind(fact) == "account-mismatch"
    assert LOOK not in wire.requests


@pytest.mark.slow
def test_what_the_grader_runs_itself_tells_nothing(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    asked = rubric(on="sum")
    running = next(one for one in lab().criteria if one.check == "handler_adds")
    both = msgspec.structs.replace(asked, criteria=(*asked.criteria, running))
    fact = observe_sandbox_account(aws_sandbox, reference_account, rubric=both, wire=wire).runs[
        "sum"
    ]
    assert kind(fact) == "not-observed"
    assert LOOK not in wire.requests


def test_the_log_is_read_only_if_the_rubric_asks_and_nothing_is_invoked_for_it(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    shipped = observe_sandbox_account(aws_sandbox, reference_account, wire=wire, may_exercise=False)
    assert shipped.runs == {}
    assert LOOK not in wire.requests
    asked = observe_sandbox_account(aws_sandbox, reference_account, rubric=rubric(), wire=wire)
    assert LOOK in wire.requests
    assert "lambda.Invoke" not in wire.requests
    assert decode(encode_observation(asked)) == asked


def test_a_log_that_has_no_line_for_a_run_is_said_at_once(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    quiet = {"LogFormat": "JSON", "SystemLogLevel": "WARN"}
    wire.change("lambda.GetFunctionConfiguration", lambda said: said.update(LoggingConfig=quiet))
    put_rule(aws_sandbox, reference_account, "rate(1 minute)")
    fact = seen(aws_sandbox, reference_account, wire)
    assert kind(fact) == "needs-change"
    assert "its system log level is WARN" in fact.detail  # type: ignore[union-attr]
    assert LOOK not in wire.requests
