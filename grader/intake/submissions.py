"""Finds the students' submissions in what an LMS downloads: a folder, or the ZIP file itself.

Moodle names a folder ``NAME_ID_assignsubmission_file`` (older: a trailing ``_``), or, told to use no
folders, a file ``NAME_ID_assignsubmission_onlinetext_onlinetext.html``; ID is the participant's number.
Canvas names a file ``name_LATE_USER_ATTACHMENT_FILE``, or ``name_LATE_USER_text.html`` for a text entry.
Anything else is a folder or a file named by the student's id.
Source: Moodle's mod/assign/classes/downloader.php, Canvas's lib/content_zipper.rb.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from grader.model.student_id import id_fault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.intake.download import Entry

_MOODLE = re.compile(
    r"(?P<name>.*?)(?:_(?P<id>[0-9]+))?_assignsubmission_[a-z0-9]+(?:[_.].*)?", re.DOTALL
)
_CANVAS = re.compile(
    r"(?:(?P<name>.*?)_)??(?:LATE_)?(?P<id>[0-9]+|anon_[A-Za-z0-9]+)"
    r"_(?:[0-9]+_.+|text\.html|link\.html)",
    re.DOTALL,
)
_EXTENSION = re.compile(
    r"\.(?:txt|text|ini|cfg|conf|env|html?|md|csv|log|json|credentials|pdf|png|jpe?g|gif|heic"
    r"|docx?|odt|rtf|pages|zip)",
    re.IGNORECASE,
)
_NOT_OF_AN_ID = re.compile(r"[^A-Za-z0-9._@]+")
_ID_LENGTH = 80


@dataclass
class Submission:
    """What one student handed in. ``source`` is the name of it in the download.

    ``name`` is the student's as the LMS writes it, empty where the download knows only an id.
    ``files`` are in the order in which they were last changed.
    """

    student_id: str
    name: str
    source: str
    files: list[Entry] = field(default_factory=list)


def submissions_in(entries: Iterable[Entry]) -> list[Submission]:
    """The submissions that ``entries`` make, one a student, in the order of their names.

    ``student_id`` is Moodle's participant number or Canvas's user id, else the folder's or file's name,
    its extension and what no id may hold replaced. Several files or folders of one student are one
    submission.
    """
    found: dict[str, Submission] = {}
    for entry in _without_wrapper(list(entries)):
        given, name = _student(entry.parts[0], is_file=_is_top_file(entry))
        one = found.setdefault(given.casefold(), Submission(given, name, entry.parts[0]))
        if entry.read is not None:
            one.files.append(entry)
    ordered = sorted(found.values(), key=lambda one: (one.name or one.student_id).casefold())
    ids = {one.student_id: _slug(one.student_id) for one in ordered}
    count = Counter(slug.casefold() for slug in ids.values())
    for one in ordered:
        given, slug = one.student_id, ids[one.student_id]
        if slug != given:
            one.name = one.name or given
        if count[slug.casefold()] > 1 and slug != given:
            # From the name alone, so that it stays when others hand in.
            slug = f"{slug}-{_digest(given)}"
        one.student_id = slug
        one.files.sort(key=lambda file: (file.changed, file.parts))
    return ordered


def _is_top_file(entry: Entry) -> bool:
    return len(entry.parts) == 1 and entry.read is not None


def _without_wrapper(entries: list[Entry]) -> list[Entry]:
    """The entries inside the one folder that somebody packed around the LMS's download."""
    tops = {entry.parts[0] for entry in entries}
    if len(tops) != 1 or any(map(_is_top_file, entries)) or _MOODLE.fullmatch(next(iter(tops))):
        return entries
    inside = [replace(entry, parts=entry.parts[1:]) for entry in entries if entry.parts[1:]]
    folders = {e.parts[0] for e in inside if not _is_top_file(e)}
    of_an_lms = any(
        _MOODLE.fullmatch(e.parts[0]) or (_is_top_file(e) and _CANVAS.fullmatch(e.parts[0]))
        for e in inside
    )
    return inside if of_an_lms or len(folders) > 1 else entries


def _student(top: str, *, is_file: bool) -> tuple[str, str]:
    """The id and the name in a file's or folder's name; either may be all there is."""
    if moodle := _MOODLE.fullmatch(top):
        name = " ".join(moodle["name"].split())
        return moodle["id"] or name, name
    if is_file and (canvas := _CANVAS.fullmatch(top)):
        return canvas["id"], canvas["name"] or ""
    ending = _EXTENSION.search(top, max(0, top.rfind("."))) if is_file else None
    return (top[: ending.start()] if ending and ending.start() else top), ""


def _slug(given: str) -> str:
    """``given`` itself where it can be a student_id, else the nearest that can."""
    if not id_fault(given):
        return given
    ascii_only = unicodedata.normalize("NFKD", given).encode("ascii", "ignore").decode()
    slug = _NOT_OF_AN_ID.sub("-", ascii_only)[:_ID_LENGTH].strip("-.@_")
    if not slug:
        return f"student-{_digest(given)}"
    return f"student-{slug}" if id_fault(slug) else slug


def _digest(given: str) -> str:
    return hashlib.sha256(given.encode("utf-8", "surrogatepass")).hexdigest()[:8]
