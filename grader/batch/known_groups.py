"""What an earlier run knows of the groups of a class, and which of them have something open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from grader.batch.parties import Earlier
from grader.model.access import MissingFile
from grader.model.batch import KnownWay, party_of
from grader.model.fact import Found
from grader.observe.refusals import unknowns
from grader.roster.fingerprint import fingerprint
from grader.scoring.best_account import GROUP_ACCOUNT_OPEN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from grader.model.batch import Batch, OfStudent, Student
    from grader.model.report import Report
    from grader.results.directory import StoredStudent
    from grader.roster.load import RosterEntry
    from grader.scoring.suspicion import KeptResult


class KnownGroups:
    """What lies in the results of each student of a group, as it is read one after the other.

    ``batch`` is how the class was graded before.
    """

    def __init__(self, batch: Batch) -> None:
        self._ways = batch.ways
        self._stands: dict[str, frozenset[tuple[str, str]]] = {}
        self._students: dict[str, list[Student]] = {}
        self._open: set[str] = set()

    def add(self, stored: StoredStudent, *, graded: bool) -> None:
        """Add what is stored of a student; the grade stands if it is ``graded``. A report of another
        group does not count for this one."""
        name, group = stored.student.student_id, stored.student.group
        if not group or (stored.report and not is_of_group(stored.report, stored.student)):
            return
        if any(isinstance(observation.identity, Found) for observation in stored.observations):
            self._students.setdefault(party_of(stored.student), []).append(stored.student)
        if stored.report is not None and GROUP_ACCOUNT_OPEN in stored.report.flags:
            self._open.add(name)
        if graded:
            self._stands[name] = frozenset(_standing(stored))

    def leave_out(self, names: Collection[str]) -> None:
        """Take students away again: what is stored of them is of an account that is another group's."""
        for name, students in self._students.items():
            self._students[name] = [one for one in students if one.student_id not in names]
        for name in names:
            self._stands.pop(name, None)
            self._open.discard(name)

    def is_open(self, entry: RosterEntry) -> bool:
        """Whether a way of the row's group led nowhere, or the row's own way is a new one."""
        return bool(entry.group) and (entry.student_id in self._open or self._is_new(entry))

    def _is_new(self, entry: RosterEntry) -> bool:
        if self._ways is UNSET:  # version 0.1.0 did not say
            return False
        if isinstance(entry.access, MissingFile):
            return False
        known = self._ways.get(entry.student_id)
        return known is None or known.fingerprint != fingerprint(entry)

    def ways(
        self,
        rows: Iterable[RosterEntry],
        standing_results: Mapping[str, object],
        kept: Mapping[str, KeptResult],
    ) -> dict[str, KnownWay]:
        """Known ways of rows whose stored result still belongs to them; others' are dropped.

        Version 0.1.0 did not say them. Whose result is ``kept`` has no new way for that.
        """
        if self._ways is not UNSET:
            return {name: way for name, way in self._ways.items() if name in standing_results}
        return {
            entry.student_id: KnownWay(fingerprint(entry), kept[entry.student_id].report.account_id)
            for entry in rows
            if entry.group and entry.student_id in kept
        }

    def students(self, rows: Iterable[RosterEntry]) -> dict[str, list[Student]]:
        """The students whose observations are stored, by their groups."""
        parties = {party_of(entry) for entry in rows}
        return {name: who for name, who in self._students.items() if who and name in parties}

    def earlier(self, rows: Sequence[RosterEntry], *, again: bool) -> dict[str, Earlier]:
        """What is known of the groups of ``rows``.

        Unless everything is graded ``again``, accounts that a member's grade rests on stand.
        """
        led_to: dict[str, dict[str, str]] = {}
        stands: dict[str, frozenset[tuple[str, str]]] = {}
        for entry in rows:
            if not entry.group:
                continue
            name = party_of(entry)
            known = led_to.setdefault(name, {})
            way = None if self._ways is UNSET else self._ways.get(entry.student_id)
            if way is not None and not self._is_new(entry):
                account_id = way.account_id
                if account_id and entry.expected_account_id in {None, account_id}:
                    known[entry.student_id] = account_id
            if not again:
                mine = self._stands.get(entry.student_id, frozenset())
                stands[name] = stands.get(name, frozenset()) | mine
        return {name: Earlier(led_to[name], stands.get(name, frozenset())) for name in led_to}


def is_of_group(report: Report, entry: OfStudent) -> bool:
    """Whether the report is of the group that the row names; neither may have one."""
    return (report.group or None) == (entry.group or None)


def _standing(stored: StoredStudent) -> Iterator[tuple[str, str]]:
    """The accounts that are not looked at again: the one that counts, and all that was seen whole."""
    for observation in stored.observations:
        if observation.account_id and (
            observation is stored.observation or not any(unknowns(observation))
        ):
            yield observation.account_id, observation.region


def whole_groups(rows: Sequence[RosterEntry], chosen: Collection[str]) -> tuple[RosterEntry, ...]:
    """The rows of the ``chosen`` students and of everybody in a group with one of them."""
    parties = {party_of(entry) for entry in rows if entry.student_id in chosen}
    return tuple(entry for entry in rows if party_of(entry) in parties)
