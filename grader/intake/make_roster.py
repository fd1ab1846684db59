"""Makes a roster from class lists and what students handed in, or brings one up to date."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grader.i18n.language import _
from grader.inputs.problems import BadInput, Problem
from grader.inputs.text_file import unicode_fault
from grader.intake.chosen_block import BlockChoice, choose
from grader.intake.joining import joined
from grader.intake.roster_table import read_roster_table
from grader.intake.update import update
from grader.results.atomic_write import is_unfinished, write_text
from grader.roster.load import load_roster
from grader.safety.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from grader.intake.class_list import ClassList
    from grader.intake.persons import ClassMember
    from grader.intake.roster_table import RosterTable
    from grader.intake.submissions import Submission
    from grader.intake.update import Update
    from grader.safety.secret import Secret

_STAGE = ".new"
"""The folder for new blocks, inside of theirs, until the roster is in place."""


@dataclass
class RosterDraft:
    """A roster to be. ``unreadable`` says whose submission is no block, ``doubts`` are for a human to
    look at; ``students`` have a block now, ``unread`` handed in something else."""

    table: RosterTable
    update: Update
    unreadable: list[Problem] = field(default_factory=list)
    doubts: list[Problem] = field(default_factory=list)
    students: int = 0
    unread: int = 0


def make_roster(
    lists: Sequence[ClassList], submissions: Sequence[Submission], out: Path, *, prune: bool = False
) -> RosterDraft:
    """What becomes of the roster ``out``, which may be there already. Nothing is written.

    Raises :class:`BadInput` with everything that cannot be told apart, with its file and line.
    """
    table = read_roster_table(out)
    people = joined(lists, submissions)
    chosen: dict[tuple[int, ...], BlockChoice] = {}
    pairs: list[tuple[ClassMember, BlockChoice | None]] = []
    for person in people.persons:
        given = tuple(map(id, person.submissions))
        if given and given not in chosen:
            chosen[given] = _chosen(person)
        pairs.append((person, chosen.get(given)))
    changes = update(table, out, credentials_folder(out), pairs, listed=bool(lists), prune=prune)
    draft = RosterDraft(table, changes, doubts=[*people.doubts, *changes.doubts])
    for found in chosen.values():
        draft.unreadable += found.faults
        draft.doubts += found.doubts
    draft.doubts += _same_block(pairs)
    draft.students = sum(found is not None and found.keys is not None for _person, found in pairs)
    draft.unread = sum(found is not None and found.keys is None for _person, found in pairs)
    return draft


def _chosen(person: ClassMember) -> BlockChoice:
    """The block of all that was handed in for a person, whichever downloads it came in."""
    orders = [
        (file.changed, number, place, file)
        for number, submission in enumerate(person.submissions)
        for place, file in enumerate(submission.files)
    ]
    files = [file for *_order, file in sorted(orders, key=lambda order: order[:3])]
    return choose(files, person.submissions[-1].source, _who(person))


def _same_block(pairs: Sequence[tuple[ClassMember, BlockChoice | None]]) -> list[Problem]:
    """A problem for each student who handed in the block of a student of another group."""
    first: dict[Secret, ClassMember] = {}
    doubts = []
    for person, chosen in pairs:
        if chosen is None or chosen.keys is None:
            continue
        other = first.setdefault(chosen.keys.access_key_id, person)
        if other is person or (person.group and person.group == other.group):
            continue
        message = _(
            "{student}: The block is the same that {other} handed in.",
            student=_who(person),
            other=other.cells["student_id"],
        )
        remedy = _("Ask both; if they work together, give both rows one group.")
        doubts.append(Problem(chosen.path, None, message, remedy))
    return doubts


def _who(person: ClassMember) -> str:
    if person.group and any(
        submission.name for submission in person.submissions if submission.system != "own"
    ):
        group = next(submission.name for submission in person.submissions if submission.name)
        if group.casefold() == person.group.casefold():
            return printable(person.group, 60)
    name = printable(person.name, 60)
    return f"{person.cells['student_id']} ({name})" if name else person.cells["student_id"]


# -- writing --------------------------------------------------------------------------------------


def credentials_folder(out: Path) -> Path:
    """Where the blocks of the roster ``out`` go: ``roster-credentials`` beside ``roster.csv``."""
    return out.with_name(f"{out.stem}-credentials")


def check_place(out: Path) -> None:
    """Raise :class:`BadInput` where a roster at ``out`` could not be written."""
    folder, elsewhere = credentials_folder(out), _("Give --out another place.")
    problems = []
    if out.is_dir() or not out.parent.is_dir() or not os.access(out.parent, os.W_OK | os.X_OK):
        message = _("No file can be written there.")
        problems.append(Problem(str(out), None, message, elsewhere))
    if fault := unicode_fault(folder.name):
        problems.append(Problem(str(out), None, fault[0], elsewhere))
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        problems.append(Problem(str(folder), None, _("This is not a folder."), elsewhere))
    if problems:
        raise BadInput(problems)


def write_roster(draft: RosterDraft, out: Path) -> None:
    """Write the roster ``out`` and, beside it, a file with each student's block.

    A block is never anywhere but in that folder, in a file that its owner alone can read. Blocks and
    roster are put in place last, once they were read as a batch will read them; where that fails,
    nothing that stood there has changed. What else stands in the folder stays, but for what a run that
    was killed left half written.
    """
    folder, blocks = credentials_folder(out), draft.update.blocks
    stage, aside = folder / _STAGE, out.with_name(f".{out.name}.new")
    fresh = not folder.exists()
    folder.mkdir(mode=0o700, exist_ok=True)
    try:
        folder.chmod(0o700)
        for path in (*folder.iterdir(), *_besides(aside)):
            if is_unfinished(path):
                path.unlink()
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir(mode=0o700)
        for name, (text, at) in blocks.items():
            # The download has it still: a class of thousands does not wait for the disk.
            write_text(stage / name, text.reveal(), synced=False)
            if at is not None:
                os.utime(stage / name, (at.timestamp(), at.timestamp()))
        staged = {f"{folder.name}/{name}": f"{folder.name}/{_STAGE}/{name}" for name in blocks}
        write_text(aside, draft.table.text(staged))
        load_roster(aside, alike_is_told=True)
        write_text(aside, draft.table.text())
        for name in blocks:
            (stage / name).replace(folder / name)
        aside.replace(out)
        stage.rmdir()
    except BaseException as error:
        aside.unlink(missing_ok=True)
        shutil.rmtree(folder if fresh else stage, ignore_errors=True)
        if isinstance(error, BadInput):
            raise _would_not_be_one(error, out) from None
        raise
    for name in draft.update.obsolete:
        (folder / name).unlink(missing_ok=True)


def _besides(aside: Path) -> list[Path]:
    """The unfinished files of ``aside`` itself that a killed run may have left."""
    return [path for path in aside.parent.iterdir() if path.name.startswith(f".{aside.name}.")]


def _would_not_be_one(error: BadInput, out: Path) -> BadInput:
    return BadInput(
        Problem(
            str(out),
            problem.line,
            _("It would not be a roster: {message}", message=problem.message),
            problem.remedy,
        )
        for problem in error.problems
    )
