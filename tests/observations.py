"""Observations and rubrics to judge: the reference account, and what differs from it."""

from __future__ import annotations

import time
from typing import Any

import msgspec

from grader.model.fact import Found
from grader.model.observation import (
    Answer,
    Exchange,
    Function,
    Identity,
    Invocation,
    Mapping,
    Mappings,
    Observation,
    Pair,
    Queue,
    Schedule,
    Trigger,
)
from grader.observe.answers import numbers_by_key, written
from grader.observe.received import Received
from grader.rubric.exchange import ExchangeRules
from grader.rubric.rubric import Criterion, Lab, Rubric


def a_message(
    body: str = "", *, sent_ms: int = 0, received: int = 1, first: float | None = None
) -> Received:
    """A message of the output queue, received now; ``first`` when it was first, in Unix seconds."""
    first_ms = None if first is None else int(first * 1000)
    return Received("id", "handle", body, time.monotonic(), sent_ms, received, first_ms)


FUNCTION_ARN = "arn:aws:lambda:eu-west-3:111111111111:function:adder"
QUEUE_ARN = "arn:aws:sqs:eu-west-3:111111111111:numbers"


def lab_rubric(**changes: Any) -> Rubric:
    """The lab's criteria, over resources of other names than the course's."""
    rows: list[tuple[str, str, str, float, Any]] = [
        ("function", "function_exists", "sum", 1, None),
        ("runtime", "function_runtime", "sum", 1, {"at_least": "python3.8"}),
        ("memory", "function_memory", "sum", 1, 128),
        ("timeout", "function_timeout", "sum", 1, 60),
        ("environment", "function_environment", "sum", 1, {"foo": "bar"}),
        ("input-queue", "queue_exists", "input", 1, None),
        ("output-queue", "queue_exists", "output", 1, None),
        ("mapping", "mapping_enabled", "input -> sum", 3, None),
        ("handler", "handler_adds", "sum", 2, None),
        ("records", "handler_reads_all_records", "sum", 1, None),
        ("sums", "sums_arrive", "input -> output", 4, None),
        ("schedule", "schedule_enabled", "periodic", 3, {"ways": ["rule", "scheduler"]}),
    ]
    rubric = Rubric(
        title="A lab",
        lab=Lab(
            region="eu-west-3",
            functions={"sum": "adder", "periodic": "ticker"},
            queues={"input": "numbers", "output": "totals"},
        ),
        exchange=ExchangeRules(pairs=5),
        criteria=tuple(
            Criterion(
                id=name,
                title={"en": name.capitalize(), "fr": f"{name} (fr)"},
                check=check,
                on=on,
                points=points,
                expect=expect,
                hint={"en": f"Look at {name}.", "fr": f"Regardez {name}."},
            )
            for name, check, on, points, expect in rows
        ),
        sha256="0" * 64,
    )
    return msgspec.structs.replace(rubric, **changes)


def only(rubric: Rubric, *names: str) -> Rubric:
    """The rubric with these criteria alone."""
    kept = tuple(criterion for criterion in rubric.criteria if criterion.id in names)
    return msgspec.structs.replace(rubric, criteria=kept)


def a_function(name: str = "adder", **changes: Any) -> Function:
    function = Function(
        name=name,
        arn=FUNCTION_ARN,
        runtime="python3.13",
        handler="lambda_function.lambda_handler",
        memory_mb=128,
        timeout_s=60,
        environment=Found({"foo": "bar"}),
        code_sha256="code",
        state="Active",
        state_reason="",
    )
    return msgspec.structs.replace(function, **changes)


def a_queue(name: str = "numbers", **changes: Any) -> Queue:
    queue = Queue(name=name, arn=QUEUE_ARN, visibility_timeout_s=60, delay_s=0, max_receives=None)
    return msgspec.structs.replace(queue, **changes)


def a_mapping(function: str = "adder", **changes: Any) -> Mapping:
    mapping = Mapping(
        uuid="u",
        queue_arn=QUEUE_ARN,
        function_arn=FUNCTION_ARN,
        function_name=function,
        qualifier=None,
        state="Enabled",
        batch_size=10,
        window_s=0,
        filters=(),
    )
    return msgspec.structs.replace(mapping, **changes)


def a_trigger(**changes: Any) -> Trigger:
    trigger = Trigger(
        kind="rule",
        name="every-minute",
        expression="rate(1 minute)",
        enabled=True,
        permitted=True,
        target_arn=FUNCTION_ARN,
    )
    return msgspec.structs.replace(trigger, **changes)


def a_pair(number: int = 0, wrong: str | None = None, body: str | None = None) -> Pair:
    """A pair that was answered: right, or with a named mistake."""
    one, two = 100 + 20 * number, 1000 + 50 * number
    said = body or f'{{"body": {one + two}}}'
    numbers = written(numbers_by_key(said, ("body",)))
    answer = Answer(body=said, wrong=wrong, after_s=0.5, numbers=numbers)
    sent = {"number1": one, "number2": two}
    return Pair(one, two, "2024-05-01T10:00:00.000Z", (answer,), sent)


def silent_pair(number: int = 0) -> Pair:
    return msgspec.structs.replace(a_pair(number), answers=())


def an_exchange(right: int = 5, silent: int = 0, **changes: Any) -> Exchange:
    pairs = [a_pair(number) for number in range(right)]
    pairs += [silent_pair(right + number) for number in range(silent)]
    return msgspec.structs.replace(Exchange(tuple(pairs), patience_s=120), **changes)


def reference(**changes: Any) -> Observation:
    """The account of a student who did everything right."""
    seen = Observation(
        region="eu-west-3",
        seed=7,
        attempt=1,
        started_at="2024-05-01T10:00:00.000Z",
        finished_at="2024-05-01T10:00:04.200Z",
        duration_s=4.2,
        grader_version="0.1.0",
        identity=Found(Identity("111111111111", "arn:aws:iam::111111111111:root")),
        functions={"sum": Found(a_function()), "periodic": Found(a_function("ticker"))},
        queues={"input": Found(a_queue()), "output": Found(a_queue("totals"))},
        mappings={"input": Found(Mappings((a_mapping(),))), "output": Found(Mappings(()))},
        schedules={"periodic": Found(Schedule((a_trigger(),), {}))},
        handler=Found(Invocation((a_pair(10),))),
        records=Found(Invocation((a_pair(11), a_pair(12), a_pair(13)))),
        exchange=Found(an_exchange()),
    )
    return msgspec.structs.replace(seen, **changes)


def sum_function(fact: Any) -> dict[str, Any]:
    """``functions`` with another fact for the function that adds."""
    return {**reference().functions, "sum": fact}


def expecting(rubric: Rubric, value: Any) -> Rubric:
    """A rubric of one criterion, which expects something else."""
    (criterion,) = rubric.criteria
    changed = msgspec.structs.replace(criterion, expect=value)
    return msgspec.structs.replace(rubric, criteria=(changed,))
