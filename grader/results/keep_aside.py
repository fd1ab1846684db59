"""What an earlier batch left is put aside before a new one begins, not removed."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from glob import escape
from typing import TYPE_CHECKING

from grader.results.atomic_write import write_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def folder_beside(root: Path) -> Path:
    """A place beside ``root`` where nothing is yet, such as ``results.before-20261128T120455Z``.

    Where ``root`` is a link, it is beside the folder that is meant.
    """
    real = root.resolve()
    first = real.with_name(f"{real.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    place, number = first, 2
    while place.exists() or place.is_symlink():
        place = first.with_name(f"{first.name}-{number}")
        number += 1
    return place


def folder_begun(root: Path, first: str) -> Path | None:
    """The folder beside ``root`` into which a grader was moving things when it was killed.

    That is the last one, where it has the file ``first`` and nothing else that ``root`` has too. A link
    is none: whoever put it there would choose what is moved into.
    """
    real = root.resolve()
    beside = real.parent.glob(f"{escape(real.name)}.before-*")
    last = max((path for path in beside if not path.is_symlink()), default=None)
    if last is None or not (last / first).is_file():
        return None
    both = (path for path in last.iterdir() if path.name != first and (real / path.name).exists())
    return last if next(both, None) is None else None


def put_first(to: Path, first: str, data: bytes) -> None:
    """Make the folder ``to``, its owner's alone, and write ``first``, by which it is known again."""
    to.mkdir(mode=0o700, exist_ok=True)
    write_bytes(to / first, data)


def move_all(root: Path, names: Iterable[str], to: Path) -> None:
    """Move what ``root`` has under ``names`` into the folder ``to``."""
    for name in names:
        if (root / name).exists():
            shutil.move(root / name, to / name)
