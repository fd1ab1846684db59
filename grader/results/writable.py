"""Whether files can be put into a folder, asked before anything is done."""

from __future__ import annotations

import os
from pathlib import Path

from grader.i18n.language import _
from grader.inputs.problems import bad_input


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


def _told(path: Path) -> Path:
    """``path`` so that it tells the reader which one it is: “.” would not."""
    return path.resolve() if path == Path() else path
