"""The sandbox for a person: the demo cohort graded and compared, or an AWS served until Ctrl-C."""

from __future__ import annotations

import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from rich.table import Table
from rich.text import Text

from grader.batch.plan import plan
from grader.batch.run import ClassRun
from grader.i18n.language import N_, _, plural
from grader.inputs.problems import bad_input
from grader.results.directory import Results
from grader.roster.load import load_roster
from grader.safety.printable import printable
from grader.sandbox.cohort import (
    REFERENCE,
    demo_of,
    deploy_all,
    variety_of,
    write_cohort_roster,
)
from grader.sandbox.deploy import deploy
from grader.sandbox.layout import Layout
from grader.sandbox.server import EXAMPLE_ACCOUNT, Sandbox, SandboxError, exports, sandbox
from grader.terminal.progress import progress
from grader.terminal.report import points, show_class

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import Console

    from grader.batch.settings import Settings
    from grader.batch.setup import GradingSetup
    from grader.model.report import Report
    from grader.sandbox.submission import DemoSubmission
    from grader.scoring.summary import Summary
    from grader.scoring.suspicion import Suspicion

_A_DAY_S = 24 * 60 * 60


def run_demo(
    setup: GradingSetup,
    settings: Settings,
    out: Path,
    *,
    lab: str | None,
    force: bool,
    output: Console,
    errors: Console,
    quiet: bool,
) -> bool:
    """Deploy a class into a sandbox by ``setup``'s rubric, grade it, show what came.

    Of the shipped lab ``lab``, whose rubric it is, what was expected is shown as well. Of any other
    (``None``) it is that the reference solution earns everything. Returns whether every submission got
    what was expected.
    Raises :class:`BadInput` where ``out`` is in use or the sandbox cannot be started.
    """
    results = Results(out)
    results.check_fresh(resume=False, force=force, goes_on=False)
    known = demo_of(lab) if lab else ()
    submissions = [
        msgspec.structs.replace(submission, description=_(submission.description))
        for submission in known or variety_of(setup.rubric.exchange)
    ]
    layout = Layout.of(setup.rubric, setup.needs)
    with own_sandbox(None) as aws, tempfile.TemporaryDirectory(prefix="grader-demo-") as folder:
        if not quiet:
            errors.print(
                plural(
                    len(submissions),
                    "Deploying {count} submission to {url} …",
                    "Deploying {count} submissions to {url} …",
                    url=aws.endpoint_url,
                )
            )
        accounts = deploy_all(aws, submissions, layout=layout)
        path = Path(folder) / "roster.csv"
        roster = load_roster(
            write_cohort_roster(path, aws, submissions, accounts, region=layout.region)
        )
        planned = plan(results, roster, setup.rubric, settings, force=force)
        run = ClassRun(setup, results, roster, planned)
        with progress(roster.entries, errors, quiet=quiet) as tell:
            summary = run.run(lambda graded: tell(graded.report))
    show_class(run.reports, summary, output)
    output.print()
    if known:
        right = _compare(submissions, run.reports, summary, output)
    else:
        right = _earns_everything(run.reports, output)
    output.print(
        _(
            "A report for each student is in {students}, the class in {folder}.",
            students=out / "students",
            folder=out,
        )
    )
    return right


def _compare(
    submissions: Sequence[DemoSubmission], reports: Sequence[Report], summary: Summary, out: Console
) -> bool:
    by_id = {report.student_id: report for report in reports}
    suspicion = {score.student_id: score.suspicion or () for score in summary.scores}
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(_("submission"), overflow="fold")
    table.add_column(_("expected"), justify="right", no_wrap=True)
    table.add_column(_("found"), justify="right", no_wrap=True)
    table.add_column(_("as expected"))
    right = 0
    for submission in submissions:
        report = by_id[submission.name]
        wrong = differences(submission, report, suspicion[submission.name])
        right += not wrong
        table.add_row(
            Text(submission.description),
            points(submission.points, report.max_score),
            points(report.score, report.max_score),
            Text(printable("; ".join(wrong) or _("yes")), style="red" if wrong else "green"),
        )
    out.print(table)
    line = _("{right} of {all} as expected.", right=right, all=len(submissions))
    out.print(Text(line, style="bold"))
    return right == len(submissions)


def _earns_everything(reports: Iterable[Report], out: Console) -> bool:
    """Whether the reference solution earns everything; what it does not earn is shown."""
    reference = next(report for report in reports if report.student_id == REFERENCE)
    if reference.score == reference.max_score:
        return True
    lost = [result.id for result in reference.criteria if result.points != result.max_points]
    line = _(
        "The sandbox's reference solution does not earn everything by this rubric: {criteria}. It is one"
        " function between two queues, and a periodic one; grader lint --exam says what it lacks.",
        criteria=", ".join(lost),
    )
    out.print(Text(line, style="yellow"))
    return False


def differences(
    submission: DemoSubmission, report: Report, suspicion: Iterable[Suspicion] = ()
) -> list[str]:
    """How a report and the ``suspicion`` of the class differ from the submission's expected result;
    empty where they do not."""
    wrong = []
    flags = {*report.flags, *(finding.flag for finding in suspicion)}
    if report.score != submission.points:
        wrong.append(
            _("{found} points, not {expected}", found=report.score, expected=submission.points)
        )
    if submission.points is None and not submission.ungraded:
        return wrong
    failed = {
        criterion.id for criterion in report.criteria if criterion.status in {"failed", "partial"}
    }
    blocked = {criterion.id for criterion in report.criteria if criterion.status == "blocked"}
    ungraded = {criterion.id for criterion in report.criteria if criterion.status == "ungraded"}
    for template, found, expected in (
        (N_("not graded: [{found}], not [{expected}]"), ungraded, submission.ungraded),
        (N_("failed: [{found}], not [{expected}]"), failed, submission.failed),
        (N_("blocked: [{found}], not [{expected}]"), blocked, submission.blocked),
        (N_("flags: [{found}], not [{expected}]"), flags, submission.flags),
    ):
        if found != expected:
            lists = {"found": ", ".join(sorted(found)), "expected": ", ".join(sorted(expected))}
            wrong.append(_(template, **lists))
    return wrong


@contextmanager
def own_sandbox(port: int | None) -> Iterator[Sandbox]:
    """A sandbox for the ``with`` block. Raises :class:`BadInput` where none starts."""
    try:
        with sandbox(port) as running:
            yield running
    except SandboxError as error:
        raise bad_input("sandbox", None, str(error)) from None


def serve(
    port: int | None,
    submission: str | None,
    layout: Layout,
    submissions: Iterable[DemoSubmission],
) -> None:
    """Serve a sandbox until Ctrl-C, and print what to export.

    ``submission`` names one of the ``submissions`` to deploy there first, in ``layout``.
    """
    chosen = None if submission is None else _named(submission, submissions)
    with own_sandbox(port) as aws:
        if chosen is not None:
            deploy(aws, EXAMPLE_ACCOUNT, chosen, layout)
        sys.stdout.write(f"{exports(aws, region=layout.region)}\n")
        sys.stdout.flush()
        sys.stderr.write(f"{_('An AWS to work against; paste these lines. Ctrl-C ends it.')}\n")
        try:
            while True:
                # Ctrl-C ends it, on Windows too, which has no signal.pause and waits out a lock.
                time.sleep(_A_DAY_S)
        except KeyboardInterrupt:
            sys.stderr.write(f"{_('The sandbox is gone, and everything in it.')}\n")


def _named(name: str, submissions: Iterable[DemoSubmission]) -> DemoSubmission:
    deployable = {s.name: s for s in submissions if s.deployed and not s.shares_account_with}
    if name not in deployable:
        message = _("There is no submission “{name}”.", name=name)
        remedy = _("Known: {names}.", names=", ".join(deployable))
        raise bad_input("--deploy", None, message, remedy)
    return deployable[name]
