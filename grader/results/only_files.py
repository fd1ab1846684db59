"""Refusing a results folder that holds anything but files and folders: what lies in one is data."""

from __future__ import annotations

import os
import stat
from itertools import islice, takewhile
from typing import TYPE_CHECKING

from grader.i18n.language import _
from grader.inputs.problems import BadInput, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_NAMED = 50


def refuse_all_but_files(root: Path) -> None:
    """Raise :class:`BadInput` naming what lies below ``root`` and is neither a file nor a folder.

    A folder that somebody handed over could lead writing and reading anywhere through a link, and make
    them wait for ever at a pipe or a device. ``root`` may be a link itself.
    """
    problems = list(islice(_problems(root), _NAMED))
    if problems:
        raise BadInput(problems)


def links_between(out: Path, target: Path) -> Iterator[Problem]:
    """What is wrong where ``target``, or a folder between it and ``out``, is a link.

    Whoever may put one there would choose what is written over. ``out`` may be a link itself.
    """
    below = takewhile(lambda path: path != out, (target, *target.parents))
    for path in below if target.is_relative_to(out) else ():
        if path.is_symlink():
            message = _("This is a link, and nothing is written through one.")
            yield Problem(str(path), None, message, _("Remove it, or give --out another place."))


def refuse_links_between(out: Path, targets: Iterable[Path]) -> None:
    """Raise :class:`BadInput` naming each of :func:`links_between` of ``targets``."""
    problems = {problem: None for target in targets for problem in links_between(out, target)}
    if problems:
        raise BadInput(problems)


def _problems(root: Path) -> Iterator[Problem]:
    folders = [str(root)]
    while folders:
        try:
            entries = list(os.scandir(folders.pop()))
        except OSError:  # whoever reads or writes there says what is wrong
            continue
        for entry in entries:
            # What the folder itself says of its entries: no file is asked.
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            elif entry.is_symlink():
                message = _("This is a link, and nothing in a results folder is followed.")
                remedy = _("Put the file or folder itself here, or remove the link.")
                yield Problem(entry.path, None, message, remedy)
            elif not entry.is_file(follow_symlinks=False) and _is_there(entry):
                yield Problem(
                    entry.path, None, _("This is not an ordinary file."), _("Move it away.")
                )


def _is_there(entry: os.DirEntry[str]) -> bool:
    """Whether the entry exists and is no regular file; one that vanished meanwhile is fine."""
    try:
        return not stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode)
    except OSError:
        return False
