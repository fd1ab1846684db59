"""Whose account is whose where former partners are graded apart: an account goes with the way to it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec import UNSET

from grader.model.batch import party_of
from grader.results.withdraw import without_accounts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from grader.model.batch import Batch, Student
    from grader.results.directory import Results, StoredStudent
    from grader.roster.load import RosterEntry


@dataclass(frozen=True)
class _Held:
    """What is stored of a student: the group and the account of the report, and all accounts, by id."""

    group: str | None
    reported: str | None
    accounts: frozenset[str]


class FormerPartners:
    """Which accounts students lose to a former partner, by the ``rows`` that the roster has now.

    An account is theirs to whose party a way leads there: by the roster, by where the way led before, or
    because a desk ``bound`` it to one of them, by its id. What is stored of it for a former partner of
    whose party no way leads there is withdrawn. Whoever left the group with a way of their own loses
    nothing: what they have says that it is the group's, and stands until they can be graded.
    """

    def __init__(self, rows: Sequence[RosterEntry], batch: Batch, bound: Mapping[str, str]) -> None:
        self._rows = {entry.student_id: entry for entry in rows}
        self._before = {student.student_id: student for student in batch.students}
        self._ways = batch.ways
        self._bound = {one: name for one, name in bound.items() if name in self._rows}
        parties: defaultdict[str, set[str]] = defaultdict(set)
        for entry in rows:
            if was := self._group_before(entry):
                parties[was].add(party_of(entry))
        self._parted = {group for group, apart in parties.items() if len(apart) > 1}
        self._held: dict[str, _Held] = {}
        self.withdrawn: Mapping[str, frozenset[str]] = {}
        """The accounts that each student loses, once everything :meth:`stored` was read."""

    def stored(self, results: Results, students: Iterable[Student]) -> Iterator[StoredStudent]:
        """What is stored of each of ``students``, without what is withdrawn.

        Raises :class:`BadInput` as :meth:`Results.each_stored` does.
        """
        doubtful: list[Student] = []
        for one in results.each_stored(students):
            if one.report is not None and not one.report.nothing_seen:
                name = one.student.student_id
                reported = one.report.account_id
                accounts = {reported, *(seen.account_id for seen in one.observations)}
                held = _Held(one.report.group or None, reported, frozenset(filter(None, accounts)))
                self._held[name] = held
                if self._may_lose(self._rows[name], held):
                    doubtful.append(one.student)
                    continue
            yield one
        leading = self._leading()
        names = [student.student_id for student in doubtful]
        found = {name: self._lost(self._rows[name], self._held[name], leading) for name in names}
        self.withdrawn = {name: lost for name, lost in found.items() if lost}
        for one in results.each_stored(doubtful):
            yield without_accounts(one, found[one.student.student_id])

    def _group_before(self, entry: RosterEntry) -> str | None:
        former = self._before.get(entry.student_id)
        return (former.group or None) if former is not None else None

    def _may_lose(self, entry: RosterEntry, held: _Held) -> bool:
        return self._is_of_old_group(entry, held) or self._group_before(entry) in self._parted

    def _is_of_old_group(self, entry: RosterEntry, held: _Held) -> bool:
        """Whether the report alone tells of former partners: the row left their group since, or was
        gone from the roster."""
        if held.group is None:
            return False
        return held.group != entry.group or entry.student_id not in self._before

    def _leading(self) -> Mapping[str, Sequence[RosterEntry]]:
        """The rows whose ways lead to each account."""
        leading: defaultdict[str, list[RosterEntry]] = defaultdict(list)
        for entry in self._rows.values():
            if entry.way_account_id is UNSET and (
                leads_to := entry.account_id or self._led_to(entry)
            ):
                leading[leads_to].append(entry)
        for account_id, name in self._bound.items():
            # Of several whose file is gone it is theirs to whom a desk bound it.
            there = leading[account_id]
            gone = [entry for entry in there if entry.is_without_way and not entry.account_id]
            if len(gone) > 1:
                leading[account_id] = [entry for entry in there if entry not in gone]
            leading[account_id].append(self._rows[name])
        return leading

    def _led_to(self, entry: RosterEntry) -> str | None:
        """Where the row's way leads, as far as earlier runs know: a new block is most often one of the
        same account."""
        if entry.absent:
            return None
        if self._ways is not UNSET and entry.student_id in self._ways:
            return self._ways[entry.student_id].account_id
        held = self._held.get(entry.student_id)
        is_own = held is not None and (self._ways is UNSET or held.group == (entry.group or None))
        return held.reported if held is not None and is_own else None

    def _lost(
        self, entry: RosterEntry, held: _Held, leading: Mapping[str, Sequence[RosterEntry]]
    ) -> frozenset[str]:
        """The accounts that the student loses."""
        has_left = held.group != (entry.group or None)
        if has_left and not entry.is_without_way:
            return frozenset()
        party, was = party_of(entry), self._group_before(entry)
        lost = set()
        for account_id in held.accounts:
            theirs = leading.get(account_id, ())
            partners = [
                other
                for other in theirs
                if self._is_of_old_group(entry, held) or (was and self._group_before(other) == was)
            ]
            if partners and party not in map(party_of, theirs):
                lost.add(account_id)
        if has_left and entry.group and held.reported in lost:
            return held.accounts  # of the old group: none is an account of the new one
        return frozenset(lost)
