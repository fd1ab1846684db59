"""A rubric's exam, for its author: what it gives for submissions whose worth is known."""

from __future__ import annotations

import dataclasses
import shlex
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.batch.pipeline import Pipeline
from grader.i18n.language import N_, _
from grader.rehearsal.demo import own_sandbox
from grader.roster.load import load_roster
from grader.safety.printable import printable
from grader.sandbox.cohort import REFERENCE, cohort_of, deploy_all, write_cohort_roster
from grader.sandbox.layout import Layout
from grader.terminal.progress import progress
from grader.terminal.report import points
from grader.terminal.student_label import labels_listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from grader.batch.parties import Graded
    from grader.batch.settings import Settings
    from grader.batch.setup import GradingSetup
    from grader.model.report import CriterionResult, Report
    from grader.rubric.rubric import Rubric
    from grader.sandbox.submission import DemoSubmission

UNTOUCHED = "untouched"

PATIENCE_S = 10
"""How long a pair of a wrong submission is waited for: silence costs the exam twice this."""

_AT_A_TIME = 8
"""Accounts exercised at a time: their functions all start on this one machine."""

_SLOW = frozenset({"slow", "delayed-first-record"})  # which only show that the grader waits

_STYLES = {"✓": "green", "✗": "red", "!": "yellow", "?": "magenta"}
_BELOW = (0, 0, 0, 3)

_NOT_EARNED = frozenset({"failed", "partial", "blocked"})
_BLAMED = frozenset({"failed", "partial"})


@dataclass(frozen=True)
class Exam:
    """The reports of the cohort under one rubric, the reference's and the untouched account's first."""

    reference: Report
    untouched: Report
    others: tuple[Report, ...]

    @property
    def lost(self) -> tuple[CriterionResult, ...]:
        """What the reference does not earn."""
        return tuple(
            criterion for criterion in self.reference.criteria if criterion.status in _NOT_EARNED
        )

    @property
    def given(self) -> tuple[CriterionResult, ...]:
        """What an account in which nothing was deployed gets points for."""
        return tuple(criterion for criterion in self.untouched.criteria if criterion.points)

    @property
    def unnoticed(self) -> tuple[CriterionResult, ...]:
        """What no submission fails alone, so that nobody would notice if its check passed everybody.

        What the reference loses, everybody loses: it counts neither for nor against another criterion.
        """
        lost = {result.id for result in self.lost}
        alone: set[str] = set()
        for report in (self.untouched, *self.others):
            failed = {
                criterion.id for criterion in report.criteria if criterion.status in _BLAMED
            } - lost
            alone |= failed if len(failed) == 1 else set()
        open_ = {
            criterion.id for criterion in self.reference.criteria if criterion.status == "ungraded"
        }
        return tuple(
            criterion
            for criterion in self.reference.criteria
            if criterion.id not in alone | lost | open_
        )

    @property
    def ungraded(self) -> tuple[tuple[Report, CriterionResult], ...]:
        """What could not be graded, and of which submission."""
        reports = (self.reference, self.untouched, *self.others)
        return tuple(
            (r, criterion)
            for r in reports
            for criterion in r.criteria
            if criterion.status == "ungraded"
        )


def sit_exam(setup: GradingSetup, settings: Settings, *, errors: Console, quiet: bool) -> Exam:
    """Deploy the cohort into a sandbox under the rubric's own names, and grade it.

    Progress goes to ``errors``. Raises :class:`BadInput` where the sandbox cannot be
    started.
    """
    submissions = [s for s in cohort_of(setup.rubric.exchange) if is_of_exam(s)]
    layout = Layout.of(setup.rubric, setup.needs)
    taken: dict[str, Report] = {}
    with own_sandbox(None) as aws, tempfile.TemporaryDirectory(prefix="grader-exam-") as folder:
        if not quiet:
            waits = setup.needs.facts["runs"]
            line = N_("Deploying {count} submissions; this takes half a minute …")
            if waits:
                line = N_(
                    "Deploying {count} submissions; this takes up to three minutes, for schedules to"
                    " run …"
                )
            errors.print(_(line, count=len(submissions)))
        accounts = deploy_all(aws, submissions, layout=layout)
        path = Path(folder) / "roster.csv"
        roster = load_roster(
            write_cohort_roster(path, aws, submissions, accounts, region=layout.region)
        )
        with progress(roster.entries, errors, quiet=quiet) as tell:

            def graded(done: Graded) -> None:
                taken[done.entry.student_id] = done.report
                tell(done.report)

            def grade(rubric: Rubric, *, reference: bool) -> None:
                """The reference alone, or all the others."""
                entries = [e for e in roster.entries if (e.student_id == REFERENCE) == reference]
                # The submissions are deployed now, whatever the due time is.
                timeless = msgspec.structs.replace(rubric, due="")
                some = dataclasses.replace(settings, jobs=_AT_A_TIME)
                Pipeline(timeless, setup.judge, setup.checks, some, graded).run(entries)

            # What it loses is said to be the rubric's fault: it has all the time the rubric gives,
            # and the machine to itself.
            grade(setup.rubric, reference=True)
            grade(_impatient(setup.rubric), reference=False)
    others = [taken[s.name] for s in submissions if s.name not in {REFERENCE, UNTOUCHED}]
    return Exam(taken[REFERENCE], taken[UNTOUCHED], tuple(others))


def is_of_exam(submission: DemoSubmission) -> bool:
    """Whether a submission is part of the exam: it can be graded, without a wait of half a minute."""
    graded = submission.points is not None
    return graded and submission.name not in _SLOW and (submission.deployed or submission.untouched)


def _impatient(rubric: Rubric) -> Rubric:
    rules = rubric.exchange
    short = msgspec.structs.replace(rules, deadline_s=min(rules.deadline_s, PATIENCE_S))
    return msgspec.structs.replace(rubric, exchange=short)


# -- showing it -----------------------------------------------------------------------------------


def show_exam(exam: Exam, rubric: Path, out: Console, checks: Sequence[Path] = ()) -> None:
    """What the exam of ``rubric`` came to: a line for each question, and what is to be mended.

    ``checks`` are the folders of own checks that came with it.
    """
    reference, untouched = exam.reference, exam.untouched
    if exam.lost:
        _say(out, "✗", _(_LOSES, **_earned(reference)))
        _list(out, [(points(r.points, r.max_points), r.id, _why(r)) for r in exam.lost])
        _advise(
            out,
            _(
                "The exam's reference solution does what the rubric asks: its names, configuration "
                "and messages. Change what contradicts the rest of the rubric, or the check."
            ),
        )
    elif reference.score is None:
        _say(out, "?", _("The reference solution could not be graded."))
    else:
        _say(out, "✓", _("The reference solution {earns}.", **_earned(reference)))
    if exam.given:
        _say(out, "✗", _(_GETS, **_earned(untouched)))
        _list(out, [(points(r.points, r.max_points), r.id, r.title) for r in exam.given])
        _advise(out, _("Change these checks: they pass where there is no work to be seen."))
    elif untouched.score is None:
        _say(out, "?", _("An account in which nothing was deployed could not be graded."))
    else:
        line = _("An account in which nothing was deployed {earns}.", **_earned(untouched))
        _say(out, "✓", line)
    _show_unnoticed(exam, _served(rubric, checks), out)
    if exam.ungraded:
        _say(out, "?", _("Not everything could be graded:"))
        _list(out, _grouped(exam.ungraded))
        _advise(out, _("Run the exam again; if it stays so, look at the check of the criterion."))


def _served(rubric: Path, checks: Iterable[Path]) -> str:
    """The command that serves an account with the reference solution."""
    given = ["--rubric", str(rubric)]
    for folder in checks:
        given += ["--checks", str(folder)]
    return shlex.join(["grader", "sandbox", "--deploy", REFERENCE, *given])


def _show_unnoticed(exam: Exam, command: str, out: Console) -> None:
    if not exam.unnoticed:
        if exam.lost or exam.ungraded:
            return  # of those nobody knows, and they are named already
        _say(out, "✓", _("Each criterion is failed by a demo submission, and it alone."))
        return
    _say(out, "!", _("No demo submission fails one of these and nothing else:"))
    _list(out, [(r.id, r.title) for r in exam.unnoticed])
    _advise(out, _("Nobody would notice if such a check passed everybody."))
    _advise(
        out,
        _(
            "Try it on an account that is wrong in this one thing: {command} serves one to change.",
            command=command,
        ),
    )


_LOSES = N_("The reference solution {earns}. It loses:")
_GETS = N_("An account in which nothing was deployed {earns}. It gets:")


def _earned(report: Report) -> dict[str, str]:
    """``earns``: how much, as the end of a sentence."""
    if report.score is None:
        return {"earns": _("could not be graded in full")}
    score = points(report.score, report.max_score)
    if report.score == report.max_score:
        return {"earns": _("earns everything: {score}", score=score)}
    if report.score == 0:
        return {"earns": _("earns nothing: {score}", score=score)}
    return {"earns": _("earns {score}", score=score)}


def _grouped(ungraded: Iterable[tuple[Report, CriterionResult]]) -> list[tuple[str, str, str]]:
    """For each criterion and reason: whom it is about, the first few by name."""
    whom: dict[tuple[str, str], list[str]] = {}
    for report, result in ungraded:
        whom.setdefault((result.id, result.message), []).append(report.student_id)
    return [(criterion, labels_listed(names, 2), why) for (criterion, why), names in whom.items()]


def _why(result: CriterionResult) -> str:
    return f"{result.title} — {result.message}" if result.message else result.title


def _say(out: Console, mark: str, line: str) -> None:
    out.print(Text.assemble((mark, _STYLES[mark]), "  ", (line, "bold")))


def _advise(out: Console, line: str) -> None:
    out.print(Padding(Text(line, style="italic"), _BELOW, expand=False))


def _list(out: Console, rows: Iterable[Sequence[str]]) -> None:
    grid = Table.grid(padding=(0, 2, 0, 0))
    for row in rows:
        grid.add_row(*(Text(printable(cell, 600)) for cell in row))
    out.print(Padding(grid, _BELOW, expand=False))
