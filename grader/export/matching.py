"""Whose grade belongs in which row of somebody else's file: certain, or not at all."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grader.i18n.language import _
from grader.inputs.names import any_order
from grader.inputs.problems import Problem
from grader.safety.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from grader.export.formats import Export
    from grader.export.sheet import Record
    from grader.model.batch import Student
    from grader.results.read_class import ClassRow

    Keys = Mapping[str, frozenset[str]]

NUMBERS = frozenset({"identifier", "id", "sis", "login"})
"""Kinds of key in which a roster's id can be another student's by chance."""

_TOLD = 60


@dataclass(frozen=True)
class CsvRow:
    """A row of the file, and what identifies a student in it: kind of key → the key's forms, and the
    ``name`` as it is written there."""

    record: Record
    label: str
    keys: Mapping[str, frozenset[str]]
    name: str


@dataclass
class Matches:
    """The pairs that are certain; ``doubtful`` rows with the reason; rows and students left over."""

    pairs: list[tuple[CsvRow, Student]] = field(default_factory=list)
    doubtful: list[tuple[CsvRow, str]] = field(default_factory=list)
    unknown: list[CsvRow] = field(default_factory=list)
    absent: list[Student] = field(default_factory=list)


def matched(
    export: Export,
    path: Path,
    csv_rows: Sequence[CsvRow],
    keys: Callable[[Student], Keys],
    stated: Callable[[Student], Keys],
    remedy: str = "",
) -> list[tuple[CsvRow, ClassRow]]:
    """Whose rows are certain: the ``csv_rows`` of the file ``path``, each with its student's row.

    They are matched with the whole class, because who has no report may still be whom a row is of.
    What is not certain is told in ``export.problems`` and ``export.notes``, with the ``remedy``: by
    default, to fill it in by hand.
    """
    students = export.students
    made = match(
        csv_rows,
        students,
        [keys(student) for student in students],
        [stated(student) for student in students],
    )
    rows = {row.student_id: row for row in export.rows}
    for csv_row, student in made.pairs:
        if student.student_id not in rows:
            why = _("the report of {student} cannot be exported", student=student.student_id)
            made.doubtful.append((csv_row, why))
    for is_missing, problem in tell(made, rows, str(path), remedy or _("Fill it in by hand.")):
        (export.problems if is_missing else export.notes).append(problem)
    export.left_out.update(rows.keys() - {student.student_id for _csv_row, student in made.pairs})
    return [
        (csv_row, rows[student.student_id])
        for csv_row, student in made.pairs
        if student.student_id in rows
    ]


def alone(
    export: Export, rows: Iterable[ClassRow], ids: Callable[[Student], Iterable[str]], columns: str
) -> Iterator[ClassRow]:
    """The ``rows`` whose ``ids`` in the LMS nobody else has; each of the others becomes a problem.

    ``columns`` are the roster's that hold them.
    """
    counted = Counter(own_id for student in export.students for own_id in {*ids(student)} - {""})
    for row in rows:
        if all(counted[own_id] < 2 for own_id in ids(row.student) if own_id):
            yield row
            continue
        message = _(
            "{student} is left out: another student has the same {column}.",
            student=row.student_id,
            column=columns,
        )
        remedy = _("Correct the roster, and grade again with --resume --force.")
        export.leave_out(row.student_id, Problem(str(export.root), None, message, remedy))


def match(
    csv_rows: Sequence[CsvRow],
    students: Sequence[Student],
    keys: Sequence[Keys],
    stated: Sequence[Keys],
) -> Matches:
    """Match the file's ``csv_rows`` with the ``students``, whose keys are ``keys``.

    ``stated`` are those of the keys that the roster says are of that kind, not perhaps of it. A row
    is a student's if every kind of key that finds anybody leaves that student alone. Doubtful are: a
    student found by a number only, where the file has a name or e-mail, unless it is the student's name
    with its words in another order; one found by name only, of whom the file and the roster state
    different keys; all rows that find the same student.
    """
    index: dict[tuple[str, str], set[int]] = defaultdict(set)
    for number, known in enumerate(keys):
        for kind, forms in known.items():
            for form in forms:
                index[kind, form].add(number)
    made = Matches()
    claimed: dict[int, list[CsvRow]] = defaultdict(list)
    for csv_row in csv_rows:
        found = {
            kind: hits
            for kind, forms in csv_row.keys.items()
            if (hits := set().union(*(index.get((kind, form), set()) for form in forms)))
        }
        if not found:
            made.unknown.append(csv_row)
            continue
        left = set.intersection(*found.values())
        several = sorted(left or set().union(*found.values()))
        if len(left) == 1:
            (one,) = several
            why = _doubt(csv_row, found, students[one], keys[one], stated[one])
        else:
            names = ", ".join(students[number].student_id for number in several[:5])
            why = _("it may be any of {names}", names=names)
        if why:
            made.doubtful.append((csv_row, why))
        else:
            claimed[several[0]].append(csv_row)
    for number, student in enumerate(students):
        mine = claimed.get(number, [])
        if len(mine) == 1:
            made.pairs.append((mine[0], student))
            continue
        made.absent.append(student)
        if mine:
            lines = ", ".join(str(csv_row.record.line) for csv_row in mine)
            why = _("{student} is found on lines {lines}", student=student.student_id, lines=lines)
            made.doubtful += [(csv_row, why) for csv_row in mine]
    return made


def _doubt(
    csv_row: CsvRow, found: Collection[str], only: Student, known: Keys, stated: Keys
) -> str:
    """Why the only student that was found may be the wrong one; nothing where that is certain."""
    student = only.student_id
    if {*found} <= NUMBERS:
        if any_order(csv_row.name) == any_order(only.name) != "":
            return ""
        said = [kind for kind in ("email", "name") if csv_row.keys.get(kind)]
        if any(known.get(kind) for kind in said):
            return _(
                "its number is that of {student}, its name and e-mail are not", student=student
            )
        if said:
            return _(
                "its number is that of {student}, of whom no name or e-mail can be compared",
                student=student,
            )
    elif {*found} == {"name"}:
        others = [
            kind
            for kind, forms in stated.items()
            if forms and csv_row.keys.get(kind) and not forms & csv_row.keys[kind]
        ]
        if others:
            if "email" in others:
                return _("its name is that of {student}, its e-mail is not", student=student)
            return _("its name is that of {student}, its number is not", student=student)
    return ""


def tell(
    made: Matches, rows: Mapping[str, ClassRow], file: str, remedy: str
) -> Iterator[tuple[bool, Problem]]:
    """What to say of students for whom nothing was written, and first whether a grade is missing
    because of it."""
    for csv_row, why in made.doubtful:
        message = _("{row} is left as it is: {why}.", row=printable(csv_row.label, _TOLD), why=why)
        yield True, Problem(file, csv_row.record.line, message, remedy)
    for csv_row in made.unknown:
        message = _(
            "{row} is left as it is: no report is this student's.",
            row=printable(csv_row.label, _TOLD),
        )
        yield False, Problem(file, csv_row.record.line, message)
    for student in made.absent:
        row = rows.get(student.student_id)
        if row is not None and row.report.score is not None:
            message = _("No row is certain to be that of {student}.", student=row.student_id)
            yield True, Problem(file, None, message, remedy)
