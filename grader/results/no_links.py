"""Refusing a results folder that holds a link: what lies in one is data, and is never followed."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from grader.i18n.language import _
from grader.inputs.problems import BadInput, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMED = 50


def refuse_links(root: Path) -> None:
    """Raise :class:`BadInput` naming the links below ``root``, which may be one itself.

    A folder that somebody handed over could lead writing and reading anywhere through one.
    """
    links = list(islice(_links(root), _NAMED))
    if links:
        message = _("This is a link, and nothing in a results folder is followed.")
        remedy = _("Put the file or folder itself here, or remove the link.")
        raise BadInput(Problem(str(path), None, message, remedy) for path in links)


def _links(folder: Path) -> Iterator[Path]:
    try:
        entries = list(os.scandir(folder))
    except OSError:  # whoever reads or writes there says what is wrong
        return
    for entry in entries:
        if entry.is_symlink():
            yield Path(entry.path)
        elif entry.is_dir(follow_symlinks=False):
            yield from _links(Path(entry.path))
