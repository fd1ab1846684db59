"""Whether what is stored of a student is of the row that the roster has now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET

from grader.batch.known_groups import is_of_group
from grader.batch.settings import region_to_judge_in
from grader.model.access import MissingFile
from grader.model.batch import party_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from grader.model.batch import Batch, Student
    from grader.model.report import Report
    from grader.results.directory import Results, StoredStudent
    from grader.roster.load import RosterEntry
    from grader.rubric.rubric import Rubric
    from grader.scoring.suspicion import KeptResult


def rows_before(results: Results, batch: Batch, students: Iterable[Student]) -> dict[str, Student]:
    """The batch's rows by their ids, to compare those of ``students`` with.

    A cell that was empty, and now says what was found then, is filled in: that changes nothing.
    """
    before = {student.student_id: student for student in batch.students}
    for current in students:
        former = before.get(current.student_id)
        filled = former is not None and [
            name
            for name in ("account_id", "region")
            if getattr(former, name) is None and getattr(current, name) is not None
        ]
        report = results.report_of(current.student_id) if filled else None
        if former is None or not filled or report is None or report.nothing_seen:
            continue
        way = None if batch.ways is UNSET else batch.ways.get(current.student_id)
        found: dict[str, set[str | None]] = {
            "account_id": {report.account_id, way.account_id if way else None},
            "region": {report.region},
        }
        same = {
            name: getattr(current, name) for name in filled if getattr(current, name) in found[name]
        }
        before[current.student_id] = msgspec.structs.replace(former, **same)
    return before


def is_another_account(current: Student, before: Mapping[str, Student]) -> bool:
    """Whether the row is known to mean another account; a region or group may be left out by mistake."""
    former = before.get(current.student_id)
    return (
        former is not None
        and current.account_id is not None
        and former.account_id is not None
        and current.account_id != former.account_id
    )


def is_same_row(
    stored: StoredStudent,
    report: Report,
    before: Mapping[str, Student],
    option: str | None,
    rubric: Rubric,
) -> bool:
    """Whether a result is of what the row says now. Of a row that was gone the ``report`` tells it.
    ``option`` is ``--region``."""
    current, former = stored.student, before.get(stored.student.student_id)
    if former is None:
        same = bool(current.group) or current.account_id in {None, report.account_id}
    else:
        same = (current.account_id, current.region, current.group, current.use) == (
            former.account_id,
            former.region,
            former.group,
            former.use,
        )
    return same and _is_as_named(stored, option, rubric)


def _is_as_named(stored: StoredStudent, option: str | None, rubric: Rubric) -> bool:
    """Whether a grade is of the group, the region and the resources that the row names.

    In a group the ways to its accounts decide about the last two."""
    student, seen, report = stored.student, stored.observation, stored.report
    if report is not None and not is_of_group(report, student):
        return False
    if student.group or seen is None or report is None or report.status == "ungraded":
        return True
    used = {role: found.name for role, found in seen.found_as.items() if found.how == "use"}
    is_there = seen.region == region_to_judge_in(student, option, rubric, seen)
    return is_there and used == (student.use or {})


def as_judged(student: Student, report: Report | None) -> Student:
    """The student with the group of the stored report, which stays until the next grading."""
    if report is None or report.nothing_seen:
        return student
    return msgspec.structs.replace(student, group=report.group)


def of_former_partners(
    rows: Sequence[RosterEntry],
    before: Mapping[str, Student],
    last_results: Mapping[str, KeptResult],
    bound: Mapping[str, str],
) -> list[str]:
    """The students without a way whose result, in ``last_results``, is of an account to which a former
    partner's way leads, with whom they are not graded any more, or which is ``bound`` to the partner at
    a desk. To whom an account is bound themselves, theirs stands."""
    of_student = {entry.student_id: entry for entry in rows}
    leading: dict[str | None, list[RosterEntry]] = {
        account_id: [of_student[name]] for account_id, name in bound.items() if name in of_student
    }
    absent: list[RosterEntry] = []
    for entry in rows:
        known = last_results.get(entry.student_id)
        if entry.absent or isinstance(entry.access, MissingFile):
            if entry.student_id not in bound.values():
                absent.append(entry)
            continue
        led_to = {entry.expected_account_id, known.report.account_id if known else None} - {None}
        for account_id in led_to:
            leading.setdefault(account_id, []).append(entry)
    found = []
    for entry in absent:
        if (known := last_results.get(entry.student_id)) is None:
            continue
        report, mine = known.report, before.get(entry.student_id)
        for other in leading.get(report.account_id, ()):
            former = before.get(other.student_id)
            both = (
                mine is not None
                and former is not None
                and mine.group
                and mine.group == former.group
            )
            were_partners = both or not is_of_group(report, entry)
            if were_partners and party_of(other) != party_of(entry):
                found.append(entry.student_id)
                break
    return found
