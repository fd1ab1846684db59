"""Functions and queues that AWS does not find: missing, misspelt, or listed all the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import msgspec
import pytest
from botocore.exceptions import ConnectTimeoutError

from grader.aws.account_client import Aws
from grader.aws.clients import Clients
from grader.model.access import Keys
from grader.model.fact import Found, Missing, Unknown
from grader.resources import ready
from grader.resources.elsewhere import other_regions
from grader.resources.function import observe_function
from grader.resources.nearest import MOST_NAMES_READ
from grader.resources.queue import observe_queue
from grader.safety.secret import Secret
from tests.observing import lab, observe_sandbox_account
from tests.wire_faults import DENIED, Wire, rest, rpc

if TYPE_CHECKING:
    from grader.model.fact import Fact
    from grader.model.observation import Observation
    from grader.rubric.rubric import Rubric
    from grader.sandbox.server import Sandbox
    from tests.wire_faults import Answer

NO_QUEUE = rpc(400, "QueueDoesNotExist")
NO_FUNCTION = rest(404, "ResourceNotFoundException")
CASES = {
    "queue": ("sqs.GetQueueUrl", "sqs.ListQueues", NO_QUEUE),
    "queue without attributes": ("sqs.GetQueueAttributes", "sqs.ListQueues", NO_QUEUE),
    "function": ("lambda.GetFunctionConfiguration", "lambda.ListFunctions", NO_FUNCTION),
}

WHAT = ["queue", "function", pytest.param("queue without attributes", marks=pytest.mark.slow)]


def one_of(seen: Observation, what: str) -> Fact[Any]:
    return seen.functions["sum"] if what == "function" else seen.queues["input"]


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ready, "READY_EVERY_S", 0.01)
    monkeypatch.setattr(ready, "READY_S", 0.1)


@pytest.mark.parametrize("what", WHAT)
def test_what_is_listed_and_not_found_for_a_while_is_found(
    aws_sandbox: Sandbox,
    reference_account: str,
    wire: Wire,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
) -> None:
    monkeypatch.setattr(ready, "READY_EVERY_S", 0.01)
    finding, _, answer = CASES[what]
    wire.play(finding, answer, answer, answer)
    assert isinstance(
        one_of(
            observe_sandbox_account(aws_sandbox, reference_account, wire=wire, may_exercise=False),
            what,
        ),
        Found,
    )


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("what", WHAT)
def test_what_stays_listed_and_not_found_is_not_ready_and_costs_nothing(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, what: str
) -> None:
    finding, listing, answer = CASES[what]
    wire.play(finding, answer, always=True)
    fact = one_of(
        observe_sandbox_account(aws_sandbox, reference_account, wire=wire, may_exercise=False), what
    )
    assert isinstance(fact, Unknown)
    assert fact.kind == "not-ready"
    assert "but does not find it yet" in fact.detail
    assert wire.requests.count(listing) > 2


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("what", WHAT)
def test_what_is_no_longer_listed_is_missing(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, what: str
) -> None:
    finding, listing, answer = CASES[what]
    wire.play(finding, answer, always=True)
    gone: Answer = (200, {"content-type": "application/json"}, b"{}")
    wire.play(listing, None, gone, always=True)
    fact = one_of(
        observe_sandbox_account(aws_sandbox, reference_account, wire=wire, may_exercise=False), what
    )
    assert isinstance(fact, Missing)
    assert "one named" not in fact.reason


def asked(wire: Wire) -> Aws:
    keys = Keys(Secret("1" * 12), Secret("test"), None)
    return Aws(Clients(wire.session), keys, "us-east-1", "http://127.0.0.1:1")


def queue(wire: Wire, name: str) -> Fact[Any]:
    wire.play("sqs.GetQueueUrl", NO_QUEUE)
    return observe_queue(asked(wire), name)[0]


def function(wire: Wire, name: str) -> Fact[Any]:
    wire.play("lambda.GetFunctionConfiguration", NO_FUNCTION)
    return observe_function(asked(wire), name, ())


def queues(names: list[str], token: str = "") -> Answer:
    urls = {"QueueUrls": [f"https://sqs.us-east-1.amazonaws.com/{'1' * 12}/{n}" for n in names]}
    body = {**(urls if names else {}), **({"NextToken": token} if token else {})}
    return 200, {"content-type": "application/x-amz-json-1.0"}, json.dumps(body).encode()


def functions(names: list[str], token: str = "") -> Answer:
    found = {"Functions": [{"FunctionName": name} for name in names]} if names else {}
    body = {**found, **({"NextMarker": token} if token else {})}
    return 200, {"content-type": "application/json"}, json.dumps(body).encode()


KINDS = [
    (queue, "sqs.ListQueues", queues),
    (function, "lambda.ListFunctions", functions),
]


@pytest.mark.parametrize(("seen", "listing", "page"), KINDS)
@pytest.mark.parametrize(
    ("pages", "near"),
    [
        ([[]], None),
        ([["something", "else"]], None),
        ([["numbers-1"]], "numbers-1"),
        ([["Numbers"]], "Numbers"),
        ([["NUMBERS"]], "NUMBERS"),
        ([[], ["other"], ["number"]], "number"),
        ([["x"] * MOST_NAMES_READ, ["number"]], None),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_name_that_comes_near_is_said_whatever_page_it_is_on(
    wire: Wire, seen: Any, listing: str, page: Any, pages: list[list[str]], near: str | None
) -> None:
    last = len(pages) - 1
    wire.play(listing, *(page(one, f"t{n}" if n < last else "") for n, one in enumerate(pages)))
    fact = seen(wire, "numbers")
    assert isinstance(fact, Missing)
    said = fact.reason.partition("; there is one named ")[2]
    assert said == (f"{near}." if near else "")


@pytest.mark.parametrize("other", ["INPUT_QUEUE", "queue_input", "InputQueue", "queue-Input"])
def test_case_separators_and_the_order_of_words_do_not_count(wire: Wire, other: str) -> None:
    wire.play("sqs.ListQueues", queues(["input_queue2", other]))
    fact = queue(wire, "input_queue")
    assert isinstance(fact, Missing)
    assert fact.reason.endswith(f"there is one named {other}.")


def test_a_name_that_the_rubric_gives_to_another_is_never_offered(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    sqs = aws_sandbox.client("sqs", fresh_account)
    sqs.create_queue(QueueName="output_queue")
    seen = observe_sandbox_account(
        aws_sandbox, fresh_account, rubric=named_alike(), may_exercise=False
    )
    assert isinstance(seen.queues["input"], Missing)
    assert "output_queue" not in seen.queues["input"].reason
    sqs.create_queue(QueueName="Outputs_queue")
    seen = observe_sandbox_account(
        aws_sandbox, fresh_account, rubric=named_alike(), may_exercise=False
    )
    assert isinstance(seen.queues["input"], Missing)
    assert seen.queues["input"].reason.endswith("there is one named Outputs_queue.")


def named_alike() -> Rubric:
    """The shipped rubric with an input queue whose name comes near to that of the output queue."""
    rubric = lab()
    renamed = {**rubric.lab.queues, "input": "outputs_queue"}
    return msgspec.structs.replace(
        rubric, lab=msgspec.structs.replace(rubric.lab, queues=renamed, found=())
    )


FINDING = {
    "sqs.ListQueues": "sqs.GetQueueUrl",
    "lambda.ListFunctions": "lambda.GetFunctionConfiguration",
}


@pytest.mark.parametrize(("seen", "listing", "page"), KINDS)
@pytest.mark.parametrize(
    ("there", "said"),
    [
        ([], "named numbers in us-east-1."),
        (["other"], " there: other."),
        ([*"edcba"], " there: a, b, c, d, e."),
        ([*"gfedcba"], " there: a, b, c, d, e and 2 more."),
        (["x" * 200], f" there: {'x' * 79}…."),
        (["\x1b[31mred", "\u202eevil", "{name}"], r" there: \x1b[31mred, {name}, \u202eevil."),
    ],
    ids=lambda value: str(value)[:30],
)
def test_where_nothing_comes_near_what_there_is_is_said_and_can_do_nothing(
    wire: Wire, seen: Any, listing: str, page: Any, there: list[str], said: str
) -> None:
    wire.play(listing, page(there))
    fact = seen(wire, "numbers")
    assert isinstance(fact, Missing)
    assert fact.reason.endswith(said)


def test_neither_academys_functions_nor_the_labs_others_are_said(wire: Wire) -> None:
    wire.play("lambda.GetFunctionConfiguration", NO_FUNCTION)
    wire.play("lambda.ListFunctions", functions(["RedshiftOverwatch", "periodic_lambda"]))
    fact = observe_function(asked(wire), "numbers", (), others=["periodic_lambda"])
    assert isinstance(fact, Missing)
    assert fact.reason == "There is no function named numbers in us-east-1."


def in_oregon(sandbox: Sandbox, account: str, service: str) -> Any:
    """A client of the account in the other region of the Learner Lab."""
    made: Any = boto3.client
    return made(
        service,
        region_name="us-west-2",
        endpoint_url=sandbox.endpoint_url,
        **sandbox.credentials(account),
    )


def test_a_queue_of_that_name_in_the_other_region_is_said_once_for_each_that_is_missing(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire
) -> None:
    sqs = in_oregon(aws_sandbox, fresh_account, "sqs")
    sqs.create_queue(QueueName="input_queue")
    aws_sandbox.client("sqs", fresh_account).create_queue(QueueName="output_queue")
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire, may_exercise=False)
    missing = seen.queues["input"]
    assert isinstance(missing, Missing)
    assert missing.reason == (
        "There is no queue named input_queue in us-east-1; there is one of that name in us-west-2."
    )
    assert isinstance(seen.queues["output"], Found)
    assert wire.requests.count("sqs.GetQueueUrl") == 3  # and none for what is there


@pytest.mark.parametrize(("seen", "listing", "page"), KINDS)
@pytest.mark.parametrize(
    "answer",
    [
        rest(403, "AccessDeniedException", DENIED),
        rest(403, "UnrecognizedClientException", "The security token is invalid."),
        rest(429, "TooManyRequestsException"),
        rest(500, "ServiceException"),
        ConnectTimeoutError(endpoint_url="https://sqs.us-west-2.amazonaws.com"),
    ],
    ids=["denied", "token", "throttled", "fault", "silent"],
)
def test_where_the_other_region_says_nothing_all_is_as_it_was_and_it_is_not_asked_again(
    wire: Wire, seen: Any, listing: str, page: Any, answer: Answer
) -> None:
    finding = FINDING[listing]
    first = NO_QUEUE if finding.startswith("sqs") else NO_FUNCTION
    wire.play(listing, page(["number"]))
    wire.play("scheduler.ListSchedules", (200, {}, b'{"Schedules": []}'))
    aws = asked(wire)
    wire.play(finding, first, answer, always=True)
    observe = (
        observe_queue(aws, "numbers")[0]
        if finding.startswith("sqs")
        else observe_function(aws, "numbers", ())
    )
    assert isinstance(observe, Missing)
    assert observe.reason.endswith("there is one named number.")
    assert wire.requests.count(finding) == 2
    assert isinstance(aws.query("scheduler:ListSchedules", aws.scheduler.list_schedules), Found)


def test_in_a_region_that_is_not_the_learner_labs_only_the_labs_own_is_asked(wire: Wire) -> None:
    wire.play("sqs.GetQueueUrl", NO_QUEUE, always=True)
    wire.play("sqs.ListQueues", queues([]), always=True)
    keys = Keys(Secret("1" * 12), Secret("test"), None)
    where = ("eu-west-3", "http://127.0.0.1:1", None)
    for own, asked_in in ((None, 1), ("eu-west-3", 1), ("eu-west-1", 2)):
        wire.requests.clear()
        aws = Aws(Clients(wire.session), keys, *where, own)
        assert isinstance(observe_queue(aws, "numbers")[0], Missing)
        assert wire.requests.count("sqs.GetQueueUrl") == asked_in


def test_the_labs_region_is_looked_into_first() -> None:
    assert other_regions("us-west-2", "eu-west-1") == ["eu-west-1", "us-east-1"]
    assert other_regions("us-west-2", "us-east-1") == ["us-east-1"]
    assert other_regions("eu-west-3", "us-east-1") == ["us-east-1"]


@pytest.mark.parametrize(("seen", "listing", "page"), KINDS)
def test_the_very_name_on_a_later_page_is_not_missing(
    wire: Wire, seen: Any, listing: str, page: Any
) -> None:
    wire.play(listing, page(["a", "numbers-1"], "t"), page(["numbers"]))
    fact = seen(wire, "numbers")
    assert isinstance(fact, Unknown)
    assert fact.kind == "not-ready"


@pytest.mark.parametrize(("seen", "listing", "page"), KINDS)
def test_where_listing_is_denied_what_is_not_found_is_missing(
    wire: Wire, seen: Any, listing: str, page: Any
) -> None:
    wire.play(listing, rpc(403, "AccessDeniedException", DENIED), always=True)
    assert isinstance(seen(wire, "numbers"), Missing)


def test_a_fifo_queue_under_that_name_is_told_from_the_one_the_lab_asks_for(wire: Wire) -> None:
    wire.play("sqs.ListQueues", queues(["numbers.fifo", "number"]))
    fact = queue(wire, "numbers")
    assert isinstance(fact, Missing)
    assert "a FIFO queue named numbers.fifo" in fact.reason


def test_pages_of_queues_are_asked_for(wire: Wire) -> None:
    asked_with: list[bytes] = []
    wire.session.events.register(
        "before-send.sqs.ListQueues", lambda request, **_given: asked_with.append(request.body)
    )
    wire.play("sqs.ListQueues", queues([]))
    queue(wire, "numbers")
    assert json.loads(asked_with[0])["MaxResults"] == 1000


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (None, None),
        ("", None),
        ('{"maxReceiveCount": "3", "deadLetterTargetArn": "arn"}', 3),
        ('{"maxReceiveCount": 5}', 5),
        ('{"maxReceiveCount": -1}', 1),
        ('{"maxReceiveCount": 1e999}', 1),
        ('{"maxReceiveCount": 99999999999999999999}', 1000),
        ('{"maxReceiveCount": "many"}', 1),
        ('{"maxReceiveCount": null}', 1),
        ("{}", 1),
        ("[]", 1),
        ("7", 1),
        ("no JSON", 1),
        ("[" * 100_000, 1),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_redrive_policy_that_cannot_be_read_counts_as_the_strictest(
    wire: Wire, policy: str | None, expected: int | None
) -> None:
    attributes = {"QueueArn": "arn:aws:sqs:us-east-1:111111111111:numbers", "FifoQueue": "true"}
    if policy is not None:
        attributes["RedrivePolicy"] = policy
    json_type = {"content-type": "application/x-amz-json-1.0"}
    wire.play("sqs.GetQueueUrl", (200, json_type, b'{"QueueUrl": "http://127.0.0.1:1/1/numbers"}'))
    body = json.dumps({"Attributes": attributes}).encode()
    wire.play("sqs.GetQueueAttributes", (200, json_type, body))
    fact, _ = observe_queue(asked(wire), "numbers")
    assert isinstance(fact, Found)
    assert (fact.value.max_receives, fact.value.fifo) == (expected, True)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("AccessDeniedException", "permission"),
        ("KMSAccessDeniedException", "permission"),
        ("KMSThrottlingException", "throttled"),
        ("KMSDisabledException", None),
        ("KMSInvalidStateException", None),
        ("KMSNotFoundException", None),
        ("SomethingNew", "permission"),
    ],
)
def test_variables_that_cannot_be_decrypted_are_unknown_unless_their_key_is_gone(
    wire: Wire, code: str, expected: str | None
) -> None:
    answer = {
        "FunctionName": "adder",
        "FunctionArn": "arn:aws:lambda:us-east-1:111111111111:function:adder",
        "MemorySize": 128,
        "Timeout": 60,
        "Environment": {"Error": {"ErrorCode": code, "Message": "because."}},
    }
    body = json.dumps(answer).encode()
    json_type = {"content-type": "application/json"}
    wire.play("lambda.GetFunctionConfiguration", (200, json_type, body))
    fact = observe_function(asked(wire), "adder", ("foo",))
    assert isinstance(fact, Found)
    assert fact.value.state == "Active"
    environment = fact.value.environment
    if expected is None:
        assert isinstance(environment, Missing)
        assert environment.reason.endswith(": because.")
    else:
        assert isinstance(environment, Unknown)
        assert environment.kind == expected


@pytest.mark.parametrize("listed", [5, ["adder"], None, "a" * 1_000_000], ids=type)
def test_a_list_with_what_is_no_name_says_no_more_than_that_nothing_is_there(listed: Any) -> None:
    wire = Wire()
    wire.play("lambda.GetFunctionConfiguration", NO_FUNCTION)
    wire.play(
        "lambda.ListFunctions",
        (200, {}, json.dumps({"Functions": [{"FunctionName": listed}]}).encode()),
    )
    keys = Keys(Secret("1"), Secret("2"), None)
    aws = Aws(Clients(wire.session), keys, "eu-west-3", "http://127.0.0.1:1")
    fact = observe_function(aws, "adder", ())
    assert isinstance(fact, Missing)
    assert fact.reason == "There is no function named adder in eu-west-3."
