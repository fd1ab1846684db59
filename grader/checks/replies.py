"""What is said of a message that was not answered right: what was sent, expected and found.

Where two numbers are sent for their sum, sentences speak of the sum; otherwise of the message.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from grader.checks import evidence, fail, message, shown
from grader.checks.failure_words import how_it_failed
from grader.checks.named_mistakes import HINTS, HINTS_OF_SUMS, MISTAKES
from grader.checks.next_step import step_of, step_of_records, step_of_silence
from grader.checks.other_form import is_twice, quoted, repeats, step_of_form
from grader.i18n.language import N_
from grader.rubric.expression import ExpressionError
from grader.rubric.readings import Arithmetic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from decimal import Decimal

    from grader.checks import Message
    from grader.checks.step_rule import Setting
    from grader.model.evidence import Evidence
    from grader.model.observation import Answer, Exchange, Invocation, Pair


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
        if pair is not None:
            self._unless_other_form(pair, invocation.others, seen)
        template = N_("expected {expected} for {message}, found no answer on the output queue.")
        instead = N_(
            "expected {expected} for {message}, found no answer on the output queue. {instead}"
        )
        if sums:
            template = N_("expected {expected}, found no answer on the output queue.")
            instead = N_("expected {expected}, found no answer on the output queue. {instead}")
        said = instead if invocation.others else template
        wrong = None if pair is None else self._step_of_number(pair, invocation.others)
        fail(
            said,
            hint=wrong or step_of_silence(invocation, self._setting),
            evidence=seen,
            **_named(said, values),
            **quoted(invocation.others),
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
            hint = HINTS.get(wrong.wrong.wrong or "", hint)
        seen = evidence.of_invocation(invocation, self._setting.keys)
        fail(template, hint=hint, evidence=seen, **values)

    def no_right_answer(
        self, pair: Pair, exchange: Exchange, earlier: Iterable[Pair] = ()
    ) -> NoReturn:
        """Say what came, or that nothing did, of a pair that went through the queues.

        ``earlier`` pairs were sent by direct invocation.
        """
        seen = evidence.of_pair(pair, exchange, self._setting.keys)
        if pair.wrong is not None:
            self._wrong_answer(pair, pair.wrong, seen)
        before = repeats(pair, (*earlier, *exchange.pairs))
        if before is not None:
            self._same_again(pair, before, seen)
        self._unless_other_form(pair, exchange.others, seen)
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
            hint=self._step_of_number(pair, exchange.others)
            or N_(
                "Look at the function's log in CloudWatch: it shows whether this message reached the"
                " function, and what happened then."
            ),
            patience=int(seconds) if seconds == int(seconds) else seconds,
            evidence=seen,
            **_named(said, values),
            **quoted(exchange.others),
        )

    def _unless_other_form(self, pair: Pair, others: tuple[str, ...], seen: Evidence) -> None:
        """Fail if one of ``others`` holds the right number and is no answer only by its form."""
        values = self._values(pair)
        form = str(values["expected"])
        if pair.number1 is not None:
            form = _text({self._rules.keys[0]: values["expected"]})
            template = N_(
                "your function answered {found}; expected {form} for {number1} and {number2}."
            )
        else:
            template = N_("your function answered {found}; expected {form} for {message}.")
        for other in others:
            step = step_of_form(other, self._is_right(pair), self._rules.keys, form)
            if step is not None:
                values |= {"form": form, "found": shown(other)}
                said = _named(template, values)
                fail(template, expected=form, actual=other, hint=step, evidence=seen, **said)

    def _same_again(self, pair: Pair, before: Pair, seen: Evidence) -> NoReturn:
        template = N_(
            "expected {expected} for {message}, found {body} again, the answer to {before}."
        )
        answer = next(a.body for a in before.answers if a.wrong is None)
        values = self._values(pair)
        expected = values["expected"]
        if pair.number1 is not None:
            expected = _text({self._rules.keys[0]: expected})
        fail(
            template,
            actual=answer,
            hint=N_(
                "Your function keeps what it read first: read the message, and work out its answer,"
                " inside of the handler each time it is called."
            ),
            evidence=seen,
            expected=expected,
            message=self._sent(pair),
            body=shown(answer),
            before=self._sent(before),
        )

    def _step_of_number(self, pair: Pair, others: tuple[str, ...]) -> Message | None:
        """What to do about a wrong number that no mistake with a name explains."""
        if is_twice(others, self._is_right(pair)):
            return message(
                N_(
                    "That is twice the answer: something is added twice, perhaps to a variable that"
                    " keeps its value from one message to the next."
                )
            )
        return None

    def _is_right(self, pair: Pair) -> Callable[[Decimal], bool]:
        """Whether a number is the right answer to ``pair``."""
        if pair.number1 is not None and pair.number2 is not None:
            total = pair.number1 + pair.number2
            return lambda number: number == total
        try:
            readings = self._arithmetic.readings(pair.message)
        except (ExpressionError, LookupError):
            return lambda _number: False

        def is_right(number: Decimal) -> bool:
            reading = readings.named(number)
            return reading is not None and not reading.name

        return is_right

    def _sent(self, pair: Pair) -> str:
        if pair.message or pair.number1 is None:
            return _text(pair.message)
        return _text(dict(zip(self._setting.keys, (pair.number1, pair.number2), strict=False)))

    def _wrong_answer(self, pair: Pair, answer: Answer, seen: Evidence) -> NoReturn:
        said = {"body": shown(answer.body), "mistake": self._mistake(pair, answer)}
        if pair.number1 is not None:
            fail(
                N_("{number1} + {number2}: expected {expected}, found {body}, {mistake}."),
                actual=answer.body,
                hint=HINTS_OF_SUMS.get(
                    answer.wrong or "", N_("Add the two numbers of the message.")
                ),
                evidence=seen,
                **self._values(pair),
                **said,
            )
        fail(
            N_("expected {expected} for {message}, found {body}, {mistake}."),
            actual=answer.body,
            hint=HINTS.get(
                answer.wrong or "", N_("Calculate the answer to this message by hand, and compare.")
            ),
            evidence=seen,
            **self._values(pair),
            **said,
        )

    def _mistake(self, pair: Pair, answer: Answer) -> Message:
        """The mistake that a wrong answer shows."""
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
