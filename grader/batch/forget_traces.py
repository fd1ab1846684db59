"""What tells who a student is in a results folder and those beside it, and what of it is others' too."""

from __future__ import annotations

from dataclasses import dataclass
from glob import escape
from typing import TYPE_CHECKING

from msgspec import UNSET

from grader.export.sheet import read_sheet
from grader.inputs.names import id_forms, name_keys
from grader.inputs.problems import BadInput, Problem
from grader.model.batch import Student
from grader.results.desk_file import read_desk
from grader.results.directory import BATCH, STUDENTS, Results
from grader.results.forget_files import folders_of_others, text_of
from grader.results.handed_back import read_handed_back
from grader.results.only_files import refuse_all_but_files
from grader.results.overrides import OVERRIDES
from grader.results.traces import Traces, accounts_in
from grader.roster.table import ID_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from grader.export.sheet import Sheet
    from grader.model.batch import Batch

_COLUMNS = ("student_id", "criterion", "points", "why", "by", "at")


@dataclass(frozen=True)
class Folder:
    """A results folder, what its ``batch.json`` says, and its overrides.

    ``gone`` are students who left the roster, of whom something lies here all the same.
    """

    results: Results
    batch: Batch
    overrides: Sheet | None
    gone: tuple[Student, ...] = ()

    @property
    def root(self) -> Path:
        """The path of the folder."""
        return self.results.root

    @property
    def students(self) -> list[Student]:
        """The students of whom anything lies here."""
        return [*self.batch.students, *self.gone]


def folders_of(root: Path) -> tuple[list[Folder], list[Path]]:
    """The folder ``root``, then those that were put aside beside it; and what is called so and is none.

    Raises :class:`BadInput` with all that cannot be read.
    """
    problems: list[Problem] = []
    found, strange = [], []
    real = root.resolve()
    for path in [root, *sorted(real.parent.glob(f"{escape(real.name)}.before-*"))]:
        if path != root and (path.is_symlink() or not (path / BATCH).is_file()):
            strange.append(path)
            continue
        try:
            refuse_all_but_files(path)
            read_desk(path)
            read_handed_back(path)
            results = Results(path)
            batch, overrides = results.batch(), _overrides(path / OVERRIDES)
            found.append(Folder(results, batch, overrides, tuple(_gone(results, batch))))
        except BadInput as bad:
            problems.extend(bad.problems)
    if problems:
        raise BadInput(problems)
    return found, strange


def _gone(results: Results, batch: Batch) -> Iterator[Student]:
    listed = {student.student_id for student in batch.students}
    for folder in folders_of_others(results.root, ()):
        if folder.name not in listed:
            report = results.report_of(folder.name)
            who = (report.name, report.email) if report is not None else ()
            yield Student(folder.name, *who)


def _overrides(path: Path) -> Sheet | None:
    if not path.is_file():
        return None
    sheet = read_sheet(path, _COLUMNS)
    sheet.column(_COLUMNS[:1], asked=_COLUMNS[0])
    return sheet


def ids_of(student_id: str, folders: Sequence[Folder]) -> frozenset[str]:
    """All ids of a student: in whatever case, and those with the same e-mail address.

    Where one class lists two of them, the address is not one student's, and does not count.
    """
    every = [row for each in folders for row in each.students]
    ids = found = frozenset(row.student_id for row in every if _is_spelt(row, {student_id}))
    while True:
        emails = id_forms(*(row.email for row in every if is_of(row, found) and "@" in row.email))
        more = found | {row.student_id for row in every if id_forms(row.email) & emails}
        more |= {row.student_id for row in every if _is_spelt(row, more)}
        if more == found:
            break
        found = more
    listed = ([row for row in each.batch.students if is_of(row, found)] for each in folders)
    return found if all(len(rows) <= 1 for rows in listed) else ids


def _is_spelt(row: Student, ids: Collection[str]) -> bool:
    return row.student_id.casefold() in {one.casefold() for one in ids}


def is_of(row: Student, ids: Collection[str]) -> bool:
    """Whether the row is that of the student who has the ``ids``."""
    return row.student_id in ids


def may_be_same(ids: Collection[str], folders: Sequence[Folder]) -> list[str]:
    """Other ids that may be the student's: of the same name, where the class does not list both, and
    no e-mail addresses tell them apart."""
    every = [row for each in folders for row in each.students]
    mine = [row for row in every if is_of(row, ids)]
    listed = {row.student_id for row in folders[0].batch.students}
    names = {key for row in mine for key in name_keys(row.name)}
    emails = id_forms(*(row.email for row in mine))
    both = not listed.isdisjoint(ids)
    found = (
        row.student_id
        for row in every
        if not is_of(row, ids)
        and not (both and row.student_id in listed)
        and name_keys(row.name) & names
        and (not emails or not row.email.strip() or id_forms(row.email) & emails)
    )
    return [*dict.fromkeys(found)]


def traces_of(
    student_id: str, ids: frozenset[str], folders: Sequence[Folder]
) -> tuple[Traces, list[str]]:
    """What tells who the student is, of all their ``ids``, and nobody else, and what others have too."""
    every = [row for each in folders for row in each.students]
    mine = [row for row in every if is_of(row, ids)]
    others = [row for row in every if not is_of(row, ids)]
    accounts = {*_accounts(ids, folders)}
    theirs = {*_accounts_of_others(ids, folders)}
    names = {row.name.strip() for row in mine if row.name.strip()} - ids
    emails = {row.email.strip() for row in mine if row.email.strip()}
    said = [text for row in others for text in (row.student_id, row.name, row.email)]
    shared = {name for name in names if any(map(Traces("", frozenset({name})).in_table, said))}
    shared |= {
        email for email in emails if id_forms(email) & id_forms(*(row.email for row in others))
    }
    traces = Traces(
        student_id,
        frozenset(names - shared),
        frozenset(emails - shared),
        frozenset(accounts - theirs),
        frozenset(row.column(column) for row in mine for column in ID_COLUMNS) - {""},
        ids - {student_id},
    )
    return traces, sorted(shared) + sorted(accounts & theirs)


def _accounts(ids: Collection[str], folders: Iterable[Folder]) -> Iterator[str]:
    for each in folders:
        yield from (found for name, found in _listed(each.batch) if name in ids)
        for one in ids:
            yield from _in_files(each.root / STUDENTS / one)


def _accounts_of_others(ids: Collection[str], folders: Iterable[Folder]) -> Iterator[str]:
    for each in folders:
        yield from (found for name, found in _listed(each.batch) if name not in ids)
        for folder in folders_of_others(each.root, ids):
            yield from _in_files(folder)


def _listed(batch: Batch) -> Iterator[tuple[str, str]]:
    """Whose account is which, as the roster says or as the way there led."""
    yield from ((row.student_id, row.account_id) for row in batch.students if row.account_id)
    if batch.ways is not UNSET:
        yield from ((name, way.account_id) for name, way in batch.ways.items() if way.account_id)


def _in_files(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*.json"):
        yield from accounts_in(text_of(path))
