"""Finding a resource by the part it plays, where none has the name that the rubric gives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from grader.i18n.language import N_
from grader.i18n.message import Message, message
from grader.model.ended_early import FactUnknown
from grader.model.fact import Missing, NotTried, Unknown
from grader.model.observation import FoundAs
from grader.resources.held import holds
from grader.resources.nearest import without_others

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from grader.model.fact import Fact
    from grader.model.kind import Word
    from grader.resources.inventory import Feed, Inventory, Runner
    from grader.rubric.parts import Parts

T = TypeVar("T")

LISTED = 5
"""Candidates that are named where there are several."""

_FEEDS = N_("which {queue} feeds")
_FEEDS_IF_ENABLED = N_("which {queue} would feed, were its mapping enabled")
_FED = N_("which feeds {function}")
_FED_IF_ENABLED = N_("which would feed {function}, were its mapping enabled")
_IN_VARIABLE = N_("which the variable {variable} of {function} names")
_RUN = N_("which {runner} runs: {expression}")
_ONLY_FUNCTION = N_("the only function that nothing runs periodically")
_ONLY_SOURCE = N_("the only queue that no variable of the function names")
_ONLY_TARGET = N_("the only other queue")
_ONE_OF_FUNCTIONS = N_("which nothing runs periodically")
_ONE_OF_QUEUES = N_("another queue")


_USE = "--use {role}=NAME"

NAMELESS = Missing.saying(N_("Nothing was found that plays this part."))
"""What there is of a resource that the rubric gives no name to, until it is found."""

_NO_SUCH: dict[Word, str] = {
    "function": N_("There is no function that could be “{role}”."),
    "queue": N_("There is no queue that could be “{role}”."),
}


@dataclass(frozen=True)
class Several:
    """More than one resource could be the one that is meant."""

    candidates: tuple[FoundAs, ...]

    @property
    def words(self) -> list[Message]:
        """The first of them, each with what tells it apart."""
        named = N_("{name} ({how})")
        listed = [message(named, name=c.name, how=c.said) for c in self.candidates[:LISTED]]
        if more := self.candidates[LISTED:]:
            listed.append(message(N_("and {count} more"), count=len(more)))
        return listed


Finding: TypeAlias = "FoundAs | Several | NotTried | Unknown | None"
"""The resource found; several; why it cannot be told (NotTried or Unknown); or none."""


class Finder:
    """Finds what plays each part in one account.

    ``names`` are the AWS names by role that are known by now; more become known while others are found.
    A resource that is known plays no second part while another may.
    """

    def __init__(
        self,
        inventory: Inventory,
        parts: Parts,
        names: dict[str, str],
        facts: Mapping[str, Mapping[str, Fact[Any]]] | None = None,
    ) -> None:
        """``facts`` are those of resources by now, each by the rubric's name: why one is not known."""
        self._inventory, self._parts, self._names = inventory, parts, names
        self._facts = facts or {}

    def order(self, roles: Iterable[str]) -> list[str]:
        """``roles`` in the order in which each is found with the help of those before."""
        parts = self._parts
        steps = (parts.feeds, [*parts.feeds.values()], parts.answers, parts.scheduled)

        def step(role: str) -> int:
            return next((n for n, some in enumerate(steps) if role in some), len(steps))

        return sorted(roles, key=step)

    def find(self, role: str) -> Finding:
        """What plays the part of ``role``."""
        try:
            return self._find(role)
        except FactUnknown as raised:
            return raised.unknown

    def _find(self, role: str) -> Finding:
        parts = self._parts
        if role in parts.feeds:
            return self._fed(role)
        fed = [function for function, queue in parts.feeds.items() if queue == role]
        if fed:
            return self._source(role, fed[0])
        if role in parts.answers:
            return self._target(role, parts.answers[role])
        return self._scheduled(role) if role in parts.scheduled else None

    def instead(self, role: str) -> FoundAs | None:
        """The one other resource that plays the part which the one of the rubric's name does not play.

        ``None`` where that plays its part, where there is no other, or several, or nobody knows.
        """
        named = self._names.pop(role, None)
        try:
            found = self._among_fed(role) if role in self._parts.feeds else self._playing(role)
        finally:
            if named is not None:
                self._names[role] = named
        return found if isinstance(found, FoundAs) and found.name != named else None

    def fed_by(self, queue: str) -> list[str]:
        """The functions that an enabled mapping feeds from ``queue``, as far as it is known."""
        feeds = self._inventory.feeds()
        if isinstance(feeds, Unknown):
            return []
        return [feed.function for feed in feeds if feed.queue == queue and feed.enabled_or_soon]

    def _playing(self, role: str) -> Finding:
        """What shows that it plays the part: being the only one that is left does not."""
        found = self.find(role)
        return found if isinstance(found, FoundAs) and found.how != "only" else None

    # -- functions ----------------------------------------------------------------------------

    def _fed(self, role: str) -> Finding:
        found = self._among_fed(role)
        return found if found is not None else self._unscheduled(self._taken(role))

    def _among_fed(self, role: str) -> FoundAs | Several | Unknown | None:
        feeds = self._inventory.feeds()
        if isinstance(feeds, Unknown):
            return feeds
        source = self._names.get(self._parts.feeds[role])
        taken, there = self._taken(role), self._inventory.functions()
        # A mapping may be left over from a function that is gone.
        live = [f for f in feeds if isinstance(there, Unknown) or f.function in there]
        free = [f for f in live if f.function not in taken and f.queue not in self._answered]
        of_source = [feed for feed in free if feed.queue == source]
        if free and not of_source:
            # Whoever reads dead letters is not what the lab asks for.
            queues = self._inventory.message_queues()
            if isinstance(queues, Unknown):
                return queues
            free = [feed for feed in free if feed.queue in queues]
        return _one(
            (feed.function, "mapping", message(words, queue=feed.queue))
            for feed, words in _likeliest(of_source or free, _FEEDS, _FEEDS_IF_ENABLED)
        )

    def _runners(self) -> tuple[list[Runner], Unknown | None]:
        """What runs functions periodically, as far as it may be read; why no further, if so."""
        runners: list[Runner] = []
        unread: Unknown | None = None
        for listed in (self._inventory.rules(), self._inventory.schedules()):
            if isinstance(listed, Unknown):
                unread = unread or listed
            else:
                runners += listed
        return runners, unread

    def _unscheduled(self, taken: Collection[str]) -> Finding:
        functions = self._inventory.functions()
        if isinstance(functions, Unknown):
            return functions
        free = [name for name in functions if name not in taken]
        if not free:
            return None  # whatever is run periodically
        runners, unread = self._runners()
        run = {runner.function for runner in runners}
        free = [name for name in free if name not in run]
        if free and unread is not None:
            return unread
        said = _ONLY_FUNCTION if len(free) == 1 else _ONE_OF_FUNCTIONS
        return _one((name, "only", message(said)) for name in free)

    def _scheduled(self, role: str) -> Finding:
        there = self._inventory.functions()
        if isinstance(there, Unknown):
            return there
        fed = {self._names[function] for function in self._parts.feeds if function in self._names}
        # A rule may be left over from a function that is gone.
        free = {*there} - (self._taken(role) - fed)
        if not free:
            return None  # whatever is run periodically
        runners, unread = self._runners()
        mine = [runner for runner in runners if runner.function in free]
        mine = [runner for runner in mine if runner.function not in fed] or mine
        mine = [runner for runner in mine if runner.enabled] or mine
        if unread is not None and not any(runner.enabled for runner in mine):
            return unread
        return _one(
            (
                runner.function,
                "schedule",
                message(_RUN, runner=runner.name, expression=runner.expression),
            )
            for runner in mine
        )

    # -- queues -------------------------------------------------------------------------------

    def _source(self, role: str, function_role: str) -> Finding:
        function = self._function(function_role)
        if not isinstance(function, str):
            return function
        feeds = self._inventory.feeds()
        if isinstance(feeds, Unknown):
            return feeds
        mine = [f for f in feeds if f.function == function and f.queue not in self._taken(role)]
        if len({feed.queue for feed in mine}) > 1:
            # A mapping may be left over from a queue that is gone.
            there = self._inventory.message_queues()
            mine = [f for f in mine if isinstance(there, Unknown) or f.queue in there]
        found = _one(
            (feed.queue, "mapping", message(words, function=function))
            for feed, words in _likeliest(mine, _FED, _FED_IF_ENABLED)
        )
        if found is not None:
            return found
        queues = _listed(self._inventory.message_queues())
        held = self._held(_listed(self._inventory.variables(function)))
        free = [q for q in queues if q not in held and q not in self._taken(role)]
        said = _ONLY_SOURCE if len(free) == 1 else _ONE_OF_QUEUES
        return _one((name, "only", message(said)) for name in free)

    def _target(self, role: str, function_role: str) -> Finding:
        queues, function = self._inventory.queues(), self._function(function_role)
        if not isinstance(function, str):
            return function
        _listed(queues)
        taken = self._taken(role)
        held = self._held(_listed(self._inventory.variables(function)))
        others = _listed(self._inventory.message_queues())
        feeds = _listed(self._inventory.feeds())
        found = _one(
            (name, "variable", message(_IN_VARIABLE, variable=by, function=function))
            for name, by in held.items()
            if name not in taken and name in others
        )
        if found is not None:
            return found
        # Answering into what feeds it would be a loop.
        taken |= {feed.queue for feed in feeds if feed.function == function}
        free = [name for name in others if name not in taken]
        said = _ONLY_TARGET if len(free) == 1 else _ONE_OF_QUEUES
        return _one((name, "only", message(said)) for name in free)

    def _held(self, variables: Mapping[str, str]) -> dict[str, str]:
        """The account's queues whose name, URL or ARN is the value of a variable, and which one's."""
        queues = self._inventory.queues()
        if isinstance(queues, Unknown):
            return {}
        held: dict[str, str] = {}
        for variable, value in variables.items():
            for name in queues:
                if holds(value.strip(), name, self._inventory.arn_of_queue(name)):
                    held.setdefault(name, variable)
        return held

    # -- what is known by now -----------------------------------------------------------------

    def _function(self, role: str) -> str | NotTried | Unknown | None:
        """AWS's name of the function by which its queues are told, or why there is none."""
        if role in self._names:
            return self._names[role]
        fact = self._facts.get(role, {}).get(role)
        if isinstance(fact, Missing):
            return NotTried.after(f"functions.{role}", fact)
        return fact if isinstance(fact, NotTried | Unknown) else None

    def _taken(self, role: str) -> set[str]:
        return {name for other, name in self._names.items() if other != role}

    @property
    def _answered(self) -> set[str]:
        """Queues that answers go to: what they feed is a consumer."""
        return {self._names[role] for role in self._parts.answers if role in self._names}


def not_found(
    fact: Missing, word: Word, role: str, found: Several | NotTried | Unknown | None
) -> Missing | NotTried | Unknown:
    """What is known of a resource that was not found: ``fact`` says that none has the name.

    Where several could be meant, they are listed; where the rubric gives no name, only the student can
    say which.
    """
    if isinstance(found, Unknown):
        return found
    named = fact.words.message_id != NAMELESS.words.message_id
    if isinstance(found, NotTried):
        return fact if named else found
    if found is None:
        return fact if named else Missing.saying(_NO_SUCH[word], role=role)
    if named:
        also = N_(
            "{missing} Several others could be meant: {candidates}. With grader check, say which:"
            " {option}."
        )
        missing = without_others(fact).words
        option = _USE.format(role=role)
        return Missing.saying(also, missing=missing, candidates=found.words, option=option)
    return ambiguous(role, found)


def ambiguous(role: str, several: Several) -> Unknown:
    """What is known of a resource where only the student can say which of ``several`` is meant."""
    return Unknown.saying(
        "ambiguous",
        N_(
            "Several could be meant as “{role}”: {candidates}. With grader check, say which: {option}."
        ),
        role=role,
        candidates=several.words,
        option=_USE.format(role=role),
    )


def _listed(answer: T | Unknown) -> T:
    """What AWS listed. Raises :class:`FactUnknown` where it did not."""
    if isinstance(answer, Unknown):
        raise FactUnknown(answer)
    return answer


def _likeliest(feeds: Collection[Feed], if_enabled: str, otherwise: str) -> list[tuple[Feed, str]]:
    """The mappings that are enabled, or all where none is; each with the words for it."""
    enabled = [feed for feed in feeds if feed.enabled_or_soon]
    return [(feed, if_enabled) for feed in enabled] or [(feed, otherwise) for feed in feeds]


def _one(found: Iterable[tuple[str, str, Message]]) -> FoundAs | Several | None:
    """The only candidate; :class:`Several` if there are more, ``None`` if there is none."""
    candidates: dict[str, FoundAs] = {}
    for name, how, said in found:
        candidates.setdefault(name, FoundAs(name, how, said))  # type: ignore[arg-type]
    if not candidates:
        return None
    every = tuple(candidates.values())
    return every[0] if len(every) == 1 else Several(every)
