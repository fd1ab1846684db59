"""Removes everything that a results folder, and those put aside beside it, keep of one student.

Whatever it is interrupted at, it can be given again: who the student is stands in ``batch.json``, which
is written last.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET

from grader.batch.forget_traces import Folder, folders_of, ids_of, is_of, may_be_same, traces_of
from grader.export.lti import USER_COLUMN
from grader.inputs.csv_cell import undefused
from grader.inputs.problems import BadInput, Problem
from grader.model.batch import Counts
from grader.pages.class_page import class_page
from grader.pages.speech import Speech
from grader.pages.writing import student_pages
from grader.results.atomic_write import write_bytes, write_text
from grader.results.desk_file import forget_desk
from grader.results.directory import DESK, GRADES, PAGE, RUBRIC, STUDENTS, SUMMARY, WAIT, Results
from grader.results.forget_files import (
    clean_exports,
    clean_pushed,
    clean_student,
    files_of_others,
    folders_of_others,
    may_list,
    may_name,
    page_names,
    remove_unfinished,
)
from grader.results.handed_back import forget_handed_back, read_handed_back
from grader.roster.find import find_students, found_students
from grader.rubric.load import load_rubric
from grader.scoring.open_by import ShownScores

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from grader.model.batch import Batch, Student
    from grader.results.traces import Traces


@dataclass(frozen=True)
class Forgotten:
    """Result of :func:`forget_student`. ``folders`` are those that held something of the student.

    ``shared`` is what others of the class have too, and stays: names, addresses, accounts. ``exports``
    of the folder that was named were removed whole. ``left`` is what the grader did not write and still
    names the student. ``stale`` says why what the whole class makes up was removed, and not made anew.
    ``listed``: the class of the folder that was named had the student. ``former`` are other ids of the
    student, forgotten too; ``may_be_same`` those that may be the student's, and are not.
    ``at_desk``: the class had a desk, which wrote links beside the roster.
    """

    student: Student
    folder: Path
    folders: list[Path] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)
    exports: list[Path] = field(default_factory=list)
    left: list[Path] = field(default_factory=list)
    stale: list[Problem] = field(default_factory=list)
    listed: bool = True
    former: list[str] = field(default_factory=list)
    may_be_same: list[str] = field(default_factory=list)
    at_desk: bool = False


def forget_student(root: Path, named: str, *, dry_run: bool = False) -> Forgotten:
    """Remove what is kept of the student who is ``named`` by id, name or e-mail address.

    ``dry_run`` says whose it would be and where, and changes nothing. Raises :class:`BadInput`, before
    anything is removed, where nobody or several are meant, another grader is at work, or a file that
    names students cannot be read.
    """
    results = Results(root)
    results.batch()  # locking a folder that is not there would make it
    with results.locked(WAIT):
        folders, strange = folders_of(root)
        named_id, ids = _find(folders, named)
        student = next(row for each in folders for row in each.students if is_of(row, ids))
        traces, shared = traces_of(student.student_id, ids, folders)
        listed = any(is_of(row, ids) for row in folders[0].batch.students)
        at_desk = any((each.root / DESK).exists() for each in folders)
        told = Forgotten(student, root, shared=shared, left=strange, listed=listed, at_desk=at_desk)
        told.folders.extend(each.root for each in folders if _holds(each, ids))
        told.former.extend(sorted(traces.former))
        told.may_be_same.extend(may_be_same(ids, folders))
        if not dry_run:
            _remove(folders, traces, told, named_id)
    return told


def _find(folders: list[Folder], named: str) -> tuple[str, frozenset[str]]:
    """The id of the student who is ``named``, and all ids that the student has."""
    rows = {student.student_id: student for each in reversed(folders) for student in each.students}
    every = [*rows.values()]
    found = found_students(every, named)
    if found and ids_of(found[0], folders).issuperset(found):
        student_id = found[0]
    else:
        (student_id,) = find_students(every, [named], "STUDENT", in_results=True)
    return student_id, ids_of(student_id, folders)


def _holds(each: Folder, ids: Collection[str]) -> bool:
    listed = any(is_of(student, ids) for student in each.batch.students)
    return listed or any((each.root / STUDENTS / one).exists() for one in ids)


def _remove(folders: list[Folder], traces: Traces, told: Forgotten, named_id: str) -> None:
    mine = [row for each in folders for row in each.students if is_of(row, traces.ids)]
    users = frozenset(row.column(USER_COLUMN) for row in mine) - {""}
    for each in folders:
        _clean(each, traces, users, told)
    # What tells whose the id is that was named comes last, and of several the folder that was named.
    backwards = [*reversed(folders)]
    for each in sorted(backwards, key=lambda one: _holds(one, {named_id})):
        _remove_folders(each, traces.ids - {named_id})
        if any(is_of(row, {named_id}) for row in each.batch.students):
            _remove_folders(each, {named_id})
        each.results.write_batch(_without(each, traces))
        _remove_folders(each, {named_id})
    told.left.extend(
        path
        for each in folders
        for path in files_of_others(each.root)
        if traces.in_prose(path.name) or may_name(path, traces.in_prose) or may_list(path, traces)
    )


def _remove_folders(each: Folder, ids: Collection[str]) -> None:
    for one in ids:
        folder = each.root / STUDENTS / one
        if folder.exists():
            shutil.rmtree(folder)


def _clean(each: Folder, traces: Traces, users: frozenset[str], told: Forgotten) -> None:
    """Take the student out of everything in a folder but their own and ``batch.json``."""
    remove_unfinished(each.root)
    groups = _renamed(each.batch, traces)
    pages = []
    for folder in folders_of_others(each.root, traces.ids):
        changed = clean_student(folder, traces, groups)
        # A page may be of before: whoever was interrupted had cleaned what it is made of.
        if changed or page_names(folder / PAGE, traces, groups):
            pages.append(folder / PAGE)
    _clean_overrides(each, traces)
    clean_pushed(each.root, users)
    forget_desk(each.root, traces.ids, traces.accounts)
    forget_handed_back(each.root, traces.ids)
    gone = clean_exports(each.root, traces, users)
    if each.root == told.folder:
        told.exports.extend(gone)
    _make_anew(each, traces, [path for path in pages if path.exists()], told)


def _renamed(batch: Batch, traces: Traces) -> dict[str, str]:
    """New names of the groups whose names name the student: each another, or two would be one."""
    names = dict.fromkeys(student.group for student in batch.students if student.group)
    renamed: dict[str, str] = {}
    for name in names:
        new = traces.out_of_cell(name)
        while new != name and (new in names or new in renamed.values()):
            new += "+"
        if new != name:
            renamed[name] = new
    return renamed


def _without(each: Folder, traces: Traces) -> Batch:
    """What ``batch.json`` says without the student."""
    batch, groups = each.batch, _renamed(each.batch, traces)
    students = [_row(row, traces, groups) for row in batch.students if not is_of(row, traces.ids)]
    reports = [each.results.report_of(row.student_id) for row in students]
    graded = sum(report is not None and report.status == "graded" for report in reports)
    absent = sum(report is not None and report.absent for report in reports)
    ways = batch.ways
    if ways is not UNSET:
        ways = {name: way for name, way in ways.items() if name not in traces.ids}
    failed = batch.judging_failed
    if failed is not UNSET:
        failed = [name for name in failed if name not in traces.ids] or UNSET
    return msgspec.structs.replace(
        batch,
        students=students,
        judging_failed=failed,
        counts=Counts(len(students), graded, len(students) - graded, absent or UNSET),
        ways=ways,
    )


def _row(row: Student, traces: Traces, groups: Mapping[str, str]) -> Student:
    """Another student's row: what it says of this one is in the roster's own columns."""
    return msgspec.structs.replace(
        row,
        group=groups.get(row.group, row.group) if row.group else row.group,
        extra={column: traces.out_of_cell(text) for column, text in row.extra.items()},
    )


def _clean_overrides(each: Folder, traces: Traces) -> None:
    """Take the student's rows out, and the name out of what is said of others."""
    sheet = each.overrides
    if sheet is None:
        return
    before = sheet.encode()
    column = sheet.column(["student_id"])
    ids = {one.casefold() for one in traces.ids}
    for record in sheet.rows:
        cells = record.cells
        if (
            column is not None
            and column < len(cells)
            # Whoever reads it takes an id in any case, and without what a spreadsheet would calculate.
            and undefused(cells[column].strip()).casefold() in ids
        ):
            sheet.records.remove(record)
            continue
        for place, text in enumerate(cells):
            if place != column and traces.out_of_prose(text) != text:
                sheet.set(record, place, traces.out_of_prose(text))
    if sheet.encode() != before:
        write_bytes(sheet.path, sheet.encode())


def _make_anew(each: Folder, traces: Traces, pages: Collection[Path], told: Forgotten) -> None:
    """Write what the class makes up without the student, and these ``pages`` of others.

    Where that cannot be done they are removed: `grader regrade` makes them.
    """
    root, results = each.root, each.results
    there = [root / name for name in (SUMMARY, GRADES, PAGE) if (root / name).exists()]
    if not there and not pages:
        return
    batch = _without(each, traces)
    try:
        rubric = load_rubric(root / RUBRIC, None)
        stored = results.each_stored(batch.students)
        known = [student.result for student in stored if student.result is not None]
    except BadInput as bad:
        told.stale.extend(bad.problems)
        for path in (*there, *pages):
            path.unlink()
        return
    shown = ShownScores.as_kept(batch)
    summary = results.write_class(known, rubric, batch.students, batch.lang, shown)
    reports = [result.report for result in known]
    again = [report for report in reports if root / STUDENTS / report.student_id / PAGE in pages]
    for report, _seen, text in student_pages(
        results, again, summary.title, rubric, lang=batch.lang
    ):
        write_text(root / STUDENTS / report.student_id / PAGE, text)
    if root / PAGE in there:
        handed_back = read_handed_back(root)
        page = class_page(reports, summary, batch, Speech(batch.lang), handed_back=handed_back)
        write_text(root / PAGE, page)
