"""Decides which of a student's listed groups hands in together."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from grader.i18n.language import _, plural
from grader.inputs.names import exact_name, letters
from grader.inputs.problems import Problem
from grader.roster.groups import MOST_IN_A_GROUP
from grader.safety.printable import printable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from grader.intake.class_list import ClassList, Listed
    from grader.intake.persons import ClassRoll
    from grader.intake.submissions import Submission

_DEFAULT_GROUPS = frozenset(("defaultgroup", "groupepardefaut"))


class GroupNames:
    """How groups are told apart: by the letters of their names, and by the exact name where several
    groups of one list, or of the download, have the same letters: *Pair 1-11* and *Pair 11-1*."""

    def __init__(self, lists: Sequence[ClassList], submissions: Sequence[Submission]) -> None:
        sources = [
            [group for row in each.students for group in (row.group, *row.groups)] for each in lists
        ]
        for system in {submission.system for submission in submissions}:
            sources.append([each.name for each in submissions if each.system == system])
        self._shared: set[str] = set()
        for names in sources:
            exact = {exact_name(name) for name in names}
            count = Counter(map(letters, exact))
            self._shared |= {same for same, times in count.items() if times > 1}

    def key(self, name: str) -> str:
        """The same for one group, however it is written."""
        same = letters(name)
        return exact_name(name) if same in self._shared else same


def choose_groups(
    roll: ClassRoll,
    lists: Sequence[ClassList],
    submissions: Sequence[Submission],
    names: GroupNames,
    problems: list[Problem],
) -> None:
    """The one group of each student that hands in together, where the lists say it."""
    folders = {names.key(submission.name) for submission in submissions}
    roll.doubts += _written_alike(lists)
    for person in roll.persons:
        person.cells.pop("group", None)
        single = [row for row in person.groups if row.group]
        many = {group: row for row in person.groups for group in row.groups}
        for row in single[1:]:
            if names.key(row.group) != names.key(single[0].group):
                problems.append(_another_group(row, row.group, single[0]))
        if single:
            chosen = single[0].group
            for row in person.groups:
                known = {names.key(group) for group in row.groups}
                named = names.key(chosen) in known or letters(chosen) in _DEFAULT_GROUPS
                names_groups = any(o.file == row.file and o.names_groups for o in lists)
                if row is not single[0] and names_groups and not named and not row.group:
                    problems.append(_another_group(row, ", ".join(row.groups), single[0]))
        else:
            chosen = next((group for group in many if names.key(group) in folders), "")
            if not chosen and len(many) == 1:
                chosen = next(iter(many))
            elif not chosen and many:
                row = next(iter(many.values()))
                message = _("The student is in several groups, and none handed in: none is taken.")
                remedy = _("Fill in the roster's column group, if they work with somebody.")
                roll.doubts.append(Problem(row.file, row.line, message, remedy))
        if chosen:
            person.cells["group"] = chosen
    _drop_halves(roll, names, folders)


def _written_alike(lists: Sequence[ClassList]) -> Iterator[Problem]:
    """Groups of one list with the same letters, each once: they may be one that was mistyped."""
    for each in lists:
        first: dict[str, tuple[str, Listed]] = {}
        told: set[str] = set()
        for row in each.students:
            for group in filter(letters, (row.group, *row.groups)):
                same, other = first.setdefault(letters(group), (group, row))
                exact = exact_name(group)
                if exact != exact_name(same) and exact not in told:
                    told.add(exact)
                    message = _is_another(group, same, other)
                    remedy = _("If they are one group, write both the same way.")
                    yield Problem(row.file, row.line, message, remedy)


def _another_group(row: Listed, group: str, other: Listed) -> Problem:
    message = _is_another(group, other.group, other)
    return Problem(row.file, row.line, message, _("Correct one of the lists."))


def _is_another(group: str, other: str, row: Listed) -> str:
    return _(
        "The group is {group} here and {other} in {file}.",
        group=printable(group, 60) or "-",
        other=printable(other, 60),
        file=f"{row.file}:{row.line}",
    )


def _drop_halves(roll: ClassRoll, names: GroupNames, folders: Collection[str]) -> None:
    """Remove groups that are too large to hand in together, and did not."""
    size = Counter(person.group for person in roll.persons)
    for group, count in size.items():
        if group and count > MOST_IN_A_GROUP and names.key(group) not in folders:
            message = plural(
                count,
                "{group} has {count} student, too many to hand in together: it is not taken.",
                "{group} has {count} students, too many to hand in together: it is not taken.",
                group=printable(group, 60),
            )
            place = next(p.place for p in roll.persons if p.group == group)
            remedy = _("Fill in the roster's column group, if they work with somebody.")
            roll.doubts.append(Problem(place[0] if place else "", None, message, remedy))
            for person in roll.persons:
                if person.group == group:
                    del person.cells["group"]
