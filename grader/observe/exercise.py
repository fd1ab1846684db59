"""Making the function work: directly first, then through its queues, safely and in this order."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from grader.aws import Lost
from grader.observation import (
    Exchange,
    Fact,
    Found,
    Function,
    Invocation,
    Mapping,
    Mappings,
    Missing,
    NotTried,
    Queue,
    Unknown,
)
from grader.observe.exchange import Exchanging, InputQueue
from grader.observe.invocation import Target, invoke
from grader.observe.mapping import IN_TRANSITION
from grader.observe.output import OutputQueue

if TYPE_CHECKING:
    import threading

    from grader.aws import Aws
    from grader.observe.pairs import Pairs
    from grader.rubric import ExchangeRules

RECORDS = 3
"""Records of the second direct invocation."""

SUM, INPUT, OUTPUT = "functions.sum", "queues.input", "queues.output"
MAPPING, HANDLER, EXCHANGE = "mappings.input", "handler", "exchange"


@dataclass(frozen=True)
class Stage:
    """What was seen of the things an exchange needs, before it starts."""

    function: Fact[Function]
    function_ready: bool
    input_name: str
    input: Fact[Queue]
    input_url: str | None
    output: Fact[Queue]
    output_url: str | None
    input_mappings: Fact[Mappings]
    output_mappings: Fact[Mappings]


@dataclass
class Exercised:
    """What came of it: the three facts, and flags for a human."""

    handler: Fact[Invocation]
    records: Fact[Invocation]
    exchange: Fact[Exchange]
    flags: set[str] = field(default_factory=set)


def exercise(
    aws: Aws, stage: Stage, rules: ExchangeRules, pairs: Pairs, stop: threading.Event
) -> Exercised:
    """Invoke the function with one record and with three, then send pairs through the queues.

    Nothing is invoked or sent where that could start a loop. However it ends, the queues are left as
    they were found. Raises :class:`~grader.observe.output.Interrupted` when ``stop`` is set.
    """
    ready = _ready(stage)
    if isinstance(ready, NotTried | Unknown):
        return Exercised(ready, ready, ready)
    unsafe = _loop(stage)
    if unsafe is not None:
        untried = NotTried(EXCHANGE, unsafe)
        return Exercised(untried, untried, Found(Exchange((), unsafe=unsafe)))
    return _Exercise(aws, stage, rules, pairs, stop, *ready).run()


def _ready(stage: Stage) -> tuple[Function, Queue] | NotTried | Unknown:
    """The function and the output queue, or why nothing can be tried. What is certain comes first."""
    function, output = stage.function, stage.output
    if isinstance(function, Missing):
        return NotTried(SUM, function.reason)
    if isinstance(output, Missing):
        return NotTried(OUTPUT, output.reason)
    if isinstance(function, Found) and function.value.state == "Failed":
        return NotTried(SUM, f"{function.value.name} is in state Failed.")
    for fact in (function, output, stage.input, stage.output_mappings, stage.input_mappings):
        if isinstance(fact, Unknown) and fact.kind != "not-ready":
            return fact
    if not (isinstance(function, Found) and isinstance(output, Found)):
        raise TypeError("a function or a queue is found, missing or unknown")
    if not stage.function_ready:
        return Unknown("not-ready", f"{function.value.name} was still being updated.")
    return function.value, output.value


def _loop(stage: Stage) -> str | None:
    """Why a message could come round again for ever, or ``None``."""
    if not (isinstance(stage.output, Found) and isinstance(stage.output_mappings, Found)):
        return None
    output = stage.output.value
    if isinstance(stage.input, Found) and stage.input.value.arn == output.arn:
        return f"{output.name} is both the input and the output queue."
    fed = [m.function_name for m in stage.output_mappings.value.of_queue if _live(m)]
    if fed:
        return (
            f"{output.name} triggers {fed[0]}, so an answer could come round for ever. "
            "Nothing was sent."
        )
    return None


def _live(mapping: Mapping) -> bool:
    """Messages go through it now, or may in a moment."""
    return mapping.state == "Enabled" or mapping.state in IN_TRANSITION


class _Exercise:
    def __init__(
        self,
        aws: Aws,
        stage: Stage,
        rules: ExchangeRules,
        pairs: Pairs,
        stop: threading.Event,
        function: Function,
        output: Queue,
    ) -> None:
        self._aws, self._stage, self._rules, self._pairs = aws, stage, rules, pairs
        self._function, self._output_delay_s = function, output.delay_s
        runs_s = min(function.timeout_s, rules.deadline_s)
        # Long enough that a message which is not ours is received once, not over and over.
        hold_s = 2 * (runs_s + 15) + (rules.pairs + 1) * rules.deadline_s
        self._output = OutputQueue(
            aws,
            stage.output_url or "",
            rules.answer_keys,
            hold_s=min(int(hold_s), 900),
            stop=stop,
        )
        self._source = (
            InputQueue(
                aws,
                stage.input_url or "",
                redrive=stage.input.value.redrive,
                keys=rules.answer_keys,
                message=self._message,
            )
            if isinstance(stage.input, Found)
            else None
        )
        self._mapping = self._enabled_mapping()
        self._target = Target(
            function.name,
            self._mapping.qualifier if self._mapping else None,
            timeout_s=runs_s,
            queue_arn=self._input_arn(),
            message=self._message,
        )
        self._exchanging: Exchanging | None = None

    def _message(self, first: int, second: int) -> str:
        one, two = self._rules.message
        return json.dumps({one: first, two: second})

    def _enabled_mapping(self) -> Mapping | None:
        fact = self._stage.input_mappings
        if not isinstance(fact, Found):
            return None
        name = self._function.name
        ours = [m for m in fact.value.of_queue if m.function_name == name and m.state == "Enabled"]
        return ours[0] if ours else None

    def _input_arn(self) -> str:
        if isinstance(self._stage.input, Found):
            return self._stage.input.value.arn
        # The function must not tell from the event that its queue is missing: that is graded apart.
        parts = self._function.arn.split(":")
        return ":".join([*parts[:2], "sqs", parts[3], parts[4], self._stage.input_name])

    def run(self) -> Exercised:
        """All three facts, one after the other, and then the queues as they were."""
        done = Exercised(*(NotTried(HANDLER, "The function was not invoked."),) * 3)
        undisturbed = False
        try:
            self._output.read_clock()
            done.handler = self._handler()
            done.records = self._records(done.handler)
            done.exchange = self._exchange(done.handler)
            undisturbed = True
        except Lost as lost:
            return Exercised(lost.unknown, lost.unknown, lost.unknown)
        finally:
            self._output.give_back(look_for_duplicates=undisturbed)
        done.flags = self._flags(done)
        return done

    def _invoke(self, records: int) -> Fact[Invocation]:
        return invoke(
            self._aws, self._target, self._pairs, records, self._output, self._output_delay_s
        )

    def _handler(self) -> Fact[Invocation]:
        fact = self._invoke(1)
        if isinstance(fact, Found) and self._source is not None:
            silent = not any(pair.answers for pair in fact.value.pairs)
            if silent and self._source.holds_sum(self._output.sent):
                return Found(msgspec.structs.replace(fact.value, own_queue=True))
        return fact

    def _records(self, handler: Fact[Invocation]) -> Fact[Invocation]:
        if isinstance(handler, Unknown):
            return handler
        if isinstance(handler, Found) and handler.value.inconclusive:
            return NotTried(EXCHANGE, "Only the queue can tell: the event of the test is made up.")
        if isinstance(handler, Found) and handler.value.answered:
            return self._invoke(RECORDS)
        return NotTried(HANDLER, "The function did not answer an event with a single record.")

    def _exchange(self, handler: Fact[Invocation]) -> Fact[Exchange]:
        impossible = self._impossible(handler)
        if impossible is not None:
            return impossible
        if self._source is None or self._mapping is None:
            raise TypeError("an exchange needs an input queue and a mapping")
        self._exchanging = Exchanging(
            self._source,
            self._output,
            self._pairs,
            wanted=self._rules.pairs,
            deadline_s=self._rules.deadline_s,
            slow_s=self._slow_s(self._mapping),
            hope=not isinstance(handler, Found)
            or handler.value.answered
            or handler.value.inconclusive,
            filtered=bool(self._mapping.filters),
        )
        try:
            return Found(self._exchanging.run())
        except Exception as error:
            fact = self._aws.sort(error, "sqs:SendMessage")
            if fact is None:
                raise
            return Unknown("unexpected", fact.reason) if isinstance(fact, Missing) else fact

    def _slow_s(self, mapping: Mapping) -> float:
        delay_s = self._stage.input.value.delay_s if isinstance(self._stage.input, Found) else 0
        return mapping.window_s + delay_s + self._output_delay_s

    def _impossible(self, handler: Fact[Invocation]) -> Fact[Exchange] | None:
        """Why nothing is sent through the queue. What is certain comes before what is unknown."""
        if isinstance(handler, Found) and _would_be_poison(handler.value):
            return NotTried(HANDLER, "The function failed, so its queue was left alone.")
        if isinstance(self._stage.input, Missing):
            return NotTried(MAPPING, self._stage.input.reason)
        mappings = self._stage.input_mappings
        if isinstance(mappings, Unknown):
            return mappings
        if not isinstance(mappings, Found):
            return NotTried(MAPPING, mappings.reason)
        others = {m.function_name for m in mappings.value.of_queue if _live(m)}
        if others - {self._function.name}:
            return NotTried(MAPPING, "More than one function reads from the input queue.")
        if self._mapping is None:
            return NotTried(MAPPING, "There is no enabled mapping to send through.")
        return None

    def _flags(self, done: Exercised) -> set[str]:
        flags = set()
        if self._output.tally.foreign:
            flags.add("foreign-messages")
        if isinstance(done.handler, Found):
            flags |= _direct_flags(done.handler.value, done.exchange)
        silent = [s for s in self._exchanging.sent if s.silent] if self._exchanging else []
        if silent and self._source is not None and self._source.take_back(silent):
            flags.add("pair-left-behind")
        if self._output.left_behind:
            flags.add("answers-left-behind")
        return flags


def _would_be_poison(handler: Invocation) -> bool:
    """A pair would come back to the queue for days, or the function answers on its own input."""
    if handler.answered or handler.inconclusive:
        return False
    return handler.failure is not None or handler.own_queue


def _direct_flags(handler: Invocation, exchange: Fact[Exchange]) -> set[str]:
    """What a human may want to know about the direct invocation of a function that adds."""
    if handler.answered and handler.failure and not handler.inconclusive:
        return {"raises-after-answer"}
    by_queue = isinstance(exchange, Found) and exchange.value.answered > 0
    if by_queue and (handler.inconclusive or not handler.answered):
        return {"direct-inconclusive"}
    return set()
