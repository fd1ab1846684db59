"""Students as a person names them: by id, by name or by e-mail address."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Protocol

from grader.i18n.language import N_, _
from grader.inputs.names import id_forms, name_keys
from grader.inputs.problems import BadInput, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence


class FindableStudent(Protocol):
    """A row of the roster, as it was read or as a batch keeps it."""

    @property
    def student_id(self) -> str:
        """The roster's id."""

    @property
    def name(self) -> str:
        """May be empty."""

    @property
    def email(self) -> str:
        """May be empty."""


def find_students(
    students: Sequence[FindableStudent],
    named: Sequence[str],
    option: str,
    *,
    in_results: bool = False,
) -> list[str]:
    """The ids of the students that are ``named``, each once, in that order.

    An id counts before an e-mail address, and that before a name; case and accents of a name do not
    count. Raises :class:`BadInput` of ``option`` with everybody who is not found, or whose name several
    have. ``in_results``: ``students`` are those of a results folder, whatever a roster says by now.
    """
    problems: list[Problem] = []
    found: dict[str, None] = {}
    for text in named:
        ids = found_students(students, text)
        if len(ids) == 1:
            found[ids[0]] = None
        elif ids:
            message = _("{name} is several students: {ids}.", name=repr(text), ids=", ".join(ids))
            problems.append(Problem(option, None, message, _("Give the student_id.")))
        else:
            problems.append(_unknown(students, text, option, in_results=in_results))
    if problems:
        raise BadInput(problems)
    return list(found)


def found_students(students: Sequence[FindableStudent], text: str) -> list[str]:
    """The ids of everybody whom ``text`` may mean."""
    ids = [student.student_id for student in students if student.student_id == text]
    emails = [
        student.student_id for student in students if id_forms(student.email) & id_forms(text)
    ]
    names = [
        student.student_id for student in students if name_keys(student.name) & name_keys(text)
    ]
    return ids or emails or names


def _unknown(
    students: Sequence[FindableStudent], text: str, option: str, *, in_results: bool
) -> Problem:
    known = {
        word.casefold(): word
        for student in students
        for word in (student.student_id, student.name)
        if word
    }
    near = difflib.get_close_matches(text.casefold(), known, n=1, cutoff=0.75)
    remedy = _("Did you mean {near}?", near=repr(known[near[0]])) if near else ""
    of_roster = N_("There is no student {name} in the roster.")
    of_results = N_("There is no student {name} among these results.")
    message = _(of_results if in_results else of_roster, name=repr(text))
    return Problem(option, None, message, remedy)
