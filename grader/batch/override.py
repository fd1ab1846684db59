"""A human's mark put into a class's results, and everything there that shows a score made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec import UNSET

from grader.batch.regrade import change_of
from grader.i18n.language import N_, _
from grader.inputs.problems import BadInput, Problem, bad_input
from grader.results.changes import stored_rubric
from grader.results.directory import BATCH, RUBRIC
from grader.results.handed_back import read_handed_back
from grader.results.overrides import (
    BONUS_CRITERION,
    TOTAL_CRITERION,
    Worth,
    number_fault,
    parse_override,
    read_overrides,
    why_fault,
    with_override,
    write_overrides,
)
from grader.roster.find import find_students
from grader.scoring.open_by import ShownScores
from grader.scoring.suspicion import KeptResult

if TYPE_CHECKING:
    from grader.batch.regrade import ReportChange
    from grader.model.report import Adjustment, Report
    from grader.results.directory import Results

_BY_HAND = N_(
    "Wait for its end; a desk is ended with Ctrl-C. Or write the line into overrides.csv: it counts "
    "from the next start."
)


class OverrideRequest(NamedTuple):
    """What a human decided: for whom, of which criterion (or ``bonus``, ``total``), and why."""

    student: str
    criterion: str
    points: str
    why: str
    by: str = ""
    at: str = ""


class OverrideOutcome(NamedTuple):
    """What came of a mark. ``changes`` are of everybody whose marks were not counted yet; ``report`` is
    the student's, ``None`` where there is none yet. ``notes`` are what to know of the file."""

    student_id: str
    report: Report | None
    changes: list[ReportChange]
    notes: tuple[Problem, ...]


def override_points(results: Results, request: OverrideRequest) -> OverrideOutcome:
    """Write ``request`` into ``overrides.csv``, and by that every report, summary, table and page.

    Raises :class:`BadInput` with all that is wrong with the mark and with the file; then nothing is
    written.
    """
    from grader.pages.writing import write_pages

    with results.locked(_BY_HAND):
        batch = results.batch()
        if batch.state == "starting":
            message = _("A batch was about to replace what lies here.")
            raise bad_input(results.root / BATCH, None, message, _("Finish it with --resume."))
        rubric = stored_rubric(results.root / RUBRIC, batch.rubric_sha256)
        if rubric is None:
            message = _("This is not the rubric that the class was judged by.")
            remedy = _("Judge again with `grader regrade`.")
            raise bad_input(results.root / RUBRIC, None, message, remedy)
        former = () if batch.former_criteria is UNSET else batch.former_criteria
        worth = Worth.of(rubric, former)
        names = [student.student_id for student in batch.students]
        student_id, override = _checked(results, request, worth)
        read_handed_back(results.root)  # damaged, it would only be met by the pages, at the end
        stored = [
            student for student in results.each_stored(batch.students) if student.report is not None
        ]
        write_overrides(
            results.root, with_override(results.root, student_id, request.criterion, override)
        )
        overrides = read_overrides(results.root, names, worth)
        everybody: list[KeptResult] = []
        changes: list[ReportChange] = []
        for student in stored:
            if student.report is None or student.result is None:
                continue
            report = overrides.apply_to(student.report)
            if report != student.report:
                results.write_report(report, former=student.report, why="override")
                changes.append(change_of(student.report, report))
            everybody.append(KeptResult(report, student.result.code))
        shown = ShownScores.as_kept(batch)
        summary = results.write_class(everybody, rubric, batch.students, batch.lang, shown)
        reports = [known.report for known in everybody]
        if batch.state == "finished":
            write_pages(results, reports, summary, rubric, lang=batch.lang)
    mine = next((report for report in reports if report.student_id == student_id), None)
    return OverrideOutcome(student_id, mine, changes, overrides.notes)


def _checked(results: Results, request: OverrideRequest, worth: Worth) -> tuple[str, Adjustment]:
    """Whom the mark is for, and the mark. Raises :class:`BadInput` with all that is wrong."""
    batch = results.batch()
    problems: list[Problem] = []
    found: list[str] = []
    try:
        found = find_students(batch.students, [request.student], "STUDENT", in_results=True)
    except BadInput as bad:
        problems += bad.problems
    override = parse_override(request.criterion, request.points, worth)
    fault = why_fault(request.why)
    if isinstance(override, tuple):
        known = {*worth.criteria, *worth.former, BONUS_CRITERION, TOTAL_CRITERION}
        place = "POINTS" if request.criterion in known else "CRITERION"
        problems.append(Problem(place, None, *override))
    elif request.criterion in worth.former:
        message = _("The rubric no longer has “{criterion}”.", criterion=request.criterion)
        problems.append(Problem("CRITERION", None, message, _("Name one that it has.")))
    elif fault is None:
        fault = number_fault(override.points, request.why.strip())
    if fault is not None:
        problems.append(Problem("--why", None, *fault))
    try:
        read_overrides(results.root, [student.student_id for student in batch.students], worth)
    except BadInput as bad:
        problems += bad.problems
    if problems or isinstance(override, tuple):
        raise BadInput(problems)
    words = {"why": request.why.strip(), "by": request.by.strip(), "at": request.at}
    return found[0], msgspec.structs.replace(override, **words)
