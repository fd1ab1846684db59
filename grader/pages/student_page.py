"""What one student's page shows: the report, and what was seen behind it. It names nobody else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.checks.failure_words import how_it_failed
from grader.i18n.message import Message, as_message, said
from grader.model.fact import Found, Missing, NotTried, value_of
from grader.model.mistakes import mistake_words
from grader.model.report import looking
from grader.pages.class_page import flag_words
from grader.pages.document import render, sentence, value_text
from grader.pages.text import page_text
from grader.pages.words import YOUR_FLAGS
from grader.rubric.exercised import makes_run
from grader.rubric.readings import right_answer
from grader.scoring.adjust import is_still_open
from grader.scoring.adjustment_words import adjustment_lines
from grader.scoring.open_by import open_by, open_points

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from grader.model.fact import Fact, Unknown
    from grader.model.observation import Answer, Exchange, Function, Invocation, Observation, Pair
    from grader.model.report import CriterionResult, Report, TestResult
    from grader.pages.speech import Speech
    from grader.rubric.exchange import ExchangeRules
    from grader.rubric.rubric import Criterion

_SENTENCE, _EXCERPT, _LINE = 1000, 300, 400
_LOG_LINES = 30
_OF_EXERCISES = frozenset({"direct-inconclusive", "raises-after-answer", "several-answers"})
_MOST_PAIRS, _MOST_ANSWERS, _MOST_TESTS, _MOST_REASONS = 50, 5, 60, 4


@dataclass(frozen=True)
class CriterionShown:
    """A criterion as shown. ``expected`` and ``found`` are ``None`` where the sentence has them."""

    result: CriterionResult
    title: str
    message: str
    hint: str
    author_hint: str
    expected: str | None
    found: str | None
    tests: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Reply:
    """An answer: its text, whether it is right, what is said of it, and when it came."""

    body: str
    right: bool
    verdict: str
    after: str


@dataclass(frozen=True)
class PairShown:
    """A message that was sent, with the answers to it. ``right`` is the answer that was asked for, empty
    where that is not known. Numbers are written as they were sent."""

    at: str
    message: str
    right: str
    replies: tuple[Reply, ...]


@dataclass(frozen=True)
class Round:
    """One way in which numbers were sent. ``sentences`` say why there is nothing, or what to know."""

    title: str
    sentences: tuple[str, ...]
    sent: tuple[PairShown, ...] = ()
    others: tuple[str, ...] = ()
    failure: str = ""
    log: str = ""
    sums: bool = True
    """Whether two numbers were sent for their sum."""


def student_page(
    report: Report,
    seen: Observation | None,
    lab: str,
    speech: Speech,
    hidden: Collection[Criterion] = (),
    rules: ExchangeRules | None = None,
) -> str:
    """One student's page as HTML. ``lab`` is the lab's title; ``seen`` may be missing; ``hidden`` are
    the criteria that students may not see, nor what was seen for them; ``rules`` say what was right."""
    unseen = seen is None and not report.nothing_seen
    attempt = seen.attempt if seen is not None else None
    untold: frozenset[str] = frozenset()
    looks = looking(report.criteria)
    if any(makes_run(criterion, looks) for criterion in hidden):
        seen, unseen, untold = None, False, _OF_EXERCISES
    rounds = _rounds(seen, speech, rules) if seen is not None else []
    kept_back = {criterion.id for criterion in hidden}
    results = [result for result in report.criteria if result.id not in kept_back]
    unknown = [result for result in results if is_still_open(result, report)]
    return render(
        "student.html",
        speech,
        title=page_text(lab, _SENTENCE).strip() or speech.say("Results"),
        name=page_text(report.name, 120).strip() or page_text(report.student_id, 120),
        report=report,
        reasons=_reasons(unknown, speech),
        yours=open_by(report) == "student",
        still_open=open_points(report),
        asked=[_asked(result, speech) for result in results],
        adjusted=[
            page_text(line, _SENTENCE)
            for line in adjustment_lines(
                report, speech.lang, speech.number, lambda criterion_id: criterion_id in kept_back
            )
        ],
        full=not report.adjusted and report.score is not None and report.score >= report.max_score,
        rounds=rounds,
        failures=[shown_round for shown_round in rounds if shown_round.failure or shown_round.log],
        unseen=unseen,
        judged=[
            speech.say(
                "“{role}” is {name}, {how}.",
                role=role,
                name=page_text(judged.name, 120),
                how=sentence(judged.how, _SENTENCE),
            )
            for role, judged in report.found_as.items()
        ],
        flags=[flag_words(YOUR_FLAGS, name, speech) for name in report.flags if name not in untold],
        attempt=attempt,
    )


def _reasons(unknown: Iterable[CriterionResult], speech: Speech) -> list[tuple[str, str]]:
    reasons = dict.fromkeys(
        (sentence(result.message, _SENTENCE), _remedy(result, speech)) for result in unknown
    )
    return list(reasons)[:_MOST_REASONS]


def _remedy(result: CriterionResult, speech: Speech) -> str:
    """What to do; that it costs no points is said once, above all that was not graded."""
    remedy = as_message(result.hint_values.get("next")) if result.status == "ungraded" else None
    return page_text(result.hint if remedy is None else said(remedy, speech.lang), _SENTENCE)


def _tests(result: CriterionResult) -> Sequence[TestResult]:
    """The tests that say more than the criterion does."""
    if result.status not in {"failed", "partial", "ungraded"}:
        return ()
    alike = {(test.outcome, test.message) for test in result.tests}
    told = len(alike) > 1 or (len(result.tests) > 1 and result.status != "ungraded")
    return result.tests[:_MOST_TESTS] if told else ()


def _asked(result: CriterionResult, speech: Speech) -> CriterionShown:
    message = sentence(result.message, _SENTENCE)
    return CriterionShown(
        result,
        page_text(result.title, _EXCERPT),
        message,
        "" if result.status == "blocked" and result.because else _remedy(result, speech),
        "" if result.author_hint == result.hint else page_text(result.author_hint, _SENTENCE),
        _unsaid(result.expected, result, speech),
        _unsaid(result.actual, result, speech),
        tuple(
            (test.outcome, page_text(test.name, _EXCERPT), page_text(test.message, _EXCERPT))
            for test in _tests(result)
        ),
    )


def _unsaid(value: Any, result: CriterionResult, speech: Speech) -> str | None:
    """The value in the page's language; ``None`` where the message says it."""
    if value is None:
        return None
    messages = _messages(result.values) if isinstance(value, str) else ()
    words = next(
        (said(message, speech.lang) for message in messages if str(message) == value), value
    )
    # The message may be in another language than the page.
    forms = [
        page_text(part, _SENTENCE) if isinstance(part, str) else value_text(part)
        for part in (value, words)
    ]
    message = sentence(result.message, _SENTENCE)
    return None if any(form in message for form in forms) else value_text(words)


def _messages(value: Any) -> Iterator[Message]:
    """The messages among values, and those within them."""
    inner = as_message(value)
    if inner is not None:
        yield inner
        value = inner.values
    if isinstance(value, dict):
        for item in value.values():
            yield from _messages(item)


def _rounds(seen: Observation, speech: Speech, rules: ExchangeRules | None) -> list[Round]:
    single = speech.say("Your function, called directly with one message")
    several = speech.say("Your function, called directly with several messages in one event")
    through = None if rules is None else seen.functions.get(rules.route.through)
    function = None if through is None else value_of(through)
    fed = None if rules is None else seen.mappings.get(rules.route.source)
    mappings = None if fed is None else value_of(fed)
    ran = (function, mappings.qualifier_of(function.name) if mappings and function else "")
    rounds = [
        _direct(single, seen.handler, ran, speech, rules),
        _direct(several, seen.records, ran, speech, rules),
        _through(seen.exchange, speech, rules),
    ]
    sentences = {made.sentences for made in rounds}
    if len(sentences) == 1 and not any(made.sent for made in rounds):
        return [Round("", rounds[0].sentences)]  # one reason for all of it
    return rounds


def _direct(
    title: str,
    fact: Fact[Invocation],
    ran: tuple[Function | None, str],
    speech: Speech,
    rules: ExchangeRules | None,
) -> Round:
    if not isinstance(fact, Found):
        return Round(title, (_why_not(fact, speech),))
    made = fact.value
    silent = made.failure is not None or not made.answered
    failure = how_it_failed(made, *ran) if made.failure is not None else None
    notes = []
    if silent and made.returned:
        text = page_text(made.returned, _EXCERPT)
        notes.append(speech.say("Your function returned: {returned}", returned=text))
    if made.inconclusive:
        notes.append(
            speech.say("The event was made up by the grader, so your queue decided instead.")
        )
    if made.own_queue:
        notes.append(speech.say("The sum was found on your function's own input queue."))
    return Round(
        title,
        tuple(notes),
        _sent(made.pairs, speech, rules),
        _quoted(made.others),
        page_text(said(failure, speech.lang), _SENTENCE) if failure is not None else "",
        _log(made.log_tail) if silent else "",
        _sums(made.pairs),
    )


def _through(fact: Fact[Exchange], speech: Speech, rules: ExchangeRules | None) -> Round:
    title = speech.say("Through your queues, one message at a time")
    if not isinstance(fact, Found):
        return Round(title, (_why_not(fact, speech),))
    gone = fact.value
    notes = []
    if gone.unsafe:
        unsafe = said(gone.unsafe_said or Message(gone.unsafe), speech.lang)
        notes.append(page_text(unsafe, _SENTENCE))
    if gone.patience_s and gone.answered < len(gone.pairs):
        seconds = speech.duration(gone.patience_s)
        notes.append(
            speech.say("For each answer the grader waited up to {seconds}.", seconds=seconds)
        )
    return Round(
        title,
        tuple(notes),
        _sent(gone.pairs, speech, rules),
        _quoted(gone.others),
        sums=_sums(gone.pairs),
    )


def _sums(pairs: Sequence[Pair]) -> bool:
    return all(pair.number1 is not None for pair in pairs)


def _why_not(fact: Missing | NotTried | Unknown, speech: Speech) -> str:
    reason = page_text(said(fact.words, speech.lang), _SENTENCE)
    if isinstance(fact, Missing):
        return reason
    if isinstance(fact, NotTried):
        return speech.say("Not tried: {reason}", reason=reason)
    return speech.say("This could not be found out: {reason}", reason=reason)


def _sent(
    pairs: Sequence[Pair], speech: Speech, rules: ExchangeRules | None
) -> tuple[PairShown, ...]:
    return tuple(
        PairShown(
            speech.clock(pair.sent_at),
            *_asked_for(pair, rules),
            tuple(
                Reply(
                    page_text(answer.body, _EXCERPT),
                    answer.wrong is None,
                    _verdict(answer, speech),
                    speech.duration(answer.after_s),
                )
                for answer in pair.answers[:_MOST_ANSWERS]
            ),
        )
        for pair in pairs[:_MOST_PAIRS]
    )


def _asked_for(pair: Pair, rules: ExchangeRules | None) -> tuple[str, str]:
    """The message as a student reads it, and the answer that was expected for it."""
    right = right_answer(pair, rules)
    if pair.number1 is not None and pair.number2 is not None:
        return f"{pair.number1} + {pair.number2}", str(right)
    sent = json.dumps(pair.message, ensure_ascii=False)
    return page_text(sent, _EXCERPT), "" if right is None else str(right)


def _verdict(answer: Answer, speech: Speech) -> str:
    if answer.wrong is None:
        return speech.say("right")
    words = mistake_words(answer.wrong, answer.detail)
    if words is None:
        return speech.say("wrong")
    mistake = speech.say(words, detail=page_text(answer.detail, _EXCERPT))
    return speech.say("wrong: {mistake}", mistake=mistake)


def _quoted(others: Iterable[str]) -> tuple[str, ...]:
    return tuple(page_text(text, _EXCERPT) for text in list(others)[:_MOST_ANSWERS])


def _log(tail: str) -> str:
    """The last lines; each is made harmless alone, so that they stay lines."""
    lines = tail[-_LOG_LINES * _LINE :].splitlines()[-_LOG_LINES:]
    return "\n".join(page_text(line, _LINE) for line in lines)
