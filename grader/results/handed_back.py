"""``handed-back.json`` in a results folder: read, and written whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from grader.i18n.language import _
from grader.inputs.problems import bad_input
from grader.inputs.text_file import read_bytes
from grader.model.handed_back import HandedBack
from grader.model.indented_json import indented_json
from grader.results.atomic_write import write_json
from grader.results.directory import HANDED_BACK, UNREADABLE, damaged

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

_LIMIT_BYTES = 16 * 1024 * 1024


def read_handed_back(root: Path) -> HandedBack | None:
    """What was handed out of the class in ``root``; ``None`` where nothing was.

    Raises :class:`BadInput` where that cannot be read.
    """
    path = root / HANDED_BACK
    if not path.exists():
        return None
    try:
        return msgspec.json.decode(read_bytes(path, limit_bytes=_LIMIT_BYTES), type=HandedBack)
    except UNREADABLE as error:
        message = damaged(error)
        remedy = _("Move it away: until marks are handed back again, none counts as handed back.")
        raise bad_input(path, None, message, remedy) from None


def write_handed_back(root: Path, handed_back: HandedBack) -> None:
    """Write what was handed out. The folder is locked."""
    data = indented_json(handed_back)
    write_json(root / HANDED_BACK, data, "handed-back")


def forget_handed_back(root: Path, ids: Collection[str]) -> None:
    """Take the student who has the ``ids`` out of what was handed out. The folder is locked."""
    there = read_handed_back(root)
    if there is not None and any(name in ids for name in there.students):
        others = {name: mark for name, mark in there.students.items() if name not in ids}
        write_handed_back(root, msgspec.structs.replace(there, students=others))
