"""Which row of a roster is a student's of the class: certain, or not at all."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from grader.i18n.language import _
from grader.inputs.names import any_order
from grader.inputs.problems import Problem
from grader.intake.class_list import MATCHING_COLUMNS
from grader.intake.owners import is_named
from grader.safety.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.intake.persons import ClassMember
    from grader.intake.roster_table import RosterRow

_NUMBERS = {"moodle_participant", "canvas_id"}


class RowIndex:
    """The rows of a roster by all that can tell whose they are."""

    def __init__(self, rows: Sequence[RosterRow]) -> None:
        self._by_key: dict[tuple[str, str], list[RosterRow]] = defaultdict(list)
        self._by_name: dict[str, list[RosterRow]] = defaultdict(list)
        for row in rows:
            for column in MATCHING_COLUMNS:
                there = row.get(column)
                if not there and column in _NUMBERS:
                    there = row.get("student_id")  # as rosters were made without the column
                if there:
                    self._by_key[column, there.casefold()].append(row)
            self._by_name[any_order(row.get("name"))].append(row)

    def row_of(self, person: ClassMember, file: str, problems: list[Problem]) -> RosterRow | None:
        """The row that is this student's: by an id or an address, else by the name alone."""
        found = self._sharing_a_key(person)
        if not found and person.name:
            same = self._by_name[any_order(person.name)]
            found = [row for row in same if not _is_other(person, row)]
        if len(found) > 1:
            message = _(
                "Lines {lines} may both be of {name}.",
                lines=", ".join(str(row.line) for row in found),
                name=printable(person.name or person.cells["student_id"], 60),
            )
            remedy = _(
                "Add their e-mail addresses or ids to the roster, or remove one of the rows."
            )
            problems.append(Problem(file, found[0].line, message, remedy))
        return found[0] if found else None

    def _sharing_a_key(self, person: ClassMember) -> list[RosterRow]:
        """One id or address is the same. A number may be another student's in another assignment."""
        found: dict[int, RosterRow] = {}
        for column in MATCHING_COLUMNS:
            given = person.cells.get(column, "").casefold()
            for row in self._by_key.get((column, given), ()) if given else ():
                if column == "email" or is_named(person, row.get("name")):
                    found[row.line] = row
        return [found[line] for line in sorted(found)]


def _is_other(person: ClassMember, row: RosterRow) -> bool:
    """Somebody else of the same name: an id or an address differs that stays from year to year."""
    stable = (
        column for column in MATCHING_COLUMNS if column not in {"student_id", "moodle_participant"}
    )
    return any(
        person.cells.get(column) and row.get(column)
        and person.cells[column].casefold() != row.get(column).casefold()
        for column in stable
    )  # fmt: skip
