"""Brings a roster up to date with a class: rows and columns of one's own stay, blocks are renewed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from grader.i18n.language import _
from grader.inputs.bounded_read import read_bounded
from grader.inputs.csv_cell import cell
from grader.inputs.names import any_order
from grader.inputs.problems import BadInput, Problem
from grader.intake.roster_table import RosterRow
from grader.intake.row_matching import RowIndex
from grader.intake.submissions import short_digest
from grader.model.student_id import id_fault
from grader.roster.access import ACCESS_COLUMNS
from grader.roster.credentials_block import (
    MOST_BYTES_PASTED,
    block_text,
    preferred,
    read_pasted,
    unreadable_text,
)
from grader.roster.table import ID_COLUMNS
from grader.safety.printable import printable
from grader.safety.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from grader.intake.chosen_block import BlockChoice
    from grader.intake.persons import ClassMember
    from grader.intake.roster_table import RosterTable
    from grader.model.access import Keys

_OF_PEOPLE = ("name", "email", "group", "due_at")
"""The columns that a human may have corrected in the roster: filled in where they are empty, and
never replaced."""


@dataclass
class Update:
    """What becomes of a roster. Students are named as in the roster: id and name.

    ``blocks`` are the files to write by name, each with the time at which it was handed in;
    ``obsolete`` those of rows that go.
    """

    blocks: dict[str, tuple[Secret, datetime | None]] = field(default_factory=dict)
    obsolete: list[str] = field(default_factory=list)
    doubts: list[Problem] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    renewed: list[str] = field(default_factory=list)
    filled: list[str] = field(default_factory=list)
    stayed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)


def update(
    table: RosterTable,
    out: Path,
    folder: Path,
    persons: Sequence[tuple[ClassMember, BlockChoice | None]],
    *,
    listed: bool,
    prune: bool,
) -> Update:
    """Change ``table``, the roster ``out`` whose blocks are in ``folder``, and say what changed.

    ``listed``: ``persons`` are the whole class, so that other rows are of nobody in it; ``prune``
    removes those. Raises :class:`BadInput` where it cannot be told whose row is whose.
    """
    changes = Update()
    problems: list[Problem] = []
    rows = list(table.rows)
    index = RowIndex(rows)
    owners: dict[int, ClassMember] = {}
    places: list[RosterRow | None] = []
    for person, _chosen in persons:
        row = index.row_of(person, str(out), problems)
        if row is not None and row.line in owners:
            message = _("The row is that of two students of the class list.")
            problems.append(Problem(str(out), row.line, message, _("Give each student one row.")))
        if row is not None:
            owners[row.line] = person
        places.append(row)
    if problems:
        raise BadInput(problems)
    taken = {row.get("student_id").casefold() for row in rows}
    for (person, chosen), known in zip(persons, places, strict=True):
        row = known or _new_row(table, person, taken)
        if known is None:
            changes.added.append(_who(row))
        _fill(table, row, person, changes, str(out), is_new=known is None)
        if chosen is not None:
            _renew(table, row, person, chosen, changes, folder, is_new=known is None)
        elif not any(row.get(column) for column in ACCESS_COLUMNS):
            changes.without.append(_who(row))
    if listed:
        _leave(table, [row for row in rows if row.line not in owners], changes, folder, prune=prune)
    _keep_note_of_lost_files(table, folder, changes)
    return changes


def _new_row(table: RosterTable, person: ClassMember, taken: set[str]) -> RosterRow:
    given = person.cells["student_id"]
    if given.casefold() in taken or id_fault(given):
        given = f"{given}-{short_digest(person.name + person.cells.get('email', ''))}"
    taken.add(given.casefold())
    row = RosterRow(0, {"student_id": cell(given)})
    table.rows.append(row)
    return row


def _fill(
    table: RosterTable,
    row: RosterRow,
    person: ClassMember,
    changes: Update,
    file: str,
    *,
    is_new: bool,
) -> None:
    """What the lists say of a student: ids as they say, the rest where nobody wrote anything."""
    changed = []
    for column in (*_OF_PEOPLE, *ID_COLUMNS):
        given, there = person.cells.get(column, ""), row.get(column)
        if not given or given == there or (column == "name" and _same_name(given, there)):
            continue
        if there and column in _OF_PEOPLE:
            message = _(
                "{student}: the {column} is another in the class list ({given}); yours stays.",
                student=_who(row),
                column=column,
                given=printable(given, 60),
            )
            changes.doubts.append(
                Problem(file, row.line, message, _("Correct it here if need be."))
            )
            continue
        table.needs(column)
        row.cells[column] = cell(given)
        changed.append(column)
    if changed and not is_new:
        changes.filled.append(f"{_who(row)}: {', '.join(changed)}")


def _same_name(one: str, other: str) -> bool:
    return bool(other) and any_order(one) == any_order(other)


def _renew(
    table: RosterTable,
    row: RosterRow,
    person: ClassMember,
    chosen: BlockChoice,
    changes: Update,
    folder: Path,
    *,
    is_new: bool,
) -> None:
    """Put what was handed in into the row, unless the row has a way of its own or a later block."""
    name = f"{row.get('student_id')}.ini"
    ours = f"{folder.name}/{name}"
    ways = [column for column in ACCESS_COLUMNS if row.get(column)]
    if ways and (ways != ["credentials_file"] or row.get("credentials_file") != ours):
        message = _(
            "{student}: the row has a way of its own ({ways}), and what was handed in is not used.",
            student=_who(row),
            ways=", ".join(ways),
        )
        remedy = _("Clear these cells and make the roster again to use the block.")
        changes.doubts.append(Problem(chosen.path or str(folder), None, message, remedy))
        return
    submitted, before = _time(person.cells.get("submitted_at")), _time(row.get("submitted_at"))
    stands = _keys_in(folder / name) if ways else None
    same = (
        stands is not None
        and chosen.keys is not None
        and stands.access_key_id == chosen.keys.access_key_id
    )
    if stands is not None and not same and not _is_newer(chosen, submitted, before):
        message = _(
            "{student}: the block that the roster has stays: what was handed in now is older, or none.",
            student=_who(row),
        )
        changes.doubts.append(
            Problem(chosen.path or name, None, message, _("Check what is newest."))
        )
        return
    table.needs("credentials_file")
    table.needs("submitted_at")
    row.cells["credentials_file"] = cell(ours)
    if submitted is not None or not same:
        row.cells["submitted_at"] = submitted.isoformat(timespec="seconds") if submitted else ""
    if chosen.keys is not None:
        changes.blocks[name] = (
            Secret(block_text(chosen.keys)),
            submitted or (before if same else None),
        )
    else:
        changes.blocks[name] = (Secret(unreadable_text(chosen.why)), submitted)
    if not same and not is_new and chosen.keys is not None:
        changes.renewed.append(_who(row))


def _is_newer(chosen: BlockChoice, submitted: datetime | None, before: datetime | None) -> bool:
    """Whether what was handed in now replaces a block: only a later block does, and never what is
    no block."""
    if chosen.keys is None:
        return False
    return submitted is None or before is None or submitted >= before


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _keys_in(path: Path) -> Keys | None:
    try:
        blocks = preferred(read_pasted(read_bounded(path, MOST_BYTES_PASTED)).blocks)
    except OSError:
        return None
    return blocks[-1].keys if blocks else None


def _leave(
    table: RosterTable, others: list[RosterRow], changes: Update, folder: Path, *, prune: bool
) -> None:
    """Rows of nobody in the class list: they stay, or go with their blocks."""
    for row in others:
        if not prune:
            changes.stayed.append(_who(row))
            continue
        changes.removed.append(_who(row))
        name = f"{row.get('student_id')}.ini"
        if row.get("credentials_file") == f"{folder.name}/{name}":
            changes.obsolete.append(name)
    if prune:
        gone = {row.line for row in others}
        table.rows = [row for row in table.rows if row.line not in gone]


def _keep_note_of_lost_files(table: RosterTable, folder: Path, changes: Update) -> None:
    """Whose file somebody removed handed in all the same: a note takes its place, never an absence."""
    for row in table.rows:
        name = f"{row.get('student_id')}.ini"
        ours = row.get("credentials_file") == f"{folder.name}/{name}"
        if ours and name not in changes.blocks and not (folder / name).exists():
            changes.blocks[name] = (Secret(unreadable_text([_("The file was removed.")])), None)


def _who(row: RosterRow) -> str:
    student_id, name = printable(row.get("student_id"), 100), printable(row.get("name"), 60)
    return f"{student_id} ({name})" if name else student_id
