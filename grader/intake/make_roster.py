"""Makes a roster from what students handed in: whose block is used, what is said, what is written."""

from __future__ import annotations

import csv
import io
import os
import shutil
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grader.i18n.language import N_, _
from grader.inputs.csv_cell import cell
from grader.inputs.problems import BadInput, Problem, refuse
from grader.intake.credentials_block import LIMIT_BYTES, block_text, read_pasted
from grader.intake.download import Unreadable
from grader.results.atomic_write import is_unfinished, write_text
from grader.roster.load import load_roster
from grader.safety.printable import plain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from grader.intake.download import Entry
    from grader.intake.submissions import Submission
    from grader.model.access import Keys
    from grader.safety.secret import Secret

MOST_FILES = 100
"""Files that are looked into of one student, the last changed ones."""

_MOST_TOLD = 5
_WHOLE_BLOCK = N_(
    "Ask for the whole block again, from [default] to the token's end (AWS Details, AWS CLI, Show)."
)


@dataclass(frozen=True)
class Student:
    """A row of the roster to be: its id and name, and the credentials handed in.

    ``handed_in_at`` is when their file was last changed, in Unix seconds: no earlier than the session.
    """

    student_id: str
    name: str
    keys: Keys
    handed_in_at: float


@dataclass
class Made:
    """A roster to be. ``left_out`` says why students have no row, ``without`` how many have none;
    ``doubts`` are for a human to look at."""

    students: list[Student] = field(default_factory=list)
    left_out: list[Problem] = field(default_factory=list)
    doubts: list[Problem] = field(default_factory=list)
    without: int = 0


def make_roster(submissions: Iterable[Submission]) -> Made:
    """The row of each submission, or why it has none.

    Where a student handed in several blocks, the last complete one of the file that was changed last
    is used, and that is a doubt.
    """
    made = Made()
    first: dict[Secret, Student] = {}
    for one in submissions:
        chosen = _chosen(one, made)
        if chosen is None:
            made.without += 1
            continue
        file, keys = chosen
        student = Student(one.student_id, plain(one.name, 300), keys, file.changed)
        made.students.append(student)
        other = first.setdefault(keys.access_key_id, student)
        if other is not student:
            message = _(
                "{student}: The block is the same that {other} handed in.",
                student=_who(one),
                other=other.student_id,
            )
            remedy = _("Ask both; if they work together, give both rows one group.")
            made.doubts.append(Problem(one.source, None, message, remedy))
    return made


def _who(one: Submission) -> str:
    name = plain(one.name, 60)
    return f"{one.student_id} ({name})" if name else one.student_id


def _chosen(one: Submission, made: Made) -> tuple[Entry, Keys] | None:
    """The keys that are used of a submission, and their file; what there is to say goes to ``made``."""
    blocks: list[tuple[Entry, Keys]] = []
    broken: list[Problem] = []
    unread: list[Problem] = []
    for file in one.files[-MOST_FILES:]:
        if file.read is None:
            continue
        try:
            pasted = read_pasted(file.read(LIMIT_BYTES + 1))
        except Unreadable as error:
            unread.append(_problem(file.path, one, str(error), _as_text()))
            continue
        blocks += [(file, keys) for keys in pasted.blocks]
        for fault in pasted.faults:
            if pasted.not_text:
                unread.append(_problem(file.path, one, fault, _as_text()))
            else:
                broken.append(_problem(file.path, one, fault, _(_WHOLE_BLOCK)))
    if blocks:
        file, keys = blocks[-1]
        different, said = {given.access_key_id for _, given in blocks}, ""
        if len(different) > 1:
            said = _(
                "There are {count} different blocks; the last one of this file is used.",
                count=len(different),
            )
        elif broken:
            said = _("There is a broken block too; the whole one of this file is used.")
        if said:
            made.doubts.append(_problem(file.path, one, said, _("Check that it is the newest.")))
        return file, keys
    why = [*broken, *unread][:_MOST_TOLD]
    if not why:
        said = _("No credentials block is in it.") if one.files else _("Nothing is in it.")
        why = [_problem(one.source, one, said, _("Ask the student for the block."))]
    made.left_out += why
    return None


def _problem(path: str, one: Submission, message: str, remedy: str) -> Problem:
    return Problem(path, None, _("{where}: {message}", where=_who(one), message=message), remedy)


def _as_text() -> str:
    return _("Ask for the block as text, or put it into a text file in its place.")


# -- writing --------------------------------------------------------------------------------------


def credentials_folder(out: Path) -> Path:
    """Where the blocks of the roster ``out`` go: ``roster-credentials`` beside ``roster.csv``."""
    return out.with_name(f"{out.stem}-credentials")


def check_place(out: Path, *, force: bool) -> None:
    """Raise :class:`BadInput` where a roster at ``out`` could not be written, or would
    replace something and ``force`` is not given."""
    folder, elsewhere = credentials_folder(out), _("Give --out another place.")
    problems = []
    if out.is_dir() or not out.parent.is_dir() or not os.access(out.parent, os.W_OK | os.X_OK):
        message = _("No file can be written there.")
        problems.append(Problem(str(out), None, message, elsewhere))
    if folder.exists() and not folder.is_dir():
        problems.append(Problem(str(folder), None, _("This is not a folder."), elsewhere))
    elif not force:
        message, remedy = _("It exists already."), _("Give --out another place, or add --force.")
        there = [path for path in (out, folder) if path.exists()]
        problems += [Problem(str(path), None, message, remedy) for path in there]
    if problems:
        raise BadInput(problems)


def write_roster(students: Iterable[Student], out: Path) -> None:
    """Write the roster ``out`` and, beside it, a file with each student's block.

    A block is never anywhere but in that folder, in a file that its owner alone can read and that
    keeps the time at which it was handed in. The roster is put in place last, once it was read as a
    batch will read it. What else stands in the folder stays, but for what a run that was killed left
    half written. Where it fails, a folder that was made for it is removed again.
    """
    folder = credentials_folder(out)
    aside = out.with_name(f".{out.name}.new")
    made = not folder.exists()
    folder.mkdir(mode=0o700, exist_ok=True)
    try:
        folder.chmod(0o700)
        for path in filter(is_unfinished, folder.iterdir()):
            path.unlink()
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["student_id", "name", "credentials_file"])
        for student in students:
            block = folder / f"{student.student_id}.ini"
            write_text(block, block_text(student.keys))
            # An archive's clock may be ahead of ours.
            at = min(student.handed_in_at, time.time())
            os.utime(block, (at, at))
            file = f"{folder.name}/{block.name}"
            writer.writerow([cell(student.student_id), cell(student.name), cell(file)])
        write_text(aside, text.getvalue())
        load_roster(aside)
        aside.replace(out)
    except BaseException as error:
        aside.unlink(missing_ok=True)
        if made:
            shutil.rmtree(folder)
        if isinstance(error, BadInput):
            first = error.problems[0]
            message = _("It would not be a roster: {message}", message=first.message)
            raise refuse(out, None, message, first.remedy) from None
        raise
