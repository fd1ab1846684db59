"""Handlers with one mistake each, and what a student must read of it: names, and the part that says what
to do. ``never`` is what an earlier version said, or what would be untrue."""

from __future__ import annotations

import json
import traceback
import types
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

EVENT: dict[str, Any] = {
    "Records": [{"messageId": "m", "body": json.dumps({"number1": 7848, "number2": 2853})}]
}
_HEAD = """import json
import os
import boto3

sqs = boto3.client("sqs", region_name="us-east-1")
queue_url = os.environ["OUTPUT_QUEUE_URL"]


"""
_DEF = "def lambda_handler(event, context):"
_SEND = "sqs.send_message(QueueUrl=queue_url, MessageBody=json.dumps({'body': %s}))"
LINE = "Look at line"
BODY = "Read the two numbers"


@dataclass(frozen=True)
class Mistake:
    name: str
    source: str
    step: str
    never: tuple[str, ...] = (LINE, BODY)


def handler(*lines: str, head: str = _HEAD, sig: str = _DEF) -> str:
    return head + "\n    ".join([sig, *lines]) + "\n"


def each(*lines: str) -> str:
    """A handler that reads every message, and then does ``lines``."""
    return handler(
        'for record in event["Records"]:',
        '    message = json.loads(record["body"])',
        *(f"    {line}" for line in lines),
    )


MISTAKES = (
    # variables
    Mistake(
        "variable-while-loading",
        _HEAD.replace("OUTPUT_QUEUE_URL", "QUEUE") + _DEF + "\n    pass\n",
        "environment variable QUEUE,",
    ),
    Mistake(
        "variable-in-handler", handler("x = os.environ['url_out']"), "environment variable url_out,"
    ),
    Mistake(
        "variable-by-another-name",
        handler("x = environ['Q']", head=_HEAD + "from os import environ\n"),
        "environment variable Q,",
    ),
    Mistake(
        "url-is-none",
        each("sqs.send_message(QueueUrl=os.getenv('NOPE'), MessageBody='7')"),
        "The queue's URL is None: set the environment variable",
    ),
    # keys
    Mistake("key-operation", each("x = message['operation']"), "only the keys number1, number2."),
    Mistake(
        "key-n1", each("x = message['n1']"), "looks for the key n1. If it looks in the message"
    ),
    Mistake("key-blank", each("x = message['number1 ']"), "looks for the key number1␣."),
    Mistake(
        "variable-blank", handler("x = os.environ['QUEUE ']"), "environment variable QUEUE␣, and"
    ),
    Mistake("key-of-own-dictionary", each("x = {'+': 1}['plus']"), "looks for the key plus."),
    Mistake("key-zero", handler("x = event[0]"), "looks for the key 0."),
    Mistake("number-of-event", handler("x = event['number1']"), "number1 is a key of the message"),
    Mistake(
        "number-of-record",
        handler("x = event['Records'][0]['number2']"),
        "number2 is a key of the message, and the message is text",
    ),
    Mistake("records-lower", handler("x = event['records']"), 'event["Records"], with a capital R'),
    Mistake("messages", handler("x = event['Messages']"), 'event["Records"], with a capital R'),
    Mistake("records-of-message", each("x = message['Records']"), "take it from event"),
    Mistake("body-of-event", handler("x = event['body']"), "The event has none"),
    Mistake("Body", handler("x = event['Records'][0]['Body']"), "in lower case"),
    # the handler's arguments
    Mistake(
        "one-argument", handler("pass", sig="def main(event):"), "write def main(event, context)."
    ),
    Mistake("no-argument", handler("pass", sig="def run():"), "write def run(event, context)."),
    Mistake(
        "three-arguments",
        handler("pass", sig="def lambda_handler(event, context, callback):"),
        "write def lambda_handler(event, context).",
    ),
    Mistake(
        "own-function-called-wrongly",
        handler("add(1)", head=_HEAD + "def add(a, b):\n    return a + b\n"),
        "calls add with other arguments than it takes",
    ),
    # send_message
    Mistake("send-positional", each("sqs.send_message(queue_url, 'x')"), "by name only"),
    Mistake(
        "send-dictionary",
        each("sqs.send_message(QueueUrl=queue_url, MessageBody={'body': 7})"),
        "A message is text, and yours is of the type dict: send MessageBody=json.dumps(…).",
    ),
    Mistake(
        "send-number",
        each("sqs.send_message(QueueUrl=queue_url, MessageBody=7)"),
        "A message is text, and yours is of the type int",
    ),
    Mistake(
        "send-no-body", each("sqs.send_message(QueueUrl=queue_url)"), "its argument MessageBody"
    ),
    Mistake(
        "send-Body",
        each("sqs.send_message(QueueUrl=queue_url, Body='7')"),
        "send_message has no argument Body: it takes QueueUrl and MessageBody",
    ),
    Mistake(
        "send-lower",
        each("sqs.send_message(queue_url=queue_url, message_body='7')"),
        "send_message has no argument queue_url",
    ),
    Mistake(
        "url-by-another-argument",
        handler("sqs.get_queue_url(Name='output_queue')"),
        "That call has no argument Name: it takes QueueName, QueueOwnerAWSAccountId.",
    ),
    Mistake(
        "delay-as-text",
        each("sqs.send_message(QueueUrl=queue_url, MessageBody='7', DelaySeconds='1')"),
        "The argument DelaySeconds must be of the type int, and your code gives one of the type str.",
    ),
    Mistake("sendmessage", each("sqs.sendmessage()"), "boto3 has no sendmessage for SQS"),
    # JSON
    Mistake(
        "decimal",
        each("from decimal import Decimal", _SEND % "Decimal(message['number1'])"),
        "JSON has no Decimal: convert it",
    ),
    Mistake("set", each(_SEND % "{1}"), "JSON has no set"),
    Mistake("returns-set", handler("return {1}"), "What your handler returns cannot be written"),
    Mistake("async", handler("return 7", sig="async " + _DEF), "take async away from its def"),
    Mistake("yield", handler("yield 7"), "Take yield out of the handler"),
    Mistake("loads-event", handler("x = json.loads(event)"), "That is no text any more"),
    Mistake("loads-twice", each("json.loads(message)"), "That is no text any more"),
    Mistake("loads-str", handler("x = json.loads(str(event))"), "single quotes"),
    Mistake("loads-empty", handler("x = json.loads('')"), "json.loads got text that is no JSON"),
    Mistake("load", handler("x = json.load(event['Records'][0]['body'])"), "json.load reads files"),
    # text and numbers
    Mistake("text-plus-number", each("x = 'Sum: ' + message['number1']"), "Text and a number"),
    Mistake("number-plus-text", each("x = message['number1'] + str(2)"), "Text and a number"),
    Mistake("text-minus", each("x = '3' - '2'"), "“-” is given text: convert both with float(…)"),
    Mistake("text-divided", each("x = '3' / '2'"), "“/” is given text"),
    Mistake("text-minus-number", each("x = '3' - message['number1']"), "“-” is given text"),
    Mistake("text-power", each("x = '3' ** '2'"), "“**” is given text"),
    Mistake("text-times", each("x = '3' * '2'"), "“*” is given text"),
    Mistake("text-greater", each("x = '3' > message['number1']"), "“>” is given text"),
    Mistake("text-added", each("x = 0", "x += '3'"), "Text and a number stand on the two sides"),
    Mistake(
        "none-plus",
        each("x = message.get('a') + message.get('b')"),
        "A value is None: a .get(…) that found nothing (the message has the keys number1, number2)",
    ),
    Mistake("float-none", each("x = float(message.get('a'))"), "A value is None: a .get(…)"),
    Mistake(
        "no-return",
        handler("x = 1 + add(1)", head=_HEAD + "def add(x):\n    x + 1\n\n\n"),
        "or a function of yours without return.",
    ),
    Mistake(
        "none-of-environment",
        handler("x = json.loads(os.environ.get('LIMITS'))"),
        "A value is None: the environment variable that line 10 of lambda_function.py reads is not",
        (LINE, BODY, ".get(…)"),
    ),
    Mistake(
        "getenv-plus",
        handler("x = 'https://' + os.getenv('NOPE')"),
        "A value is None: the environment variable that line 10 of lambda_function.py reads is not",
        (LINE, BODY, ".get(…)"),
    ),
    Mistake(
        "none-beside-environment",
        each("x = os.environ['OUTPUT_QUEUE_URL'] + str(message.get('a') + message['number2'])"),
        "A value is None: a .get(…)",
        ("environment variable that line",),
    ),
    Mistake("dictionary-plus", each("x = message + 1"), "types dict and int with +"),
    Mistake("still-text", handler("x = event['Records'][0]['body']['number1']"), "still text"),
    Mistake("text-get", handler("x = event['Records'][0]['body'].get('a')"), "still text"),
    Mistake("list-by-key", handler("x = event['Records']['body']"), 'event["Records"] is a list'),
    Mistake("int-of-message", handler("x = int(event['Records'][0]['body'])"), "whole message"),
    Mistake("float-of-message", handler("x = float(event['Records'][0]['body'])"), "whole message"),
    Mistake("float-of-dictionary", each("x = float(message)"), "Convert the numbers one by one"),
    Mistake("int-of-word", handler("x = int('two')"), "'two' is no number"),
    Mistake("second-record", handler("x = event['Records'][1]"), "may hold a single record"),
    Mistake("no-item-left", handler("[].pop()"), "may hold a single record"),
    Mistake("short-text", handler("x = ''[0]"), "A text has fewer characters", (LINE, "list")),
    # names
    Mistake("not-imported", handler("x = math.floor(1)"), "write import math at its top"),
    Mistake("misspelt", handler("x = jsn.loads('1')"), "The name jsn is not defined"),
    Mistake("no-value", handler("for r in []:", "    y = 1", "return y"), "y has no value yet"),
    Mistake(
        "attribute-of-dictionary", handler("x = event.Records"), '["Records"] instead of .Records'
    ),
    Mistake(
        "hides-json",
        each("def f(json):", "    return json.dumps(json)", "f({})"),
        "A variable of yours hides json: rename it.",
    ),
    Mistake(
        "hides-json-by-text",
        each("def f(json):", "    return json.loads(json)", "f('{}')"),
        "A variable of yours hides json: rename it.",
    ),
    Mistake(
        "hides-boto3",
        each("def f(boto3):", "    return boto3.client('sqs')", "f({})"),
        "A variable of yours hides boto3: rename it.",
    ),
    Mistake(
        "hides-client",
        each("def f(sqs):", "    sqs.send_message(QueueUrl=queue_url)", "f(message)"),
        'sqs is no client of SQS: call boto3.client("sqs").send_message(…).',
    ),
    Mistake(
        "answer-of-client",
        each("queue = {'QueueUrl': queue_url}", "queue.send_message(MessageBody='1')"),
        'queue is no client of SQS: call boto3.client("sqs").send_message(…).',
    ),
    Mistake(
        "imported-time",
        _HEAD.replace("import json", "import json\nfrom time import time")
        + handler("time.sleep(1)").removeprefix(_HEAD),
        "Look at line",
        ("hides",),
    ),
    Mistake("append", each("message.append(1)"), "A dictionary has no append: lists have."),
    Mistake("number1-of-message", each("x = message.number1"), '["number1"] instead of .number1'),
    Mistake("dumps-of-message", each("x = message.dumps()"), "Look at line 12", ("hides", "[")),
    Mistake(
        "attribute-of-module", handler("x = json.load_s('1')"), "The module json has no load_s"
    ),
    Mistake("service", _HEAD.replace('"sqs"', '"SQS"'), "boto3 knows no service SQS"),
    Mistake("client-of-nothing", handler("boto3.client()"), "Name the service"),
    Mistake("recursion", handler("return lambda_handler(event, context)"), "calls itself"),
    Mistake("memory", handler("x = bytearray(10**15)"), "more memory than it has"),
    Mistake("no-answer", handler("sqs.list_queues()"), "an address that does not answer"),
    # the student's own
    Mistake(
        "raises",
        each('raise ValueError("Unknown operation: +")'),
        "although the message is right (it has the keys number1, number2)",
    ),
    Mistake(
        "raises-key", each('raise KeyError("operation")'), "Your own code raises this, although"
    ),
    Mistake(
        "asserts", each("assert 'operation' in message"), "Your own code raises this, although"
    ),
    Mistake("raises-while-loading", "raise RuntimeError('x: y')\n", "while it is loaded"),
    # nothing that is known: the line, where there is one
    Mistake("zero", each("x = 1 / 0"), "Look at line 12 of lambda_function.py", ()),
    Mistake("unpack", each("a, b = [1]"), "Look at line 12 of lambda_function.py", ()),
)


def as_lambda_says(source: str, folder: Path) -> bytes:
    """The payload with which AWS's own runtime answers, for an exception of ``source`` on one message.

    Source: awslambdaric, bootstrap.py: ``handle_event_request`` and ``make_error``.
    """
    file = folder / "lambda_function.py"
    file.write_text(source, encoding="utf-8")
    module = types.ModuleType("lambda_function")
    try:
        exec(compile(source, str(file), "exec"), module.__dict__)
        function = next(
            value
            for name, value in vars(module).items()
            if isinstance(value, types.FunctionType) and name in {"lambda_handler", "main", "run"}
        )
        came = function(EVENT, None)
        try:
            json.dumps(came)
        except TypeError as error:
            said = f"Unable to marshal response: {error}"
            return _error("Runtime.MarshalError", said, [])
    except Exception as error:  # noqa: BLE001 - as Lambda's runtime does
        frames = traceback.extract_tb(error.__traceback__)
        ours = [frame for frame in frames if frame.filename != __file__]
        trace = traceback.format_list(ours) or [
            '  File "/var/runtime/bootstrap.py", line 177, in handle_event_request\n'
            "    response = request_handler(event, lambda_context)\n"
        ]
        return _error(type(error).__name__, str(error), trace)
    raise AssertionError("nothing was raised")


def _error(kind: str, message: str, trace: list[str]) -> bytes:
    said = {"errorMessage": message, "errorType": kind, "requestId": "", "stackTrace": trace}
    return json.dumps(said).encode()
