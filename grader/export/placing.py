"""Puts an export's files in their place: validated, never over an input, never unasked over another."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jsonschema import Draft202012Validator

from grader.i18n.language import _
from grader.inputs.problems import BadInput, Problem
from grader.results.accounts import ACCOUNTS
from grader.results.atomic_write import file_identities, write_bytes
from grader.results.directory import (
    FILES_OF_CLASS,
    OBSERVATION,
    PAGE,
    REPORT,
    STUDENTS,
)
from grader.results.history import BEFORE, HISTORY
from grader.results.named_folder import writable
from grader.results.only_files import links_between
from grader.schemas import load

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from grader.export.formats import File

_OF_A_STUDENT = (REPORT, BEFORE, OBSERVATION)


@dataclass(frozen=True)
class Placement:
    """Files of one format, and where they go: to ``out`` or below it. ``force``: over what is there."""

    out: Path
    files: Sequence[File]
    force: bool = False

    @property
    def targets(self) -> list[tuple[Path, File]]:
        """Each file with its place."""
        return [(self.out / file.name if file.name else self.out, file) for file in self.files]


def place(placements: Sequence[Placement], inputs: Iterable[Path], root: Path) -> None:
    """Write the files of all ``placements``, readable by their owner only.

    Everything is looked at before anything is written. Raises :class:`BadInput`
    where a file would replace an input, one of the results in ``root``, what a link below ``out`` leads
    to, or, without ``force``, whatever is there; ``jsonschema.ValidationError`` where one does not
    satisfy its schema.
    """
    protected = {place for path in [*inputs, *_results(root)] for place in file_identities(path)}
    problems: dict[Problem, None] = {}
    for placement in placements:
        _validate(placement.files)
        problems |= dict.fromkeys(_problems(placement, protected))
    if problems:
        raise BadInput(problems)
    for placement in placements:
        # What is neither file nor folder (a pipe) is written to where it stands.
        new = (
            target for target, _file in placement.targets if target.is_file() or not target.exists()
        )
        for folder in {target.parent for target in new}:
            writable(folder)
    for placement in placements:
        _write(placement)


def _write(placement: Placement) -> None:
    written = [target.parent for target, file in placement.targets if file.data is not None]
    for folder in dict.fromkeys(written):
        _make(folder)
    for target, file in placement.targets:
        if file.data is None:
            target.unlink(missing_ok=True)
            if target.parent != placement.out:
                with suppress(OSError):  # what else is in it is not ours
                    target.parent.rmdir()
        else:
            write_bytes(target, file.data)


def _validate(files: Sequence[File]) -> None:
    for file in files:
        if file.schema and file.data is not None:
            Draft202012Validator(load(file.schema)).validate(json.loads(file.data))


def _problems(placement: Placement, protected: set[object]) -> Iterator[Problem]:
    out = placement.out
    for target, file in placement.targets:
        if file_identities(target) & protected:
            message = _("This is a file that the export is made from.")
            yield Problem(str(target), None, message, _("Give --out another place."))
        elif links := list(links_between(out, target)):
            yield from links
        elif target.is_dir() or (file.name and out.exists() and not out.is_dir()):
            wrong = target if target.is_dir() else out
            message = _("This is a folder.") if target.is_dir() else _("This is not a folder.")
            yield Problem(str(wrong), None, message, _("Give --out another place."))
        elif not placement.force and _stands(target):
            remedy = _("Give --out another place, or --force to replace it.")
            yield Problem(str(target), None, _("It exists already."), remedy)


def _results(root: Path) -> list[Path]:
    students = root / STUDENTS
    folders = list(students.iterdir()) if students.is_dir() else []
    return [
        # The pages may be written anew.
        *(root / name for name in FILES_OF_CLASS if name != PAGE),
        *(folder / name for folder in folders for name in _OF_A_STUDENT),
        *(path for folder in folders for path in folder.glob(f"{HISTORY}/*.json")),
        *(path for folder in folders for path in folder.glob(f"{ACCOUNTS}/*.json")),
    ]


def _stands(path: Path) -> bool:
    """Whether a file or a link is there. Anything else (a pipe, ``/dev/stdout``) can be written
    to."""
    return path.is_file() or (path.is_symlink() and not path.exists())


def _make(folder: Path) -> None:
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
