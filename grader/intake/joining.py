"""Joins class lists with each other and with a download: who is in the class, who handed in what."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from grader.i18n.language import _
from grader.inputs.names import letters, name_forms
from grader.inputs.problems import BadInput, Problem
from grader.intake.class_list import KEYS
from grader.intake.groups import choose_groups
from grader.intake.list_merging import by_key, merge, places_of
from grader.intake.persons import ClassMember, Joined
from grader.intake.submissions import digest_of, slug_of
from grader.safety.printable import printable, storable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grader.intake.class_list import ClassList
    from grader.intake.submissions import Submission

_GROUP_LIKE = re.compile(r"(?:group|gruppe|equipe|team|binome|pair|trinome)")


def joined(lists: Sequence[ClassList], submissions: Sequence[Submission]) -> Joined:
    """The class of ``lists`` with each student's ``submissions``, a group's for every member.

    Raises :class:`BadInput` with every student and group that cannot be told apart or placed.
    """
    made = Joined()
    problems: list[Problem] = []
    for class_list in lists:
        merge(made.persons, class_list, problems)
    choose_groups(made, lists, submissions, problems)
    _place(made, bool(lists), submissions, problems)
    if problems:
        raise BadInput(problems)
    _name_ids(made.persons)
    for person in made.persons:
        person.cells = person.numbers | person.cells
    return made


# -- the download ---------------------------------------------------------------------------------


def _place(
    made: Joined, listed: bool, submissions: Sequence[Submission], problems: list[Problem]
) -> None:
    """Give each submission to the student, or to all members of the group, whose it is."""
    index = _Index(made.persons)
    unplaced = []
    by_groups = any(map(index.is_of_a_group, submissions))
    for submission in submissions:
        owners, is_group = index.owners_of(submission, by_groups=by_groups)
        if len(owners) > 1 and not is_group:
            message = _(
                "{name}: {lines} have this name, and the download says nothing else.",
                name=printable(submission.name, 60),
                lines=places_of(owners),
            )
            remedy = _("Give the list that has the numbers too: Moodle's grading worksheet.")
            problems.append(Problem(submission.source, None, message, remedy))
        elif owners:
            for person in owners:
                person.submissions.append(submission)
                if not is_group:
                    person.numbers |= _number_of(submission)
        else:
            unplaced.append(submission)
    for submission in unplaced:
        like_a_group = _is_like_a_group(submission)
        if listed and (by_groups or like_a_group):
            message = _(
                "{name}: no row of the class list names this group.",
                name=printable(submission.name, 60),
            )
            remedy = _(
                "Give a list with a column Group: Moodle's grading worksheet or Canvas's groups."
            )
            problems.append(Problem(submission.source, None, message, remedy))
            continue
        if listed:
            message = _(
                "{name} is not in the class list.",
                name=printable(submission.name or submission.student_id, 60),
            )
            remedy = _("The student has a row all the same.")
            made.doubts.append(Problem(submission.source, None, message, remedy))
        elif like_a_group:
            message = _(
                "{name} seems to be a group, whose members are not known.",
                name=printable(submission.name, 60),
            )
            remedy = _("Add --class with Moodle's grading worksheet: each member gets a row.")
            made.doubts.append(Problem(submission.source, None, message, remedy))
        made.persons.append(_unlisted(submission, is_group=like_a_group))


def _is_like_a_group(submission: Submission) -> bool:
    return submission.system != "own" and _GROUP_LIKE.match(letters(submission.name)) is not None


def _unlisted(submission: Submission, *, is_group: bool) -> ClassMember:
    cells = {"name": storable(submission.name, 300)} if submission.name else {}
    cells["student_id"] = submission.student_id
    return ClassMember(
        cells, None, [submission], numbers={} if is_group else _number_of(submission)
    )


def _number_of(submission: Submission) -> dict[str, str]:
    """What the system that the download is of calls the student whose submission it is."""
    if submission.system == "own" or not submission.number.isdecimal():
        return {}
    return {
        "moodle_participant" if submission.system == "moodle" else "canvas_id": submission.number
    }


class _Index:
    """Who may be meant by a name or a number of a download."""

    def __init__(self, persons: Sequence[ClassMember]) -> None:
        self._by_key = by_key(persons)
        self._names: dict[str, list[ClassMember]] = defaultdict(list)
        self._groups: dict[str, list[ClassMember]] = defaultdict(list)
        for person in persons:
            if person.name:
                for key in name_forms(person.name):
                    self._names[key].append(person)
            if person.group:
                self._groups[letters(person.group)].append(person)

    def is_of_a_group(self, submission: Submission) -> bool:
        """A group of the list bears its name, and not the student of its number."""
        person = self._by_number(submission)
        named = person is not None and self._is_named(person, submission.name)
        return not named and bool(submission.name) and letters(submission.name) in self._groups

    def owners_of(
        self, submission: Submission, *, by_groups: bool
    ) -> tuple[list[ClassMember], bool]:
        """The students whose submission it is, and whether it is a group's.

        ``by_groups``: groups handed in, so that a number may be a group's.
        """
        by_number = self._by_number(submission)
        if by_number is not None and self._is_named(by_number, submission.name):
            return [by_number], False
        if members := self._groups.get(letters(submission.name)) if submission.name else None:
            return members, True
        # A participant's number decides, whatever the name has become since.
        if by_number is not None and not by_groups and not _is_like_a_group(submission):
            return [by_number], False
        if submission.system == "own":
            for column in ("student_id", "id_number", "sis_login_id", "sis_user_id", "email"):
                for given in (submission.name or submission.student_id, submission.student_id):
                    if person := self._by_key.get((column, given.casefold())):
                        return [person], False
        found: list[ClassMember] = []
        name = submission.name or submission.student_id
        for key in name_forms(name):
            found += [person for person in self._names.get(key, ()) if person not in found]
        if found or submission.system != "own":
            return found, False
        return self._groups.get(letters(name), []), bool(self._groups.get(letters(name)))

    def _by_number(self, submission: Submission) -> ClassMember | None:
        if submission.system == "own" or not submission.number:
            return None
        column = "moodle_participant" if submission.system == "moodle" else "canvas_id"
        return self._by_key.get((column, submission.number.casefold()))

    def _is_named(self, person: ClassMember, name: str) -> bool:
        forms = name_forms(person.name)
        return not name or not person.name or bool(forms & name_forms(name))


# -- ids ------------------------------------------------------------------------------------------


def _name_ids(persons: Sequence[ClassMember]) -> None:
    """A student_id for everybody: the first that the list or the download has, else their name."""
    taken: set[str] = set()
    for person in persons:
        for given in _candidates(person):
            slug = slug_of(given)
            if slug.casefold() in taken:
                slug = f"{slug}-{digest_of(person.name + person.cells.get('email', ''))}"
            if slug.casefold() not in taken:
                taken.add(slug.casefold())
                person.cells["student_id"] = slug
                break


def _candidates(person: ClassMember) -> Iterator[str]:
    yield from (person.cells[column] for column in KEYS if person.cells.get(column))
    yield from (submission.student_id for submission in person.submissions)
    place = "{}:{}".format(*(person.place or ("", 0)))
    yield person.name or place
    yield f"{person.name} {place}"
