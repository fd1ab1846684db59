"""Joins class lists with each other and with a download: who is in the class, who handed in what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.i18n.language import _
from grader.inputs.problems import BadInput, Problem
from grader.intake.class_list import MATCHING_COLUMNS
from grader.intake.groups import GroupNames, choose_groups
from grader.intake.list_merging import merge
from grader.intake.owners import Owners, is_like_a_group, is_named, lms_number
from grader.intake.persons import ClassMember, ClassRoll
from grader.intake.submissions import short_digest, slug_of
from grader.safety.printable import printable, storable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grader.intake.class_list import ClassList
    from grader.intake.submissions import Submission


def joined(lists: Sequence[ClassList], submissions: Sequence[Submission]) -> ClassRoll:
    """The class of ``lists`` with each student's ``submissions``, a group's for every member.

    Raises :class:`BadInput` with every student and group that cannot be told apart or placed.
    """
    roll = ClassRoll()
    problems: list[Problem] = []
    _leave_own_numbers(lists, submissions)
    for class_list in lists:
        merge(roll.persons, class_list, problems)
    names = GroupNames(lists, submissions)
    choose_groups(roll, lists, submissions, names, problems)
    _place(roll, bool(lists), submissions, names, problems)
    if problems:
        raise BadInput(problems)
    _name_ids(roll.persons)
    for person in roll.persons:
        person.cells = person.numbers | person.cells
    return roll


def _leave_own_numbers(lists: Sequence[ClassList], submissions: Sequence[Submission]) -> None:
    """Numbers alone under *Identifier* are Moodle's where the download has one of them, by that name.

    Else the column is one's own, unless it is all that names a student.
    """
    named = {(each.number, each.name) for each in submissions if each.system == "moodle"}
    for class_list in lists:
        rows = [row for row in class_list.students if "moodle_participant" in row.cells]
        numbered = {row.cells["moodle_participant"]: row for row in rows}
        if (
            class_list.unsure
            and all(
                {"name", *MATCHING_COLUMNS} & {*row.cells} - {"moodle_participant"} for row in rows
            )
            and not any(
                number in numbered and is_named(numbered[number], name) for number, name in named
            )
        ):
            del class_list.taken[class_list.unsure]
            for row in rows:
                del row.cells["moodle_participant"]


# -- the download ---------------------------------------------------------------------------------


def _place(
    roll: ClassRoll,
    listed: bool,
    submissions: Sequence[Submission],
    names: GroupNames,
    problems: list[Problem],
) -> None:
    """Give each submission to the student, or to all members of the group, whose it is."""
    owners = Owners(roll.persons, names)
    unplaced = []
    by_groups = any(map(owners.is_of_a_group, submissions))
    for submission in submissions:
        found = owners.of(submission, by_groups=by_groups)
        problem = found.problem
        number = {} if found.is_group else lms_number(submission)
        for person in found.persons:
            problem = problem or _another_number(person, number, submission)
            person.submissions.append(submission)
            person.numbers |= number
        if problem:
            problems.append(problem)
        elif not found.persons:
            unplaced.append(submission)
    strangers: dict[tuple[str, str, bool], ClassMember] = {}
    for submission in unplaced:
        like_a_group = is_like_a_group(submission)
        given = submission.number or submission.student_id
        stranger = (submission.system, given.casefold(), like_a_group)
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
        if known := strangers.get(stranger):
            # Moodle numbers participants anew in each assignment; what others call a student stays.
            if submission.system == "moodle" and not is_named(known, submission.name):
                problems.append(_same_number(known, submission))
            known.submissions.append(submission)
            continue
        if listed:
            message = _(
                "{name} is not in the class list.",
                name=printable(submission.name or submission.student_id, 60),
            )
            remedy = _("The student has a row all the same.")
            roll.doubts.append(Problem(submission.source, None, message, remedy))
        elif like_a_group:
            message = _(
                "{name} seems to be a group, whose members are not known.",
                name=printable(submission.name, 60),
            )
            remedy = _("Add --class with Moodle's grading worksheet: each member gets a row.")
            roll.doubts.append(Problem(submission.source, None, message, remedy))
        strangers[stranger] = _unlisted(submission, is_group=like_a_group)
    roll.persons += strangers.values()


def _another_number(
    person: ClassMember, number: dict[str, str], submission: Submission
) -> Problem | None:
    """The problem that two students whom the system tells apart were taken for one, by their name."""
    if all(person.numbers.get(column, text) == text for column, text in number.items()):
        return None
    message = _(
        "{name}: {other} is by another student or of another assignment, by its number.",
        name=printable(submission.name, 60),
        other=printable(person.submissions[-1].source, 100),
    )
    remedy = _(
        "Give a list that has the numbers, and the downloads of two assignments one after the other."
    )
    return Problem(submission.source, None, message, remedy)


def _same_number(known: ClassMember, submission: Submission) -> Problem:
    """The problem that a number of Moodle's names two students, which it does not within one
    assignment."""
    message = _(
        "{name}: {other} has the same number, of another assignment.",
        name=printable(submission.name, 60),
        other=printable(known.submissions[0].source, 100),
    )
    remedy = _("Give the downloads of two assignments one after the other.")
    return Problem(submission.source, None, message, remedy)


def _unlisted(submission: Submission, *, is_group: bool) -> ClassMember:
    cells = {"name": storable(submission.name, 300)} if submission.name else {}
    cells["student_id"] = submission.student_id
    return ClassMember(
        cells, None, [submission], numbers={} if is_group else lms_number(submission)
    )


# -- ids ------------------------------------------------------------------------------------------


def _name_ids(persons: Sequence[ClassMember]) -> None:
    """A student_id for everybody: the first that the list or the download has, else their name."""
    taken: set[str] = set()
    for person in persons:
        for given in _candidates(person):
            slug = slug_of(given)
            if slug.casefold() in taken:
                slug = f"{slug}-{short_digest(person.name + person.cells.get('email', ''))}"
            if slug.casefold() not in taken:
                taken.add(slug.casefold())
                person.cells["student_id"] = slug
                break


def _candidates(person: ClassMember) -> Iterator[str]:
    yield from (person.cells[column] for column in MATCHING_COLUMNS if person.cells.get(column))
    yield from (submission.student_id for submission in person.submissions)
    place = "{}:{}".format(*(person.place or ("", 0)))
    yield person.name or place
    yield f"{person.name} {place}"
