"""Names of one's own: what plays a part is found, what looks like it is not, nothing is guessed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader.model.fact import Found, Missing, Unknown
from grader.model.observation import FoundAs, Observation, decode, encode_observation
from grader.sandbox.deploy import deploy
from grader.sandbox.layout import Layout
from grader.sandbox.submission import DemoSubmission
from tests.observing import lab, observe_sandbox_account
from tests.quick_run import first_only_when_quick
from tests.wire_faults import DENIED, rest, rpc

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.rubric.rubric import Rubric
    from grader.sandbox.server import Sandbox
    from tests.wire_faults import Wire

UNIVERSAL = "arn:aws:scheduler:::aws-sdk:lambda:invoke"
ROLE = "arn:aws:iam::111111111111:role/LabRole"

OWN = {
    "sum_function": "calculatrice",
    "periodic_function": "minuteur",
    "input_queue": "queue1",
    "output_queue": "queue2",
}


def any_names() -> Rubric:
    """The shipped rubric, but every name is found."""
    rubric = lab(pairs=1)
    functions = dict.fromkeys(rubric.lab.functions, "")
    queues = dict.fromkeys(rubric.lab.queues, "")
    nameless = msgspec.structs.replace(rubric.lab, functions=functions, queues=queues)
    return msgspec.structs.replace(rubric, lab=nameless)


class Account:
    """An account of the sandbox, with the lab under names of the student's own, and with decoys."""

    def __init__(self, sandbox: Sandbox, account: str, **differences: Any) -> None:
        self.sandbox, self.account = sandbox, account
        names = {**OWN, **{k: differences.pop(k) for k in OWN if k in differences}}
        submission = DemoSubmission(name="x", description="x", points=None, **differences)
        deploy(sandbox, account, submission, Layout(**names))
        self.functions = sandbox.client("lambda", account)
        self.sqs = sandbox.client("sqs", account)
        self.events = sandbox.client("events", account)

    def queue(self, name: str, **attributes: str) -> str:
        """One more queue; its ARN."""
        url = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        given = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(given["Attributes"]["QueueArn"])

    def function(self, name: str, **variables: str) -> None:
        """One more function, with the code of the first."""
        like = self.functions.get_function_configuration(FunctionName=OWN["sum_function"])
        self.functions.create_function(
            FunctionName=name,
            Runtime=like["Runtime"],
            Role=like["Role"],
            Handler=like["Handler"],
            Code={"ZipFile": _code()},
            Environment={"Variables": variables},
        )

    def fed(self, function: str, queue: str, *, enabled: bool = True) -> None:
        """A function that a queue feeds, both new."""
        self.function(function)
        self.functions.create_event_source_mapping(
            EventSourceArn=self.queue(queue), FunctionName=function, Enabled=enabled
        )

    def run_by(self, function: str, rule: str) -> None:
        """A rule that runs a function."""
        arn = self.functions.get_function_configuration(FunctionName=function)["FunctionArn"]
        self.events.put_rule(Name=rule, ScheduleExpression="rate(1 hour)")
        self.events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": arn}])

    def set_variables(self, **variables: str) -> None:
        """The variables of the function's environment."""
        self.functions.update_function_configuration(
            FunctionName=OWN["sum_function"], Environment={"Variables": variables}
        )

    def look(self, rubric: Rubric | None = None, **how: Any) -> Observation:
        """What is seen of it."""
        rubric = rubric or any_names()
        return observe_sandbox_account(
            self.sandbox, self.account, rubric=rubric, may_exercise=False, **how
        )


def _code() -> bytes:
    import io
    import zipfile

    with zipfile.ZipFile(made := io.BytesIO(), "w") as archive:
        archive.writestr(
            "lambda_function.py", "def lambda_handler(event, context):\n    return 1\n"
        )
    return made.getvalue()


def names(seen: Observation) -> dict[str, str]:
    return {role: one.name for role, one in seen.found_as.items()}


ALL = {"sum": "calculatrice", "periodic": "minuteur", "input": "queue1", "output": "queue2"}


@pytest.fixture
def own(aws_sandbox: Sandbox, fresh_account: str) -> Account:
    return Account(aws_sandbox, fresh_account)


def test_every_resource_is_found_by_the_part_it_plays(own: Account) -> None:
    seen = own.look()
    assert names(seen) == ALL
    assert {role: one.how for role, one in seen.found_as.items()} == {
        "sum": "mapping",
        "input": "mapping",
        "output": "variable",
        "periodic": "schedule",
    }
    assert str(seen.found_as["sum"].said) == "which queue1 feeds"
    for facts in (seen.functions, seen.queues, seen.mappings, seen.schedules):
        assert all(isinstance(fact, Found) for fact in facts.values())


def test_a_name_that_is_there_is_taken_and_nothing_is_listed(
    aws_sandbox: Sandbox, reference_account: str, wire: Any
) -> None:
    seen = observe_sandbox_account(
        aws_sandbox, reference_account, rubric=lab(pairs=1), wire=wire, may_exercise=False
    )
    assert not seen.found_as
    assert not [
        one
        for one in wire.requests
        if ".List" in one and "Mapping" not in one and "Rule" not in one and "Schedule" not in one
    ]


@pytest.mark.parametrize("role", first_only_when_quick(["sum", "periodic", "input", "output"]))
def test_a_wrong_name_alone_is_found_beside_the_right_ones(
    aws_sandbox: Sandbox, fresh_account: str, role: str
) -> None:
    key = {"sum": "sum_function", "periodic": "periodic_function"}.get(role, f"{role}_queue")
    right = {k: v for k, v in vars(Layout()).items() if k in OWN}
    account = Account(aws_sandbox, fresh_account, **{**right, key: OWN[key]})
    assert names(account.look(lab(pairs=1))) == {role: ALL[role]}


# -- decoys -----------------------------------------------------------------------------------


def test_without_any_mapping_the_only_function_that_nothing_runs_is_it(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    account = Account(aws_sandbox, fresh_account, mapping="absent")
    seen = account.look()
    assert names(seen) == ALL
    assert seen.found_as["sum"].how == seen.found_as["input"].how == "only"


def test_leftovers_that_something_feeds_are_listed_and_not_guessed(own: Account) -> None:
    own.fed("lab2_function", "lab2_queue")
    seen = own.look()
    fact = seen.functions["sum"]
    assert isinstance(fact, Unknown)
    assert fact.kind == "ambiguous"
    for said in (
        "calculatrice (which queue1 feeds)",
        "lab2_function (which lab2_queue feeds)",
        "--use sum=",
    ):
        assert said in fact.detail


def test_leftovers_do_not_matter_where_a_queue_has_the_rubrics_name(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    account = Account(
        aws_sandbox, fresh_account, input_queue="input_queue", output_queue="output_queue"
    )
    account.fed("lab2_function", "lab2_queue")
    assert names(account.look(lab(pairs=1)))["sum"] == "calculatrice"


def test_several_that_could_have_a_given_name_are_missing_and_listed(own: Account) -> None:
    own.fed("lab2_function", "lab2_queue")
    fact = own.look(lab(pairs=1)).functions["sum"]
    assert isinstance(fact, Missing)
    assert "no function named first_lambda" in fact.reason
    assert "lab2_function (which lab2_queue feeds)" in fact.reason


def test_functions_that_nothing_feeds_are_leftovers(own: Account) -> None:
    own.function("hello")
    own.function("lab2_function", QUEUE="queue2")
    own.queue("lab2_queue")
    assert names(own.look()) == ALL


@pytest.mark.slow
def test_a_dead_letter_queue_is_no_candidate(aws_sandbox: Sandbox, fresh_account: str) -> None:
    account = Account(aws_sandbox, fresh_account)
    account.set_variables(foo="bar")
    dead = account.queue("rejected")
    url = account.sqs.get_queue_url(QueueName="queue1")["QueueUrl"]
    policy = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 3})
    account.sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": policy})
    seen = account.look()
    assert names(seen) == ALL
    assert seen.found_as["output"].how == "only"


def test_an_enabled_mapping_comes_before_a_disabled_one(own: Account) -> None:
    own.fed("old_calculator", "old_queue", enabled=False)
    assert names(own.look()) == ALL


def test_a_disabled_mapping_is_better_than_none(aws_sandbox: Sandbox, fresh_account: str) -> None:
    account = Account(aws_sandbox, fresh_account, mapping="disabled")
    account.function("hello")
    seen = account.look()
    assert names(seen) == ALL
    assert "would feed" in str(seen.found_as["sum"].said)


@pytest.mark.slow
def test_a_variable_that_names_the_input_queue_is_not_where_answers_go(own: Account) -> None:
    url = own.sqs.get_queue_url(QueueName="queue1")["QueueUrl"]
    output = own.sqs.get_queue_url(QueueName="queue2")["QueueUrl"]
    own.queue("lab2_queue")
    own.set_variables(foo="bar", INPUT_URL=url, OUTPUT_URL=output)
    assert names(own.look()) == ALL


@pytest.mark.parametrize(
    "form",
    first_only_when_quick(
        [
            "{url}",
            "{arn}",
            "{name}",
            " {url} ",
            "https://sqs.us-east-1.amazonaws.com/{account}/{name}",
        ],
        keep=2,
    ),
)
def test_a_variable_names_a_queue_in_any_form(own: Account, form: str) -> None:
    own.queue("lab2_queue")
    url = own.sqs.get_queue_url(QueueName="queue2")["QueueUrl"]
    arn = own.queue("queue2")
    own.set_variables(TO=form.format(url=url, arn=arn, name="queue2", account=own.account))
    assert names(own.look())["output"] == "queue2"


@pytest.mark.slow
def test_the_url_of_another_account_is_none_of_this_ones_queues(own: Account) -> None:
    own.queue("lab2_queue")
    own.set_variables(TO="https://sqs.us-east-1.amazonaws.com/999999999999/queue2")
    fact = own.look().queues["output"]
    assert isinstance(fact, Unknown)
    assert fact.kind == "ambiguous"
    assert "lab2_queue" in fact.detail
    assert "queue2" in fact.detail


def test_a_variable_of_another_function_says_nothing(own: Account) -> None:
    own.function("hello", QUEUE="lab2_queue")
    own.queue("lab2_queue")
    assert names(own.look())["output"] == "queue2"


def no_name(answer: dict[str, Any]) -> None:
    for function in answer["Functions"]:
        if function["FunctionName"] == "calculatrice":
            function["FunctionName"] = "\ud800"


def no_url(answer: dict[str, Any]) -> None:
    answer["QueueUrls"] = [url.replace("queue2", "\ud800") for url in answer["QueueUrls"]]


def no_function(answer: dict[str, Any]) -> None:
    for target in answer["Targets"]:
        target["Arn"] = target["Arn"].replace("minuteur", "\ud800")


@pytest.mark.parametrize(
    ("operation", "change", "fact", "role", "action"),
    [
        ("lambda.ListFunctions", no_name, "functions", "sum", "lambda:ListFunctions"),
        ("sqs.ListQueues", no_url, "queues", "output", "sqs:ListQueues"),
        ("events.ListTargetsByRule", no_function, "functions", "periodic", "events:ListRules"),
    ],
    ids=["function", "queue", "target"],
)
def test_a_list_that_holds_what_is_no_name_is_unknown_and_the_rest_is_kept(
    aws_sandbox: Sandbox,
    fresh_account: str,
    wire: Wire,
    operation: str,
    change: Callable[[dict[str, Any]], None],
    fact: str,
    role: str,
    action: str,
) -> None:
    wire.change(operation, change)
    seen = Account(aws_sandbox, fresh_account, mapping="absent").look(wire=wire)
    one = seen.of_resources(fact)[role]
    assert isinstance(one, Unknown)
    assert one.kind == "unexpected"
    assert one.detail.startswith(f"{action}: the answer could not be read: UnicodeEncodeError")
    assert role not in seen.found_as
    assert decode(encode_observation(seen)) == seen


def test_what_aws_academy_puts_into_accounts_is_no_candidate(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    account = Account(aws_sandbox, fresh_account, mapping="absent")
    for name in ("RedshiftOverwatch", "ModLabRole", "MainMonitoringFunction"):
        account.function(name)
    account.run_by("MainMonitoringFunction", "monitoring")
    assert names(account.look()) == ALL


def test_two_periodic_functions_are_listed(own: Account) -> None:
    own.function("hello")
    own.run_by("hello", "hourly")
    seen = own.look()
    fact = seen.functions["periodic"]
    assert isinstance(fact, Unknown)
    assert fact.kind == "ambiguous"
    assert "hello (which hourly runs: rate(1 hour))" in fact.detail
    assert names(seen)["sum"] == "calculatrice"


def test_a_function_that_a_queue_feeds_is_periodic_only_where_no_other_is(
    aws_sandbox: Sandbox, fresh_account: str, own: Account
) -> None:
    own.run_by("calculatrice", "hourly")
    assert names(own.look())["periodic"] == "minuteur"
    for rule in own.events.list_rules()["Rules"]:
        targets = own.events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        mine = [one["Id"] for one in targets if one["Arn"].endswith(":minuteur")]
        if mine:
            own.events.remove_targets(Rule=rule["Name"], Ids=mine)
    assert names(own.look())["periodic"] == "calculatrice"


def test_the_function_that_is_fed_may_run_periodically_too(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    account = Account(aws_sandbox, fresh_account, periodic="absent")
    account.run_by("calculatrice", "hourly")
    assert names(account.look())["periodic"] == "calculatrice"


@pytest.mark.slow
def test_a_schedule_that_is_over_is_no_runner(own: Account, wire: Wire) -> None:
    own.function("last_year")
    arn = own.functions.get_function_configuration(FunctionName="last_year")["FunctionArn"]
    own.sandbox.client("scheduler", own.account).create_schedule(
        Name="over",
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": arn, "RoleArn": ROLE},
    )

    def over(answer: dict[str, Any]) -> None:
        answer["EndDate"] = datetime(2020, 1, 1, tzinfo=UTC)

    wire.change("scheduler.GetSchedule", over)
    assert names(own.look(wire=wire))["periodic"] == "minuteur"


@pytest.mark.parametrize(
    "called",
    first_only_when_quick(
        ["hourly:live", "hourly", "{account}:function:hourly", "{arn}", "{arn}:live"]
    ),
)
def test_a_function_that_a_schedule_invokes_by_its_name_is_found(
    aws_sandbox: Sandbox, fresh_account: str, called: str
) -> None:
    """Scheduler's universal target: whom it invokes stands in its input."""
    account = Account(aws_sandbox, fresh_account, periodic="absent")
    account.function("hourly")
    arn = account.functions.get_function_configuration(FunctionName="hourly")["FunctionArn"]
    asked = {"FunctionName": called.format(account=fresh_account, arn=arn)}
    aws_sandbox.client("scheduler", fresh_account).create_schedule(
        Name="every-hour",
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": UNIVERSAL, "RoleArn": ROLE, "Input": json.dumps(asked)},
    )
    seen = account.look()
    assert names(seen)["periodic"] == "hourly"
    assert isinstance(seen.schedules["periodic"], Found)
    assert [trigger.name for trigger in seen.schedules["periodic"].value.triggers] == ["every-hour"]


@pytest.mark.parametrize("mapped", [True, False])
def test_a_mapping_of_a_function_that_is_gone_is_nobodys_part(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire, mapped: bool
) -> None:
    """Lambda leaves the mappings of a function that is deleted."""
    account = Account(aws_sandbox, fresh_account)
    (mine,) = account.functions.list_event_source_mappings()["EventSourceMappings"]
    gone = mine["FunctionArn"].replace("calculatrice", "old_one")

    def left_over(answer: dict[str, Any]) -> None:
        there = answer["EventSourceMappings"] if mapped else []
        answer["EventSourceMappings"] = [{**mine, "UUID": "left", "FunctionArn": gone}, *there]

    wire.change("lambda.ListEventSourceMappings", left_over)
    assert names(account.look(wire=wire)) == ALL


@pytest.mark.slow
@pytest.mark.parametrize("mapped", [True, False])
def test_a_queue_that_is_listed_and_gone_is_nobodys_part(
    own: Account, wire: Wire, mapped: bool
) -> None:
    """SQS lists a queue for a minute after it is deleted, and Lambda leaves its mapping."""
    (mine,) = own.functions.list_event_source_mappings()["EventSourceMappings"]
    gone = mine["EventSourceArn"].replace("queue1", "deleted")

    def still_listed(answer: dict[str, Any]) -> None:
        url = own.sqs.get_queue_url(QueueName="queue1")["QueueUrl"]
        answer["QueueUrls"] = [*answer["QueueUrls"], url.replace("queue1", "deleted")]

    def left_over(answer: dict[str, Any]) -> None:
        there = answer["EventSourceMappings"]
        answer["EventSourceMappings"] = [{**mine, "UUID": "left", "EventSourceArn": gone}, *there]

    wire.change("sqs.ListQueues", still_listed)
    if mapped:
        wire.change("lambda.ListEventSourceMappings", left_over)
    own.set_variables(foo="bar")
    assert names(own.look(wire=wire)) == ALL


def test_a_rule_that_is_listed_and_gone_runs_nothing(own: Account, wire: Wire) -> None:
    rule = {"Name": "deleted", "ScheduleExpression": "rate(1 hour)", "State": "ENABLED"}
    wire.change("events.ListRules", lambda answer: answer["Rules"].insert(0, rule))
    # It is asked about first.
    wire.play("events.ListTargetsByRule", rpc(400, "ResourceNotFoundException"))
    assert names(own.look(wire=wire)) == ALL


def test_a_schedule_that_is_listed_and_gone_runs_nothing(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire
) -> None:
    account = Account(aws_sandbox, fresh_account, periodic="unscheduled")
    arn = account.functions.get_function_configuration(FunctionName="minuteur")["FunctionArn"]
    aws_sandbox.client("scheduler", fresh_account).create_schedule(
        Name="every-hour",
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": arn, "RoleArn": ROLE},
    )
    gone = {"Name": "deleted", "GroupName": "default", "Target": {"Arn": arn}}
    wire.change("scheduler.ListSchedules", lambda answer: answer["Schedules"].insert(0, gone))
    assert names(account.look(wire=wire)) == ALL


def test_what_a_rule_runs_is_found_where_schedules_may_not_be_listed(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire
) -> None:
    right = {k: v for k, v in vars(Layout()).items() if k in OWN}
    account = Account(
        aws_sandbox, fresh_account, **{**right, "periodic_function": OWN["periodic_function"]}
    )
    wire.play("scheduler.ListSchedules", rest(403, "AccessDeniedException", DENIED), always=True)
    seen = account.look(lab(pairs=1), wire=wire)
    assert names(seen) == {"periodic": "minuteur"}
    fact = seen.schedules["periodic"]
    assert isinstance(fact, Found)
    assert [one.permitted for one in fact.value.triggers] == [True]
    assert fact.value.denied.keys() == {"scheduler"}


@pytest.mark.parametrize("enabled", [True, False])
def test_what_a_disabled_rule_runs_may_not_be_it_where_schedules_may_not_be_listed(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire, enabled: bool
) -> None:
    account = Account(aws_sandbox, fresh_account)
    if not enabled:
        for rule in account.events.list_rules()["Rules"]:
            account.events.disable_rule(Name=rule["Name"])
    wire.play("scheduler.ListSchedules", rest(403, "AccessDeniedException", DENIED), always=True)
    assert isinstance(account.look(wire=wire).functions["periodic"], Found if enabled else Unknown)


def test_the_only_function_is_no_other_where_a_rule_runs_it_whatever_may_not_be_listed(
    own: Account, wire: Wire
) -> None:
    own.functions.delete_function(FunctionName="calculatrice")
    wire.play("scheduler.ListSchedules", rest(403, "AccessDeniedException", DENIED), always=True)
    assert isinstance(own.look(wire=wire).functions["sum"], Missing)


@pytest.mark.parametrize("rubric", [lab, any_names])
def test_what_is_not_there_is_missing_whatever_may_not_be_listed(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire, rubric: Callable[[], Rubric]
) -> None:
    for operation in ("scheduler.ListSchedules", "events.ListRules"):
        wire.play(operation, rest(403, "AccessDeniedException", DENIED), always=True)
    seen = observe_sandbox_account(
        aws_sandbox, fresh_account, rubric=rubric(), wire=wire, may_exercise=False
    )
    assert {type(one) for one in seen.functions.values()} == {Missing}
    assert not {type(one) for one in seen.queues.values()} & {Unknown}


def test_a_rule_for_a_function_that_is_gone_finds_nothing(own: Account) -> None:
    own.functions.delete_function(FunctionName="minuteur")
    assert isinstance(own.look().functions["periodic"], Missing)


def test_an_empty_account_has_none_of_it(aws_sandbox: Sandbox, fresh_account: str) -> None:
    seen = observe_sandbox_account(
        aws_sandbox, fresh_account, rubric=any_names(), may_exercise=False
    )
    assert not seen.found_as
    assert {type(one) for one in seen.functions.values()} == {Missing}
    # Without the function nothing tells its queues.
    assert {one.because for one in seen.queues.values()} == {"functions.sum"}  # type: ignore[union-attr]
    assert "could be “sum”" in seen.functions["sum"].reason  # type: ignore[union-attr]


def test_what_is_to_be_used_is_judged_whatever_else_is_there(own: Account) -> None:
    own.fed("lab2_function", "lab2_queue")
    seen = own.look(use={"sum": "lab2_function", "input": "lab2_queue"})
    assert names(seen)["sum"] == "lab2_function"
    assert seen.found_as["sum"] == FoundAs("lab2_function", "use", seen.found_as["sum"].said)


@pytest.mark.slow
@pytest.mark.parametrize("named", ["x" * 300, "\ud800", "arn:aws:lambda:" + "y" * 3000])
def test_whatever_a_schedules_input_says_is_no_fault_of_the_list(own: Account, named: str) -> None:
    own.sandbox.client("scheduler", own.account).create_schedule(
        Name="odd",
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": UNIVERSAL, "RoleArn": ROLE, "Input": json.dumps({"FunctionName": named})},
    )
    assert names(own.look()) == ALL


@pytest.mark.slow
def test_what_a_schedule_in_a_group_of_ones_own_runs_is_found(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    account = Account(aws_sandbox, fresh_account, periodic="unscheduled")
    arn = account.functions.get_function_configuration(FunctionName="minuteur")["FunctionArn"]
    scheduler = aws_sandbox.client("scheduler", fresh_account)
    scheduler.create_schedule_group(Name="mine")
    scheduler.create_schedule(
        Name="every-hour",
        GroupName="mine",
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": arn, "RoleArn": ROLE},
    )
    assert names(account.look()) == ALL
