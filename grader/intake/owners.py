"""Whose a submission is: a student's by number or name, a group's by its name."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grader.i18n.language import _
from grader.inputs.names import letters, name_forms
from grader.inputs.problems import Problem
from grader.intake.list_merging import by_key, places_of
from grader.safety.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.intake.class_list import Listed
    from grader.intake.groups import GroupNames
    from grader.intake.persons import ClassMember
    from grader.intake.submissions import Submission

_GROUP_LIKE = re.compile(r"(?:group|gruppe|equipe|team|binome|pair|trinome)")
_NUMBER = {"moodle": "moodle_participant", "canvas": "canvas_id"}
"""The roster's column for what a system calls a student."""


@dataclass
class SubmissionOwner:
    """The student, or all members of the group. With a ``problem``, nobody: the owner is ambiguous."""

    persons: Sequence[ClassMember] = field(default_factory=list)
    is_group: bool = False
    problem: Problem | None = None


def is_like_a_group(submission: Submission) -> bool:
    """Whether its name is one that groups have."""
    return submission.system != "own" and _GROUP_LIKE.match(letters(submission.name)) is not None


def lms_number(submission: Submission) -> dict[str, str]:
    """What the system that the download is of calls the student whose submission it is."""
    if submission.system == "own" or not submission.number.isdecimal():
        return {}
    return {_NUMBER[submission.system]: submission.number}


class Owners:
    """Who may be meant by a name or a number of a download."""

    def __init__(self, persons: Sequence[ClassMember], names: GroupNames) -> None:
        self._by_key = by_key(persons)
        self._group_names = names
        self._names: dict[str, list[ClassMember]] = defaultdict(list)
        self._groups: dict[str, list[ClassMember]] = defaultdict(list)
        self._like: dict[str, list[ClassMember]] = defaultdict(list)
        for person in persons:
            if person.name:
                for form in name_forms(person.name):
                    self._names[form].append(person)
            if person.group:
                self._groups[names.key(person.group)].append(person)
                self._like[letters(person.group)].append(person)

    def is_of_a_group(self, submission: Submission) -> bool:
        """A group of the list bears its name, and not the student of its number."""
        person = self._by_number(submission)
        if person is not None and is_named(person, submission.name):
            return False
        return self._of_group(submission, submission.name) is not None

    def of(self, submission: Submission, *, by_groups: bool) -> SubmissionOwner:
        """The students whose submission it is, none where no list names them.

        ``by_groups``: groups handed in, so that a number may be a group's.
        """
        by_number = self._by_number(submission)
        if by_number is not None and is_named(by_number, submission.name):
            return SubmissionOwner([by_number])
        if (of_group := self._of_group(submission, submission.name)) is not None:
            return of_group
        if submission.system == "own":
            for column in ("student_id", "id_number", "sis_login_id", "sis_user_id", "email"):
                for given in (submission.name or submission.student_id, submission.student_id):
                    if person := self._by_key.get((column, given.casefold())):
                        return SubmissionOwner([person])
        named = self._named(submission)
        # A participant's number decides, whatever the name has become since.
        if by_number is not None and not by_groups and not is_like_a_group(submission):
            if not named:
                return SubmissionOwner([by_number])
            return self._contradiction(submission, [by_number], named)
        return self._by_name(submission, named)

    def _by_name(self, submission: Submission, named: list[ClassMember]) -> SubmissionOwner:
        numbers = lms_number(submission).items()
        others = [
            person
            for person in named
            if any(person.cells.get(column, number) != number for column, number in numbers)
        ]
        if others and submission.system == "moodle":
            return self._contradiction(submission, [], others)
        # Canvas's numbers are the same everywhere: whoever has another one is somebody else.
        named = [person for person in named if person not in others]
        if len(named) > 1:
            message = _(
                "{name}: {lines} have this name, and the download says nothing else.",
                name=printable(submission.name, 60),
                lines=places_of(named),
            )
            remedy = _("Give the list that has the numbers too: Moodle's grading worksheet.")
            return SubmissionOwner(problem=Problem(submission.source, None, message, remedy))
        if named or submission.system != "own":
            return SubmissionOwner(named)
        return (
            self._of_group(submission, submission.name or submission.student_id)
            or SubmissionOwner()
        )

    def _contradiction(
        self, submission: Submission, numbered: list[ClassMember], named: list[ClassMember]
    ) -> SubmissionOwner:
        name = printable(submission.name, 60)
        if numbered:
            message = _(
                "{name}: the number is that of {numbered}, the name that of {named}.",
                name=name,
                numbered=places_of(numbered),
                named=places_of(named),
            )
        else:
            message = _(
                "{name}: the number is {number} here, and another in {lines}.",
                name=name,
                lines=places_of(named),
                number=submission.number,
            )
        remedy = _("Give the list of this very assignment, or correct it.")
        return SubmissionOwner(problem=Problem(submission.source, None, message, remedy))

    def _of_group(self, submission: Submission, name: str) -> SubmissionOwner | None:
        """The group of this name, ``None`` where no list names one like it."""
        if members := self._groups.get(self._group_names.key(name)) if name else None:
            return SubmissionOwner(members, is_group=True)
        like = self._like.get(letters(name), []) if letters(name) else []
        if not like:
            return None
        # Of names Canvas keeps the letters alone, and says which member handed in.
        member = self._by_number(submission) if submission.system == "canvas" else None
        if member in like:
            key = self._group_names.key(member.group)
            return SubmissionOwner(self._groups[key], is_group=True)
        message = _(
            "{name}: the groups of {lines} are written alike, and none is it exactly.",
            name=printable(name, 60),
            lines=places_of(like),
        )
        remedy = _("Write it in the list as in the download; for Canvas, give the gradebook too.")
        return SubmissionOwner(problem=Problem(submission.source, None, message, remedy))

    def _named(self, submission: Submission) -> list[ClassMember]:
        found: list[ClassMember] = []
        for form in name_forms(submission.name or submission.student_id):
            found += [person for person in self._names.get(form, ()) if person not in found]
        return found

    def _by_number(self, submission: Submission) -> ClassMember | None:
        if submission.system == "own" or not submission.number:
            return None
        return self._by_key.get((_NUMBER[submission.system], submission.number.casefold()))


def is_named(person: ClassMember | Listed, name: str) -> bool:
    """Whether ``name`` may be the student's. Where either side has no name, it may be."""
    return not name or not person.name or bool(name_forms(person.name) & name_forms(name))
