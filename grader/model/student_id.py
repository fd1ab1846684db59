"""Which text is a student's id: it becomes the name of a folder, here and on Windows."""

from __future__ import annotations

import re

from grader.i18n.language import _

_STUDENT_ID = re.compile(r"[A-Za-z0-9._@-]{1,100}")


# Windows keeps these names for devices, whatever extension follows.
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


def id_fault(name: str) -> tuple[str, str] | None:
    """Why ``name``, as a student_id, cannot name a folder on every system, with the remedy."""
    if len(name) > 100:
        return _("The student_id is longer than 100 characters."), _("Shorten it.")
    if not _STUDENT_ID.fullmatch(name):
        message = _("The student_id holds a character that a folder's name cannot have.")
        return message, _("Use unaccented letters, digits, “.”, “_”, “-” and “@”.")
    if name.startswith("-"):
        remedy = _("Remove it: commands would take the folder for an option.")
        return _("The student_id begins with a hyphen."), remedy
    if name.endswith("."):
        remedy = _("Remove it: a folder's name cannot end so.")
        return _("The student_id ends in a full stop."), remedy
    if _DEVICE.fullmatch(name):
        message = _("The student_id is a name that Windows keeps for a device.")
        return message, _("Add a letter or digit in front.")
    return None


def is_student_id(text: str) -> bool:
    """``text`` can name a student, and so a folder."""
    return bool(_STUDENT_ID.fullmatch(text)) and text not in {".", ".."}
