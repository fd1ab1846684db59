"""Who of a class is graded now, and who keeps the result that there is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from msgspec import UNSET

from grader import __version__
from grader.batch.known_groups import KnownGroups, whole_groups
from grader.batch.regrade import criteria_of, former_criteria
from grader.batch.same_row import (
    as_judged,
    is_another_account,
    is_same_row,
    of_former_partners,
    rows_before,
)
from grader.i18n.language import _
from grader.inputs.problems import BadInput, Problem, bad_input
from grader.model.batch import party_of
from grader.model.code_digest import grader_sha256
from grader.model.fact import Found
from grader.results.changes import roster_changes, rubric_changes, stored_rubric
from grader.results.desk_file import read_desk
from grader.results.directory import RUBRIC
from grader.results.handed_back import read_handed_back
from grader.results.named_accounts import NamedAccounts
from grader.results.overrides import Overrides, Worth, read_overrides
from grader.roster.find import find_students
from grader.scoring.adjust import as_earned

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from grader.batch.parties import Earlier
    from grader.batch.settings import Settings
    from grader.model.batch import Batch, KnownWay, Student
    from grader.model.report import Report
    from grader.results.directory import Results, StoredStudent
    from grader.roster.load import Roster, RosterEntry
    from grader.rubric.rubric import Rubric
    from grader.scoring.suspicion import KeptResult


@dataclass(frozen=True)
class Plan:
    """Who is to be graded, who keeps the result there is, and whether the folder is made anew.

    ``earlier`` holds the results of those who are graded again and whose account was seen: a fault
    now must not take them away.
    ``rejudge`` are those of ``kept`` and ``earlier`` whose report says something else than it would
    now: of another rubric, in another language, of another observation than the one that is stored, of
    a student who was renamed. ``raw_batch`` is the folder's ``batch.json`` as it was when this was made.
    Of groups that are graded again, ``groups`` is what is known of them, by the name of the party,
    ``stored`` of whom there is something to read, and ``ways`` what is known of the way of each row that
    is as it was. ``unfinished``: the run before was interrupted, and this one is for some alone.
    ``former_rows`` are the rows of the run before, by the ids of their students.
    """

    todo: tuple[RosterEntry, ...]
    settings: Settings
    start_over: bool
    kept: tuple[KeptResult, ...] = ()
    earlier: tuple[KeptResult, ...] = ()
    rejudge: tuple[Student, ...] = ()
    raw_batch: bytes = b""
    groups: Mapping[str, Earlier] = field(default_factory=dict)
    stored: Mapping[str, Sequence[Student]] = field(default_factory=dict)
    ways: Mapping[str, KnownWay] = field(default_factory=dict)
    overrides: Overrides = field(default_factory=Overrides)
    former_criteria: tuple[str, ...] = ()
    unfinished: bool = False
    former_rows: Mapping[str, Student] = field(default_factory=dict)


def plan(
    results: Results,
    roster: Roster,
    rubric: Rubric,
    settings: Settings,
    *,
    checks_sha256: str = "",
    only: Sequence[str] = (),
    resume: bool = False,
    force: bool = False,
    keep_all: bool = False,
) -> Plan:
    """Who is graded now. Raises :class:`BadInput`; touches nothing.

    ``keep_all`` keeps every report that there is, the ungraded too: nobody is graded again unasked.

    With ``only`` in a folder that has results, the batch is continued; whole groups are graded.
    """
    resume = resume or bool(only)
    results.check_fresh(resume=resume, force=force)
    chosen, raw_batch = _chosen(roster, only), results.raw_batch
    if not (resume and results.occupied):
        return Plan(chosen, settings, start_over=True, raw_batch=raw_batch)
    batch = results.batch()
    former_rows = {student.student_id: student for student in batch.students}
    students = [
        settings.student_of(entry, former_rows.get(entry.student_id)) for entry in roster.entries
    ]
    before = rows_before(results, batch, students)
    if not force:
        is_same = batch.roster_sha256 == roster.sha256
        how = "" if is_same else roster_changes([*before.values()], students)
        _refuse_changes(results, batch, how, rubric, checks_sha256, settings)
    if batch.state == "starting":
        return Plan(chosen, settings, start_over=True, raw_batch=raw_batch)
    # A report does not record code, checks or language, so compare those in batch.json; a run that
    # ended early may have left reports that were to be judged again.
    judged_by = (batch.checks_sha256, batch.grader_sha256, batch.lang, batch.state)
    failed = set[str]() if batch.judging_failed is UNSET else {*batch.judging_failed}
    judged_alike = judged_by == (checks_sha256, grader_sha256(), settings.lang, "finished")
    standing_results: dict[str, KeptResult] = {}
    last_results: dict[str, KeptResult] = {}
    outdated: list[Student] = []
    groups = KnownGroups(batch)
    asked: set[str] = set()
    # Another account is another observation.
    named = NamedAccounts(students)
    maybe = (student for student in students if not is_another_account(student, before))
    for stored_student in results.each_stored(maybe):
        asked |= criteria_of(stored_student.report)
        last = stored_student.result
        if last is None or not named.may_be(stored_student.student, last.report.account_id):
            continue
        if any(isinstance(found.identity, Found) for found in stored_student.observations):
            last_results[stored_student.student.student_id] = last
        if same := is_same_row(stored_student, last.report, before, settings.region, rubric):
            standing_results[stored_student.student.student_id] = last
        # A human's marks settle what is open for one student alone.
        groups.add(stored_student, graded=same and as_earned(last.report).status == "graded")
        if not (
            judged_alike
            and stored_student.student.student_id not in failed
            and _is_as_judged(stored_student, before, batch, settings, rubric)
        ):
            outdated.append(as_judged(stored_student.student, last.report))
    apart = of_former_partners(roster.entries, before, last_results, _bound_at_desk(results))
    groups.leave_out(apart)
    standing_results, last_results = (
        {name: result for name, result in results_of.items() if name not in apart}
        for results_of in (standing_results, last_results)
    )
    if keep_all:
        todo = tuple(_missing(chosen, standing_results, groups))
    else:
        chosen = chosen if only else _left(chosen, standing_results, groups)
        todo = whole_groups(roster.entries, {entry.student_id for entry in chosen})
    _check_regions(
        results,
        batch,
        students,
        rubric,
        settings,
        [result.report for result in {**last_results, **standing_results}.values()],
        roster.entries if keep_all else todo,
    )
    again = {entry.student_id for entry in todo}
    kept = {name: result for name, result in standing_results.items() if name not in again}
    earlier = {name: result for name, result in last_results.items() if name in again}
    former = former_criteria(batch, asked, rubric)
    overrides = read_overrides(
        results.root, [entry.student_id for entry in roster.entries], Worth.of(rubric, former)
    )
    read_handed_back(results.root)  # damaged, it would only be met by the pages, at the end
    return Plan(
        todo,
        replace(settings, attempt=batch.attempt + 1),
        start_over=False,
        kept=tuple(kept.values()),
        earlier=tuple(earlier.values()),
        rejudge=tuple(student for student in outdated if student.student_id in {*kept, *earlier}),
        raw_batch=raw_batch,
        groups=groups.earlier(todo, again=bool(only)),
        stored=groups.students(todo),
        ways=groups.ways(roster.entries, standing_results, kept),
        overrides=overrides,
        former_criteria=tuple(former),
        unfinished=bool(only) and batch.state != "finished",
        former_rows=former_rows,
    )


def _left(
    rows: Sequence[RosterEntry], standing_results: Mapping[str, KeptResult], groups: KnownGroups
) -> tuple[RosterEntry, ...]:
    """The rows that have no grade that stands, or something open in their group."""
    return tuple(
        entry for entry in rows if not _stands(entry, standing_results) or groups.is_open(entry)
    )


def _stands(entry: RosterEntry, standing_results: Mapping[str, KeptResult]) -> bool:
    result = standing_results.get(entry.student_id)
    if result is None or result.report.status != "graded":
        return False
    # Whoever had handed in nothing, and has a mark all the same, may have handed in something now.
    return entry.absent or not result.report.nothing_seen


def _bound_at_desk(results: Results) -> Mapping[str, str]:
    """The students to whom a desk bound accounts, by these."""
    desk = read_desk(results.root)
    return desk.accounts if desk is not None else {}


def _missing(
    rows: Sequence[RosterEntry], standing_results: Mapping[str, KeptResult], groups: KnownGroups
) -> Iterator[RosterEntry]:
    """The rows of which nothing is known, or nothing but that they came after what their group has."""
    were_seen = groups.students(rows)
    for entry in rows:
        result = standing_results.get(entry.student_id)
        if result is None or (result.report.nothing_seen and party_of(entry) in were_seen):
            yield entry


def _refuse_changes(
    results: Results,
    batch: Batch,
    how_roster: str,
    rubric: Rubric,
    checks_sha256: str,
    settings: Settings,
) -> None:
    changed = {
        what: _("{before} then, {after} now", before=before or _("none"), after=after or _("none"))
        for what, before, after in (
            (_("The region changed since this batch was started"), batch.region, settings.region),
            (
                _("The endpoint changed since this batch was started"),
                batch.endpoint_url,
                settings.endpoint_url,
            ),
            (
                _("The grader's version changed since this batch was started"),
                batch.grader_version,
                __version__,
            ),
        )
        if before != after
    }
    if batch.grader_version == __version__ and batch.grader_sha256 != grader_sha256():
        what = _("The grader's code changed since this batch was started")
        changed[what] = _("version {version} then and now", version=__version__)
    if batch.rubric_sha256 != rubric.sha256:
        old = stored_rubric(results.root / RUBRIC, batch.rubric_sha256)
        changed[_("The rubric changed since this batch was started")] = rubric_changes(old, rubric)
    if batch.checks_sha256 != checks_sha256:
        changed[_("The checks of your own changed since this batch was started")] = ""
    if how_roster:
        changed[_("The roster changed since this batch was started")] = how_roster
    if changed:
        remedy = _("Give --force to go on all the same, or another --out.")
        raise BadInput(
            Problem(
                str(results.root),
                None,
                f"{what}{how and _(': ')}{how}.",
                remedy,
            )
            for what, how in changed.items()
        )


def _check_regions(
    results: Results,
    batch: Batch,
    students: Sequence[Student],
    rubric: Rubric,
    settings: Settings,
    reports: Iterable[Report],
    rows: Iterable[RosterEntry],
) -> None:
    """Raise :class:`BadInput` where ``rows`` would be looked at in the lab's region, and version 0.1.0
    looked at the class in another that nothing names: the region of its environment."""
    unnamed = {one.student_id: one for one in students if not (one.region or one.profile_region)}
    would_be = any(entry.student_id in unnamed and not entry.absent for entry in rows)
    if batch.region or settings.region or not would_be:
        return
    # What counts for one of a group may have been seen where the row of another says.
    named = {(party_of(one), one.region) for one in (*batch.students, *students)}
    maybe = [
        unnamed[report.student_id]
        for report in reports
        if report.student_id in unnamed
        and report.region != rubric.lab.region
        and (party_of(report), report.region) not in named
    ]
    there = {
        stored.observation.region: stored.student.student_id
        for stored in results.each_stored(maybe)
        # Whatever looked later says what it asked for, and in what region only what is named.
        if stored.observation is not None and stored.observation.asked is None
    }
    old = stored_rubric(results.root / RUBRIC, batch.rubric_sha256) if there else None
    if old is not None:
        there.pop(old.lab.region, None)
    if there:
        region, name = next(iter(there.items()))
        message = _(
            "{student} was looked at in {region}, which neither the roster nor the rubric names.",
            student=name,
            region=region,
        )
        remedy = _(
            "Give --region {region} and --force to go on there, or --region {lab} and --force.",
            region=region,
            lab=rubric.lab.region,
        )
        raise bad_input(results.root, None, message, remedy)


def _is_as_judged(
    stored: StoredStudent,
    before: Mapping[str, Student],
    batch: Batch,
    settings: Settings,
    rubric: Rubric,
) -> bool:
    """Whether the report is by this rubric, of what was seen, and of the row as the roster says it now.

    What a row that comes back was judged by, the batch does not say.
    """
    report, student = stored.report, stored.student
    former = before.get(student.student_id)
    if former is None or report is None or not stored.agree:
        return False
    due_alike = (settings.due, student.due_at) == (batch.due or None, former.due_at)
    return due_alike and (report.rubric_sha256, report.name, report.email, report.group) == (
        rubric.sha256,
        student.name,
        student.email,
        student.group,
    )


def _chosen(roster: Roster, only: Sequence[str]) -> tuple[RosterEntry, ...]:
    if not only:
        return roster.entries
    ids = find_students(roster.entries, only, "--only")
    return whole_groups(roster.entries, ids)
