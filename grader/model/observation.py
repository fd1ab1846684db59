"""What was seen in an account: frozen, JSON-serialisable, bounded in size, free of secrets.

Every part is a :data:`Fact`: found, missing, not tried, or unknown. What it is worth is not said here;
the checks say it. Of an answer it is noted whether it was right by the run's rubric (``Answer.wrong``),
because what is sent next depends on that; by another rubric it is worked out anew from what is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from grader.i18n.message import Message, check_depth
from grader.model.fact import Fact, Found, Unknown, value_of
from grader.model.indented_json import indented_json
from grader.model.mistakes import OTHER
from grader.model.report import GREATEST_NUMBER
from grader.model.run_numbers import Attempt, Seed  # noqa: TC001 - msgspec reads them

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

IN_TRANSITION = frozenset({"Creating", "Enabling", "Updating", "Disabling", "Deleting"})
"""States of an event source mapping that AWS is still changing."""


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What every struct of an observation has in common: frozen, and no field unknown."""


LONGEST_TEXT = 4096
"""Characters of one text in a part: as many as Lambda gives all variables of a function together."""


def check_part(part: Part) -> None:
    """Raise what tells how ``part`` cannot be kept and judged, if it cannot.

    That is a text where its field is a number, a number of more than 64 bits, a text that is no Unicode
    or longer than :data:`LONGEST_TEXT`. Raises :class:`ValueError` and :class:`OverflowError`.
    """
    # A struct takes whatever it is made of. It goes to the judge like this.
    msgspec.msgpack.decode(msgspec.msgpack.encode(part), type=type(part))
    longest = max(map(len, _texts(msgspec.to_builtins(part))), default=0)
    if longest > LONGEST_TEXT:
        raise ValueError(f"a text of {longest} characters")


def _texts(value: object) -> Iterator[str]:
    """Every text in what a part is made of."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in (*value, *value.values()):
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


class Identity(Part, frozen=True):
    """Source: STS GetCallerIdentity."""

    # A file is named by it. A pattern's end lets a line end through, the length does not.
    account_id: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{12}$", max_length=12)]
    arn: str


class Function(Part, frozen=True, omit_defaults=True):
    """A Lambda function's configuration. Source: Lambda GetFunctionConfiguration.

    ``environment`` holds only the variables that some check of the rubric asks for, by its ``expect`` or
    by ``@check(environment=[...])``, ``None`` where a variable is absent. ``variables`` are the names of
    all that there are, ``None`` where nobody asks; ``holding`` are those whose value is a queue's URL,
    ARN or name, by the rubric's name of the queue.
    ``runtime`` is empty for a container image. ``last_modified`` is ISO 8601, ``log_format`` ``Text``
    or ``JSON``, ``log_level`` the least that Lambda itself logs, empty where it is not said.
    ``in_vpc``: it is attached to a VPC's subnets. ``state_code`` is AWS's name for ``state_reason``.
    """

    name: str
    arn: str
    runtime: str
    handler: str
    memory_mb: int
    timeout_s: int
    environment: Fact[dict[str, str | None]]
    code_sha256: str
    state: str
    state_reason: str
    last_modified: str = ""
    log_group: str = ""
    log_format: str = ""
    variables: tuple[str, ...] | None = None
    holding: dict[str, tuple[str, ...]] = {}
    in_vpc: bool = False
    state_code: str = ""
    log_level: str = ""


class Queue(Part, frozen=True, omit_defaults=True):
    """A queue's attributes. Source: SQS GetQueueUrl and GetQueueAttributes.

    ``max_receives`` is its redrive policy's ``maxReceiveCount``, ``None`` without a policy, 1 where the
    policy cannot be read. ``fifo``: it is no standard queue. ``last_modified`` is ISO 8601, empty where
    it is not known, as in observations of version 0.1.0.
    """

    name: str
    arn: str
    visibility_timeout_s: int
    delay_s: int
    max_receives: int | None
    fifo: bool = False
    last_modified: str = ""


class Mapping(Part, frozen=True):
    """One event source mapping. Source: Lambda ListEventSourceMappings.

    ``function_name`` is the name out of the function's ARN, ``qualifier`` its version or alias.
    ``state_reason`` says who or what brought it into its state, ``last_result`` how it last went; both
    are AWS's own words, redacted. ``reports_failures``: it hands messages over again that the function
    names in ``batchItemFailures``.
    """

    uuid: str
    queue_arn: str
    function_arn: str
    function_name: str
    qualifier: str | None
    state: str
    batch_size: int
    window_s: int
    filters: tuple[str, ...]
    state_reason: str = ""
    last_result: str = ""
    reports_failures: bool = False

    @property
    def problem(self) -> str:
        """What went wrong last, in AWS's words; empty where nothing did."""
        return self.last_result if self.last_result.startswith("PROBLEM") else ""

    @property
    def live(self) -> bool:
        """Messages go through it now, or may in a moment: it is Enabled or in transition."""
        return self.state == "Enabled" or self.state in IN_TRANSITION


class Mappings(Part, frozen=True):
    """The mappings of one queue.

    ``elsewhere`` names the queues that feed the lab's function when this queue does not:
    what a student who mapped the wrong queue needs to read.
    """

    of_queue: tuple[Mapping, ...]
    elsewhere: tuple[str, ...] = ()

    @property
    def enabled_functions(self) -> tuple[str, ...]:
        """The functions that certainly get messages of the queue now."""
        enabled = (m.function_name for m in self.of_queue if m.state == "Enabled")
        return tuple(dict.fromkeys(enabled))

    def qualifier_of(self, function: str) -> str:
        """The version or alias of ``function`` that its enabled mapping names; empty for the newest."""
        enabled = (m for m in self.of_queue if m.state == "Enabled" and m.function_name == function)
        named = next((m.qualifier for m in enabled), None)
        return "" if named in {None, "$LATEST"} else str(named)

    @property
    def live_functions(self) -> tuple[str, ...]:
        """The functions that get messages of the queue now, or may in a moment."""
        return tuple(
            dict.fromkeys(mapping.function_name for mapping in self.of_queue if mapping.live)
        )


class Trigger(Part, frozen=True):
    """One thing that may run a function periodically: an EventBridge rule or a Scheduler schedule.

    ``permitted`` says whether it may invoke the function (a policy statement or a role), ``None``
    where the grader could not read or decide it. If it may not, ``refusal`` says why: no statement of
    the function's policy is about it, one denies it, or those that are hold for others alone.
    ``refused_by`` is their condition, or the id of the statement that denies, redacted. ``created_at``
    is UTC, ISO 8601, ``None`` for a rule: EventBridge does not tell its age. ``ends_at``, likewise, is
    when it runs for the last time, by the end of a schedule or the last year of a ``cron(…)``;
    ``ended``: that was over when it was looked at. ``once``: a ``cron(…)`` of one minute of one year.
    """

    kind: Literal["rule", "scheduler"]
    name: str
    expression: str
    enabled: bool
    permitted: bool | None
    target_arn: str
    created_at: str | None = None
    refusal: Literal["no-statement", "denied", "condition"] = "no-statement"
    refused_by: str = ""
    ends_at: str | None = None
    ended: bool = False
    once: bool = False

    @property
    def periodic(self) -> bool:
        """It runs again and again: ``at(…)`` runs once, an event pattern when something happens."""
        return self.expression.startswith(("rate(", "cron(")) and not self.once

    @property
    def running(self) -> bool:
        """It is due again and again from now on, whether or not it may invoke the function then."""
        return self.periodic and self.enabled and not self.ended


class Schedule(Part, frozen=True):
    """The triggers of one function. Source: EventBridge ListRuleNamesByTarget, DescribeRule; Lambda
    GetPolicy; Scheduler ListSchedules, GetSchedule.

    ``denied`` names what could not be read, by kind, with what AWS said.
    """

    triggers: tuple[Trigger, ...]
    denied: dict[str, Unknown]


class Runs(Part, frozen=True):
    """Runs of a scheduled function in its log, one or more. Source: CloudWatch Logs FilterLogEvents.

    ``seen`` are the times at which the first few started, no earlier than ``since``: neither the
    function nor its schedule was there, as it is now, before that. A run by hand after ``since`` cannot
    be told from one by the schedule. Times are UTC, ISO 8601.
    """

    log_group: str
    since: str
    seen: tuple[str, ...]
    looked_until: str


class Answer(Part, frozen=True, omit_defaults=True):
    """One message of the output queue that answers a pair of this run.

    ``wrong`` names the mistake (:mod:`grader.rubric.readings` lists them), ``detail`` what belongs to
    it; ``None`` when the answer is right. ``after_s`` counts seconds from the pair's sending to the
    answer's receipt. ``body`` is an excerpt. ``numbers`` are all that the message held, as they were
    written, by their key; a bare one has the empty key. Whether it is right by another rubric follows
    from them.
    """

    body: str
    wrong: str | None
    after_s: float
    detail: str = ""
    numbers: dict[str, str] = {}


_MOST_BITS = 4096
"""Of a number that is sent: a thousand digits, of which Python writes 4,300."""


class Pair(Part, frozen=True, omit_defaults=True):
    """A message that was sent, and what came back for it. ``sent_at`` is UTC, ISO 8601.

    ``number1`` and ``number2`` are the two numbers where the rubric sends two for their sum;
    ``message`` are the fields that were sent, in order. ``unread`` are messages with numbers that
    came since and answered nothing, or an earlier pair again; by another rubric they may.
    """

    number1: int | None
    number2: int | None
    sent_at: str
    answers: tuple[Answer, ...] = ()
    message: dict[str, bool | int | float | str] = {}
    unread: tuple[Answer, ...] = ()

    def __post_init__(self) -> None:
        # Sums of longer ones cannot be written out, and no rubric sends one.
        for number in (self.number1, self.number2, *self.message.values()):
            if isinstance(number, int) and number.bit_length() > _MOST_BITS:
                raise ValueError("a number that was sent has too many digits")

    @property
    def answered(self) -> bool:
        """A right answer came back, and none that is right for another value of the message."""
        return is_answered(self.answers)

    @property
    def wrong(self) -> Answer | None:
        """The first wrong answer that costs the pair its points, if one does."""
        if self.answered:
            return None
        right = any(answer.wrong is None for answer in self.answers)
        return next((a for a in self.answers if a.wrong == OTHER or (a.wrong and not right)), None)


def is_answered(answers: Iterable[Answer]) -> bool:
    """Whether these answers to one pair are right: one is, and none is that to another question."""
    wrong = {answer.wrong for answer in answers}
    return None in wrong and OTHER not in wrong


class FunctionError(Part, frozen=True, omit_defaults=True):
    """What the function's own code or runtime said when it failed.

    ``kind`` and ``message`` are the exception (``KeyError``, ``'number1'``); ``file`` and ``line`` the
    place in the student's code, where it is known, and ``code`` what stands there. ``raised_by`` is the
    module of Python or of a library that raised it, empty where the student's own code did, or nobody
    knows. ``loading``: it was raised while Lambda loaded the code, before any message came.
    """

    kind: str
    message: str
    file: str | None = None
    line: int | None = None
    code: str = ""
    raised_by: str = ""
    loading: bool = False


class Invocation(Part, frozen=True, omit_defaults=True):
    """One direct invocation: the pairs of its event's records, and what happened.

    ``failure`` says how the invocation itself went wrong: ``raised`` (see ``error``), ``timed-out``
    (still running when the wait ended, or Lambda ended it), ``refused`` (reserved concurrency),
    ``broken`` (Lambda could not run it), ``reported`` (it returned ``batchItemFailures``, which the
    mapping heeds). ``inconclusive``: what happened is an artefact of a made-up event, so the queue
    decides. ``own_queue``: the sum was found on the input queue.
    ``others`` quotes output that no pair of this run explains. ``returned`` is the JSON that the
    function returned, empty where it returned nothing; like ``log_tail`` it is bounded and redacted.
    """

    pairs: tuple[Pair, ...]
    failure: Literal["raised", "timed-out", "refused", "broken", "reported"] | None = None
    error: FunctionError | None = None
    inconclusive: bool = False
    own_queue: bool = False
    others: tuple[str, ...] = ()
    log_tail: str = ""
    duration_s: float = 0.0
    returned: str = ""

    @property
    def answered(self) -> bool:
        """Every record's right sum came back."""
        return all(pair.answered for pair in self.pairs)


class Exchange(Part, frozen=True):
    """What went through the queues, a pair at a time.

    ``pairs`` holds one entry for each of the rubric's pairs that was sent; where a silent pair was
    followed by a fresh one, the entry is whichever was answered. ``unsafe`` is the sentence that says
    why nothing was sent at all, ``unsafe_said`` the same for any language. ``filtered``: a filter stands
    on the mapping, and the one pair tried stayed silent (and what followed it, where an answer may have
    been missed). ``patience_s`` is the deadline that was used for each pair. ``stands_for_all``: a
    single pair was sent, or one for each thing that a message can ask for, because several would have
    travelled in one event; what comes of them is what comes of all. ``problem`` is what AWS says,
    redacted, went wrong last in the mapping, where a pair stayed silent.
    """

    pairs: tuple[Pair, ...]
    unsafe: str | None = None
    filtered: bool = False
    others: tuple[str, ...] = ()
    patience_s: float = 0.0
    unsafe_said: Message | None = None
    stands_for_all: bool = False
    problem: str = ""

    @property
    def answered(self) -> int:
        """How many pairs came back right."""
        return sum(pair.answered for pair in self.pairs)


class FoundAs(Part, frozen=True):
    """The resource that plays a part under another name than the rubric's, or under any.

    ``name`` is AWS's; ``how`` it was found: by its ``name``, where another resource plays the part that
    it does not, by ``--use``, by an event source mapping, by a variable of the function's environment,
    by the answer that lay in it, by what runs it, or because there is no other. ``said`` tells it apart
    in words ("which queue1 feeds").
    """

    name: str
    how: Literal["name", "use", "mapping", "variable", "answer", "schedule", "only"]
    said: Message


class Scope(Part, frozen=True, omit_defaults=True):
    """What the rubric of the run said to look for: AWS's names of its functions and queues, the form
    of messages and answers, how many pairs, and the patience for each in seconds. Another rubric may ask
    for something else.

    ``message`` are the keys of two whole numbers, or of all fields; ``fields`` are the fields as the
    rubric has them, ``expect`` and ``within`` say which answers were right, ``route`` which resources
    took part. What is kept since ``kept`` is true suffices to judge answers anew.
    """

    functions: dict[str, str]
    queues: dict[str, str]
    message: tuple[str, ...]
    answer_keys: tuple[str, ...]
    pairs: int
    deadline_s: float = 120
    fields: dict[str, Any] = {}
    expect: str | dict[str, str] | None = None
    within: float = 0
    route: tuple[str, str, str] = ("input", "sum", "output")
    kept: bool = False


class Observation(Part, frozen=True, kw_only=True):
    """Everything seen of one (account, region, endpoint) in one run.

    Dictionaries are keyed by the rubric's own names (``sum``, ``input``), not by AWS's.
    ``found_as`` holds the resources that were found, or chosen by ``--use``, instead of by the rubric's
    name: what is seen of such a one is seen of that. ``further`` holds, by the name of the fact, what
    kinds of resources without a key of their own show.
    ``handler`` is the direct invocation with one record, ``records`` the one with three. ``runs`` holds
    the functions whose runs some criterion asks for. ``asked`` is what the run's rubric looked for.
    Times are UTC, ISO 8601. ``flags`` are facts for a human that cost no points.
    """

    schema: Literal["observation/1"] = "observation/1"
    region: str
    seed: Seed
    attempt: Attempt
    started_at: str
    finished_at: str
    duration_s: float
    grader_version: str
    identity: Fact[Identity]
    functions: dict[str, Fact[Function]]
    queues: dict[str, Fact[Queue]]
    mappings: dict[str, Fact[Mappings]]
    schedules: dict[str, Fact[Schedule]]
    handler: Fact[Invocation]
    records: Fact[Invocation]
    exchange: Fact[Exchange]
    runs: dict[str, Fact[Runs]] = {}
    further: dict[str, dict[str, Fact[Any]]] = {}
    asked: Scope | None = None
    found_as: dict[str, FoundAs] = {}
    flags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # As a report's: it becomes one. Asked so that what is no number is refused, too.
        if not abs(self.duration_s) <= GREATEST_NUMBER:
            raise ValueError(f"a run takes {GREATEST_NUMBER:.0f} s at most")
        further = (fact for facts in self.further.values() for fact in facts.values())
        check_depth(self.asked and self.asked.fields, *map(value_of, further))

    def of_resources(self, fact: str) -> dict[str, Fact[Any]]:
        """What was seen of each resource: the facts called ``fact``, by the rubric's own names."""
        return getattr(self, fact) if fact in OF_RESOURCES else self.further.get(fact, {})

    @property
    def account_id(self) -> str | None:
        """The account AWS said this is, if it answered."""
        return self.identity.value.account_id if isinstance(self.identity, Found) else None


OF_RESOURCES = ("functions", "queues", "mappings", "schedules", "runs")
"""Facts of resources that have a key of their own in an observation."""


def encode_observation(observation: Observation) -> bytes:
    """The observation as indented JSON, ending in a newline."""
    return indented_json(observation)


_decoder = msgspec.json.Decoder(Observation)


def decode(text: bytes) -> Observation:
    """The observation that :func:`encode_observation` wrote.

    Raises ``msgspec.DecodeError`` when it is not one.
    """
    return _decoder.decode(text)
