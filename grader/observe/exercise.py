"""Making the function work: directly first, then through its queues, safely and in this order.

The states of a run, each with the functions that make it. H, R and X are the facts ``handler``,
``records`` and ``exchange``; "that" is the Unknown which a question got. Of a state's conditions
the first that holds decides; ``->`` leads to the next state.

*May answer*: nothing says that the function is wrong. H is Unknown, inconclusive, or right, if only by
now. *Slow*: the mapping's batching window and both queues' delays. *Little* patience is IMPATIENT_S
+ slow, *full* is the rubric's deadline + slow; while the queue gives messages that are no answers,
a wait goes on for DRAINING_S more, and while what a lost answer of SQS held may come back, for
COME_BACK_S, in which nothing is asked until it is back. *Something else*: for ANSWER_APPEARS_S a message
has been known that is newer than the pair and holds no number; with a number it may answer another
grader. *Nobody's number*: it does not, because nobody took it for UNTAKEN_S + slow, or because it is the
right answer to an earlier pair, as long ago; no more than MOST_FOR_ONE came, none beside a right one.
*Missed*: what a lost answer of SQS held did not come back (unreachable), old messages were left to read
(TOO_MANY_OLD: disturbed), AWS's clocks contradict each other where a verdict rests on them (clock),
somebody else received an answer first, or messages are hidden that this run does not hide, for longer
than a count is late (ANOTHER_READER: disturbed), or their count is not told.

READY (Waits): looks every READY_EVERY_S at what is in transition, READY_S for each thing, TOGETHER_S for
all waits of the run
    ready, or READY_S are over                   -> SAFE

SAFE (obstacle, loop, look_first): asks the output queue for AWS's time, and nothing else
    function Missing                             H, R, X = NotTried(functions.sum): the end
    output queue Missing                         H, R, X = NotTried(queues.output): the end
    function Failed, for a reason of AWS's own   H, R, X = Unknown(not-ready): the end
    function Failed otherwise                    H, R, X = NotTried(functions.sum): the end
    function, queue or output's mappings Unknown H, R, X = that: the end
    input's mappings Unknown, not of not-ready   H, R, X = that: the end
    function still pending                       H, R, X = Unknown(not-ready): the end
    a loop: input is output, or output may       H, R = NotTried(exchange), X = Found(unsafe):
      feed the function                            the end
    output may feed another function             H, R, X = Unknown(disturbed): the end
    no answer of the output queue                H, R, X = that: the end
    none of these                                -> DIRECT

DIRECT (Invoker): one record. Lambda has the function's timeout, at most the deadline, and GRACE_S;
then the sum has ANSWER_APPEARS_S (RAISED_APPEARS_S after an exception) and the output queue's delay. In
that time OWN QUEUE; after an exception it is added to that time
    429: its reserved concurrency is 0           H = Found(refused)
    429, or AWS is waking it                     DIRECT with the same pair, which was not handed over,
                                                   for THROTTLED_WAIT_S to MOST_THROTTLED_WAIT_S
                                                   or WAKING_S; then H = that
    5xx, no connection, or silence when          DIRECT, a new pair, PAIR_ATTEMPTS in all; then H = that
      Lambda must have ended the function
    another refusal, or nothing can be received  H = that
    it is gone                                   H = Unknown(vanished)
    Lambda could not run the function, or the    H = Found(broken)
      version that the mapping names is gone
    silence when it may still be at work         AFTER SILENCE
    silent, missed, and it did not fail          DIRECT with a new pair, PAIR_ATTEMPTS in all; then
                                                   H = that
    silent, missed, and it failed; TOO_MANY_OLD  H = that
    an exception; ended by Lambda                H = Found(raised), Found(timed-out), right or not
    batchItemFailures, which the mapping heeds   H = Found(reported), right or not
    returned                                     H = Found, right or not
    in every case                                -> RECORDS

AFTER SILENCE (_after_silence): nothing but the wire was silent
    something was answered                       H = Found(timed-out), right or not
    its log shows a start, within LATE_S         H = Found(timed-out)
    none, or no log: a second invocation, for    what DIRECT makes of it, but nothing is repeated
      AGAIN_LONGER as long, is answered
    that one is silent too, all else answered    H = Found(timed-out)

OWN QUEUE (_look_on_own_queue): receives once, LOOK_S, where nothing was answered and the input queue
is there without a redrive policy
    the sum lies there                           it is removed, and H says own_queue

RECORDS (_invoke_records): RECORDS records in one event
    H Unknown                                    R = that
    H inconclusive (told ReceiptHandleIsInvalid) R = NotTried(exchange)
    H right                                      R = what DIRECT makes of it; one silent is silent
    H wrong or silent                            R = NotTried(handler)
    in every case                                -> POSSIBLE

POSSIBLE (_impossible): asks nothing
    may not answer; H failed or says own_queue,  X = NotTried(handler) -> AGAIN; reported goes on
    input queue Missing                          X = NotTried(mappings.input) -> AGAIN
    input's mappings Unknown: not-ready          X = that -> AGAIN
    the input queue feeds another function       X = NotTried(mappings.input) -> AGAIN
    AWS is changing another function's mapping   X = Unknown(not-ready) -> AGAIN
    no mapping to the function is Enabled        X = NotTried(mappings.input) -> AGAIN
    may not answer, or the mapping has a filter  -> TRIAL
    slow > AT_ONCE_S, and R right                -> AT ONCE
    slow > AT_ONCE_S                             -> ONE FOR ALL
    none of these                                -> ONE BY ONE

TRIAL (_trial): one pair; little patience if it may not answer, then full if it came. In the little,
after LOOKED_FOR_AFTER_S, it is looked for in the input queue, unless that is slow or counts receives
    may not answer, then or now; not right       X = Found -> HEARD
    something else                               X = Found -> HEARD
    silent                                       SHORTAGE, else X = Found, filtered if there is a
                                                   filter and nothing unexplained came -> HEARD
    right or wrong                               the rest as above; ONE FOR ALL: -> HEARD

ONE BY ONE (_one): a pair, full patience
    right; wrong for ANSWER_APPEARS_S or to the end     the next pair; after the last X = Found -> HEARD
    something else                               X = Found, the rest is not sent -> HEARD
    silent, or nobody's number                   SHORTAGE, else one fresh pair, full patience
    silent again, or nobody's number both times  X = Found, the rest is not sent -> HEARD

AT ONCE (_rest_at_once): all the rest, full patience for them together
    some silent                                  SHORTAGE, else a fresh pair each, full patience together
    in every case                                X = Found -> HEARD

ONE FOR ALL: as ONE BY ONE, but the first pair stands for all, and where a message asks for one of
several things the first of each. Several at once would travel in one event, and that not all of its
records are read was charged before

SHORTAGE (concurrency_shortage): asks for the reserved concurrency
    fewer than LEAST_CONCURRENCY                 waits the input queue's visibility timeout more, at
                                                   most MOST_IN_QUEUE_S, whatever numbers come;
                                                   then X = Unknown(throttled)
    R Unknown: throttled or not-ready            waits as long; then X = that

HEARD (Exchanging.run)
    SendMessage: 429, 5xx, no connection         again with a new pair, PAIR_ATTEMPTS in all; X = that
    another refusal, or nothing can be received  X = that
    a queue is gone                              X = Unknown(vanished)
    a pair silent, its fresh one too, and missed one more pair for each, ONCE_MORE_S + slow at most; if
                                                   they are missed too, X = that
    in every case                                -> AGAIN

AGAIN (_once_more): once, and once more after a CONFIRM that found something; after a reader (H or R)
an attempt of DIRECT or RECORDS and this one begin a random while later
    R = NotTried(handler), and may answer by now -> RECORDS, as patient as that answer was late; and
                                                   X anew, if it was given up early or is
                                                   NotTried(handler)
    H = ANOTHER_READER                           -> DIRECT, then RECORDS
    R = ANOTHER_READER                           -> RECORDS
    in every case: X Found, no pair silent, not  the rest as after a right TRIAL -> HEARD
      all sent, and may answer by now
    in every case                                -> CONFIRM, GIVE BACK

CONFIRM (Silence): where a pair that costs points is silent, nothing was raised and nothing
else was sent; only in a batch
    always                                       receives for confirm_s, while other accounts go on
    still silent, and missed                     H, R or X = that

GIVE BACK (give_back, take_back)
    the run came to its end, with an answer      waits DUPLICATES_S; what comes counts for H, R, X
    redrive on output, a pair silent, and        shows all else, waits OTHERS_END_S for the other
      another grader hides messages                grader's end, and takes what it held
    AGAIN would have gone on with R or X         R or X = Unknown(disturbed)
    in every case                                wrong answers are deleted, all else is shown again
    at its end a pair through the queue silent   taken back (one receive, LOOK_S; no redrive) unless
                                                   it was seen to lie there no more;
                                                 flag pair-left-behind where it may lie there,
                                                   H is right but failed, or reported and X not right

In every state: once the credentials were refused or the account's time is over, each question gets
that Unknown. The user interrupts, or the fault is ours: -> GIVE BACK, and no facts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from grader.i18n.language import N_
from grader.i18n.message import message
from grader.model.ended_early import FactUnknown
from grader.model.fact import Fact, Found, NotTried, Unknown
from grader.model.observation import Exchange, Invocation
from grader.observe.concurrency import concurrency_shortage
from grader.observe.earlier import EarlierAnswers
from grader.observe.exchange import ExchangePlan, Exchanging
from grader.observe.flags import flags_of
from grader.observe.input_queue import InputQueue
from grader.observe.invocation import ANSWER_APPEARS_S, GRACE_S, Direct, Invoker
from grader.observe.obstacles import BEING_CHANGED, Stage, consumer, found_value, loop, obstacle
from grader.observe.output import ANOTHER_READER, DUPLICATES_S, OutputQueue
from grader.observe.silence import TOO_LATE, Silence
from grader.observe.target import enabled_mapping, input_arn, problem_of, target_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from grader.aws.account_client import Aws
    from grader.observe.sent import Sent
    from grader.resources.ready import Waits
    from grader.rubric.exchange import ExchangeRules
    from grader.rubric.pairs import Pairs

RECORDS = 3
"""Records of the second direct invocation."""

MOST_IN_QUEUE_S = 400
"""How long a message that found no room is waited for at most."""

ENDS_S = 20
"""How long another grader may take to end, at most, before what it disturbed is tried once more."""

HOLD_S = 900
"""How long a message that is not ours may stay hidden should the grader be killed."""

_DIRECTLY = N_("Your function is invoked with one message")
_WITH_RECORDS = N_("Your function is invoked with {count} messages in one event")
_GIVEN_BACK = N_("Your queues are left as they were found")
"""What the run does next, for whoever waits for it."""

HANDLER_FACT, EXCHANGE_FACT = "handler", "exchange"
"""Facts' paths, for what is not tried because of them."""


@dataclass
class Behaviour:
    """What the function does: the three facts, and flags for a human."""

    handler: Fact[Invocation]
    records: Fact[Invocation]
    exchange: Fact[Exchange]
    flags: set[str] = field(default_factory=set)


def exercise(
    aws: Aws,
    stage: Stage,
    rules: ExchangeRules,
    pairs: Pairs,
    waits: Waits,
    on_exercise_start: Callable[[], None] = lambda: None,
    on_answered: Callable[[Behaviour], None] = lambda _done: None,
) -> Behaviour:
    """Invoke the function with one record and with three, then send pairs through the queues.

    Nothing is invoked or sent where that could start a loop; ``on_exercise_start`` is called where
    something will be; ``on_answered`` is given what it does where all that was sent has its right
    answer, before the last look for more. However it ends, the queues are left as they were found.
    Raises :class:`Interrupted` when ``waits.stop`` is set.
    """
    nothing = obstacle(stage)
    if nothing is not None:
        return Behaviour(nothing, nothing, nothing)
    unsafe = loop(stage)
    if unsafe is not None:
        untried = NotTried(EXCHANGE_FACT, str(unsafe), unsafe)
        unsent = Exchange((), unsafe=str(unsafe), unsafe_said=unsafe)
        return Behaviour(untried, untried, Found(unsent))
    disturbed = consumer(stage)
    if disturbed is not None:
        return Behaviour(disturbed, disturbed, disturbed)
    run = _Run(aws, stage, rules, pairs, waits)
    try:
        aws.query_or_raise("sqs:GetQueueAttributes", run.output.look_first)
    except FactUnknown as raised:
        return Behaviour(raised.unknown, raised.unknown, raised.unknown)
    on_exercise_start()
    return run.behaviour(on_answered)


class _Run:
    """One run through the function: what was sent, and what stands of it."""

    def __init__(
        self, aws: Aws, stage: Stage, rules: ExchangeRules, pairs: Pairs, waits: Waits
    ) -> None:
        self._aws, self._stage, self._rules, self._pairs = aws, stage, rules, pairs
        function, output = found_value(stage.function), found_value(stage.output)
        runs_s = min(function.timeout_s, rules.deadline_s)
        # Long enough that a message which is not ours is received once, not over and over.
        hold_s = 2 * (runs_s + 15) + (rules.pairs + 1) * rules.deadline_s
        self.output = OutputQueue(
            aws,
            stage.output_url or "",
            rules.keys,
            may_be_earlier=EarlierAnswers(rules).may_hold,
            max_receives=output.max_receives,
            hold_s=min(int(hold_s), HOLD_S),
            stop=waits.stop,
        )
        self._mapping_path = f"mappings.{rules.route.source}"
        self._mapping = enabled_mapping(stage.input_mappings, function.name)
        self._source = self._input_queue()
        self._target = target_of(function, stage.input_mappings, input_arn(stage, function), rules)
        self._invoker = Invoker(aws, self._target, pairs, self.output, waits)
        self._waits, self._own_queue = waits, False
        self._slow_s: float = output.delay_s
        self._direct_timeout_s = runs_s + GRACE_S + ANSWER_APPEARS_S + output.delay_s
        self._direct: Direct | None = None
        self._records_result: Direct | Fact[Invocation]
        self._exchange_fact: Fact[Exchange]
        self._exchanging: Exchanging | None = None

    def behaviour(self, on_answered: Callable[[Behaviour], None]) -> Behaviour:
        """All three facts, one after the other, and then the queues as they were."""
        undisturbed = False
        try:
            self._waits.step(message(_DIRECTLY), self._direct_timeout_s)
            self._direct = self._invoke_one()
            self._records_result = self._invoke_records()
            self._exchange_fact = self._go_through_queues()
            self._once_more()
            if self._confirmed_silence():
                self._once_more()
            undisturbed = True
            if self.output.all_answered:
                on_answered(self._assemble(self._direct, left_behind=False))
            self._waits.step(message(_GIVEN_BACK), DUPLICATES_S)
        finally:
            self.output.give_back(look_for_duplicates=undisturbed)
        return self._assemble(self._direct, left_behind=self._take_back())

    def _take_back(self) -> bool:
        """Take back the pairs that stayed silent; whether any may still lie in the input queue."""
        source = self._source
        return source is not None and source.take_back([s for s in source.sent if s.silent])

    def _assemble(self, direct: Direct, *, left_behind: bool) -> Behaviour:
        through = self._through_queues
        behaviour = Behaviour(
            _noting(direct.fact, own_queue=self._own_queue),
            _fact(self._records_result),
            Found(self._result(through)) if through is not None else self._exchange_fact,
        )
        right = direct.value is not None and direct.value.answered
        # An answer that came before the last look was followed by all this.
        if right and _because(behaviour.records) == HANDLER_FACT:
            behaviour.records = TOO_LATE
        if (right and self._given_up_early) or (through is not None and through.unfinished):
            behaviour.exchange = TOO_LATE
        facts = (behaviour.handler, behaviour.records, behaviour.exchange)
        sent = self._source is not None and bool(self._source.sent)
        behaviour.flags = flags_of(*facts, self.output, sent=sent, left_behind=left_behind)
        return behaviour

    def _result(self, through: Exchanging) -> Exchange:
        """What came of it; where something stayed silent, with what AWS says of the mapping by now."""
        problem = problem_of(self._aws, self._stage, self._target.name) if through.silent else ""
        return msgspec.structs.replace(through.result, problem=problem)

    def _once_more(self) -> None:
        """What could not be done, or went wrong, because of something that is over now."""
        direct = self._direct
        if direct is None:
            return
        if ANOTHER_READER in (direct.fact, _fact(self._records_result)):
            # Whoever took the answers may be gone by now, or soon.
            self.output.leave_alone(ENDS_S)
        if direct.fact == ANOTHER_READER:
            self._direct = self._invoke_one()
            self._records_result = self._invoke_records()
        elif _fact(self._records_result) == ANOTHER_READER:
            self._records_result = self._invoke_records()
        elif self._may_still_answer() and _because(self._records_result) == HANDLER_FACT:
            # It answered after all, only late.
            self._slow_s = max(self._slow_s, direct.late_s)
            self._records_result = self._invoke_records()
            if self._given_up_early:
                self._exchange_fact = self._go_through_queues()
        through = self._through_queues
        if through is not None and through.unfinished:
            self._exchange_fact = self._run_sends(through, Exchanging.go_on)

    # -- directly -----------------------------------------------------------------------------

    def _invoke_one(self) -> Direct:
        direct = self._invoker.invoke(1, self._slow_s, self._look_on_own_queue)
        if self._own_queue and (made := direct.value) and made.failure != "raised":
            # Where the answer went is known: it is not the made-up event that kept it.
            direct.made = Found(msgspec.structs.replace(made, inconclusive=False))
        return direct

    def _may_still_answer(self) -> bool:
        """Nothing says that the function is wrong: what it can do is worth waiting for."""
        direct = self._direct.value if self._direct else None
        return direct is None or direct.answered or direct.inconclusive

    @property
    def _through_queues(self) -> Exchanging | None:
        """What went through the queues, where it is known what came of it."""
        return self._exchanging if isinstance(self._exchange_fact, Found) else None

    @property
    def _given_up_early(self) -> bool:
        """Nothing or a single pair went through the queues, because the function was wrong directly."""
        through = self._through_queues
        gave_up = through is not None and through.gave_up
        return gave_up or _because(self._exchange_fact) == HANDLER_FACT

    def _look_on_own_queue(self, sent: Sequence[Sent]) -> None:
        self._own_queue = self._source is not None and self._source.holds_answer(sent)

    def _invoke_records(self) -> Direct | Fact[Invocation]:
        direct = self._direct
        if direct is None or direct.value is None:
            return Unknown("unexpected", "not invoked") if direct is None else direct.fact
        if direct.value.inconclusive:
            test_event = N_("Only the queue can tell: the function was called with a test event.")
            return NotTried.saying(EXCHANGE_FACT, test_event)
        if direct.value.answered:
            self._waits.step(message(_WITH_RECORDS, count=RECORDS), self._direct_timeout_s)
            return self._invoker.invoke(RECORDS, self._slow_s)
        silent = N_("The function did not answer an event with a single record.")
        return NotTried.saying(HANDLER_FACT, silent)

    def _confirmed_silence(self) -> bool:
        """Look once more, a while later, before a pure silence costs points; whether something came."""
        made = () if self._own_queue else (self._direct, self._records_result)
        directly = [d for d in made if isinstance(d, Direct)]
        silence = Silence(self.output, directly, self._through_queues)
        before = len(silence.pairs)
        if self._waits.confirm_s <= 0 or not before:
            return False
        self._exchange_fact = silence.look_again(self._waits) or self._exchange_fact
        return len(silence.pairs) < before

    # -- through the queues -------------------------------------------------------------------

    def _go_through_queues(self) -> Fact[Exchange]:
        impossible = self._impossible()
        if impossible is not None or self._source is None or self._mapping is None:
            no_way = N_("There is no enabled mapping to send through.")
            return impossible or NotTried.saying(self._mapping_path, no_way)
        plan = ExchangePlan(
            wanted=self._rules.pairs,
            deadline_s=self._rules.deadline_s,
            slow_s=self._mapping.window_s + found_value(self._stage.input).delay_s + self._slow_s,
            filtered=bool(self._mapping.filters),
            answers_all_records=_every_record(self._records_result),
            representatives=self._rules.variants,
        )
        self._exchanging = Exchanging(
            self._source,
            self.output,
            self._pairs,
            plan,
            may_still_answer=self._may_still_answer,
            shortage_wait=self._shortage_wait,
            step=self._waits.step,
        )
        return self._run_sends(self._exchanging, Exchanging.run)

    def _run_sends(self, through: Exchanging, send: Callable[[Exchanging], None]) -> Fact[Exchange]:
        try:
            send(through)
        except Exception as error:
            fact = self._aws.classify_in_run(error, "sqs:SendMessage")
            if fact is None:
                raise
            return fact
        return Found(through.result)

    def _shortage_wait(self) -> tuple[float, Unknown] | None:
        """How long a message waits that found no room, where the function has or had little of it."""
        why = concurrency_shortage(self._aws, self._target.name, _fact(self._records_result))
        visibility_s = found_value(self._stage.input).visibility_timeout_s
        return None if why is None else (min(visibility_s, MOST_IN_QUEUE_S), why)

    def _impossible(self) -> NotTried | Unknown | None:
        """Why nothing is sent through the queue. What is certain comes before what is unknown."""
        made = None if self._may_still_answer() or not self._direct else self._direct.value
        if made and (self._own_queue or made.failure not in {None, "reported"}):
            # A pair would come back to the queue for days, or go round in it.
            failed = N_("The function failed, so its queue was left alone.")
            return NotTried.saying(HANDLER_FACT, failed)
        mappings = self._stage.input_mappings
        if isinstance(mappings, Unknown):
            return mappings
        if not isinstance(mappings, Found):
            return NotTried.after(self._mapping_path, mappings)
        if {*mappings.value.enabled_functions} - {self._target.name}:
            several = N_("More than one function reads from the input queue.")
            return NotTried.saying(self._mapping_path, several)
        if {*mappings.value.live_functions} - {self._target.name}:
            return BEING_CHANGED
        return None

    def _input_queue(self) -> InputQueue | None:
        if not isinstance(self._stage.input, Found):
            return None
        return InputQueue(
            self._aws,
            self._stage.input_url or "",
            redrive=self._stage.input.value.max_receives is not None,
            keys=self._rules.keys,
        )


def _fact(made: Direct | Fact[Invocation]) -> Fact[Invocation]:
    return made.fact if isinstance(made, Direct) else made


def _because(made: object) -> str | None:
    return made.because if isinstance(made, NotTried) else None


def _every_record(made: Direct | Fact[Invocation]) -> bool:
    fact = _fact(made)
    return isinstance(fact, Found) and fact.value.answered


def _noting(fact: Fact[Invocation], *, own_queue: bool) -> Fact[Invocation]:
    if own_queue and isinstance(fact, Found):
        return Found(msgspec.structs.replace(fact.value, own_queue=True))
    return fact
