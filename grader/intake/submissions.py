"""Finds the students' submissions in what an LMS downloads: a folder, or the ZIP file itself.

Moodle names a folder ``NAME_ID_assignsubmission_file`` (older: a trailing ``_``), or, told to use no
folders, a file ``NAME_ID_assignsubmission_onlinetext_onlinetext.html``; ID is the participant's number,
or a group's where groups hand in. Canvas names a file ``name_LATE_USER_ATTACHMENT_FILE``, or
``name_LATE_USER_text.html`` for a text entry; where groups hand in, the name is the group's and the user
one of its members. Later attachments have higher numbers.
Anything else is a folder or a file named by the student's id.
Source: Moodle's mod/assign/classes/downloader.php, Canvas's lib/content_zipper.rb.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Literal, TypeAlias

from grader.model.student_id import id_fault

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from grader.intake.download import Entry

_MOODLE = re.compile(
    r"(?P<name>.*?)(?:_(?P<id>[0-9]+))?_assignsubmission_[a-z0-9]+(?:[_.].*)?", re.DOTALL
)
_ANONYMOUS = re.compile(
    r"(?:LATE_)?(?P<id>anon_[A-Za-z0-9]+)_(?:(?P<order>[0-9]+)_.+|text\.html|link\.html)", re.DOTALL
)
# Where a number can be a user's: what follows is an attachment's number and its file, or a text.
_CANVAS_USER = re.compile(
    r"(?:^|_)(?P<id>[0-9]+)(?=_(?:(?P<order>[0-9]+)_.|text\.html$|link\.html$))", re.DOTALL
)
_BLIND = frozenset({"participant", "participante", "teilnehmer/in", "participante/a"})
"""What Moodle calls everybody where students are anonymous: not a name."""
_EXTENSION = re.compile(
    r"\.(?:txt|text|ini|cfg|conf|env|html?|md|csv|log|json|credentials|pdf|png|jpe?g|gif|heic"
    r"|docx?|odt|rtf|pages|zip)",
    re.IGNORECASE,
)
_NOT_OF_AN_ID = re.compile(r"[^A-Za-z0-9._@]+")
_ID_LENGTH = 80
_MOST_NUMBERS = 20

System: TypeAlias = Literal["moodle", "canvas", "own"]
"""Who named the files."""


@dataclass
class Submission:
    """What one student handed in. ``source`` is the name of it in the download.

    ``name`` is the student's or the group's as the LMS writes it, empty where the download knows only an
    id. ``number`` is that of ``system``: of Moodle's participant or group, of Canvas's user; empty where
    the download has none. ``files`` are in the order in which they were last changed.
    """

    student_id: str
    name: str
    source: str
    system: System = "own"
    number: str = ""
    files: list[Entry] = field(default_factory=list)


@dataclass(frozen=True)
class _Named:
    """What a file's or folder's name says: whose it is, and the attachment's number."""

    student: str
    name: str = ""
    system: System = "own"
    number: str = ""
    order: int = 0


def submissions_in(
    entries: Iterable[Entry], users: Collection[str] = frozenset()
) -> list[Submission]:
    """The submissions that ``entries`` make, one a student, in the order of their names.

    ``student_id`` is Moodle's participant number or Canvas's user id, else the folder's or file's name,
    its extension and what no id may hold replaced. Several files or folders of one student are one
    submission. ``users`` are the numbers of Canvas's users that are known: they decide where a name of a
    file can be read in several ways.
    """
    found: dict[str, Submission] = {}
    orders: dict[str, int] = {}
    for entry in _without_wrapper(list(entries)):
        top = entry.parts[0]
        named = _named(top, is_file=_is_top_file(entry), users=users)
        fresh = Submission(named.student, named.name, top, named.system, named.number)
        submission = found.setdefault(named.student.casefold(), fresh)
        if entry.read is not None:
            submission.files.append(entry)
            orders[entry.path] = named.order
    ordered = sorted(
        found.values(), key=lambda submission: (submission.name or submission.student_id).casefold()
    )
    ids = {submission.student_id: slug_of(submission.student_id) for submission in ordered}
    count = Counter(slug.casefold() for slug in ids.values())
    for submission in ordered:
        given, slug = submission.student_id, ids[submission.student_id]
        if slug != given:
            submission.name = submission.name or given
        if count[slug.casefold()] > 1 and slug != given:
            # From the name alone, so that it stays when others hand in.
            slug = f"{slug}-{short_digest(given)}"
        submission.student_id = slug
        submission.files.sort(key=lambda file: (file.changed, orders[file.path], file.parts))
    return ordered


def packed_download(path: Path, found: Sequence[Submission]) -> Path | None:
    """The ZIP file that is all there is in the folder ``path``: what the LMS gave, and no student."""
    if len(found) != 1 or not path.is_dir() or found[0].system != "own":
        return None
    only = path / found[0].source
    return only if only.suffix.lower() == ".zip" and only.is_file() else None


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
        _MOODLE.fullmatch(e.parts[0]) or (_is_top_file(e) and _of_canvas(e.parts[0], ()))
        for e in inside
    )
    return inside if of_an_lms or len(folders) > 1 else entries


def _named(top: str, *, is_file: bool, users: Collection[str]) -> _Named:
    if moodle := _MOODLE.fullmatch(top):
        name = " ".join(moodle["name"].split())
        number = moodle["id"] or ""
        name = "" if name.casefold() in _BLIND and number else name
        return _Named(number or name, name, "moodle", number)
    if is_file and (canvas := _of_canvas(top, users)):
        return canvas
    ending = _EXTENSION.search(top, max(0, top.rfind("."))) if is_file else None
    return _Named(top[: ending.start()] if ending and ending.start() else top)


def _of_canvas(top: str, users: Collection[str]) -> _Named | None:
    """Whose file it is by Canvas's way to name it, if it is named so.

    A name may hold numbers, and so may the student's own file. A user who is known decides; else the
    first number below a name with a letter, else the last that can be a user's.
    """
    if anonymous := _ANONYMOUS.fullmatch(top):
        return _Named(
            anonymous["id"], "", "canvas", anonymous["id"], int((anonymous["order"] or "0")[:18])
        )
    # Attachments and names have few numbers: a name that is all numbers is not looked through.
    places = list(islice(_CANVAS_USER.finditer(top), _MOST_NUMBERS))
    if not places:
        return None
    known = [place for place in places if place["id"] in users]
    # Names that Canvas writes hold no number between underscores but at their beginning.
    lettered = [place for place in places if re.search(r"[^\W\d_]", top[: place.start()])]
    place = next(iter(known or lettered), places[-1])
    name = top[: place.start()].removesuffix("_LATE")
    name = "" if name == "LATE" else name
    return _Named(place["id"], name, "canvas", place["id"], int((place["order"] or "0")[:18]))


def slug_of(given: str) -> str:
    """``given`` itself where it can be a student_id, else the nearest that can."""
    if not id_fault(given):
        return given
    ascii_only = unicodedata.normalize("NFKD", given).encode("ascii", "ignore").decode()
    slug = _NOT_OF_AN_ID.sub("-", ascii_only)[:_ID_LENGTH].strip("-.@_")
    if not slug:
        return f"student-{short_digest(given)}"
    return f"student-{slug}" if id_fault(slug) else slug


def short_digest(given: str) -> str:
    """Eight digits that stay with ``given``, to tell ids apart."""
    return hashlib.sha256(given.encode("utf-8", "surrogatepass")).hexdigest()[:8]
