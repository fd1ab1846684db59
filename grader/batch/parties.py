"""Who is graded together, what was seen for them, and which of it counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from grader.batch.ways import Way
from grader.judging.ungraded import Unjudged
from grader.model.batch import party_of
from grader.model.fact import Found
from grader.scoring.best_account import best_of, points_so_far

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from grader.engines.visit import Visit
    from grader.model.observation import Observation
    from grader.model.outcome import Outcome
    from grader.model.report import Report
    from grader.roster.load import RosterEntry

    Scored = Callable[[RosterEntry, Observation, Sequence[Outcome]], Report]


@dataclass(frozen=True)
class Graded:
    """One student's result. ``observation`` is ``None`` where the grader itself failed.

    ``others`` are the observations of a group's other accounts, and of ways that led nowhere.
    ``led_to`` is the account that the student's own way leads to, as far as that is known.
    ``this_run_report`` is given where the report of an earlier run counts instead. ``fault`` is the
    ungraded report of a run in which the grader itself failed: an earlier grade is replaced only by one
    that is worth as much.
    """

    entry: RosterEntry
    observation: Observation | None
    report: Report
    others: tuple[Observation, ...] = ()
    led_to: str | None = None
    this_run_report: Report | None = None
    fault: Report | None = None


class Earlier(NamedTuple):
    """What earlier runs know of a party.

    ``led_to`` has the account to which a row's way, by its student, is known to lead. Of the accounts in
    ``settled_accounts``, each with its region, there are results that stand: they are not looked at
    again.
    """

    led_to: Mapping[str, str] = {}
    settled_accounts: frozenset[tuple[str, str]] = frozenset()


NOTHING_EARLIER = Earlier()


@dataclass
class Party:
    """A group, or a student alone: rows with one result. ``ways`` are tried, by their ``visits``."""

    name: str
    rows: list[RosterEntry]
    earlier: Earlier = NOTHING_EARLIER
    visits: dict[Way, Visit] = field(default_factory=dict)
    of_row: dict[str, Way] = field(default_factory=dict)
    led_to: dict[Way, str] = field(default_factory=dict)
    settled: set[Way] = field(default_factory=set)

    def expected(self, way: Way) -> str | None:
        """The account that a way should lead to, by the roster or by an earlier run."""
        return self.visits[way].account_id or self.led_to.get(way)

    @property
    def open_ways(self) -> list[Way]:
        """The ways that are to be tried: not those to accounts of which there are results that stand."""
        return [way for way in self.visits if way not in self.settled]

    def is_settled(self, account_id: str | None, region: str) -> bool:
        """Whether the account has a result that stands."""
        return (account_id, region) in self.earlier.settled_accounts


def parties_of(
    entries: Iterable[RosterEntry],
    visit: Callable[[RosterEntry], Visit] | None,
    earlier: Mapping[str, Earlier],
) -> dict[str, Party]:
    """The parties of a class by their names, in the order of the rows. Equal ways are one; without
    ``visit`` they have none."""
    parties: dict[str, Party] = {}
    for entry in entries:
        name = party_of(entry)
        party = parties.setdefault(name, Party(name, [], earlier.get(name, NOTHING_EARLIER)))
        party.rows.append(entry)
    if visit is None:
        return parties
    for party in parties.values():
        for entry in sorted(party.rows, key=_rank):
            visited = visit(entry)
            way = next((way for way, other in party.visits.items() if other == visited), None)
            if way is None:
                way = Way((_rank(entry), party.name), party.name, visited.access)
                party.visits[way] = visited
            party.of_row[entry.student_id] = way
            if entry.student_id in party.earlier.led_to:
                party.led_to.setdefault(way, party.earlier.led_to[entry.student_id])
        party.settled = {
            way
            for way, visit in party.visits.items()
            if party.is_settled(party.led_to.get(way), visit.region)
        }
    return parties


def _rank(entry: RosterEntry) -> str:
    """By the id, which is unique whatever its case, so that no order of rows matters."""
    return entry.student_id.casefold()


class Candidates:
    """What was seen for one party, on its way through the judge, and then what counts.

    ``observed_now`` was seen in this run, ``nowhere`` stands for the ways that led to no account;
    ``stored`` was seen earlier, of accounts that the party's ways led to then. With ``keep_best`` what
    was seen earlier of an account counts where it is worth more.
    """

    def __init__(
        self,
        party: Party,
        observed_now: Sequence[Observation],
        nowhere: Mapping[Way, Observation],
        stored: Sequence[Observation],
        *,
        keep_best: bool = False,
    ) -> None:
        self.party = party
        self._keep_best = keep_best
        self._fresh = len(observed_now) + len(nowhere)
        known = {observation.account_id for observation in (*observed_now, *stored)}
        # Which account a way led to before, or should lead to, is no open question if that was seen.
        self._closed = {
            len(observed_now) + number
            for number, way in enumerate(nowhere)
            if party.expected(way) in known - {None}
        }
        self.observations = [*observed_now, *nowhere.values(), *stored]
        self.outcomes: dict[int, list[Outcome]] = {}
        self._failed = False

    def judge(self, index: int, outcomes: list[Outcome]) -> bool:
        """Keep the judge's ``outcomes`` of one observation; whether all of them are judged now."""
        self.outcomes[index] = outcomes
        return len(self.outcomes) == len(self.observations) and not self._failed

    def is_of_this_run(self, index: int) -> bool:
        """Whether it was seen in this run, rather than stored by an earlier one."""
        return index < self._fresh

    def fail(self) -> bool:
        """Note that the judge failed at one: nobody knows which counts. Whether it was the first."""
        first, self._failed = not self._failed, True
        return first

    @property
    def unjudged(self) -> list[Observation]:
        """The observations of which one may count, where the judge failed."""
        return [
            seen for i, seen in enumerate(self.observations) if i not in self._closed
        ] or self.observations

    def graded(self, entry: RosterEntry, scored: Scored) -> Graded:
        """The result for one of the party's rows, from everything that was seen."""
        reports = [
            scored(entry, observation, self.outcomes[i])
            for i, observation in enumerate(self.observations)
        ]
        counts = list(self._counting(reports))
        best, report = best_of([self.observations[i] for i in counts], [reports[i] for i in counts])
        chosen = counts[best]
        this_run_report = None
        if chosen >= self._fresh > 0 and not self.party.settled:
            fresh = range(self._fresh)
            _, this_run_report = best_of(
                [self.observations[i] for i in fresh], [reports[i] for i in fresh]
            )
        way = self.party.of_row.get(entry.student_id)
        failed = (reports[i] for i in counts if isinstance(self.outcomes[i], Unjudged))
        return Graded(
            entry,
            self.observations[chosen],
            report,
            others=tuple(self.observations[i] for i in counts if i != chosen),
            led_to=self.party.led_to.get(way) if way is not None else None,
            this_run_report=this_run_report,
            fault=next(failed, None),
        )

    def _counting(self, reports: Sequence[Report]) -> Iterator[int]:
        """The observations that count: of an account that was seen twice the later one, unless only the
        earlier one could be graded, or it is worth more and the best is kept."""
        twice = {
            (new, old)
            for new in range(self._fresh)
            for old in range(self._fresh, len(self.observations))
            if _same_account(self.observations[new], self.observations[old])
        }
        stands = {
            new
            for new, old in twice
            if (reports[new].status == "ungraded" and reports[old].status == "graded")
            or (self._keep_best and is_worth_more(reports[old], reports[new]))
        }
        gone = {old for new, old in twice if new not in stands}
        # Where nothing else is left, a way that leads nowhere is what there is to tell.
        left = [i for i in range(len(self.observations)) if i not in stands | gone | self._closed]
        yield from left or [0]


def is_worth_more(former: Report, current: Report) -> bool:
    """Whether an earlier result counts before another: graded first, then more points.

    Unlike between the accounts of a group (:func:`best_of`), a grade never gives way to what is open:
    both results are of the same work, and a fault of today must not take away what was settled.
    """
    if former.status != current.status:
        return former.status == "graded"
    return points_so_far(former) > points_so_far(current)


def _same_account(observation: Observation, other: Observation) -> bool:
    return (
        isinstance(observation.identity, Found)
        and observation.account_id == other.account_id
        and observation.region == other.region
    )
