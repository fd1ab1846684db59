"""What is said of a message that was not answered right: what was sent, expected and found.

Where two numbers are sent for their sum, sentences speak of the sum; otherwise of the message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from grader.checks import evidence, fail, message, shown
from grader.checks.failure_words import how_it_failed
from grader.checks.named_mistakes import HINTS, HINTS_OF_SUMS
from grader.checks.next_step import step_of, step_of_records, step_of_silence
from grader.checks.other_form import in_quotes, is_twice, quoted, repeated_pair, step_of_form
from grader.checks.pair_words import PairWords, spoken_of
from grader.i18n.language import N_
from grader.model.fact import Found
from grader.model.mistakes import FEW_DECIMALS, MISTAKES, OTHER, ROUNDED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.checks import Message
    from grader.checks.step_rule import StepContext
    from grader.model.evidence import Evidence
    from grader.model.fact import Fact
    from grader.model.observation import Answer, Exchange, FunctionError, Invocation, Pair


_LOG = N_(
    "Look at the function's log in CloudWatch: it shows whether this message reached the function, and"
    " what happened then."
)

_READER = N_("{step} If something else reads your output queue, stop it and check again.")


def _after_silence(exchange: Exchange, came: Iterable[str] = ()) -> Message:
    """What to do next where a pair that went through the queues stayed silent."""
    if exchange.problem and not any(came):
        says = N_("AWS says of the event source mapping: “{problem}”. Fix that, then check again.")
        return message(says, problem=exchange.problem.rstrip(". "))
    return message(_LOG) if any(came) else message(_READER, step=message(_LOG))


def _is_artefact(error: FunctionError) -> bool:
    """The made-up event was at fault, and not what the function met besides."""
    return "ReceiptHandleIsInvalid" in f"{error.kind} {error.message}"


class Replies:
    """What to say of messages that were sent, and answered, in this ``context``."""

    def __init__(self, context: StepContext) -> None:
        self._context, self._rules = context, context.rules
        self._words, self._ran = PairWords(context), (context.function, context.qualifier)

    def wrong_handling(self, invocation: Invocation) -> NoReturn:
        """Say why one record, invoked directly, was not answered."""
        seen = evidence.of_invocation(invocation, self._context.keys)
        pair = invocation.pairs[0] if invocation.pairs else None
        if pair is not None and pair.wrong is not None:
            self._wrong_answer(pair, pair.wrong, seen)
        sums = pair is None or pair.number1 is not None
        values = self._words.values(pair)
        if invocation.failure is not None:
            template = N_("expected {expected} for {message}, found no answer. {failure}")
            if sums:
                template = N_(
                    "expected {expected}, the sum of {number1} and {number2}, found no answer."
                    " {failure}"
                )
            failure = how_it_failed(invocation, *self._ran)
            hint = step_of(invocation, self._context)
            fail(template, actual=failure, hint=hint, evidence=seen, failure=failure, **values)
        if invocation.own_queue:
            template = N_(
                "expected {expected} for {message} on the output queue, but your function answers on"
                " its own input queue."
            )
            if sums:
                template = N_(
                    "expected {expected}, the sum of {number1} and {number2}, on the output queue, but"
                    " your function answers on its own input queue."
                )
            url = N_("Send the answer to the output queue's URL.")
            fail(template, hint=url, evidence=seen, **spoken_of(template, values))
        self._no_answer(pair, invocation.others, seen, invocation)

    def _no_answer(
        self,
        pair: Pair | None,
        others: tuple[str, ...],
        seen: Evidence,
        invocation: Invocation | None = None,
    ) -> NoReturn:
        """Say that no answer came to ``pair``, and what came instead, where ``invocation`` tells why."""
        if pair is not None:
            self._unless_other_form(pair, others, seen)
        template = N_("expected {expected} for {message}, found no answer on the output queue.")
        instead = N_(
            "expected {expected} for {message}, found no answer on the output queue. {instead}"
        )
        if pair is None or pair.number1 is not None:
            template = N_(
                "expected {expected}, the sum of {number1} and {number2}, found no answer on the"
                " output queue."
            )
            instead = N_(
                "expected {expected}, the sum of {number1} and {number2}, found no answer on the"
                " output queue. {instead}"
            )
        said = instead if others else template
        wrong = None if pair is None else self._step_of_number(pair, others)
        step = step_of_silence(invocation, self._context) if invocation else message(_LOG)
        fail(
            said,
            hint=wrong or (step if others else message(_READER, step=step)),
            evidence=seen,
            **spoken_of(said, self._words.values(pair)),
            **quoted(others),
        )

    def neither_way(self, invocation: Invocation, exchange: Fact[Exchange]) -> NoReturn:
        """Say why no right answer came, neither when it was invoked directly nor through the queue."""
        pair = invocation.pairs[0] if invocation.pairs else None
        through = exchange.value if isinstance(exchange, Found) else None
        seen = evidence.of_invocation(invocation, self._context.keys)
        if pair is not None and pair.wrong is not None:
            self._wrong_answer(pair, pair.wrong, seen)
        if through is None or not through.pairs:  # nothing went through the queue
            self.wrong_handling(invocation)
        for sent in through.pairs:
            if sent.wrong is not None:
                said = evidence.of_pair(sent, through, self._context.keys)
                self._wrong_answer(sent, sent.wrong, said)
        came = [*invocation.others]
        for sent in through.pairs:
            instead = evidence.came_instead(sent, through)
            said = evidence.of_pair(sent, through, self._context.keys)
            self._unless_other_form(sent, instead, said)
            came += instead
        if others := tuple(dict.fromkeys(came)):
            self._no_answer(pair, others, seen)
        if invocation.error is not None and not _is_artefact(invocation.error):
            self.wrong_handling(invocation)
        template = N_(
            "expected {expected} for {message} on the output queue, but nothing came, neither when the"
            " function was invoked nor through the queue."
        )
        if pair is None or pair.number1 is not None:
            template = N_(
                "expected {expected}, the sum of {number1} and {number2}, on the output queue, but"
                " nothing came, neither when the function was invoked nor through the queue."
            )
        fail(
            template,
            hint=_after_silence(through),
            evidence=seen,
            **spoken_of(template, self._words.values(pair)),
        )

    def wrong_records(self, invocation: Invocation) -> NoReturn:
        """Say how many of an event's records were answered right, and of the first that was not."""
        pairs = invocation.pairs
        values: dict[str, Any] = {
            "expected": len(pairs),
            "actual": sum(pair.answered for pair in pairs),
        }
        sums = all(pair.number1 is not None for pair in pairs)
        lost = [pair for pair in pairs if not pair.answered]
        # One that was answered wrong tells more than one that was not.
        first = next((pair for pair in lost if pair.wrong is not None), lost[0] if lost else None)
        hint: str | Message = step_of_records(invocation, self._context)
        if (
            invocation.failure is None
            and not sums
            and first is not None
            and first.wrong is not None
        ):
            hint = HINTS.get(first.wrong.wrong or "", hint)
        came = any(pair.answers or pair.unread for pair in pairs) or invocation.others
        if invocation.failure is None and not came:
            hint = message(_READER, step=hint)
        template = N_(
            "expected {expected} right answers for {expected} records in one event, found {actual}."
            " {first}"
        )
        failed = N_(
            "expected {expected} right answers for {expected} records in one event, found {actual}."
            " {first} {failure}"
        )
        if sums:
            template = N_(
                "expected {expected} sums for {expected} records in one event, found {actual}."
                " {first}"
            )
            failed = N_(
                "expected {expected} sums for {expected} records in one event, found {actual}."
                " {first} {failure}"
            )
        if invocation.failure is not None:
            template = failed
            values["failure"] = how_it_failed(invocation, *self._ran)
        values["first"] = "" if first is None else self._of_record(first, invocation.others)
        seen = evidence.of_invocation(invocation, self._context.keys)
        fail(template, hint=hint, evidence=seen, **values)

    def _of_record(self, pair: Pair, others: tuple[str, ...]) -> Message:
        """What came for one record of several, or else for all of them."""
        sent = self._words.sent(pair)
        came = [answer.body for answer in pair.unread] or others
        if pair.wrong is None and came:
            instead = N_("No right answer came for {message}; found instead: {found}.")
            return message(instead, message=sent, found=in_quotes(came))
        if pair.wrong is None:
            nothing = N_("No answer came for {message}; expected {right}.")
            return message(nothing, message=sent, right=self._words.right(pair))
        return message(
            N_("For {message} it answered {body}, {mistake}; expected {right}."),
            message=sent,
            body=shown(pair.wrong.body),
            mistake=self._mistake(pair, pair.wrong),
            right=self._words.right(pair),
        )

    def no_right_answer(
        self, pair: Pair, exchange: Exchange, earlier: Iterable[Pair] = ()
    ) -> NoReturn:
        """Say what came, or that nothing did, of a pair that went through the queues.

        ``earlier`` pairs were sent by direct invocation.
        """
        seen = evidence.of_pair(pair, exchange, self._context.keys)
        if pair.wrong is not None:
            self._wrong_answer(pair, pair.wrong, seen)
        before = repeated_pair(pair, (*earlier, *exchange.pairs))
        if before is not None:
            self._same_again(pair, before, seen)
        came = evidence.came_instead(pair, exchange)
        self._unless_other_form(pair, (*came, *exchange.others), seen)
        values, seconds = self._words.values(pair), exchange.patience_s
        values["patience"] = int(seconds) if seconds == int(seconds) else seconds
        template = N_("expected {expected} for {message}, found no answer within {patience} s.")
        # What came instead may have ended the wait: how long that was tells nothing.
        instead = N_("expected {expected} for {message}, found no answer. {instead}")
        if pair.number1 is not None:
            template = N_(
                "expected {expected}, the sum of {number1} and {number2}, found no answer within"
                " {patience} s."
            )
            instead = N_(
                "expected {expected}, the sum of {number1} and {number2}, found no answer. {instead}"
            )
        said = instead if came else template
        fail(
            said,
            hint=self._step_of_number(pair, came) or _after_silence(exchange, came),
            evidence=seen,
            **spoken_of(said, values),
            **quoted(came),
        )

    def _unless_other_form(self, pair: Pair, others: tuple[str, ...], seen: Evidence) -> None:
        """Fail if one of ``others`` holds the right number and is no answer only by its form."""
        values = self._words.values(pair)
        form = str(self._words.right(pair))
        if pair.number1 is not None:
            template = N_(
                "your function answered {found}; expected {form} for {number1} and {number2}."
            )
        else:
            template = N_("your function answered {found}; expected {form} for {message}.")
        is_right = self._words.is_right(pair)
        for other in others:
            step = step_of_form(other, is_right, self._rules.keys, form)
            if step is not None:
                values |= {"form": form, "found": shown(other)}
                said = spoken_of(template, values)
                fail(template, expected=form, actual=other, hint=step, evidence=seen, **said)

    def _same_again(self, pair: Pair, before: Pair, seen: Evidence) -> NoReturn:
        template = N_(
            "expected {expected} for {message}, found {body} again, the answer to {before}."
        )
        answer = next(a.body for a in before.answers if a.wrong is None)
        fail(
            template,
            actual=answer,
            hint=N_(
                "Your function keeps what it read first: read the message, and work out its answer,"
                " inside the handler each time it is called."
            ),
            evidence=seen,
            expected=self._words.right(pair),
            message=self._words.sent(pair),
            body=shown(answer),
            before=self._words.sent(before),
        )

    def _step_of_number(self, pair: Pair, others: tuple[str, ...]) -> Message | None:
        """What to do about a wrong number that no mistake with a name explains."""
        if is_twice(others, self._words.is_right(pair)):
            return message(
                N_(
                    "That is twice the answer: something is added twice, perhaps to a variable that"
                    " keeps its value from one message to the next."
                )
            )
        return None

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
                **self._words.values(pair),
                **said,
            )
        fail(
            N_("expected {expected} for {message}, found {body}, {mistake}."),
            actual=answer.body,
            hint=HINTS.get(
                answer.wrong or "", N_("Calculate the answer to this message by hand, and compare.")
            ),
            evidence=seen,
            **self._words.values(pair),
            **said,
        )

    def _mistake(self, pair: Pair, answer: Answer) -> Message:
        """The mistake that a wrong answer shows."""
        template = MISTAKES.get(answer.wrong or "", answer.wrong or "")
        if answer.wrong == ROUNDED:
            template = FEW_DECIMALS.get(answer.detail, template)
        if answer.wrong == OTHER:
            template = N_("the answer of “{detail}”, where “{asked}” was asked")
        asked = pair.message.get(self._rules.branch_field or "", "")
        given = {"detail": answer.detail, "asked": asked}
        return message(template, **spoken_of(template, given))
