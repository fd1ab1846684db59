"""Which pairs go through the queues, how long they are waited for, and what counts as an answer."""

from __future__ import annotations

import hashlib
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader.model.fact import Found, NotTried
from grader.model.observation import Answer as Came
from grader.observe import invocation, output
from grader.observe.exchange import Exchanging
from grader.observe.sent import Sent
from tests.exchanges import drawn
from tests.observing import (
    EMPTY,
    answered,
    exchange,
    hand_in,
    handler,
    lab,
    messages,
    observe_sandbox_account,
)
from tests.own_names import package

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox
    from tests.wire_faults import Answer, Wire


def swallowed() -> Answer:
    """SQS says that it took the message, and it is gone: what a lost delivery looks like."""
    body = {"MessageId": "lost", "MD5OfMessageBody": hashlib.md5(b"").hexdigest()}
    return 200, {"content-type": "application/x-amz-json-1.0"}, json.dumps(body).encode()


@pytest.mark.slow
def test_an_answer_to_the_fresh_pair_counts_for_the_silent_one(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    wire.play("sqs.SendMessage", swallowed())
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire)
    assert answered(seen) == 5
    assert wire.requests.count("sqs.SendMessage") == 6


@pytest.mark.slow
def test_a_function_that_stops_answering_gets_one_fresh_pair_and_no_more(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="first_two_only")
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire, rubric=lab(deadline_s=3))
    assert [pair.answered for pair in exchange(seen).pairs] == [False]
    assert wire.requests.count("sqs.SendMessage") == 2


@pytest.mark.slow
def test_only_one_pair_is_tried_where_the_direct_answer_was_wrong(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="multiplies")
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire)
    assert wire.requests.count("sqs.SendMessage") == 1
    assert exchange(seen).patience_s == 8


@pytest.mark.slow
def test_all_pairs_go_at_once_through_a_slow_mapping(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    def slow(parsed: dict[str, Any]) -> None:
        for mapping in parsed["EventSourceMappings"]:
            mapping["MaximumBatchingWindowInSeconds"] = 30

    wire.change("lambda.ListEventSourceMappings", slow)
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire)
    assert answered(seen) == 5
    first = wire.requests.index("sqs.SendMessage")
    assert wire.requests[first : first + 5] == ["sqs.SendMessage"] * 5
    assert exchange(seen).patience_s == 30 + 30


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 22, 333])
def test_what_records_charges_is_not_charged_again_through_a_slow_mapping(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire, seed: int
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="first_record_only")

    def slow(parsed: dict[str, Any]) -> None:
        for mapping in parsed["EventSourceMappings"]:
            mapping["MaximumBatchingWindowInSeconds"] = 30

    wire.change("lambda.ListEventSourceMappings", slow)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire, seed=seed)
    assert handler(seen).answered
    assert isinstance(seen.records, Found)
    assert not seen.records.value.answered
    assert wire.requests.count("sqs.SendMessage") == 1, "several may travel in one event"
    assert exchange(seen).stands_for_all
    assert answered(seen) == 1


@pytest.mark.slow
def test_a_right_sum_after_a_wrong_message_counts(aws_sandbox: Sandbox, fresh_account: str) -> None:
    hand_in(aws_sandbox, fresh_account, handler="corrects_itself")
    seen = observe_sandbox_account(aws_sandbox, fresh_account, rubric=lab(pairs=3))
    assert handler(seen).answered
    assert answered(seen) == 3


@pytest.mark.slow
def test_answers_that_the_function_delays_count_everywhere(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="delays_answer", environment={"DELAY": "7"})
    seen = observe_sandbox_account(aws_sandbox, fresh_account, rubric=lab(pairs=1))
    assert handler(seen).answered
    assert isinstance(seen.records, Found)
    assert seen.records.value.answered
    assert answered(seen) == 1


@pytest.mark.slow
def test_a_filter_is_not_blamed_for_a_function_that_never_answers(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    pattern = json.dumps({"body": {"number1": [{"exists": True}]}})
    hand_in(aws_sandbox, fresh_account, handler="prints_only", mapping_filter=pattern)
    seen = observe_sandbox_account(aws_sandbox, fresh_account)
    assert not exchange(seen).filtered
    assert exchange(seen).answered == 0


@pytest.mark.slow
def test_the_queue_decides_with_full_patience_where_the_made_up_event_cannot(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="deletes_first")
    seen = observe_sandbox_account(aws_sandbox, fresh_account)
    assert handler(seen).inconclusive
    assert not handler(seen).answered
    assert isinstance(seen.records, NotTried)
    assert answered(seen) == 5
    assert exchange(seen).patience_s == lab().exchange.deadline_s
    assert seen.flags == ("direct-inconclusive",)


CATCHES = """
import json
import os
import boto3

sqs = boto3.client("sqs")

def lambda_handler(event, context):
    failed = []
    for record in event["Records"]:
        try:
            own_url = sqs.get_queue_url(QueueName="input_queue")["QueueUrl"]
            sqs.delete_message(QueueUrl=own_url, ReceiptHandle=record["receiptHandle"])
            message = json.loads(record["body"])
            body = json.dumps({{"body": message["number1"] + message["number2"]}})
            sqs.send_message(QueueUrl=os.environ["OUTPUT_QUEUE_URL"], MessageBody=body)
        except Exception as error:
            {told}
            failed.append({{"itemIdentifier": record["messageId"]}})
    return {returned}
"""
FAILURES = '{"batchItemFailures": failed}'


def reporting(wire: Wire) -> None:
    """Let the mapping heed what the function returns of its failures."""

    def heeds(parsed: dict[str, Any]) -> None:
        for mapping in parsed["EventSourceMappings"]:
            mapping["FunctionResponseTypes"] = ["ReportBatchItemFailures"]

    wire.change("lambda.ListEventSourceMappings", heeds)


def counts_nothing(parsed: dict[str, Any]) -> None:
    """Let the counts be as late as AWS's may be."""
    for name in ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"):
        if name in parsed.get("Attributes", {}):
            parsed["Attributes"][name] = "0"


def deploy_code(sandbox: Sandbox, account: str, code: str) -> None:
    sandbox.client("lambda", account).update_function_code(
        FunctionName="first_lambda", ZipFile=package(code)
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("told", "returned", "failure"),
    [
        ("print(error)", "None", None),
        ('return {"body": str(error)}', "None", None),
        ("print(error)", FAILURES, "reported"),
        ('print(error); raise RuntimeError("processing failed") from None', "None", "raised"),
    ],
)
def test_an_artefact_of_the_made_up_event_that_is_caught_is_no_silence(
    aws_sandbox: Sandbox,
    reference_account: str,
    wire: Wire,
    told: str,
    returned: str,
    failure: str | None,
) -> None:
    deploy_code(aws_sandbox, reference_account, CATCHES.format(told=told, returned=returned))
    reporting(wire)
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire, rubric=lab(pairs=2))
    assert (handler(seen).failure, handler(seen).inconclusive) == (failure, True)
    assert not handler(seen).answered
    assert isinstance(seen.records, NotTried)
    assert answered(seen) == 2
    assert exchange(seen).patience_s == lab().exchange.deadline_s
    assert seen.flags == ("direct-inconclusive",)


REPORTS = """
def lambda_handler(event, context):
    return {"batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in event["Records"]]}
"""


@pytest.mark.slow
@pytest.mark.parametrize("heeded", [True, False])
def test_who_reports_a_failure_to_a_mapping_that_heeds_it_is_sent_one_message(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire, heeded: bool
) -> None:
    deploy_code(aws_sandbox, reference_account, REPORTS)
    if heeded:
        reporting(wire)
    wire.change("sqs.GetQueueAttributes", counts_nothing)
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire, rubric=lab(pairs=3))
    assert handler(seen).failure == ("reported" if heeded else None)
    assert answered(seen) == 0
    assert wire.requests.count("sqs.SendMessage") == 1
    assert ("pair-left-behind" in seen.flags) is heeded


@pytest.mark.slow
def test_who_catches_the_artefact_without_a_word_is_right_by_the_queue(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    deploy_code(aws_sandbox, reference_account, CATCHES.format(told="pass", returned=FAILURES))
    reporting(wire)
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire, rubric=lab(pairs=2))
    assert (handler(seen).failure, handler(seen).inconclusive) == ("reported", False)
    assert answered(seen) == 2
    assert "pair-left-behind" not in seen.flags


CATCHES_OUTSIDE = """
import json
import os
import boto3

sqs = boto3.client("sqs")

def lambda_handler(event, context):
    try:
        own_url = sqs.get_queue_url(QueueName="input_queue")["QueueUrl"]
        for record in event["Records"]:
            message = json.loads(record["body"])
            body = json.dumps({"body": message["number1"] + message["number2"]})
            sqs.send_message(QueueUrl=os.environ["OUTPUT_QUEUE_URL"], MessageBody=body)
            sqs.delete_message(QueueUrl=own_url, ReceiptHandle=record["receiptHandle"])
    except Exception as error:
        print(error)
"""


@pytest.mark.slow
def test_an_artefact_that_ends_the_loop_leaves_the_records_to_the_queue(
    aws_sandbox: Sandbox, reference_account: str
) -> None:
    deploy_code(aws_sandbox, reference_account, CATCHES_OUTSIDE)
    seen = observe_sandbox_account(aws_sandbox, reference_account, rubric=lab(pairs=1))
    assert handler(seen).answered
    assert not handler(seen).inconclusive
    assert isinstance(seen.records, Found)
    assert seen.records.value.inconclusive
    assert [pair.answered for pair in seen.records.value.pairs] == [True, False, False]
    assert answered(seen) == 1
    assert seen.flags == ("direct-inconclusive",)


ON_ITS_OWN_QUEUE = """
import json
import boto3

sqs = boto3.client("sqs")

def lambda_handler(event, context):
    url = sqs.get_queue_url(QueueName="input_queue")["QueueUrl"]
    for record in event["Records"]:
        message = json.loads(record["body"])
        body = json.dumps({"body": message["number1"] + message["number2"]})
        sqs.send_message(QueueUrl=url, MessageBody=body)
        try:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=record["receiptHandle"])
        except Exception as error:
            print(error)
"""


@pytest.mark.slow
def test_an_artefact_that_is_caught_does_not_excuse_who_answers_on_its_own_queue(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire
) -> None:
    hand_in(aws_sandbox, fresh_account, mapping="disabled")
    deploy_code(aws_sandbox, fresh_account, ON_ITS_OWN_QUEUE)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire, rubric=lab(pairs=2))
    assert handler(seen).own_queue
    assert not handler(seen).inconclusive
    assert wire.requests.count("sqs.SendMessage") == 0


@pytest.mark.slow
def test_what_aws_says_of_the_mapping_by_then_is_kept_with_a_silence(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    role = "PROBLEM: Lambda failed to assume your function execution role."
    asked: list[bool] = []

    def later(parsed: dict[str, Any]) -> None:
        for mapping in parsed["EventSourceMappings"]:
            mapping["LastProcessingResult"] = role if asked else "No records processed"

    wire.change("lambda.ListEventSourceMappings", later)
    wire.change("sqs.SendMessage", lambda _said: asked.append(True))
    wire.play("sqs.SendMessage", swallowed(), always=True)
    seen = observe_sandbox_account(
        aws_sandbox, reference_account, wire=wire, rubric=lab(deadline_s=1, pairs=1)
    )
    assert (answered(seen), exchange(seen).problem) == (0, role)


@pytest.mark.slow
def test_that_the_queue_decided_is_noted_where_only_several_records_met_the_artefact(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="deletes_message")
    first = [True]
    # The single record's invocation is answered as if it had not failed.
    wire.change(
        "lambda.Invoke",
        lambda said: said.pop("FunctionError", None) if first and first.pop() else 0,
    )
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire)
    assert not handler(seen).inconclusive
    assert isinstance(seen.records, Found)
    assert seen.records.value.inconclusive
    assert "direct-inconclusive" in seen.flags


def test_an_answer_behind_many_old_messages_is_found(
    aws_sandbox: Sandbox, fresh_account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invocation, "ANSWER_APPEARS_S", 0.01)
    hand_in(aws_sandbox, fresh_account, old_messages=60)
    assert handler(
        observe_sandbox_account(aws_sandbox, fresh_account, rubric=lab(pairs=1))
    ).answered


@pytest.mark.slow
def test_late_duplicates_are_taken_along(
    aws_sandbox: Sandbox, fresh_account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "DUPLICATES_S", 8)  # the second comes a second later, or two
    hand_in(aws_sandbox, fresh_account, handler="answers_twice")
    assert answered(observe_sandbox_account(aws_sandbox, fresh_account)) == 5
    assert messages(aws_sandbox, fresh_account, "output_queue") == EMPTY


@pytest.mark.slow
def test_a_mapping_of_an_alias_is_invoked_as_that_alias(
    aws_sandbox: Sandbox, fresh_account: str, wire: Wire
) -> None:
    hand_in(aws_sandbox, fresh_account, mapping="absent")
    functions = aws_sandbox.client("lambda", fresh_account)
    version = functions.publish_version(FunctionName="first_lambda")["Version"]
    alias = functions.create_alias(
        FunctionName="first_lambda", Name="live", FunctionVersion=version
    )
    functions.create_event_source_mapping(
        EventSourceArn=f"arn:aws:sqs:us-east-1:{fresh_account}:input_queue",
        FunctionName=alias["AliasArn"],
    )
    urls: list[str] = []
    wire.session.events.register(
        "before-send.lambda.Invoke", lambda request, **_: urls.append(request.url)
    )
    seen = observe_sandbox_account(aws_sandbox, fresh_account, wire=wire)
    assert answered(seen) == 5
    assert all("Qualifier=live" in url for url in urls)
    assert len(urls) == 2


def test_one_queue_for_both_ends_is_a_loop(
    aws_sandbox: Sandbox, reference_account: str, wire: Wire
) -> None:
    rubric = lab()
    queues = {"input": "input_queue", "output": "input_queue"}
    both = msgspec.structs.replace(rubric, lab=msgspec.structs.replace(rubric.lab, queues=queues))
    seen = observe_sandbox_account(aws_sandbox, reference_account, wire=wire, rubric=both)
    assert exchange(seen).unsafe is not None
    assert not {"lambda.Invoke", "sqs.SendMessage"} & set(wire.requests)


@pytest.mark.parametrize("came", [True, False])
def test_a_fresh_pair_that_is_answered_clears_the_filter(came: bool) -> None:
    """The answer to the first one was somebody else's."""
    exchanging: Any = object.__new__(Exchanging)
    exchanging._output = SimpleNamespace(quotes=(), said_something_else_since=lambda _sent: False)
    exchanging._held_back, exchanging._one_for_all = True, False
    exchanging._patience_s, exchanging._representatives = 1, 1
    fresh = Sent(drawn())
    fresh.answers += [Came("3", None, 0.1)] * came
    exchanging._entries = [[Sent(drawn()), fresh]]
    assert exchanging.result.filtered is not came
