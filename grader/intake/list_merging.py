"""Joins class lists with each other: by ids and addresses, else by a name that one student alone has."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from grader.i18n.language import _
from grader.inputs.names import any_order, exact_name, name_forms
from grader.inputs.problems import Problem
from grader.intake.class_list import MATCHING_COLUMNS
from grader.intake.persons import ClassMember

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from grader.intake.class_list import ClassList, Listed


def merge(persons: list[ClassMember], class_list: ClassList, problems: list[Problem]) -> None:
    """Add what a list says to the persons whom it names; whom it alone names is added."""
    keys = by_key(persons)
    rows: dict[int, Listed] = {}
    unknown: list[Listed] = []
    for student in class_list.students:
        same = _unique(keys[key] for key in keys_of(student.cells) if key in keys)
        if not same:
            unknown.append(student)
        elif why := _not_the_same(student, same, rows):
            problems.append(Problem(class_list.file, student.line, why, _correct_one()))
        else:
            rows[id(same[0])] = student
            _add(same[0], student)
    # Whoever has a row of this list already is not the namesake of another.
    by_name = defaultdict(list)
    for person in persons:
        if person.name and id(person) not in rows:
            by_name[_by_words(person.name)].append(person)
    count = Counter(_by_words(student.name) for student in unknown if student.name)
    for student in unknown:
        name = _by_words(student.name)
        namesakes = by_name[name] if student.name else []
        if not namesakes:
            persons.append(
                ClassMember(dict(student.cells), (class_list.file, student.line), [], [student])
            )
        elif problem := _not_by_name(class_list.file, student, namesakes, count[name]):
            problems.append(problem)
        else:
            _add(namesakes[0], student)


def places_of(persons: Iterable[ClassMember]) -> str:
    """Where class lists name ``persons``."""
    return ", ".join("{}:{}".format(*(person.place or ("", 0))) for person in persons)


def keys_of(cells: dict[str, str]) -> list[tuple[str, str]]:
    """Every cell that tells a student apart, each with its column."""
    return [(column, cells[column].casefold()) for column in MATCHING_COLUMNS if cells.get(column)]


def by_key(persons: Iterable[ClassMember]) -> dict[tuple[str, str], ClassMember]:
    """The person who has each id and address."""
    return {key: person for person in persons for key in keys_of(person.cells)}


def _by_words(name: str) -> str:
    return any_order(name) or exact_name(name)


def _unique(persons: Iterable[ClassMember]) -> list[ClassMember]:
    return list({id(person): person for person in persons}.values())


def _add(person: ClassMember, student: Listed) -> None:
    person.cells = student.cells | person.cells
    person.groups.append(student)


def _not_the_same(
    student: Listed, same: Sequence[ClassMember], rows: dict[int, Listed]
) -> str | None:
    """Why a row cannot be of the student whose id or address it has."""
    person = same[0]
    if len(same) > 1:
        return _("Its ids are those of different students: {lines}.", lines=places_of(same))
    if other := rows.get(id(person)):
        return _("Line {line} is of the same student.", line=other.line)
    if differing := _contradict(person.cells, student.cells, MATCHING_COLUMNS[:-1]):
        return _another(differing, person)
    # Moodle numbers participants anew in each assignment: alone it says nothing of another name.
    shared = {column for column, _text in {*keys_of(person.cells)} & {*keys_of(student.cells)}}
    named = shared != {"moodle_participant"} or not (person.name and student.name)
    if not (named or name_forms(person.name) & name_forms(student.name)):
        return _another("name", person)
    return None


def _not_by_name(
    file: str, student: Listed, namesakes: Sequence[ClassMember], count: int
) -> Problem | None:
    """Why a row cannot be said to be of a student who has its name."""
    if len(namesakes) > 1:
        message = _("Several students of another list have this name.")
    elif count > 1:
        message = _(
            "Several rows of this list have the name that {file} has once.",
            file=places_of(namesakes),
        )
    elif differing := _contradict(namesakes[0].cells, student.cells, MATCHING_COLUMNS):
        remedy = _(
            "Correct one of the lists, or rename its column if it says something else. If they are two "
            "students of one name, give each list a row of both."
        )
        return Problem(file, student.line, _another(differing, namesakes[0]), remedy)
    else:
        return None
    remedy = _("Add a column with e-mail addresses or ids to both lists.")
    return Problem(file, student.line, message, remedy)


def _another(column: str, person: ClassMember) -> str:
    return _("The {column} is another than in {file}.", column=column, file=places_of([person]))


def _correct_one() -> str:
    return _("Correct one of the lists.")


def _contradict(one: dict[str, str], other: dict[str, str], columns: Iterable[str]) -> str | None:
    """The first of ``columns`` in which two rows cannot be one student's."""
    for column in columns:
        if column in one and column in other and one[column].casefold() != other[column].casefold():
            return column
    return None
