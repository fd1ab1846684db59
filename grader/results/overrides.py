"""``overrides.csv``: a human's marks, written by `grader override` or in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from grader.i18n.language import _
from grader.inputs.csv_cell import cell, undefused
from grader.inputs.csv_width import wider_than_header
from grader.inputs.problems import BadInput, Problem
from grader.inputs.schema_errors import did_you_mean, perhaps_meant
from grader.inputs.text_file import read_text
from grader.model.report import Adjustment
from grader.results.atomic_write import write_text
from grader.roster.table import read_cells
from grader.safety.printable import printable
from grader.scoring.adjust import with_overrides
from grader.scoring.scale import decimal_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from grader.model.report import Report
    from grader.rubric.rubric import Rubric

OVERRIDES = "overrides.csv"
COLUMNS = ("student_id", "criterion", "points", "why", "by", "at")
BONUS_CRITERION, TOTAL_CRITERION = "bonus", "total"
"""Stand for a criterion: points besides, and the score itself."""

_REQUIRED = COLUMNS[:4]
_LIMIT_BYTES = 16 * 1024 * 1024
_MAX_TEXT = 1000
_NEAR_NAMES_FOR = 50
"""Problems whose remedy is the nearest name: looked for in a whole class, each is slow, and no more are
shown."""
_WHOLE, _DECIMALS = re.compile(r"[+-]?[0-9]{1,9}"), re.compile(r"[0-9]{1,9}")


class Worth(NamedTuple):
    """What marks are measured by: the points of each criterion and of all.

    ``former`` are criteria that the rubric no longer has: their marks stay, and count nothing.
    """

    criteria: Mapping[str, float]
    maximum: float
    former: frozenset[str] = frozenset()

    @classmethod
    def of(cls, rubric: Rubric, former: Iterable[str] = ()) -> Worth:
        """By this rubric."""
        criteria = {
            criterion.id: round(float(criterion.points), 4) for criterion in rubric.criteria
        }
        return cls(criteria, float(rubric.max_score), frozenset(former) - criteria.keys())


@dataclass(frozen=True)
class Overrides:
    """The marks of each student, by id, and what a human should know of the file."""

    marks: Mapping[str, tuple[Adjustment, ...]] = field(default_factory=dict)
    notes: tuple[Problem, ...] = ()

    def apply_to(self, report: Report) -> Report:
        """The report with the marks that its student has now."""
        return with_overrides(report, self.marks.get(report.student_id, ()))


def points_of(text: str) -> float | None:
    """A number of points, with a point or a comma, to 4 decimals; ``None`` for anything else."""
    value = decimal_of(text, signed=True)
    return None if value is None else round(float(value), 4) + 0.0


def parse_override(
    criterion: str, points: str, worth: Worth, *, look_for_near: bool = True
) -> Adjustment | tuple[str, str]:
    """The mark that a criterion, or ``bonus`` or ``total``, and its points say; else what is wrong, and
    the remedy, which is the nearest criterion if that is to be looked for. A criterion of the rubric
    goes before the word."""
    names = [*worth.criteria, BONUS_CRITERION, TOTAL_CRITERION]
    if criterion not in names and criterion not in worth.former:
        message = _("The rubric has no criterion “{given}”.", given=printable(criterion, 80))
        return message, did_you_mean(criterion, names if look_for_near else ())
    value = points_of(points)
    if value is None:
        message = _("“{given}” is not a number of points.", given=printable(points, 40))
        return message, _("Write one like 2 or 2.5.")
    if criterion in worth.former and criterion not in {BONUS_CRITERION, TOTAL_CRITERION}:
        return Adjustment(kind="override", criterion=criterion, points=value)
    most = worth.criteria.get(criterion, worth.maximum)
    kind = "override" if criterion in worth.criteria else criterion
    least = -most if kind == BONUS_CRITERION else 0.0
    if not least <= value <= most:
        message = _(
            "{points} points are not between {least} and {most}, for “{criterion}”.",
            points=f"{value:g}",
            least=f"{least:g}",
            most=f"{most:g}",
            criterion=criterion,
        )
        return message, _("Write a number that is.")
    if kind == "override":
        return Adjustment(kind="override", criterion=criterion, points=value)
    return Adjustment(kind="bonus" if kind == BONUS_CRITERION else "total", points=value)


def read_overrides(root: Path, students: Collection[str], worth: Worth) -> Overrides:
    """The marks in the results directory ``root``, of its ``students``; none where there is no file.

    Raises :class:`BadInput` with every line of nobody, of no criterion, without a reason, or with points
    that are none or out of bounds. Of two marks of one thing the later counts, and both are told.
    """
    path = root / OVERRIDES
    if not path.exists():
        return Overrides()
    delimiter, header, records = _cells(path)
    ids = {name.casefold(): name for name in students}
    problems: list[Problem] = []
    notes: list[Problem] = []
    found: dict[str, dict[str, Adjustment]] = {}
    first: dict[tuple[str, str], int] = {}
    for line, given in records:
        row = {name: undefused(text) for name, text in zip(header, given, strict=False)}
        row = {name: row.get(name, "") for name in COLUMNS}
        wrong: list[tuple[str, str]] = []
        look_for_near = len(problems) < _NEAR_NAMES_FOR
        student = ids.get(row["student_id"].casefold())
        if student is None:
            message = _("There is no student {name} in the class.", name=repr(row["student_id"]))
            there = students if look_for_near else ()
            near = perhaps_meant(row["student_id"], there, likeness=0.75)
            wrong.append((message, near or _("Remove the line.")))
        override = parse_override(
            row["criterion"], row["points"], worth, look_for_near=look_for_near
        )
        if not isinstance(override, Adjustment):
            wrong.append(override)
        if fault := why_fault(row["why"]) or _decimal_fault(row, delimiter):
            wrong.append(fault)
        problems += [Problem(str(path), line, *problem) for problem in wrong]
        if student is None or not isinstance(override, Adjustment):
            continue
        thing = row["criterion"]
        earlier = first.setdefault((student, thing), line)
        if earlier != line:
            message = _(
                "“{criterion}” of {student} is marked on line {first} too: this line counts.",
                criterion=thing,
                student=student,
                first=earlier,
            )
            notes.append(Problem(str(path), line, message, _("Remove the one that is not meant.")))
            first[student, thing] = line
        if thing in worth.former:
            message = _(
                "The rubric no longer has “{criterion}”: this mark counts nothing.", criterion=thing
            )
            notes.append(Problem(str(path), line, message))
        made = msgspec.structs.replace(
            override, why=row["why"], by=row["by"][:_MAX_TEXT], at=row["at"][:_MAX_TEXT]
        )
        found.setdefault(student, {})[thing] = made
    if problems:
        raise BadInput(problems)
    return Overrides({name: tuple(marks.values()) for name, marks in found.items()}, tuple(notes))


def why_fault(why: str) -> tuple[str, str] | None:
    """What is wrong with the reason of a mark, and the remedy; ``None`` if it can be one."""
    if not why.strip():
        return _("There is no reason."), _("Say why: the student reads it.")
    if len(why) > _MAX_TEXT:
        message = _("The reason is longer than {most} characters.", most=_MAX_TEXT)
        return message, _("Shorten it.")
    return None


def number_fault(points: float, why: str) -> tuple[str, str] | None:
    """The fault of an override whose points and reason would be read back as one decimal number, and the
    remedy; or ``None``."""
    if not _is_cut(_number(points), why):
        return None
    return _("The reason has no word."), _("Say why: the student reads it.")


def _is_cut(points: str, why: str) -> bool:
    return bool(_WHOLE.fullmatch(points) and _DECIMALS.fullmatch(why))


def _number(points: float) -> str:
    return f"{points:.4f}".rstrip("0").rstrip(".")


def _decimal_fault(row: Mapping[str, str], delimiter: str) -> tuple[str, str] | None:
    """That a decimal comma cut the points in two, and the remedy; ``None`` where it did not."""
    points, rest = row["points"], row["why"]
    if delimiter != "," or not _is_cut(points, rest):
        return None
    message = _(
        "Did you mean {points},{rest}? The comma in it begins another cell.",
        points=points,
        rest=rest,
    )
    return message, _("Write {points}.{rest}, or put quotes around it.", points=points, rest=rest)


def with_override(root: Path, student_id: str, criterion: str, override: Adjustment) -> str:
    """The text of ``overrides.csv`` with this mark in the place of an earlier one of the same thing.

    What else stands there stays, in its columns and with its delimiter.
    """
    path, delimiter, header = root / OVERRIDES, ",", list(COLUMNS)
    records: list[tuple[int, list[str]]] = []
    if path.exists():
        delimiter, header, records = _cells(path)
        header += [name for name in COLUMNS if name not in header]
    value = _number(override.points)
    row = {
        "student_id": student_id,
        "criterion": criterion,
        "points": value.replace(".", ",") if delimiter == ";" else value,
        "why": cell(override.why),
        "by": cell(override.by),
        "at": override.at,
    }
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(header)
    who, what = header.index("student_id"), header.index("criterion")
    for _line, given in records:
        cells = [*given, *[""] * (len(header) - len(given))]
        if (cells[who].casefold(), cells[what]) != (student_id.casefold(), criterion):
            writer.writerow(cells)
    writer.writerow([row.get(name, "") for name in header])
    return text.getvalue()


def write_overrides(root: Path, text: str) -> None:
    """Write ``overrides.csv`` whole."""
    write_text(root / OVERRIDES, text)


def _cells(path: Path) -> tuple[str, list[str], list[tuple[int, list[str]]]]:
    """The delimiter, the header's columns, and the records with their lines.

    Raises :class:`BadInput` where the rows cannot be read by the header.
    """
    file = read_text(path, limit_bytes=_LIMIT_BYTES, save_as="CSV UTF-8")
    problems: list[Problem] = []
    delimiter, records = read_cells(file.text, str(path), problems)
    line, header = records[0] if records else (1, [])
    missing = [name for name in _REQUIRED if name not in header]
    for name in missing:
        message = _("There is no column {column}.", column=repr(name))
        remedy = _("Its first line is: {columns}", columns=",".join(COLUMNS))
        problems.append(Problem(str(path), line, message, remedy))
    twice = sorted({name for name in header if name and header.count(name) > 1})
    for name in twice:
        message = _("There are two columns {column}.", column=repr(name))
        problems.append(Problem(str(path), line, message, _("Rename or remove one of them.")))
    for place, given in records[1:]:
        if (wider := wider_than_header(str(path), place, given, len(header))) is not None:
            problems.append(wider)
    if problems:
        raise BadInput(problems)
    return delimiter, header, records[1:]
