"""The roster: who is graded, and how each account is reached. Opens no connection."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec import UNSET, UnsetType

from grader.i18n.language import _
from grader.inputs.problems import BadInput, Problem, bad_input
from grader.inputs.schema_errors import did_you_mean
from grader.inputs.text_file import read_text
from grader.model.access import MissingFile, NothingHandedIn
from grader.model.batch import Student
from grader.model.student_id import id_fault
from grader.model.timestamps import iso, time_of
from grader.roster.access import ACCESS_COLUMNS, WAYS, AccessError, access_of
from grader.roster.cell_shapes import (
    SHAPED_COLUMNS,
    shape_problem,
    shortened_fault,
    use_fault,
)
from grader.roster.groups import group_name, rows_of_groups, too_large, written_alike
from grader.roster.misplaced import looks_like_credentials, misplaced
from grader.roster.table import ID_COLUMNS, USE, AccountRow, Table, read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from grader.model.access import Access

_LIMIT_BYTES = 64 * 1024 * 1024
_MAX_TEXT = 300
_BOUNDED = ("name", "email", "group", "profile", "credentials_file", "endpoint_url")
_SHARED = ("account_id", "region", "endpoint_url")

_PARTICIPANT = re.compile(r"[0-9]{1,20}")


@dataclass(frozen=True, kw_only=True)
class RosterEntry:
    """One row of the roster: a student, and the account to grade.

    ``extra`` holds the roster's other columns, in order, the ids of other systems among them. ``line``
    is where the row begins in the file. ``submitted_at`` is when the block was handed in by the LMS's
    clock, ``due_at`` until when this student has time; both know their zone. ``use`` are AWS's names of
    resources that play a part, by the rubric's own. ``way_account_id`` is what the roster says of the
    account of a partner whose way this is. What the roster leaves out is ``None``, or empty for ``name``
    and ``email``.
    """

    student_id: str
    name: str = ""
    email: str = ""
    group: str | None = None
    account_id: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    access: Access
    extra: dict[str, str] = field(default_factory=dict, hash=False)
    line: int = 0
    submitted_at: datetime | None = None
    due_at: datetime | None = None
    use: dict[str, str] = field(default_factory=dict, hash=False)
    way_account_id: str | UnsetType | None = UNSET

    @property
    def expected_account_id(self) -> str | None:
        """The account to which the way should lead, by the roster: a partner's leads to theirs."""
        return self.account_id if self.way_account_id is UNSET else self.way_account_id

    @property
    def absent(self) -> bool:
        """The student handed in nothing, and nobody of the group did."""
        return isinstance(self.access, NothingHandedIn)

    @property
    def is_without_way(self) -> bool:
        """No account can be reached: the student is absent, or the file that is named is missing."""
        return isinstance(self.access, NothingHandedIn | MissingFile)


def student_of(entry: RosterEntry) -> Student:
    """What may be stored of an account: everything but how it is reached, and where a profile leads."""
    own = (name for name in Student.__struct_fields__ if name != "profile_region")
    kept = {name: getattr(entry, name) for name in own}
    due_at = iso(entry.due_at) if entry.due_at else UNSET
    return Student(**{**kept, "use": entry.use or UNSET, "due_at": due_at})


@dataclass(frozen=True)
class Roster:
    """A roster as it was loaded. ``sha256`` is the digest of the file's bytes, in hexadecimal."""

    entries: tuple[RosterEntry, ...]
    sha256: str


def check_cells(path: Path) -> None:
    """Raise :class:`BadInput` with what is wrong with a roster's header and cells; no file is read that
    it names, and no row needs a way to an account."""
    table = _table(path)[0]
    reading = _Reading(str(path), path.parent)
    reading.check(table.rows)
    if problems := [*table.problems, *reading.problems]:
        raise BadInput(problems)


def load_roster(
    path: Path,
    *,
    ways_needed: bool = True,
    files_needed: bool = True,
    alike_is_told: bool = False,
    groups_before: Sequence[str | None] = (),
) -> Roster:
    """The roster in the CSV file at ``path``, and the credentials files it names.

    Rows of a group may lead to accounts of their own. One that names no way goes the way of another row
    of its group: to that row's account, and its region and endpoint where it says none of its own. A row
    for which nobody of the group names a way is that of a student who handed in nothing; where all files
    that the group names are missing, theirs is missing too. Unless ``ways_needed``, the roster may have
    no column for ways at all, and groups may be written alike; unless ``files_needed``, a credentials
    file may be missing. ``alike_is_told``: whoever calls says which groups are written alike.
    ``groups_before``: the group of each student of the class as it was graded before. Raises
    :class:`BadInput` with every problem; no message holds a secret.
    """
    table, sha256 = _table(path)
    if ways_needed and not {*ACCESS_COLUMNS} & {*table.columns}:
        message = _("No column says how the accounts are reached.")
        remedy = _("Add the columns of one way: {ways}.", ways=_(WAYS))
        raise bad_input(path, table.header_line, message, remedy)
    reading = _Reading(
        str(path),
        path.parent,
        table.columns,
        files_needed=files_needed,
        alike_is_told=alike_is_told or not ways_needed,
        groups_before=groups_before,
    )
    entries = reading.entries(table.rows)
    problems = [*table.problems, *reading.problems]
    if problems:
        raise BadInput(problems)
    return Roster(entries, sha256)


def _table(path: Path) -> tuple[Table, str]:
    """The roster's cells, and the digest of the file."""
    file = read_text(path, limit_bytes=_LIMIT_BYTES, save_as="CSV UTF-8")
    table = read_table(file.text, str(path))
    for row in table.rows:
        if group := group_name(row.cells.pop("group", "")):
            row.cells["group"] = group
    # Without a trustworthy header every row would be reported for what is one mistake.
    if any(problem.line == table.header_line for problem in table.problems):
        raise BadInput(table.problems)
    return table, file.sha256


@dataclass
class _Reading:
    """One reading of a roster's rows, collecting problems on the way."""

    file: str
    folder: Path
    columns: tuple[str, ...] = ()
    problems: list[Problem] = field(default_factory=list)
    files_needed: bool = True
    alike_is_told: bool = False
    groups_before: Sequence[str | None] = ()

    def entries(self, rows: Sequence[AccountRow]) -> tuple[RosterEntry, ...]:
        """The entries of all rows; meaningful only if ``problems`` stays empty."""
        self.check(rows)
        access, missing = self._ways(rows)
        shared: dict[int, dict[str, str]] = {}
        partners: dict[int, str | None] = {}
        absent, gone = NothingHandedIn(), MissingFile()
        for everybody in rows_of_groups(rows).values():
            members = [row for row in everybody if row.line not in missing]
            # By their ids: the order of the rows does not matter.
            known = sorted((row for row in members if row.line in access), key=_id)
            if not known:
                lost = sorted((row for row in everybody if row.line in missing), key=_id)
                for row in members if lost else ():  # what a lost file held was everybody's way
                    access[row.line], partners[row.line] = gone, lost[0].cells.get("account_id")
                continue
            of_way: dict[Access, dict[str, str]] = {}
            for row in reversed(known):
                of_way.setdefault(access[row.line], {}).update(_shared(row))
            first = access[known[0].line]
            for row in members:
                names_one = row.line in access
                theirs = of_way[access.setdefault(row.line, first)]
                shared[row.line] = _use_alone(theirs) if names_one else theirs
                if not names_one:
                    partners[row.line] = theirs.get("account_id")
        return tuple(
            _entry(
                row,
                access.get(row.line, gone if row.line in missing else absent),
                shared.get(row.line, {}),
                partners.get(row.line, UNSET),
            )
            for row in rows
            if "student_id" in row.cells
        )

    def _ways(self, rows: Sequence[AccountRow]) -> tuple[dict[int, Access], set[int]]:
        """The ways that rows name themselves, by their lines, and the lines of those whose file is
        missing."""
        access: dict[int, Access] = {}
        broken: set[int] = set()
        missing: set[int] = set()
        for row in rows:
            try:
                way = access_of(row.cells, row.secrets, self.folder, file_needed=self.files_needed)
            except AccessError as error:
                broken.add(row.line)
                for message, remedy in error.faults:
                    self._say(row, message, remedy)
            else:
                if way is None:
                    self._check_misplaced(row)
                elif isinstance(way, MissingFile):
                    missing.add(row.line)
                else:
                    access[row.line] = way
        if not self.alike_is_told:
            for found in written_alike(rows, {*access, *broken}):
                self._say(*found)
        for found in too_large(rows, access, broken, self.groups_before):
            self._say(*found)
        return access, missing

    def check(self, rows: Sequence[AccountRow]) -> None:
        """Look at every cell by itself, and for ids that are given twice."""
        self._check_ids(rows)
        for row in rows:
            self._check_cells(row)

    def _check_ids(self, rows: Iterable[AccountRow]) -> None:
        first: dict[str, int] = {}
        participants: dict[str, int] = {}
        for row in rows:
            number = row.extra.get("moodle_participant")
            if number and participants.setdefault(number, row.line) != row.line:
                message = _(
                    "The moodle_participant is the same as on line {value}.",
                    value=participants[number],
                )
                self._say(row, message, _("Moodle gives each student a number of their own."))
            name = row.cells.get("student_id")
            if name is None:
                self._say(row, _("The row has no student_id."), _("Fill it in."))
                continue
            if fault := shortened_fault("student_id", name) or id_fault(name):
                self._say(row, *fault)
            key = name.casefold()
            if key in first:
                message = _("The student_id is the same as on line {value}.", value=first[key])
                remedy = _("Give each student one row and an id of their own; case does not count.")
                self._say(row, message, remedy)
            first.setdefault(key, row.line)

    def _check_cells(self, row: AccountRow) -> None:
        for column in _BOUNDED:
            if len(row.cells.get(column, "")) > _MAX_TEXT:
                self._too_long(row, column)
        for column, cell in row.cells.items():
            if column.startswith(USE) and (fault := use_fault(cell)):
                self._say(row, *fault)
        for column in SHAPED_COLUMNS:
            if column in row.cells and (wrong := shape_problem(column, row.cells[column])):
                self._say(row, *wrong)
        for column in ID_COLUMNS:
            given = row.extra.get(column, "")
            if len(given) > _MAX_TEXT:
                self._too_long(row, column)
            if fault := shortened_fault(column, given):
                self._say(row, *fault)
            elif column == "moodle_participant" and given and not _PARTICIPANT.fullmatch(given):
                message = _("The moodle_participant is not the number of a participant.")
                remedy = _("Write the number alone: Moodle's worksheet has it in its first column.")
                self._say(row, message, remedy)

    def _too_long(self, row: AccountRow, column: str) -> None:
        message = _(
            "The {column} is longer than {max_text} characters.", column=column, max_text=_MAX_TEXT
        )
        self._say(row, message, _("Shorten it."))

    def _check_misplaced(self, row: AccountRow) -> None:
        """Whoever handed in something is not absent, whatever the column is called."""
        for number, column in enumerate(self.columns, start=1):
            if looks_like_credentials(row.extra.get(column, row.cells.get(column, ""))):
                self._say(row, *misplaced(number))

    def _say(self, row: AccountRow, message: str, remedy: str) -> None:
        self.problems.append(Problem(self.file, row.line, message, remedy))


def _id(row: AccountRow) -> str:
    return row.cells.get("student_id", "").casefold()


def _shared(row: AccountRow) -> dict[str, str]:
    """What a row says of its account that holds for others of its group who go the same way."""
    return {
        column: cell
        for column, cell in row.cells.items()
        if column in _SHARED or column.startswith(USE)
    }


def _use_alone(shared: Mapping[str, str]) -> dict[str, str]:
    """The part of ``shared`` that also holds for a row which names the same way itself: its own
    keys may lead to another region."""
    return {column: cell for column, cell in shared.items() if column.startswith(USE)}


def _entry(
    row: AccountRow,
    access: Access,
    shared: Mapping[str, str],
    way_account_id: str | UnsetType | None,
) -> RosterEntry:
    """The entry of ``row``. What it leaves empty is as ``shared`` says."""
    cells = {**shared, **row.cells}
    return RosterEntry(
        student_id=cells["student_id"],
        name=cells.get("name", ""),
        email=cells.get("email", ""),
        group=cells.get("group"),
        account_id=cells.get("account_id"),
        region=cells.get("region"),
        endpoint_url=cells.get("endpoint_url"),
        access=access,
        extra=row.extra,
        line=row.line,
        submitted_at=time_of(row.cells.get("submitted_at", "")),
        due_at=time_of(row.cells.get("due_at", "")),
        use={
            column.removeprefix(USE): cell
            for column, cell in cells.items()
            if column.startswith(USE)
        },
        way_account_id=way_account_id,
    )


def use_problems(roster: Roster, file: str, roles: Iterable[str]) -> list[Problem]:
    """The columns ``use.ROLE`` that name no resource of the rubric, at the first row that has one."""
    known, wrong = {*roles}, dict[str, int]()
    for entry in roster.entries:
        for role in entry.use.keys() - known:
            wrong.setdefault(role, entry.line)
    return [
        Problem(file, line, *unknown_role(f"{USE}{role}", role, known))
        for role, line in wrong.items()
    ]


def unknown_role(said: str, role: str, known: Iterable[str]) -> tuple[str, str]:
    """The message that the rubric has no resource called ``role``, which ``said`` names, and the
    nearest name."""
    message = _("{said}: the rubric has no resource called “{role}”.", said=said, role=role[:80])
    return message, did_you_mean(role, known)
