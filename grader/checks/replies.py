"""What is said of a message that was not answered right: what was sent, expected and found.

Where two numbers are sent for their sum, sentences speak of the sum; otherwise of the message.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from grader.checks import evidence, fail, message, shown
from grader.checks.failure_words import how_it_failed
from grader.checks.next_step import step_of, step_of_records, step_of_silence
from grader.i18n.language import N_
from grader.rubric.expression import ExpressionError
from grader.rubric.readings import Arithmetic

if TYPE_CHECKING:
    from grader.checks import Message
    from grader.checks.step_rule import Setting
    from grader.model.evidence import Evidence
    from grader.model.observation import Answer, Exchange, Invocation, Pair

MISTAKES = {
    "joined": N_("the two numbers joined as text"),
    "multiplied": N_("the two numbers multiplied"),
    "subtracted": N_("one number subtracted from the other"),
    "first-number": N_("the first number only"),
    "second-number": N_("the second number only"),
    "nearly": N_("off by a little"),
    "field": N_("the value of “{detail}” only"),
    "other": N_("the answer of “{detail}”, where “{asked}” was asked"),
    "rounded": N_("rounded to {detail} decimals"),
}

_HINTS = {
    "joined": N_("Convert the numbers of the message before you calculate with them."),
    "other": N_("Let the function look at the field that says what is asked, and send one answer."),
    "rounded": N_("Send the answer as it is, not rounded: / divides, // rounds down."),
}


class Replies:
    """What to say of messages that were sent, and answered, in this ``setting``."""

    def __init__(self, setting: Setting) -> None:
        self._setting, self._rules = setting, setting.rules
        self._arithmetic = Arithmetic(setting.rules)

    def wrong_handling(self, invocation: Invocation) -> NoReturn:
        """Say why one record, invoked directly, was not answered."""
        seen = evidence.of_invocation(invocation, self._setting.keys)
        pair = invocation.pairs[0] if invocation.pairs else None
        if pair is not None and pair.wrong is not None:
            self._wrong_answer(pair, pair.wrong, seen)
        sums = pair is None or pair.number1 is not None
        values = self._values(pair)
        if invocation.failure is not None:
            template = N_("expected {expected} for {message}, found no answer. {failure}")
            if sums:
                template = N_(
                    "expected {expected}, the sum of {number1} and {number2}, found no answer."
                    " {failure}"
                )
            failure = how_it_failed(invocation)
            hint = step_of(invocation, self._setting)
            fail(template, actual=failure, hint=hint, evidence=seen, failure=failure, **values)
        if invocation.own_queue:
            template = N_(
                "expected {expected} for {message} on the output queue, but your function answers on"
                " its own input queue."
            )
            if sums:
                template = N_(
                    "expected {expected} on the output queue, but your function answers on its own"
                    " input queue."
                )
            url = N_("Send the answer to the output queue's URL.")
            fail(template, hint=url, evidence=seen, **_named(template, values))
        template = N_("expected {expected} for {message}, found no answer on the output queue.")
        instead = N_(
            "expected {expected} for {message}, found no answer on the output queue. {instead}"
        )
        if sums:
            template = N_("expected {expected}, found no answer on the output queue.")
            instead = N_("expected {expected}, found no answer on the output queue. {instead}")
        said = instead if invocation.others else template
        fail(
            said,
            hint=step_of_silence(invocation, self._setting),
            evidence=seen,
            **_named(said, values),
            **_quoted(invocation.others),
        )

    def wrong_records(self, invocation: Invocation) -> NoReturn:
        """Say how many of an event's records were answered right."""
        wrong = next((pair for pair in invocation.pairs if pair.wrong is not None), None)
        sums = all(pair.number1 is not None for pair in invocation.pairs)
        values: dict[str, Any] = {
            "expected": len(invocation.pairs),
            "actual": sum(pair.answered for pair in invocation.pairs),
        }
        hint: str | Message = step_of_records(invocation, self._setting)
        if sums:
            template = N_(
                "expected {expected} sums for {expected} records in one event, found {actual}."
            )
        else:
            template = N_(
                "expected {expected} right answers for {expected} records in one event, found"
                " {actual}."
            )
        if invocation.failure is not None:
            values["failure"] = how_it_failed(invocation)
            template = (
                N_(
                    "expected {expected} sums for {expected} records in one event, found {actual}."
                    " {failure}"
                )
                if sums
                else N_(
                    "expected {expected} right answers for {expected} records in one event, found"
                    " {actual}. {failure}"
                )
            )
        elif not sums and wrong is not None and wrong.wrong is not None:
            template = N_(
                "expected {expected} right answers for {expected} records in one event, found"
                " {actual}. For {message} it answered {body}, {mistake}."
            )
            values |= {
                "message": _text(wrong.message),
                "body": shown(wrong.wrong.body),
                "mistake": self._mistake(wrong, wrong.wrong),
            }
            hint = _HINTS.get(wrong.wrong.wrong or "", hint)
        seen = evidence.of_invocation(invocation, self._setting.keys)
        fail(template, hint=hint, evidence=seen, **values)

    def no_right_answer(self, pair: Pair, exchange: Exchange) -> NoReturn:
        """Say what came, or that nothing did, of a pair that went through the queues."""
        seen = evidence.of_pair(pair, exchange, self._setting.keys)
        if pair.wrong is not None:
            self._wrong_answer(pair, pair.wrong, seen)
        values = self._values(pair)
        template = N_("expected {expected} for {message}, found no answer within {patience} s.")
        instead = N_(
            "expected {expected} for {message}, found no answer within {patience} s. {instead}"
        )
        if pair.number1 is not None:
            template = N_("expected {expected}, found no answer within {patience} s.")
            instead = N_("expected {expected}, found no answer within {patience} s. {instead}")
        said, seconds = instead if exchange.others else template, exchange.patience_s
        fail(
            said,
            hint=N_("Send the answer to the output queue, and look at the function's log."),
            patience=int(seconds) if seconds == int(seconds) else seconds,
            evidence=seen,
            **_named(said, values),
            **_quoted(exchange.others),
        )

    def _wrong_answer(self, pair: Pair, answer: Answer, seen: Evidence) -> NoReturn:
        said = {"body": shown(answer.body), "mistake": self._mistake(pair, answer)}
        if pair.number1 is not None:
            fail(
                N_("{number1} + {number2}: expected {expected}, found {body}, {mistake}."),
                actual=answer.body,
                hint=N_("Convert both to numbers before you add them.")
                if answer.wrong == "joined"
                else N_("Add the two numbers of the message."),
                evidence=seen,
                **self._values(pair),
                **said,
            )
        fail(
            N_("expected {expected} for {message}, found {body}, {mistake}."),
            actual=answer.body,
            hint=_HINTS.get(
                answer.wrong or "", N_("Calculate the answer to this message by hand, and compare.")
            ),
            evidence=seen,
            **self._values(pair),
            **said,
        )

    def _mistake(self, pair: Pair, answer: Answer) -> Message:
        template = MISTAKES.get(answer.wrong or "", answer.wrong or "")
        asked = pair.message.get(self._rules.of or "", "")
        given = {"detail": answer.detail, "asked": asked}
        return message(template, **_named(template, given))

    def _values(self, pair: Pair | None) -> dict[str, Any]:
        """What was expected of a pair, and what was sent."""
        if pair is None:
            return {"expected": None, "number1": None, "number2": None}
        if pair.number1 is not None and pair.number2 is not None:
            total = pair.number1 + pair.number2
            return {"expected": total, "number1": pair.number1, "number2": pair.number2}
        try:
            expected = _text({self._rules.keys[0]: self._arithmetic.right(pair.message)})
        except (ExpressionError, LookupError):
            expected = None
        return {"expected": expected, "message": _text(pair.message)}


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _named(template: str, values: dict[str, Any]) -> dict[str, Any]:
    """Those of ``values`` that ``template`` speaks of."""
    return {name: value for name, value in values.items() if f"{{{name}}}" in template}


def _quoted(others: tuple[str, ...]) -> dict[str, Message]:
    """``instead``: the function's own output, where it sent something else than the sum."""
    if not others:
        return {}
    first = others[:3]
    template = N_("Found instead: {found}.")
    if not any(character.isdigit() for one in first for character in one):
        template = N_("Found instead, not a number: {found}.")
        if len(first) > 1:
            template = N_("Found instead, not numbers: {found}.")
    found = ", ".join(f'"{shown(one)}"' for one in first)
    return {"instead": message(template, found=found)}
