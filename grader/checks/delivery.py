"""Whether the sums came: by direct invocation, and through the queues."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from grader.checks import block, fail, required, shown, ungrade
from grader.observation import Exchange, Found, Invocation, NotTried, Unknown

if TYPE_CHECKING:
    from grader.observation import Answer, Fact, FunctionError, Pair

MISTAKES = {
    "joined": "the two numbers joined as text",
    "multiplied": "the two numbers multiplied",
    "subtracted": "one number subtracted from the other",
    "first-number": "the first number only",
    "second-number": "the second number only",
    "nearly": "off by a little",
}


def sums_came(exchange: Fact[Exchange]) -> bool:
    """At least one right sum came through the queue."""
    return isinstance(exchange, Found) and exchange.value.answered > 0


def answered(fact: Fact[Invocation]) -> bool:
    """The direct invocation was answered right."""
    return isinstance(fact, Found) and fact.value.answered


def check_handler(fact: Fact[Invocation], exchange: Fact[Exchange]) -> None:
    """Fail unless one record's sum came, by direct invocation or else through the queue.

    What the queue would have decided, and could not, is blocked or ungraded.
    """
    invocation = required(fact, "handler")
    if invocation.answered or sums_came(exchange):
        return
    if invocation.inconclusive:
        _left_to_the_queue(exchange)
        fail(
            "expected a sum on the output queue, but nothing came, neither when the function was"
            " invoked nor through the queue.",
            hint=_said(invocation.error),
        )
    if invocation.failure is None and not invocation.own_queue:
        _unless_known(exchange)
    _wrong_handling(invocation)


def check_records(
    fact: Fact[Invocation], handler: Fact[Invocation], exchange: Fact[Exchange]
) -> None:
    """Fail unless every record of one event was answered. The first that fits decides:

    1. Every record was answered: passed.
    2. Invoking with one record or with three shows nothing (not answered, or an artefact of the
       made-up event), and a sum came through the queue: passed.
    3. The single record was not answered: blocked by the handler.
    4. The event was at fault, so the queue should have told, and could not: ungraded if what went
       through it is unknown, blocked by what stopped it.
    5. There was no invocation with three records: blocked or ungraded by what prevented it.
    6. Some record was not answered: failed.
    """
    if answered(fact):
        return
    single = handler.value if isinstance(handler, Found) else None
    silent = single is not None and not single.answered
    artefact = _inconclusive(handler) or _inconclusive(fact)
    if (silent or artefact) and sums_came(exchange):
        return
    if silent:
        because = "The function did not answer one record."
        block("handler", fact.reason if isinstance(fact, NotTried) else because)
    if artefact:
        _left_to_the_queue(exchange)
    invocation = required(fact, "records")
    right = sum(pair.answered for pair in invocation.pairs)
    detail = ""
    if invocation.failure is not None:
        detail = f" {_failure(invocation)}"
    fail(
        "expected {expected} sums for {expected} records in one event, found {actual}.{detail}",
        expected=len(invocation.pairs),
        actual=right,
        hint="Loop over event['Records'] and answer each record.",
        detail=detail,
    )


def check_sum(number: int, exchange: Exchange, handler: Fact[Invocation], mapping: str) -> None:
    """Fail unless the pair ``number`` (from 0) came back right. ``mapping`` is a fact's path."""
    if exchange.unsafe is not None:
        fail(
            "expected the answers to stay in the output queue, found a loop: {reason}",
            hint="Undo the loop, then deploy again.",
            reason=exchange.unsafe,
        )
    pair = exchange.pairs[number] if number < len(exchange.pairs) else None
    if pair is not None and pair.answered:
        return
    if exchange.filtered:
        block(mapping, "A filter on the event source mapping holds the messages back.")
    if isinstance(handler, Found) and not handler.value.answered and not exchange.answered:
        block("handler", "The function did not answer when it was invoked.")
    if pair is None:
        fail(
            "expected an answer, found none to the pair before it, so this pair was not sent.",
            hint="Look at the function's log.",
        )
    if pair.wrong is not None:
        _wrong_answer(pair, pair.wrong)
    fail(
        "expected {expected}, found no answer within {patience} s.{others}",
        expected=pair.number1 + pair.number2,
        hint="Send the answer to the output queue, and look at the function's log.",
        patience=f"{exchange.patience_s:g}",
        others=_quoted(exchange.others),
    )


def _inconclusive(fact: Fact[Invocation]) -> bool:
    return isinstance(fact, Found) and fact.value.inconclusive


def _left_to_the_queue(exchange: Fact[Exchange]) -> None:
    _unless_known(exchange)
    if isinstance(exchange, NotTried) and exchange.because != "handler":
        block(exchange.because, exchange.reason)


def _unless_known(exchange: Fact[Exchange]) -> None:
    """A sum might have come through the queue, and would have counted."""
    if isinstance(exchange, Unknown):
        ungrade(exchange.kind, exchange.detail)


def _wrong_handling(invocation: Invocation) -> NoReturn:
    pair = invocation.pairs[0] if invocation.pairs else None
    expected = None if pair is None else pair.number1 + pair.number2
    if pair is not None and pair.wrong is not None:
        _wrong_answer(pair, pair.wrong)
    if invocation.failure is not None:
        fail(
            "expected {expected}, the sum of {number1} and {number2}, found no answer. {failure}",
            expected=expected,
            number1=None if pair is None else pair.number1,
            number2=None if pair is None else pair.number2,
            actual=_failure(invocation),
            hint=_remedy(invocation),
            failure=_failure(invocation),
        )
    if invocation.own_queue:
        fail(
            "expected {expected} on the output queue, but your function answers on its own input"
            " queue.",
            expected=expected,
            hint="Send the answer to the output queue's URL.",
        )
    fail(
        "expected {expected}, found no answer on the output queue.{others}",
        expected=expected,
        hint="Send the sum to the output queue as JSON.",
        others=_quoted(invocation.others),
    )


def _wrong_answer(pair: Pair, answer: Answer) -> NoReturn:
    mistake = MISTAKES.get(answer.wrong or "", answer.wrong or "")
    fail(
        "{number1} + {number2}: expected {expected}, found {body}, {mistake}.",
        expected=pair.number1 + pair.number2,
        actual=answer.body,
        hint="Convert both to numbers before you add them."
        if answer.wrong == "joined"
        else "Add the two numbers of the message.",
        number1=pair.number1,
        number2=pair.number2,
        body=shown(answer.body),
        mistake=mistake,
    )


def _failure(invocation: Invocation) -> str:
    if invocation.failure == "timed-out":
        return "Your function was still running when its time was over."
    if invocation.failure == "refused":
        return "Lambda refused to run your function: its reserved concurrency leaves it no room."
    if invocation.failure == "broken":
        said = f" It says {_named(invocation.error)}" if invocation.error else ""
        return f"Lambda could not run your function.{said}"
    return _said(invocation.error) or "Your function raised an exception."


def _said(error: FunctionError | None) -> str:
    if error is None:
        return ""
    place = ""
    if error.file is not None:
        place = f" ({error.file}" + (f", line {error.line})" if error.line is not None else ")")
    return f"Your function raised {_named(error)}{place}."


def _named(error: FunctionError) -> str:
    return f"{error.kind}: {shown(error.message, 200)}" if error.message else error.kind


_NOT_LOADED = ("ImportModuleError", "HandlerNotFound", "UserCodeSyntaxError", "Worker init failed")
_MISREAD = {"KeyError", "IndexError", "TypeError", "ValueError", "JSONDecodeError"}


def _remedy(invocation: Invocation) -> str:
    """What to do next about a failed invocation."""
    if invocation.failure == "timed-out":
        return "Look for a loop that never ends or a call that waits."
    if invocation.failure == "refused":
        return "Remove the reserved concurrency of the function."
    error = invocation.error
    if invocation.failure == "broken" or error is None:
        return "Look at the function's configuration in the console: it says what is wrong."
    if any(name in _named(error) for name in _NOT_LOADED):
        return "Check the handler's name, the files in the package and what they import."
    if error.kind in _MISREAD:
        return "Read the two numbers from the JSON object in the record's body."
    return "Look at that line; the function's log in CloudWatch shows the whole traceback."


def _quoted(others: tuple[str, ...]) -> str:
    """The function's own output, where it sent something else than the sum."""
    if not others:
        return ""
    found = others[:3]
    said = "Found instead"
    if not any(character.isdigit() for one in found for character in one):
        said += ", not a number" if len(found) == 1 else ", not numbers"
    return f" {said}: " + ", ".join(f'"{shown(one)}"' for one in found) + "."
