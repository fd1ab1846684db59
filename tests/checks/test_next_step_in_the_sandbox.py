"""What a student reads of a mistake that was really made: by the sandbox's Lambda, boto3 and SQS."""

from __future__ import annotations

import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.checks.mistakes import MISTAKES, Mistake, each, handler
from tests.observations import only
from tests.observing import hand_in, lab, observe_sandbox_account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from grader.model.observation import Observation
    from grader.model.outcome import Outcome
    from grader.sandbox.server import Sandbox

NEVER_HERE = {
    "no-answer",  # the sandbox is there
    "service",
    "client-of-nothing",
    "returns-set",
    "unpack",
    "zero",
    "raises-while-loading",  # the sandbox does not say where
    "memory",  # another machine may have as much
}
OTHER_HANDLER = {"one-argument", "no-argument"}  # the function's setting names lambda_handler
SILENT = (
    Mistake(
        "returns-the-sum", each("return sum(message.values())"), "Your function returns the sum"
    ),
    Mistake("prints-the-sum", each("print(sum(message.values()))"), "Your function prints the sum"),
    Mistake(
        "prints-what-it-caught",
        handler(
            "try:",
            "    sqs.send_message(QueueUrl=queue_url + 'x', MessageBody='7')",
            "except Exception as error:",
            "    print(f'Oops: {error}')",
        ),
        "The queue URL that your code uses leads to no queue",
    ),
    Mistake(
        "no-queue",
        each("sqs.send_message(QueueUrl=queue_url + 'x', MessageBody='7')"),
        "Use the URL of output_queue as it is now",
    ),
    Mistake(
        "no-queue-of-that-name",
        handler("sqs.get_queue_url(QueueName='nope')"),
        "has the name that your code asks for",
    ),
    Mistake("exits", handler("import sys", "sys.exit(1)"), "Your code ends its own process"),
    Mistake("syntax", "def lambda_handler(event, context)\n    pass\n", "correct the syntax there"),
    Mistake("no-such-module", "import nothing_of_that_name\n", "and no nothing_of_that_name"),
    Mistake(
        "another-function",
        "def handler(event, context):\n    pass\n",
        "is lambda_function.lambda_handler, and lambda_function.py has no function lambda_handler",
    ),
)
SENDS = "sqs.send_message(QueueUrl=queue_url, MessageBody=%s)"
SUM = "total = message['number1'] + message['number2']"
OTHER_FORMS = (
    Mistake(
        "another-key", each(SUM, SENDS % "json.dumps({'resultat': total})"), "Use the key body"
    ),
    Mistake("capital-key", each(SUM, SENDS % "json.dumps({'Body': total})"), "the key as body"),
    Mistake(
        "nested",
        each(SUM, SENDS % "json.dumps({'answer': {'body': total}})"),
        "itself, not inside something else",
    ),
    Mistake("list", each(SUM, SENDS % "json.dumps([total])"), "without a list around it"),
    Mistake(
        "json-twice",
        each(SUM, SENDS % "json.dumps(json.dumps({'body': total}))"),
        "made JSON twice",
    ),
    Mistake("str-of-dictionary", each(SUM, SENDS % "str({'body': total})"), "not str(…)"),
    Mistake("words", each(SUM, SENDS % "f'The sum is {total}'"), "without other words"),
    Mistake("twice", each(SUM, SENDS % "json.dumps({'body': 2 * total})"), "twice the answer"),
)
ALL = (
    *OTHER_FORMS,
    *(one for one in MISTAKES if one.name not in NEVER_HERE | OTHER_HANDLER),
    *SILENT,
)


@pytest.fixture(scope="module")
def seen(request: pytest.FixtureRequest, aws_sandbox: Sandbox) -> Iterator[dict[str, Observation]]:
    """What is seen of each mistake that some chosen test is about."""
    chosen = [
        item.callspec.params["mistake"]
        for item in request.session.items
        if getattr(item, "originalname", "") == "test_a_mistake_that_was_made_has_its_next_step"
    ]
    with ThreadPoolExecutor(8) as threads:
        looks = threads.map(lambda one: (one.name, _look(aws_sandbox, one)), chosen)
        yield dict(looks)


def _look(sandbox: Sandbox, mistake: Mistake) -> Observation:
    account = sandbox.new_account()
    hand_in(sandbox, account)
    _put(sandbox, account, mistake.source)
    return observe_sandbox_account(sandbox, account, rubric=lab(deadline_s=15))


def _put(sandbox: Sandbox, account: str, source: str) -> None:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("lambda_function.py", source)
    sandbox.client("lambda", account).update_function_code(
        FunctionName="first_lambda", ZipFile=package.getvalue()
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "mistake",
    [pytest.param(one, id=one.name) for one in ALL],
)
def test_a_mistake_that_was_made_has_its_next_step(
    seen: dict[str, Observation], judged: Callable[..., list[Outcome]], mistake: Mistake
) -> None:
    (found,) = judged(only(lab(), "handler"), seen[mistake.name])
    assert found.outcome == "failed"
    assert mistake.step in found.hint, found.message
    assert not any(words in found.hint for words in mistake.never)
    assert "RequestId" not in found.message
    assert "_worker" not in found.message + found.hint
    assert found.evidence is not None
    assert found.evidence.sent[0].startswith('{"number1": ')


KEEPS_THE_FIRST = """import json
import os
import boto3

sqs = boto3.client("sqs", region_name="us-east-1")
first = None


def lambda_handler(event, context):
    global first
    for record in event["Records"]:
        first = first or json.loads(record["body"])
        body = json.dumps({"body": first["number1"] + first["number2"]})
        sqs.send_message(QueueUrl=os.environ["OUTPUT_QUEUE_URL"], MessageBody=body)
"""


@pytest.mark.slow
def test_the_same_answer_again_and_again_is_named(
    aws_sandbox: Sandbox, judged: Callable[..., list[Outcome]]
) -> None:
    observation = _look(aws_sandbox, Mistake("keeps-the-first", KEEPS_THE_FIRST, ""))
    found = {one.criterion: one for one in judged(only(lab(), "handler", "sums"), observation)}
    assert found["handler"].outcome == "passed"
    first, *_ = judged(only(lab(), "sums"), observation)
    assert first.outcome == "failed"
    assert " again, the answer to {" in first.message
    assert "Your function keeps what it read first" in first.hint


@pytest.mark.slow
def test_every_record_with_the_first_ones_answer_is_no_missing_loop(
    aws_sandbox: Sandbox, judged: Callable[..., list[Outcome]]
) -> None:
    source = each(
        "message = json.loads(event['Records'][0]['body'])",
        SUM,
        SENDS % "json.dumps({'body': total})",
    )
    observation = _look(aws_sandbox, Mistake("first-for-all", source, ""))
    (found,) = judged(only(lab(), "records"), observation)
    assert found.outcome == "failed"
    assert found.hint.startswith("Every record got the same answer"), found.hint


RUNNING_TOTAL = handler(
    "total = 0",
    "for record in event['Records']:",
    "    message = json.loads(record['body'])",
    "    total += message['number1'] + message['number2']",
    "    sqs.send_message(QueueUrl=queue_url, MessageBody=json.dumps({'body': total}))",
)
ONE_LIST = handler(
    "messages = [json.loads(record['body']) for record in event['Records']]",
    "sums = [one['number1'] + one['number2'] for one in messages]",
    "body = sums if len(sums) > 1 else sums[0]",
    "sqs.send_message(QueueUrl=queue_url, MessageBody=json.dumps({'body': body}))",
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "instead"), [(RUNNING_TOTAL, '{"body": '), (ONE_LIST, '{"body": [')]
)
def test_what_several_records_were_answered_is_no_silence(
    aws_sandbox: Sandbox, judged: Callable[..., list[Outcome]], source: str, instead: str
) -> None:
    observation = _look(aws_sandbox, Mistake("several-records", source, ""))
    (found,) = judged(only(lab(), "records"), observation)
    assert found.outcome == "failed"
    assert f"; found instead: {instead}" in found.message
    assert found.hint.startswith("Inside the loop, work out the answer of each record"), found.hint


@pytest.mark.slow
def test_an_answer_under_another_key_is_taken_back(aws_sandbox: Sandbox) -> None:
    account = aws_sandbox.new_account()
    hand_in(aws_sandbox, account)
    _put(aws_sandbox, account, each(SUM, SENDS % "json.dumps({'somme': total})"))
    sqs = aws_sandbox.client("sqs", account)
    url = sqs.get_queue_url(QueueName="output_queue")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody='{"somme": 12}')
    observe_sandbox_account(aws_sandbox, account, rubric=lab(deadline_s=15))
    left = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
    assert [one["Body"] for one in left.get("Messages", [])] == ['{"somme": 12}']
