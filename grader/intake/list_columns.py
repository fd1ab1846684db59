"""Which column of a class list is what: by its name in Moodle, Canvas and spreadsheets, or by its cells.

Wordings differ by version and language, so that names are compared by their letters alone. Source:
Moodle's mod/assign (``gradingtable``) and user pages in English and French, Canvas's gradebook and group
exports.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from grader.inputs.names import letters

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PLURAL = "groups"
"""The role of a column that may name several groups of a student in one cell."""

POINTS = "pointspossible"
"""What Canvas's row of points says, by its letters."""

_IDENTIFIER = frozenset(("identifier", "identifiant"))

# Letters alone, as names of columns are compared.
_BY_NAME = {
    **dict.fromkeys(("studentid",), "student_id"),
    **dict.fromkeys(
        (
            "name",
            "fullname",
            "nomcomplet",
            "student",
            "studentname",
            "etudiant",
            "etudiante",
            "eleve",
            "nometprenom",
            "nomprenom",
            "prenometnom",
            "prenomnom",
            "participant",
        ),
        "name",
    ),
    **dict.fromkeys(
        (
            "firstname",
            "prenom",
            "prenoms",
            "givenname",
        ),
        "first",
    ),
    **dict.fromkeys(
        (
            "lastname",
            "nomdefamille",
            "surname",
            "familyname",
        ),
        "last",
    ),
    **dict.fromkeys(
        (
            "email",
            "emailaddress",
            "adressedecourriel",
            "courriel",
            "mail",
            "adresseelectronique",
            "adresseemail",
            "adressemail",
            "adressecourriel",
        ),
        "email",
    ),
    **dict.fromkeys(
        (
            "group",
            "groupe",
            "groupname",
            "nomdugroupe",
            "team",
            "equipe",
            "binome",
            "pair",
        ),
        "group",
    ),
    **dict.fromkeys(
        (
            "groups",
            "groupes",
        ),
        PLURAL,
    ),
    **dict.fromkeys(
        (
            "moodleparticipant",
            *_IDENTIFIER,
        ),
        "moodle_participant",
    ),
    **dict.fromkeys(
        (
            "idnumber",
            "numerodidentification",
            "numeroetudiant",
        ),
        "id_number",
    ),
    **dict.fromkeys(
        (
            "canvasid",
            "canvasuserid",
        ),
        "canvas_id",
    ),
    **dict.fromkeys(("sisuserid",), "sis_user_id"),
    **dict.fromkeys(("sisloginid",), "sis_login_id"),
    **dict.fromkeys(("ltiuserid",), "lti_user_id"),
    **dict.fromkeys(("dueat",), "due_at"),
    **dict.fromkeys(
        (
            "submittedat",
            "lastmodifiedsubmission",
            "dernieremodificationtravailremis",
            "dernieremodificationremise",
            "dernieremodificationsoumission",
            "dernieremodificationdevoir",
        ),
        "submitted_at",
    ),
}
_CANVAS_GROUPS = {"userid": "sis_user_id", "loginid": "sis_login_id"}
_EMAIL = re.compile(r"[^\s@,;]+@[^\s@,;]+\.[^\s@,;]+")
_PARTICIPANT = re.compile(r"\D{3,40}?\s*[0-9]{1,20}")


def roles_of(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Mapping[int, str]:
    """What each column is that is known, by its place; of two for one thing the first."""
    folded = [letters(name) for name in header]
    found: dict[int, str] = {}

    def take(place: int, role: str) -> None:
        if place not in found and role not in found.values():
            found[place] = role

    for place, name in enumerate(folded):
        if role := _BY_NAME.get(name):
            cells = _cells(rows, place)
            if role == "moodle_participant" and not _are_numbered(cells):
                continue
            # Before numbers alone, which may be of one's own, a column that says what it is.
            if name not in _IDENTIFIER or not _are_bare(cells):
                take(place, role)
    for place, name in enumerate(folded):
        if name in _IDENTIFIER and _are_bare(_cells(rows, place)):
            take(place, "moodle_participant")
        elif name == "nom":
            take(place, "last" if "first" in found.values() else "name")
        elif name == "id" and _is_gradebook(header, rows):
            take(place, "canvas_id")
        elif "canvasuserid" in folded and name in _CANVAS_GROUPS:
            take(place, _CANVAS_GROUPS[name])
    if "email" not in found.values():
        # Whatever the column is called: addresses are known by their shape.
        for place in range(len(header)):
            cells = _cells(rows, place)
            if cells and sum(map(bool, map(_EMAIL.fullmatch, cells))) * 2 > len(cells):
                take(place, "email")
    return dict(sorted(found.items()))


def unsure(header: Sequence[str], rows: Sequence[Sequence[str]], roles: Mapping[int, str]) -> str:
    """The column *Identifier* that was taken for participants, and may hold numbers of one's own."""
    for place, role in roles.items():
        if role == "moodle_participant" and letters(header[place]) in _IDENTIFIER:
            return header[place] if _are_bare(_cells(rows, place)) else ""
    return ""


def _is_gradebook(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Canvas's, where *ID* is Canvas's own: names are written as Canvas does, and not *Last name*.

    A list of one's own may have these too, so that there must be another sign of Canvas.
    """
    names = {*map(letters, header)}
    if {"sisuserid", "sisloginid"} & names:
        return True
    exact = {name.strip().casefold() for name in header}
    if "student" not in names and not {"lastname", "firstname"} <= exact:
        return False
    return "section" in names or any(letters(cell) == POINTS for row in rows for cell in row)


def _cells(rows: Sequence[Sequence[str]], place: int) -> list[str]:
    return [row[place] for row in rows if place < len(row) and row[place]]


def _are_numbered(cells: Sequence[str]) -> bool:
    """Moodle writes “Participant 1234”; a column of one's own holds the number alone."""
    return all(cell.isdecimal() or _PARTICIPANT.fullmatch(cell) for cell in cells)


def _are_bare(cells: Sequence[str]) -> bool:
    return all(map(str.isdecimal, cells))
