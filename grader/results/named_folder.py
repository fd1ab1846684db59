"""What is wrong with a folder that was named: nothing can be put there, or it holds no results."""

from __future__ import annotations

import os
from pathlib import Path

from grader.i18n.language import N_, _
from grader.inputs.problems import BadInput, bad_input, cannot_be_read


def writable(folder: Path, file: Path | None = None) -> None:
    """Raise :class:`BadInput` unless files can be put into ``folder``, which may not exist yet.

    ``file`` is what is to be put there, where the user named that and not the folder.
    """
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    named = _told(folder if file is None else file)
    if not there.is_dir():
        other = _("{folder} is not a folder.", folder=_told(there))
        itself = _("This is not a folder.")
    elif not os.access(there, os.W_OK | os.X_OK):
        other = _("{folder} cannot be written.", folder=_told(there))
        itself = _("This folder cannot be written.")
    else:
        return
    message = itself if named == _told(there) else other
    raise bad_input(named, None, message, _("Give another place."))


def no_results(batch: Path, students: Path, error: OSError) -> BadInput:
    """Why ``batch``, the file that every results folder has, cannot be read, as ``error`` says.

    Where the folder ``students`` lies beside it, results are there, and the file alone is missing.
    """
    place, folder = batch.parent, batch.parent
    if not folder.exists():
        message = _("There is no such folder.")
    elif not folder.is_dir():
        message = _("This is not a folder.")
    elif isinstance(error, FileNotFoundError) and not students.is_dir():
        wrong = N_("This folder holds no {file}, so it is not a grader's results.")
        message = _(wrong, file=batch.name)
    else:
        place, message = batch, cannot_be_read(error)
    return bad_input(_told(place), None, message, _("Name a results folder."))


def _told(path: Path) -> Path:
    """``path`` so that it tells the reader which one it is: “.” would not."""
    return path.resolve() if path == Path() else path
