"""The roster: who is graded, and how each account is reached. Opens no connection."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from grader.i18n.language import N_, _
from grader.inputs.problems import BadInput, Problem, refuse
from grader.inputs.schema_errors import did_you_mean
from grader.inputs.text_file import read_text
from grader.model.access import NothingHandedIn
from grader.model.batch import Student
from grader.model.student_id import id_fault
from grader.roster.access import ACCESS_COLUMNS, AccessError, access_of
from grader.roster.misplaced import looks_like_credentials, misplaced
from grader.roster.table import USE, Row, is_known, read_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from grader.model.access import Access

_LIMIT_BYTES = 64 * 1024 * 1024
_MAX_TEXT = 300
_BOUNDED = ("name", "email", "group", "profile", "credentials_file", "endpoint_url")
_SHARED = ("account_id", "region", "endpoint_url")

_ACCOUNT_ID = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}")


@dataclass(frozen=True)
class Account:
    """One row of the roster: a student, and the account to grade.

    ``extra`` holds the roster's other columns, in order. ``line`` is where the row begins in the
    file. ``use`` are AWS's names of resources that play a part, by the rubric's own. What the roster
    leaves out is ``None``, or empty for ``name`` and ``email``.
    """

    student_id: str
    name: str
    email: str
    group: str | None
    account_id: str | None
    region: str | None
    endpoint_url: str | None
    access: Access
    extra: dict[str, str] = field(default_factory=dict, hash=False)
    line: int = 0
    use: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def absent(self) -> bool:
        """The student handed in nothing, and nobody of the group did."""
        return isinstance(self.access, NothingHandedIn)


def student_of(account: Account) -> Student:
    """What may be stored of an account: everything but how it is reached."""
    return msgspec.convert(account, Student, from_attributes=True)


@dataclass(frozen=True)
class Roster:
    """A roster as it was loaded. ``sha256`` is the digest of the file's bytes, in hexadecimal."""

    accounts: tuple[Account, ...]
    extra_columns: tuple[str, ...]
    sha256: str


def load_roster(path: Path) -> Roster:
    """The roster in the CSV file at ``path``, and the credentials files it names.

    A row of a group takes what it leaves empty (the way to the account, its id, region and
    endpoint) from the group's other rows. A row without any way is that of a student who handed in
    nothing. Raises :class:`BadInput` with every
    problem; no message holds a secret.
    """
    file = read_text(path, limit_bytes=_LIMIT_BYTES, save_as="CSV UTF-8")
    table = read_table(file.text, str(path))
    # Without a trustworthy header every row would be reported for what is one mistake.
    if any(problem.line == table.header_line for problem in table.problems):
        raise BadInput(table.problems)
    if not {*ACCESS_COLUMNS} & {*table.columns}:
        message = _("No column says how the accounts are reached.")
        remedy = _("Add at least one of: {names}.", names=", ".join(ACCESS_COLUMNS))
        raise refuse(path, table.header_line, message, remedy)
    reading = _Reading(str(path), path.parent, table.columns)
    accounts = reading.accounts(table.rows)
    problems = [*table.problems, *reading.problems]
    if problems:
        raise BadInput(problems)
    extra = tuple(column for column in table.columns if not is_known(column))
    return Roster(accounts, extra, file.sha256)


@dataclass
class _Reading:
    """One reading of a roster's rows, collecting problems on the way."""

    file: str
    folder: Path
    columns: tuple[str, ...]
    problems: list[Problem] = field(default_factory=list)

    def accounts(self, rows: Iterable[Row]) -> tuple[Account, ...]:
        """The accounts of all rows; meaningful only if ``problems`` stays empty."""
        rows = list(rows)
        self._check_ids(rows)
        for row in rows:
            self._check_cells(row)
        access: dict[int, Access] = {}
        for row in rows:
            try:
                way = access_of(row.cells, row.secrets, self.folder)
            except AccessError as error:
                for message, remedy in error.faults:
                    self._say(row, message, remedy)
            else:
                if way is not None:
                    access[row.line] = way
                else:
                    self._check_misplaced(row)
        shared: dict[str, dict[str, str]] = {}
        for members in _groups(rows):
            shared[members[0].cells["group"]] = self._shared(members)
            known = [access[row.line] for row in members if row.line in access]
            access |= {row.line: known[0] for row in members if known and row.line not in access}
        absent = NothingHandedIn()
        return tuple(
            _account(row, access.get(row.line, absent), shared.get(row.cells.get("group", ""), {}))
            for row in rows
            if "student_id" in row.cells
        )

    def _check_ids(self, rows: Iterable[Row]) -> None:
        first: dict[str, int] = {}
        for row in rows:
            name = row.cells.get("student_id")
            if name is None:
                self._say(row, _("The row has no student_id."), _("Fill it in."))
                continue
            if fault := id_fault(name):
                self._say(row, *fault)
            key = name.casefold()
            if key in first:
                message = _("The student_id is the same as on line {value}.", value=first[key])
                remedy = _("Give each student one row and an id of their own; case does not count.")
                self._say(row, message, remedy)
            first.setdefault(key, row.line)

    def _check_cells(self, row: Row) -> None:
        for column in _BOUNDED:
            if len(row.cells.get(column, "")) > _MAX_TEXT:
                message = _(
                    "The {column} is longer than {max_text} characters.",
                    column=column,
                    max_text=_MAX_TEXT,
                )
                self._say(row, message, _("Shorten it."))
        for column, cell in row.cells.items():
            if column.startswith(USE) and (fault := use_fault(cell)):
                self._say(row, *fault)
        for column, (is_right, message, remedy) in _SHAPES.items():
            if column in row.cells and not is_right(row.cells[column]):
                self._say(row, _(message), _(remedy))

    def _check_misplaced(self, row: Row) -> None:
        """Whoever handed in something is not absent, whatever the column is called."""
        for number, column in enumerate(self.columns, start=1):
            if looks_like_credentials(row.extra.get(column, row.cells.get(column, ""))):
                self._say(row, *misplaced(number))

    def _shared(self, members: list[Row]) -> dict[str, str]:
        """What a group's rows say of their one account."""
        shared: dict[str, str] = {}
        for column in _SHARED:
            first = next((row for row in members if column in row.cells), None)
            if first is None:
                continue
            shared[column] = first.cells[column]
            for row in members:
                if row.cells.get(column, shared[column]) != shared[column]:
                    message = _(
                        "The {column} differs from that of the same group on line {line}.",
                        column=column,
                        line=first.line,
                    )
                    remedy = _("A group shares one account: make them equal, or leave one empty.")
                    self._say(row, message, remedy)
        return shared

    def _say(self, row: Row, message: str, remedy: str) -> None:
        self.problems.append(Problem(self.file, row.line, message, remedy))


def _groups(rows: Iterable[Row]) -> Iterable[list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        if "group" in row.cells:
            groups.setdefault(row.cells["group"], []).append(row)
    return groups.values()


def _account(row: Row, access: Access, shared: dict[str, str]) -> Account:
    cells = shared | row.cells
    return Account(
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
        use={
            column.removeprefix(USE): cell
            for column, cell in row.cells.items()
            if column.startswith(USE)
        },
    )


def _is_endpoint(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"}
        and bool(parts.hostname)
        and (port is None or port > 0)
        and parts.username is None
        and re.fullmatch(r"[!-~]+", url) is not None
    )


_SHAPES: dict[str, tuple[Callable[[str], bool], str, str]] = {
    "account_id": (
        lambda text: _ACCOUNT_ID.fullmatch(text) is not None,
        N_("The account_id is not 12 digits."),
        N_(
            "Write it without hyphens; in a spreadsheet, format the column as text first, "
            "or leading zeros are lost."
        ),
    ),
    "region": (
        lambda text: _REGION.fullmatch(text) is not None and len(text) <= 40,
        N_("The region is not the code of an AWS region."),
        N_("Write it like us-east-1."),
    ),
    "endpoint_url": (
        _is_endpoint,
        N_("The endpoint_url is not an address that starts with http:// or https://."),
        N_("Write it like http://127.0.0.1:4566, without a user name or password."),
    ),
}


_RESOURCE = re.compile(r"[A-Za-z0-9_-]{1,80}(\.fifo)?")


def use_fault(name: str) -> tuple[str, str] | None:
    """Why ``name`` can name no function and no queue, and the remedy; ``None`` if it can."""
    if _RESOURCE.fullmatch(name):
        return None
    message = _("“{name}” is no name of a function or queue.", name=name[:100])
    return message, _("Write the name alone, as the AWS console shows it.")


def use_problems(roster: Roster, file: str, roles: Iterable[str]) -> list[Problem]:
    """The columns ``use.ROLE`` that name no resource of the rubric, at the first row that has one."""
    known, wrong = {*roles}, dict[str, int]()
    for account in roster.accounts:
        for role in account.use.keys() - known:
            wrong.setdefault(role, account.line)
    return [
        Problem(file, line, *unknown_role(f"{USE}{role}", role, known))
        for role, line in wrong.items()
    ]


def unknown_role(said: str, role: str, known: Iterable[str]) -> tuple[str, str]:
    """That the rubric has no resource called ``role``, which ``said`` names, and the nearest."""
    message = _("{said}: the rubric has no resource called “{role}”.", said=said, role=role[:80])
    return message, did_you_mean(role, known)


def shape_problem(column: str, value: str) -> tuple[str, str] | None:
    """What is wrong with the shape of ``value`` for ``column``, and the remedy; ``None`` if right."""
    is_right, message, remedy = _SHAPES[column]
    return None if is_right(value) else (_(message), _(remedy))
