"""An output queue that neither a variable nor the number of queues tells: the function is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError

from grader.model.fact import Missing, Unknown
from tests import observing
from tests.observing import EMPTY, exchange, kind, messages, observe_sandbox_account, put
from tests.own_names import Lab, answering, found, how, own_names, package, why_not
from tests.quick_run import first_only_when_quick
from tests.wire_faults import Done, asked_again_at_once, rest, rpc

if TYPE_CHECKING:
    from grader.model.observation import Observation
    from grader.rubric.rubric import Rubric
    from grader.sandbox.server import Sandbox
    from tests.wire_faults import Answer, Wire


@pytest.fixture
def lab(aws_sandbox: Sandbox, fresh_account: str) -> Lab:
    """A calculator between two of four queues; who answers into which of them is up to the test."""
    one = Lab(aws_sandbox, fresh_account)
    one.queues("queue1", "queue2", "older", "oldest")
    return one


def calculator(lab: Lab, code: bytes) -> None:
    lab.function("calculatrice", code=code)
    lab.feed("queue1", "calculatrice")


def seen(lab: Lab, *, may_exercise: bool = True) -> Observation:
    return observe_sandbox_account(
        lab.sandbox, lab.account, rubric=own_names(), may_exercise=may_exercise
    )


@pytest.mark.slow
def test_the_queue_that_holds_the_answer_is_the_output_queue(lab: Lab) -> None:
    calculator(lab, answering("queue2"))
    put(lab.sandbox, lab.account, "somebody's", "older")
    observed = seen(lab)
    assert found(observed)["output"] == "queue2"
    assert how(observed)["output"] == "which held the answer of calculatrice"
    assert exchange(observed).answered == 5
    # Nothing of ours is left, and what was there is there, to be received at once.
    assert messages(lab.sandbox, lab.account, "queue2") == EMPTY
    assert messages(lab.sandbox, lab.account, "oldest") == EMPTY
    assert messages(lab.sandbox, lab.account, "older") == {"visible": 1, "in flight": 0}


@pytest.mark.slow
def test_a_wrong_answer_tells_the_queue_as_well(lab: Lab) -> None:
    calculator(lab, answering("queue2"))
    lab.client("lambda").delete_function(FunctionName="calculatrice")
    lab.function("calculatrice", "multiplies", OUTPUT_QUEUE_URL=f"{lab.url('queue2')}?")
    observed = seen(lab)
    assert found(observed)["output"] == "queue2"


WAKING = rest(409, "SnapStartNotReadyException", "Lambda is initializing your function.")
NO_ROOM = rest(429, "TooManyRequestsException", "Rate Exceeded.")


@pytest.mark.slow
@pytest.mark.parametrize(
    "answers",
    [
        [rest(503, "ServiceException")],
        [NO_ROOM] * 5,
        [WAKING, WAKING],
        [EndpointConnectionError(endpoint_url="x")],
    ],
    ids=["5xx", "no room", "waking", "no connection"],
)
def test_what_passes_by_itself_is_asked_again(lab: Lab, wire: Wire, answers: list[Answer]) -> None:
    calculator(lab, answering("queue2"))
    with asked_again_at_once():
        wire.play("lambda.Invoke", *answers)
        observed = observe_sandbox_account(lab.sandbox, lab.account, rubric=own_names(), wire=wire)
    assert how(observed)["output"] == "which held the answer of calculatrice"


@pytest.mark.parametrize(
    "rubric", first_only_when_quick([own_names(), observing.lab()]), ids=["found", "named"]
)
@pytest.mark.parametrize(
    ("operation", "answer", "kind"),
    [
        pytest.param(
            *("lambda.Invoke", rest(503, "ServiceException"), "unreachable"), marks=pytest.mark.slow
        ),
        ("lambda.Invoke", rest(403, "AccessDeniedException"), "permission"),
        ("sqs.ReceiveMessage", rpc(403, "AccessDeniedException"), "permission"),
    ],
    ids=["5xx", "not allowed to invoke", "not allowed to receive"],
)
def test_that_the_queue_could_not_be_told_is_no_fault_of_its_name(
    lab: Lab, wire: Wire, rubric: Rubric, operation: str, answer: Answer, kind: str
) -> None:
    calculator(lab, answering("queue2"))
    with asked_again_at_once():
        wire.play(operation, answer, always=True)
        observed = observe_sandbox_account(lab.sandbox, lab.account, rubric=rubric, wire=wire)
    facts = (observed.handler, observed.records, observed.exchange)
    assert [fact.kind for fact in facts if isinstance(fact, Unknown)] == [kind] * 3
    queue = observed.queues["output"]
    if rubric.lab.names["output"]:  # that none has this name is certain
        assert isinstance(queue, Missing)
    else:
        assert isinstance(queue, Unknown)
        assert queue.kind == kind


@pytest.mark.slow
def test_it_is_asked_as_its_mapping_would(lab: Lab, wire: Wire) -> None:
    """What $LATEST does is nobody's affair where the mapping names an alias."""
    calculator(lab, answering("queue2"))
    functions = lab.client("lambda")
    version = functions.publish_version(FunctionName="calculatrice")["Version"]
    functions.create_alias(FunctionName="calculatrice", Name="live", FunctionVersion=version)
    (mapping,) = functions.list_event_source_mappings()["EventSourceMappings"]
    functions.delete_event_source_mapping(UUID=mapping["UUID"])
    lab.feed("queue1", "calculatrice:live")
    functions.update_function_code(FunctionName="calculatrice", ZipFile=answering("older"))
    assert found(seen(lab))["output"] == "queue2"


@pytest.mark.slow
@pytest.mark.parametrize(
    "code",
    [answering("queue2", "older"), answering(), answering("queue2", instead="done")],
    ids=["into two queues", "into none", "no number"],
)
def test_what_does_not_tell_one_queue_is_listed(lab: Lab, code: bytes) -> None:
    calculator(lab, code)
    said = why_not(seen(lab), "output")
    assert said.startswith("ambiguous: ")
    for name in ("queue2", "older", "oldest"):
        assert f"{name} (another queue)" in said


@pytest.mark.slow
def test_more_queues_than_five_are_not_received_from(lab: Lab) -> None:
    calculator(lab, answering("queue2"))
    lab.queues("a", "b", "c")
    assert why_not(seen(lab), "output").startswith("ambiguous: ")
    assert messages(lab.sandbox, lab.account, "queue2") == EMPTY  # the function was not run


def test_who_only_looks_runs_nothing(lab: Lab) -> None:
    calculator(lab, answering("queue2"))
    assert why_not(seen(lab, may_exercise=False), "output").startswith("ambiguous: ")
    assert messages(lab.sandbox, lab.account, "queue2") == EMPTY


def test_a_queue_that_would_move_a_message_away_is_left_alone(lab: Lab) -> None:
    calculator(lab, answering("queue2"))
    lab.queues("dead")
    lab.redrive("older", "dead", receives=1)
    assert why_not(seen(lab), "output").startswith("ambiguous: ")
    assert messages(lab.sandbox, lab.account, "queue2") == EMPTY


@pytest.mark.parametrize("fed", first_only_when_quick(["first_lambda", "archiver"]))
def test_a_queue_that_feeds_a_function_is_no_candidate(
    aws_sandbox: Sandbox, fresh_account: str, fed: str
) -> None:
    """It is the way in of something else, which an answer there would set off."""
    account = Lab(aws_sandbox, fresh_account)
    account.queues("input_queue", "answers", "older", "oldest")
    variables = {"ONE": account.url("answers"), "TWO": account.url("older")}
    account.function("first_lambda", code=answering("answers"), **variables)
    account.feed("input_queue", "first_lambda")
    if fed == "archiver":
        account.function(fed)
    account.feed("older", fed)
    observed = observe_sandbox_account(aws_sandbox, fresh_account, rubric=observing.lab())
    assert found(observed)["output"] == "answers"


@pytest.mark.slow
def test_whatever_was_answered_is_taken_away_again(lab: Lab, wire: Wire) -> None:
    """Lambda ran the function, and its answer was lost: twice, and the third came."""
    calculator(lab, answering("queue2"))
    lost = Done(ConnectionClosedError(endpoint_url="x"))
    with asked_again_at_once():
        wire.play("lambda.Invoke", lost, lost)
        observed = observe_sandbox_account(lab.sandbox, lab.account, rubric=own_names(), wire=wire)
    assert how(observed)["output"] == "which held the answer of calculatrice"
    assert observed.flags == ()
    assert messages(lab.sandbox, lab.account, "queue2") == EMPTY


DELETES = """
import json
import boto3

sqs = boto3.client("sqs")

def lambda_handler(event, context):
    for record in event["Records"]:
        queue = sqs.get_queue_url(QueueName="queue1")["QueueUrl"]
        {before}
        try:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=record["receiptHandle"])
        except Exception as error:
            {caught}
"""


@pytest.mark.slow
@pytest.mark.parametrize("caught", ["raise", "print(error)"])
def test_only_the_queue_can_tell_of_a_function_that_deletes_its_message_first(
    lab: Lab, caught: str
) -> None:
    """The receipt handle of the event is made up: nothing is answered, whatever the queue is called."""
    calculator(lab, package(DELETES.format(before="pass", caught=caught)))
    observed = observe_sandbox_account(lab.sandbox, lab.account, rubric=observing.lab())
    assert kind(observed.handler) == kind(observed.exchange) == "ambiguous"


@pytest.mark.slow
@pytest.mark.parametrize("caught", ["raise", "print(error)"])
def test_who_answers_before_that_tells_the_queue(lab: Lab, caught: str) -> None:
    url = 'sqs.get_queue_url(QueueName="queue2")["QueueUrl"]'
    answer = 'str(sum(json.loads(record["body"]).values()))'
    before = f"sqs.send_message(QueueUrl={url}, MessageBody={answer})"
    calculator(lab, package(DELETES.format(before=before, caught=caught)))
    assert how(seen(lab))["output"] == "which held the answer of calculatrice"
