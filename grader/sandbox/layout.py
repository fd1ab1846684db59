"""What a rubric asks for: the lab's names and place, its configuration, the form of its messages."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from grader.checks.configuration import python_version
from grader.checks.numbers import nearest
from grader.rubric.exchange import Real, Route, Whole
from grader.rubric.parts import parts_of
from grader.sandbox.server import REGION

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from grader.rubric.exchange import ExchangeRules
    from grader.rubric.needs import Needs
    from grader.rubric.rubric import Rubric

T = TypeVar("T")

SUM_FUNCTION = "first_lambda"
PERIODIC_FUNCTION = "periodic_lambda"
INPUT_QUEUE = "input_queue"
OUTPUT_QUEUE = "output_queue"

_SELDOM, _OFTEN = "rate(1 day)", "rate(1 minute)"
"""Each function that ran keeps a process: where nobody asks about runs, none comes by itself."""


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """How a function is to be configured, as the shipped rubric has it unless another asks otherwise."""

    runtime: str = "python3.13"
    memory_mb: int = 128
    timeout_s: int = 60
    environment: Mapping[str, str] = field(default_factory=lambda: {"foo": "bar"}, hash=False)

    @classmethod
    def of(cls, rubric: Rubric, role: str) -> Configuration:
        """What ``rubric`` expects of the function that it calls ``role``. The first word counts."""
        asked: dict[str, Any] = {}
        for criterion in rubric.criteria:
            if criterion.on == role:
                asked.setdefault(criterion.check, criterion.expect)
        shipped = cls()
        return cls(
            runtime=_runtime(asked.get("function_runtime"), shipped.runtime),
            memory_mb=nearest(asked.get("function_memory"), shipped.memory_mb),
            timeout_s=nearest(asked.get("function_timeout"), shipped.timeout_s),
            environment=_valued(asked.get("function_environment", shipped.environment)),
        )


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The names under which a submission is deployed, AWS's region for them, and its schedule.

    ``taken`` are all names of the lab, so that what is misnamed on purpose has none of them.
    ``schedule`` is the expression that says how often the periodic function runs. ``message`` are the
    keys of the two numbers, ``answer_key`` is that of their sum.
    The configurations are what the rubric expects of the function that is exercised and of the other.
    """

    region: str = REGION
    sum_function: str = SUM_FUNCTION
    periodic_function: str = PERIODIC_FUNCTION
    input_queue: str = INPUT_QUEUE
    output_queue: str = OUTPUT_QUEUE
    taken: frozenset[str] = frozenset({SUM_FUNCTION, PERIODIC_FUNCTION, INPUT_QUEUE, OUTPUT_QUEUE})
    schedule: str = _SELDOM
    exercised_configuration: Configuration = Configuration()
    periodic_configuration: Configuration = Configuration()
    message: tuple[str, str] = ("number1", "number2")
    answer_key: str = "body"
    asks: ExchangeRules | None = field(default=None, hash=False)
    """What messages ask for, where it is not the sum of two numbers."""

    @classmethod
    def of(cls, rubric: Rubric, needs: Needs) -> Layout:
        """The lab as ``rubric`` names it, with what its checks need; all else has a name of its own."""
        functions, queues = rubric.lab.functions, rubric.lab.queues
        taken = frozenset({*functions.values(), *queues.values()})
        scheduled = needs.facts["schedules"]
        route = _way(rubric, scheduled)
        # The function that the queue feeds may be run periodically too.
        scheduled = tuple(sorted(scheduled, key=lambda role: role == route.through))
        periodic = next(iter(scheduled), "periodic")
        return cls(
            region=rubric.lab.region,
            sum_function=functions.get(route.through) or _free(SUM_FUNCTION, taken),
            periodic_function=functions.get(periodic) or _free(PERIODIC_FUNCTION, taken),
            input_queue=queues.get(route.source) or _free(INPUT_QUEUE, taken),
            output_queue=queues.get(route.to) or _free(OUTPUT_QUEUE, taken),
            taken=taken,
            # Somebody may wait for it to run.
            schedule=_OFTEN if needs.facts["runs"] else _SELDOM,
            exercised_configuration=Configuration.of(rubric, route.through),
            periodic_configuration=Configuration.of(rubric, periodic),
            message=_two_keys(rubric.exchange),
            answer_key=_answer_key(rubric.exchange.keys)
            if rubric.exchange.short
            else rubric.exchange.keys[0],
            asks=None if rubric.exchange.short else rubric.exchange,
        )

    def other(self, name: str) -> str:
        """``name``, or one like it where the lab itself has that name."""
        return _free(name, self.taken)

    def words(self) -> dict[str, str]:
        """What the handlers' own keys are here: those that are wrong on purpose are wrong here too."""
        first, second = self.message
        words = {"number1": first, "number2": second}
        return words | {key: _free(key, self.message) for key in ("a", "b")}


SHIPPED = Layout()
"""The lab of the rubric that comes with the grader."""


def as_here(value: T, shipped: T, here: T) -> T:
    """What ``value`` of a submission to the shipped lab is in a lab that asks for ``here``.

    What is right there is right here, and what is wrong on purpose is wrong here as well.
    """
    if value == shipped:
        return here
    return shipped if value == here else value


def _way(rubric: Rubric, scheduled: Collection[str]) -> Route:
    """The roles that a submission's queue, function and queue play in the lab, empty for none.

    Those of the exchange; where nothing is sent the lab may have others, to which its criteria lead.
    """
    functions, queues, asked = rubric.lab.functions, rubric.lab.queues, rubric.exchange.route
    feeds = parts_of(rubric, scheduled).feeds
    others = (role for role in functions if role not in scheduled)
    through = _first_of([asked.through, *feeds, *others], functions)
    source = _first_of([feeds.get(through, ""), asked.source, *queues], queues)
    return Route(source, through, _first_of([asked.to, *queues], {*queues} - {source}))


def _first_of(roles: Iterable[str], there: Collection[str]) -> str:
    return next((role for role in roles if role in there), "")


def _valued(asked: Mapping[str, Any]) -> dict[str, str]:
    """Variables with values that suit what is asked; a queue's URL the reference has anyway."""
    return {
        name: value if isinstance(value, str) else "anything"
        for name, value in asked.items()
        if name != "*" and not (isinstance(value, dict) and "holds" in value)
    }


def _two_keys(rules: ExchangeRules) -> tuple[str, str]:
    """The keys of the first two numbers of a message."""
    numbers = [name for name, one in rules.fields.items() if isinstance(one, Whole | Real)]
    first, second = (*numbers, *SHIPPED.message)[:2]
    return first, second


def _runtime(expect: Mapping[str, str] | None, default: str) -> str:
    """``default`` (AWS still creates it), unless the rubric asks for what it does not satisfy."""
    least = (expect or {}).get("at_least", default)
    asked, usual = python_version(least), python_version(default)
    return default if asked and usual and asked <= usual else least


def _answer_key(keys: Collection[str]) -> str:
    return SHIPPED.answer_key if SHIPPED.answer_key in keys or not keys else next(iter(keys))


def _free(name: str, taken: Collection[str]) -> str:
    numbered = (f"{name}-{number}" for number in itertools.count(2))
    return next(
        candidate for candidate in itertools.chain([name], numbered) if candidate not in taken
    )
