"""Which way to an account is tried when, and whose result comes of it. No AWS, no threads, no clock.

A *way* is how one row reaches an account; a *party* is a group, or a student alone. First every way is
identified; then, account by account, the way that may do the work is tried, and the next one where that
ended in a refusal. Ways have an order of their own (:attr:`Way.rank`), so that nothing depends on the
order of the roster's rows.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    Key: TypeAlias = Hashable
    """An account as it is observed: once for each region and endpoint."""

ReadAccess: TypeAlias = Literal["reads", "unsure", "denied"]
"""Whether a way may read the function and both queues; ``unsure``: there was no answer."""

_RANKS: dict[ReadAccess, int] = {"reads": 0, "unsure": 1, "denied": 2}

CRASHED = 10**9
"""More refusals than an account has facts: the look itself failed."""


@dataclass(frozen=True, order=True)
class Way:
    """One way to some account. Ways with equal ``keys`` may do the same: one of them is tried."""

    rank: tuple[str, ...]
    party: str = field(compare=False)
    keys: Hashable = field(compare=False)


class WayStep(NamedTuple):
    """What is to be done next, by ``way``.

    ``identify``: whose account it is. ``ask``: whether it may read what is there. ``look``: observe the
    account and exercise the function; ``number`` says which attempt of this run it is, from 0.
    """

    do: Literal["identify", "ask", "look"]
    way: Way
    number: int = 0


class WayOutcome(NamedTuple):
    """What one of a party's ways came to.

    ``seen``: the account that it leads to was observed by the way ``by``. ``barred``: so it was, but
    ``by``, the party's own, may not read it. ``nowhere``: it led to no account.
    """

    what: Literal["seen", "barred", "nowhere"]
    by: Way


class _Place:
    """A place that allows one look at a time; ``looks`` counts them."""

    def __init__(self) -> None:
        self.keys: list[Key] = []
        self.running: Way | None = None
        self.looks = 0


class _Account:
    """One account: the ways that lead there, and how far it is with them."""

    def __init__(self, place: _Place) -> None:
        self.place = place
        self.ways: list[Way] = []
        self.asking: set[Way] = set()
        self.answers: dict[Way, ReadAccess] = {}
        self.tried: dict[Way, int] = {}

    @property
    def good(self) -> bool:
        """Whether it was observed without a refusal."""
        return 0 in self.tried.values()

    @property
    def _shared(self) -> bool:
        return len({way.party for way in self.ways}) > 1

    def steps(self) -> list[WayStep]:
        """What may be started now. A look waits until it is known which of several ways may do it."""
        if len(self.ways) > 1:
            new = [way for way in self.ways if way not in self.answers and way not in self.asking]
            self.asking.update(new)
            if self.asking:
                return [WayStep("ask", way) for way in new]
        way = self._next()
        if way is None or self.place.running is not None:
            return []
        self.place.running = way
        self.place.looks += 1
        return [WayStep("look", way, self.place.looks - 1)]

    @property
    def idle(self) -> bool:
        """Whether nothing is under way here, nor will be unless another way leads here."""
        return not self.asking and self._next() is None

    def _next(self) -> Way | None:
        """The way that is being tried, or is to be tried next: none that can only do less."""
        if self.place.running in self.ways:
            return self.place.running
        if self.good:
            return None
        used = {way.keys for way in self.tried}
        left = [way for way in self.ways if way.keys not in used]
        way = min(left, key=self._rank, default=None)  # of equal ones the first
        if way is None or self._rank(way) < _RANKS["denied"]:
            return way
        # What a party may see of an account that nobody else leads to is its result all the same.
        others_can = any(self._rank(way) < _RANKS["denied"] for way in self.ways)
        return None if self._shared or others_can else way

    def _rank(self, way: Way) -> int:
        return _RANKS[self.answers.get(way, "reads")]

    def outcome(self, party: str) -> WayOutcome:
        """What the account is to a party. Whoever may not read it gets nothing of what others saw."""
        own = [way for way in self.ways if way.party == party]
        best = self._best(list(self.tried))
        if best is not None and (
            best.party == party
            or not self._shared
            or any(self.answers.get(way) == "reads" for way in own)
        ):
            return WayOutcome("seen", best)
        by_own = self._best([way for way in self.tried if way.party == party])
        return WayOutcome("seen", by_own) if by_own is not None else WayOutcome("barred", own[0])

    def _best(self, tried: list[Way]) -> Way | None:
        return min(tried, key=self.tried.__getitem__, default=None)


class Ways:
    """All ways of a run. Whoever runs the steps says what came of each; what can be done then is new.

    A look waits until every way is identified, or passed over (:meth:`passed_over`) because its answer
    does not come: the way is attached then when it does.
    """

    def __init__(self, ways: Iterable[Way]) -> None:
        everyone = sorted(ways)
        self._awaited = set(everyone)
        self._open = set(everyone)
        self._accounts: dict[Key | None, _Account] = {}
        self._places: dict[Hashable, _Place] = {}
        self._led: dict[Way, Key | None] = {}
        self._of: dict[str, list[Way]] = {}
        for way in everyone:
            self._of.setdefault(way.party, []).append(way)
        self._unsettled: dict[str, None] = dict.fromkeys(self._of)
        self._touched: dict[Key | None, None] = {}
        # Parties that may be settled now: a class of thousands is not gone through each time.
        self._maybe = dict.fromkeys(self._of)

    # -- what came of a step --------------------------------------------------------------------

    def identified(self, way: Way, key: Key | None, place: Hashable = None) -> None:
        """``way`` leads to the account ``key``, or nowhere.

        What is looked for is a part of the key; in one ``place``, the key itself if none is given, there
        is one look at a time whatever it looks for.
        """
        self._awaited.discard(way)
        self._open.discard(way)
        self._led[way] = key
        self._maybe[way.party] = None
        if key is not None:
            if key not in self._accounts:
                there = self._places.setdefault(key if place is None else place, _Place())
                there.keys.append(key)
                self._accounts[key] = _Account(there)
            insort(self._accounts[key].ways, way)
            self._touch(key)
        if not self._open:
            self._maybe.update(self._unsettled)

    def passed_over(self, way: Way) -> None:
        """The identification of ``way`` is not waited for any longer."""
        self._awaited.discard(way)

    def record_access(self, way: Way, answer: ReadAccess) -> None:
        """Record whether ``way`` may read what is there."""
        account = self._account(way)
        account.asking.discard(way)
        account.answers[way] = answer

    def record_look(self, way: Way, refusals: int) -> None:
        """Record that a look by ``way`` ended, which was refused ``refusals`` facts."""
        account = self._account(way)
        account.place.running = None
        account.tried[way] = refusals
        for key in account.place.keys:
            self._touch(key)

    def _account(self, way: Way) -> _Account:
        key = self._led[way]
        self._touch(key)
        return self._accounts[key]

    def _touch(self, key: Key | None) -> None:
        self._touched[key] = None
        self._maybe.update({way.party: None for way in self._accounts[key].ways})

    # -- what is next ---------------------------------------------------------------------------

    def steps(self) -> list[WayStep]:
        """What may be started now, each once; not the identification, which every way begins with."""
        if self._awaited:
            return []
        touched, self._touched = self._touched, {}
        accounts = sorted(
            (self._accounts[key] for key in touched), key=lambda account: account.ways[0]
        )
        return [step for account in accounts for step in account.steps()]

    def settled(self) -> list[tuple[str, list[WayOutcome]]]:
        """The parties of which everything is known now, each once, with what their ways came to.

        One outcome for each account that a party's ways lead to, and one for each that leads nowhere. To
        be asked for after :meth:`steps`.
        """
        if self._awaited or self._touched:
            return []
        maybe, self._maybe = self._maybe, {}
        found = [party for party in maybe if party in self._unsettled and self._done(party)]
        for party in found:
            del self._unsettled[party]
        return [(party, self._outcomes(party)) for party in found]

    def _done(self, party: str) -> bool:
        return all(way in self._led and self._is_over(self._led[way]) for way in self._of[party])

    def _is_over(self, key: Key | None) -> bool:
        if key is None:
            return True
        account = self._accounts[key]
        # Another way may still lead there, and do what those before it were refused.
        return account.idle and (account.good or not self._open)

    def _outcomes(self, party: str) -> list[WayOutcome]:
        led = {way: self._led[way] for way in self._of[party]}
        keys = dict.fromkeys(key for key in led.values() if key is not None)
        return [
            *(self._accounts[key].outcome(party) for key in keys),
            *(WayOutcome("nowhere", way) for way, key in led.items() if key is None),
        ]
