"""What a student is to do next about a function that failed, by what was said.

Never by an exception's class alone: a wrong next step is worse than none. What is said, and the step for
each, stands in the tables of :mod:`~grader.checks.steps_of_lambda`, :mod:`~grader.checks.steps_of_aws`,
:mod:`~grader.checks.steps_of_messages` and :mod:`~grader.checks.steps_of_code`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from grader.checks import message
from grader.checks.step_rule import ErrorInContext, step_by, without_middle
from grader.checks.steps_of_aws import RULES as OF_AWS
from grader.checks.steps_of_aws import VPC
from grader.checks.steps_of_code import RULES as OF_CODE
from grader.checks.steps_of_lambda import BROKEN
from grader.checks.steps_of_lambda import RULES as OF_LAMBDA
from grader.checks.steps_of_messages import RULES as OF_MESSAGES
from grader.i18n.language import N_
from grader.model.observation import FunctionError
from grader.rubric.readings import right_answer

if TYPE_CHECKING:
    from grader.checks import Message
    from grader.checks.step_rule import StepContext
    from grader.model.observation import Invocation, Pair
    from grader.rubric.exchange import ExchangeRules

RULES = (*OF_LAMBDA, *OF_AWS, *OF_MESSAGES, *OF_CODE)
"""All rules about a function that raised or ended. The first that fits decides."""

SHORT_S = 5
"""Seconds that are too few for a start and some calls. AWS's default is 3."""

_MISREAD = {"KeyError", "IndexError", "TypeError", "ValueError", "JSONDecodeError"}
_NUMBER = re.compile(r"-?\d{1,30}(?:\.\d{1,30})?")
_PRINTED = re.compile(
    r"An error occurred \([\w.]+\) when calling [^\n]*|Parameter validation failed:[^\n]*(?:\n[^\n]+)?"
    r"|\b[A-Z]\w*(?:Error|Exception): [^\n]+"
)
"""What a handler that catches its own exceptions prints of them."""

_NAMED = re.compile(r"[A-Z]\w*(?:Error|Exception): ")


def step_of(invocation: Invocation, context: StepContext) -> Message:
    """What to do next about a direct invocation that failed."""
    error = invocation.error
    if invocation.failure == "timed-out":
        return _too_slow(context)
    if invocation.failure == "refused":
        return message(
            N_(
                "The function may not run at all: its reserved concurrency is 0 (the Throttle button of"
                " the console sets that). Take reserved_concurrent_executions out of your stack; in the"
                " console: Configuration, Concurrency and recursion detection, Edit, Use unreserved"
                " account concurrency."
            )
        )
    if invocation.failure == "reported":
        return _caught(invocation.log_tail, context) or message(
            N_(
                "Look where your code fills batchItemFailures: print the exception that it catches"
                " there, and read it in the function's log in CloudWatch."
            )
        )
    if invocation.failure == "broken":
        known = None if error is None else step_by(BROKEN, ErrorInContext(error, context))
        return known or message(
            N_("Look at the function's configuration in the console: it says what is wrong.")
        )
    if error is None:
        return message(N_("Look at the function's log in CloudWatch: it says what happened."))
    return step_after(error, context)


def step_after(error: FunctionError, context: StepContext) -> Message:
    """What to do next about an exception of the function's, or what Lambda says of its end."""
    in_context = ErrorInContext(error, context)
    known = _known(in_context)
    if known is not None:
        return known
    if error.kind in _MISREAD and not error.code:
        # An observation of version 0.1.0 does not say what stands in the line.
        if context.rules.short:
            return message(N_("Read the two numbers from the JSON object in the record's body."))
        return message(
            N_("Read the fields of the message from the JSON object in the record's body.")
        )
    if in_context.at_line:
        where = N_(
            "Look at line {line} of {file}; the function's log in CloudWatch shows the whole"
            " traceback."
        )
        return message(where, line=error.line, file=error.file)
    return message(N_("Look at the function's log in CloudWatch: it says what happened."))


def step_of_records(invocation: Invocation, context: StepContext) -> Message:
    """What to do next where one record was answered, and several in one event were not."""
    right = [pair.answered for pair in invocation.pairs]
    if invocation.failure == "timed-out":
        return message(
            N_(
                "One record is answered, and several take too long: look for what waits for each"
                " of them (time.sleep, receive_message with WaitTimeSeconds, a new client for each)."
            )
        )
    if invocation.failure is not None:
        return step_of(invocation, context)
    if sum(right) == 1 and any(_given_to_all(pair, len(right)) for pair in invocation.pairs):
        return message(
            N_(
                "Every record got the same answer: inside the loop, use the loop's own record, not"
                " event['Records'][0] and not a variable from before the loop."
            )
        )
    each = message(
        N_("Inside the loop, work out the answer of each record, and send one message for each.")
    )
    if any(pair.unread for pair in invocation.pairs):
        return each
    if any(right) and not any(right[:-1]):
        return message(
            N_(
                "Only the last record was answered: send inside the loop, one answer for each record."
            )
        )
    step = message(N_("Loop over event['Records'] and answer each record."))
    if right and right[0] and not any(right[1:]):
        step = message(
            N_(
                "Only the first record was answered: loop over event['Records'] and answer each"
                " record. A return inside the loop ends it too early."
            )
        )
    elif invocation.others and not any(right):
        # Messages without a number: some function sends one with every run.
        step = each
    return _caught(invocation.log_tail, context) or step


def _given_to_all(pair: Pair, records: int) -> bool:
    """The answer to ``pair`` came once for each of the ``records`` of its event."""
    return pair.answered and records > 1 and len(pair.answers) == records


def step_of_silence(invocation: Invocation, context: StepContext) -> Message:
    """What to do next where the function ended well and sent no sum."""
    caught = _caught(invocation.log_tail, context)
    if caught is not None:
        return caught
    right = _right_answers(invocation, context.rules)
    if right & _numbers(invocation.returned):
        template = N_(
            "Your function returns the answer, and nobody reads that: send it to {output} with"
            " sqs.send_message(QueueUrl=…, MessageBody=…)."
        )
        if context.rules.short:
            template = N_(
                "Your function returns the sum, and nobody reads that: send it to {output} with"
                " sqs.send_message(QueueUrl=…, MessageBody=…)."
            )
        return message(template, output=context.output)
    if right & _numbers(invocation.log_tail):
        template = N_(
            "Your function prints the answer: send it to {output} too, with"
            " sqs.send_message(QueueUrl=…, MessageBody=…)."
        )
        if context.rules.short:
            template = N_(
                "Your function prints the sum: send it to {output} too, with"
                " sqs.send_message(QueueUrl=…, MessageBody=…)."
            )
        return message(template, output=context.output)
    if context.rules.short:
        return message(N_("Send the sum to the output queue as JSON."))
    return message(N_("Send the answer to the output queue as JSON."))


def _right_answers(invocation: Invocation, rules: ExchangeRules) -> set[float]:
    """The answers to what was sent, as far as these rules know them."""
    known = (right_answer(pair, rules) for pair in invocation.pairs)
    return {float(answer) for answer in known if answer is not None}


def _caught(log: str, context: StepContext) -> Message | None:
    """What to do next about the last exception that the function caught and printed."""
    printed = _PRINTED.findall(log)
    if not printed:
        return None
    text = printed[-1]
    kind, _, said = text.partition(": ") if _NAMED.match(text) else ("ClientError", "", text)
    step = _known(ErrorInContext(FunctionError(kind, said), context, printed=True)) or message(
        N_("Begin there.")
    )
    tells = N_("Your function's log says: {printed}. {step}")
    return message(tells, printed=without_middle(text.rstrip(". ")), step=step)


def _numbers(text: str) -> set[float]:
    return {float(number) for number in _NUMBER.findall(text)}


def _known(error: ErrorInContext) -> Message | None:
    """What to do about what Lambda, AWS or Python is known to say."""
    return step_by(RULES, error)


def _too_slow(context: StepContext) -> Message:
    """What to do next about a function whose time was over."""
    function = context.function
    if function is not None and function.in_vpc:
        return message(VPC)
    if function is not None and function.timeout_s <= SHORT_S:
        longer = N_(
            "The function may run for {seconds} s only, and its start takes some of that: raise its"
            " timeout, to 30 s for example (timeout in your stack; Configuration, General"
            " configuration in the console)."
        )
        if context.timeout_asked:
            longer = N_(
                "The function may run for {seconds} s only, and its start takes some of that: set"
                " its timeout as the lab asks, then deploy again."
            )
        return message(longer, seconds=function.timeout_s)
    return message(
        N_(
            "Look for a loop that never ends, or a call that waits (time.sleep, receive_message"
            " with WaitTimeSeconds)."
        )
    )
