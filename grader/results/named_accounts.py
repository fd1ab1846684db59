"""Which AWS accounts the reports of a class can be of, by what the roster's rows name."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from grader.model.batch import party_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.model.batch import Student
    from grader.results.directory import StoredStudent


class NamedAccounts:
    """The accounts that rows name, by who is graded together.

    ``batch.json`` has a row as it is now, before its student is graded by it: only what is stored tells
    that it is still of the account before.
    """

    def __init__(self, students: Iterable[Student]) -> None:
        self._named: defaultdict[str, set[str | None]] = defaultdict(set)
        for student in students:
            self._named[party_of(student)].add(student.account_id)

    def may_be(self, student: Student, account_id: str | None) -> bool:
        """Whether the account can be the student's. A row that names none may lead to any."""
        named = self._named[party_of(student)]
        return account_id is None or None in named or account_id in named

    def only_named(self, stored: StoredStudent) -> StoredStudent:
        """``stored`` without the other accounts that cannot be the student's."""
        others = (one for one in stored.others if self.may_be(stored.student, one.account_id))
        return replace(stored, others=tuple(others))
