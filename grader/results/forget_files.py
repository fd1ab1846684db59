"""The files of a results folder without one student: what others have stays as it is."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import TYPE_CHECKING, Any

from grader.inputs.bounded_read import MOST_BYTES_OF_CLASS, TooLargeError, read_bounded
from grader.model.student_id import is_student_id
from grader.results.atomic_write import is_unfinished, write_bytes
from grader.results.directory import FILES_OF_CLASS, PUSHED, STUDENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from grader.results.traces import Traces

EXPORTS = "exports"
_PACKED = frozenset({".zip", ".xlsx"})
_LISTS = frozenset({".ndjson"})
_NO_TABLES = frozenset({".json", ".ndjson", ".html", ".xml"})


def folders_of_others(root: Path, ids: Collection[str]) -> Iterator[Path]:
    """The folder of each student in the results folder ``root`` but of the one who has the ``ids``."""
    students = root / STUDENTS
    for folder in sorted(students.iterdir()) if students.is_dir() else ():
        if folder.is_dir() and folder.name not in ids and is_student_id(folder.name):
            yield folder


def page_names(page: Path, traces: Traces, groups: Iterable[str]) -> bool:
    """Whether another student's page names the student, or a group that does."""
    if not page.is_file():
        return False
    text = unescape(text_of(page))
    return traces.in_prose(text) or any(group in text for group in groups)


def clean_student(folder: Path, traces: Traces, groups: Mapping[str, str]) -> bool:
    """Take the student out of another one's JSON files; whether there was anything.

    ``groups`` are new names of groups, by those that named the student.
    """
    changed = False
    for path in sorted(folder.rglob("*.json")):
        text = text_of(path)
        cleaned = traces.out_of_prose(text)
        for old, new in groups.items():
            written, renamed = (json.dumps(name, ensure_ascii=False) for name in (old, new))
            pattern = rf'("group"\s*:\s*){re.escape(written)}'
            cleaned = re.sub(pattern, rf"\1{renamed.replace(chr(92), chr(92) * 2)}", cleaned)
        if cleaned != text:
            write_bytes(path, cleaned.encode("utf-8", "surrogateescape"))
            changed = True
    return changed


def clean_pushed(root: Path, users: frozenset[str]) -> None:
    """Take out of what platforms were sent the lines of the student, who has the ids ``users`` there."""
    path = root / PUSHED
    if path.is_file():
        _drop_lines(path, users)


def clean_exports(root: Path, traces: Traces, users: frozenset[str]) -> list[Path]:
    """Remove the exports that name the student, and give them back; a list with a line for each student
    loses the student's alone, so that what a platform was told of the others stays known."""
    folder = root / EXPORTS
    gone = []
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if not path.is_file():
            continue
        own = not traces.ids.isdisjoint({path.stem, *path.relative_to(folder).parts})
        if path.suffix in _LISTS and not own:
            _drop_lines(path, users | traces.ids)
        # A student's own file has sums and points in it, which may be another's id.
        named = traces.in_prose if path.suffix == ".json" else traces.in_table
        if own or path.suffix in _PACKED or may_name(path, named) or may_list(path, traces):
            path.unlink()
            if not own:
                gone.append(path)
    for inside in sorted(folder.rglob("*"), reverse=True):
        if inside.is_dir() and not any(inside.iterdir()):
            inside.rmdir()
    return gone


def _drop_lines(path: Path, users: frozenset[str]) -> None:
    lines = read_bounded(path, MOST_BYTES_OF_CLASS).splitlines(keepends=True)
    kept = [line for line in lines if _user_in(line) not in users]
    # Whoever was killed while writing it may have written part of the student's id.
    if kept and _said_by(kept[-1]) is None:
        kept.pop()
    if kept != lines:
        write_bytes(path, b"".join(kept))


def _said_by(line: bytes) -> Any:
    """The value of a line of JSON; ``None`` where it is none."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _user_in(line: bytes) -> str | None:
    told = _said_by(line)
    named = told.get("user_id", told.get("userId")) if isinstance(told, dict) else None
    return named if isinstance(named, str) else None


def files_of_others(root: Path) -> Iterator[Path]:
    """The files in the folder that the grader did not write."""
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        ours = len(inside.parts) == 1 and inside.name in FILES_OF_CLASS
        of_student = inside.parts[0] == STUDENTS and path.suffix in {".json", ".html"}
        if path.is_file() and not ours and not of_student:
            yield path


def remove_unfinished(root: Path) -> None:
    """Remove files that a killed grader had not finished."""
    for path in root.rglob("*"):
        if is_unfinished(path) and path.is_file():
            path.unlink(missing_ok=True)


def may_name(path: Path, named: Callable[[str], bool]) -> bool:
    """Whether ``named`` is true of a file's text; nobody knows of what is too large to be read."""
    try:
        return named(text_of(path))
    except TooLargeError:
        return True


def may_list(path: Path, traces: Traces) -> bool:
    """Whether the file is a table with an id by which another system knows the student."""
    return path.suffix not in _NO_TABLES and may_name(path, traces.in_cells)


def text_of(path: Path) -> str:
    """A file's text, whatever its bytes are. Raises ``OSError``, where it is too large too."""
    return read_bounded(path, MOST_BYTES_OF_CLASS).decode("utf-8", "surrogateescape")
