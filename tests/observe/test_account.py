"""What a real account does to a grader, each against the sandbox."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from grader.observation import (
    Exchange,
    Found,
    Invocation,
    Missing,
    NotTried,
    Observation,
    Unknown,
    decode,
    encode,
)
from grader.observe.output import Interrupted
from grader.observe.pairs import Pairs
from tests.looking import hand_in, lab, look

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox


def handler(seen: Observation) -> Invocation:
    assert isinstance(seen.handler, Found)
    return seen.handler.value


def exchange(seen: Observation) -> Exchange:
    assert isinstance(seen.exchange, Found)
    return seen.exchange.value


def messages(sandbox: Sandbox, account: str, queue: str) -> dict[str, int]:
    """How many messages are visible in a queue, and how many in flight."""
    sqs = sandbox.client("sqs", account)
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    given = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return {
        "visible": int(given["ApproximateNumberOfMessages"]),
        "in flight": int(given["ApproximateNumberOfMessagesNotVisible"]),
    }


EMPTY = {"visible": 0, "in flight": 0}


def put(sandbox: Sandbox, account: str, body: str, queue: str = "output_queue") -> int:
    """Send a message; when it was sent, in Unix milliseconds."""
    sqs = sandbox.client("sqs", account)
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=body)
    got = sqs.receive_message(QueueUrl=url, AttributeNames=["SentTimestamp"], VisibilityTimeout=0)
    return int(got["Messages"][0]["Attributes"]["SentTimestamp"])


def test_the_reference_is_seen_whole_and_its_queues_are_left_empty(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account)
    seen = look(aws_sandbox, fresh_account)
    assert handler(seen).answered
    assert isinstance(seen.records, Found)
    assert [pair.answered for pair in seen.records.value.pairs] == [True] * 3
    assert [pair.answered for pair in exchange(seen).pairs] == [True] * 5
    assert seen.flags == ()
    assert seen.account_id == fresh_account
    assert messages(aws_sandbox, fresh_account, "output_queue") == EMPTY
    assert messages(aws_sandbox, fresh_account, "input_queue") == EMPTY
    assert decode(encode(seen)) == seen


def test_the_same_seed_sends_the_same_pairs(aws_sandbox: Sandbox, fresh_account: str) -> None:
    hand_in(aws_sandbox, fresh_account)
    first, second = (look(aws_sandbox, fresh_account, seed=5) for _ in range(2))

    def pairs(seen: Observation) -> list[tuple[int, int]]:
        return [(pair.number1, pair.number2) for pair in exchange(seen).pairs]

    assert pairs(first) == pairs(second)


def test_an_empty_account_is_missing_everything_and_nothing_is_tried(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    seen = look(aws_sandbox, fresh_account)
    assert isinstance(seen.functions["sum"], Missing)
    assert isinstance(seen.queues["input"], Missing)
    assert seen.mappings["input"] == NotTried("queues.input", seen.queues["input"].reason)
    assert seen.schedules["periodic"].because == "functions.periodic"  # type: ignore[union-attr]
    for fact in (seen.handler, seen.records, seen.exchange):
        assert isinstance(fact, NotTried)
        assert fact.because == "functions.sum"


def test_a_misspelt_queue_is_named(aws_sandbox: Sandbox, fresh_account: str) -> None:
    hand_in(aws_sandbox, fresh_account, output_queue="output-queue")
    missing = look(aws_sandbox, fresh_account).queues["output"]
    assert isinstance(missing, Missing)
    assert "there is one named output-queue" in missing.reason


def test_only_variables_that_the_rubric_names_are_kept(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, environment={"DB_PASSWORD": "hunter2"})
    assert b"hunter2" not in encode(look(aws_sandbox, fresh_account, exchange=False))


def test_a_function_that_answers_on_its_own_input_queue_is_told_so(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="own_queue", mapping="disabled")
    seen = look(aws_sandbox, fresh_account)
    assert handler(seen).own_queue
    assert isinstance(seen.exchange, NotTried)
    assert seen.exchange.because == "handler"
    assert messages(aws_sandbox, fresh_account, "input_queue") == EMPTY


def test_a_loop_is_neither_invoked_nor_fed(aws_sandbox: Sandbox, fresh_account: str) -> None:
    hand_in(aws_sandbox, fresh_account, output_mapping=True)
    seen = look(aws_sandbox, fresh_account)
    assert exchange(seen).unsafe is not None
    assert "output_queue" in str(exchange(seen).unsafe)
    assert exchange(seen).pairs == ()
    for fact in (seen.handler, seen.records):
        assert isinstance(fact, NotTried)
        assert fact.because == "exchange"


def test_nothing_is_sent_where_a_second_function_reads_the_input_queue(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, second_function=True)
    seen = look(aws_sandbox, fresh_account)
    assert handler(seen).answered
    assert isinstance(seen.exchange, NotTried)
    assert seen.exchange.because == "mappings.input"


def test_a_harmless_filter_costs_nothing(aws_sandbox: Sandbox, fresh_account: str) -> None:
    pattern = json.dumps({"body": {"number1": [{"exists": True}]}})
    hand_in(aws_sandbox, fresh_account, mapping_filter=pattern)
    seen = look(aws_sandbox, fresh_account)
    assert exchange(seen).answered == 5
    assert not exchange(seen).filtered


def test_a_filter_that_drops_messages_is_found_with_one_pair(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    pattern = json.dumps({"body": {"colour": ["blue"]}})
    hand_in(aws_sandbox, fresh_account, mapping_filter=pattern)
    seen = look(aws_sandbox, fresh_account, rubric=lab(deadline_s=2))
    assert exchange(seen).filtered
    assert len(exchange(seen).pairs) == 1


def test_an_old_message_that_equals_a_sum_is_no_answer(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="prints_only", mapping="disabled")
    first = next(Pairs(1, fresh_account, 1, *lab().exchange.range))
    sent_ms = put(aws_sandbox, fresh_account, json.dumps({"body": sum(first)}))
    sqs = aws_sandbox.client("sqs", fresh_account)

    def clock_ms() -> float:
        from grader.aws import answered_at

        at = answered_at(sqs.list_queues())
        assert at is not None
        return at.timestamp() * 1000

    # AWS's Date has whole seconds: only a later one proves that the message is older than the run.
    Retrying(
        retry=retry_if_result(lambda now: now <= sent_ms + 1000),
        stop=stop_after_delay(10),
        wait=wait_fixed(0.05),
    )(clock_ms)
    seen = look(aws_sandbox, fresh_account)
    assert not handler(seen).answered
    assert "foreign-messages" in seen.flags
    assert messages(aws_sandbox, fresh_account, "output_queue") == {"visible": 1, "in flight": 0}


def test_old_messages_are_received_once_and_left_visible(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, old_messages=25)
    seen = look(aws_sandbox, fresh_account)
    assert exchange(seen).answered == 5
    assert seen.flags == ("foreign-messages",)
    sqs = aws_sandbox.client("sqs", fresh_account)
    url = sqs.get_queue_url(QueueName="output_queue")["QueueUrl"]
    counts = []
    while got := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["ApproximateReceiveCount"]
    ).get("Messages", []):
        counts += [int(m["Attributes"]["ApproximateReceiveCount"]) for m in got]
    assert counts == [2] * 25  # once by the grader, once just now


def test_the_environment_that_a_function_prints_is_not_kept(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    secrets = {"DB_PASSWORD": "hunter2canary", "API_TOKEN": "hunter3canary"}
    hand_in(aws_sandbox, fresh_account, handler="prints_environ", environment=secrets)
    seen = look(aws_sandbox, fresh_account)
    kept = encode(seen)
    assert handler(seen).failure == "raised"
    assert b"canary" not in kept
    assert b'"sent_at"' in kept


def test_reserved_concurrency_of_zero_is_the_functions_own_failure(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, reserved_concurrency=0)
    seen = look(aws_sandbox, fresh_account)
    assert handler(seen).failure == "refused"
    assert isinstance(seen.exchange, NotTried)
    assert seen.exchange.because == "handler"


def test_a_right_sum_followed_by_an_exception_is_flagged(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="raises_after_answer")
    seen = look(aws_sandbox, fresh_account)
    assert handler(seen).answered
    assert handler(seen).failure == "raised"
    assert "raises-after-answer" in seen.flags


def test_a_function_that_outlives_its_timeout_failed_itself(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="slow", timeout_s=1)
    seen = look(aws_sandbox, fresh_account)
    assert handler(seen).failure == "timed-out"
    assert isinstance(seen.exchange, NotTried)


@pytest.mark.parametrize("kinds", ["text,nested,digits,nan,true", "mebibyte,escapes,empty,markup"])
def test_hostile_messages_cost_nothing_and_keep_the_observation_small(
    aws_sandbox: Sandbox, fresh_account: str, kinds: str
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="hostile", environment={"HOSTILE": kinds})
    seen = look(aws_sandbox, fresh_account, rubric=lab(deadline_s=30))
    assert handler(seen).answered
    assert exchange(seen).answered == 5
    assert len(encode(seen)) < 64 * 1024
    assert decode(encode(seen)) == seen


def test_a_function_that_stops_answering_gets_one_fresh_pair_and_no_more(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="first_two_only")
    seen = look(aws_sandbox, fresh_account, rubric=lab(deadline_s=3))
    assert [pair.answered for pair in exchange(seen).pairs] == [False]


def test_a_pair_that_nobody_consumed_is_taken_back(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account)
    functions = aws_sandbox.client("lambda", fresh_account)
    mapping = functions.list_event_source_mappings()["EventSourceMappings"][0]
    wire = _disabling(functions, mapping["UUID"])
    seen = look(aws_sandbox, fresh_account, rubric=lab(deadline_s=2), wire=wire)
    assert exchange(seen).answered == 0
    assert messages(aws_sandbox, fresh_account, "input_queue") == EMPTY
    assert "pair-left-behind" not in seen.flags


def test_a_pair_is_not_fetched_from_a_queue_that_counts_receives(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account)
    sqs = aws_sandbox.client("sqs", fresh_account)
    url = sqs.get_queue_url(QueueName="input_queue")["QueueUrl"]
    dead = sqs.create_queue(QueueName="dead_letters")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "1"})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": policy})
    functions = aws_sandbox.client("lambda", fresh_account)
    mapping = functions.list_event_source_mappings()["EventSourceMappings"][0]
    wire = _disabling(functions, mapping["UUID"])
    seen = look(aws_sandbox, fresh_account, rubric=lab(deadline_s=2), wire=wire)
    assert "pair-left-behind" in seen.flags
    assert messages(aws_sandbox, fresh_account, "input_queue")["visible"] > 0


def _disabling(functions: Any, uuid: str) -> Any:
    """A wire that disables the mapping the moment the first pair is about to be sent."""
    from tests.wire import Wire

    wire = Wire()

    def disable(**_given: Any) -> None:
        functions.update_event_source_mapping(UUID=uuid, Enabled=False)

    wire.session.events.register("before-send.sqs.SendMessage", disable)
    return wire


def test_an_interrupted_run_gives_back_what_it_held(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="prints_only", old_messages=5)
    stop = threading.Event()
    from tests.wire import Wire

    wire = Wire()
    # The first receive has taken the old messages; the run is stopped before the next.
    wire.change("sqs.ReceiveMessage", lambda _parsed: stop.set())
    with pytest.raises(Interrupted):
        look(aws_sandbox, fresh_account, wire=wire, stop=stop)
    assert messages(aws_sandbox, fresh_account, "output_queue") == {"visible": 5, "in flight": 0}


@pytest.mark.parametrize("periodic", ["rule", "scheduler"])
def test_both_ways_to_run_periodically_are_seen(
    aws_sandbox: Sandbox, fresh_account: str, periodic: str
) -> None:
    hand_in(aws_sandbox, fresh_account, periodic=periodic)
    schedule = look(aws_sandbox, fresh_account, exchange=False).schedules["periodic"]
    assert isinstance(schedule, Found)
    (trigger,) = schedule.value.triggers
    assert (trigger.kind, trigger.enabled, trigger.permitted) == (periodic, True, True)
    assert trigger.expression.startswith("rate(")


def test_a_rule_without_permission_is_seen_as_such(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, periodic="rule-without-permission")
    schedule = look(aws_sandbox, fresh_account, exchange=False).schedules["periodic"]
    assert isinstance(schedule, Found)
    assert schedule.value.triggers[0].permitted is False


def test_looking_only_invokes_and_sends_nothing(aws_sandbox: Sandbox, fresh_account: str) -> None:
    from tests.wire import Wire

    hand_in(aws_sandbox, fresh_account)
    wire = Wire()
    seen = look(aws_sandbox, fresh_account, exchange=False, wire=wire)
    assert isinstance(seen.handler, Unknown)
    assert seen.handler.kind == "not-observed"
    assert not {"lambda.Invoke", "sqs.SendMessage", "sqs.ReceiveMessage"} & set(wire.requests)


def test_the_grader_changes_nothing_in_an_account(aws_sandbox: Sandbox, fresh_account: str) -> None:
    from tests.wire import Wire

    hand_in(aws_sandbox, fresh_account, old_messages=3)
    wire = Wire()
    look(aws_sandbox, fresh_account, wire=wire)
    verbs = {request.split(".")[1] for request in wire.requests}
    assert {v for v in verbs if not v.startswith(("Get", "List", "Describe"))} == {
        "Invoke",
        "SendMessage",
        "ReceiveMessage",
        "DeleteMessage",
        "ChangeMessageVisibilityBatch",
    }
