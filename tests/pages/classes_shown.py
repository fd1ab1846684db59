"""Classes to make pages of: of any size, the demo's, and one whose every text is hostile."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from grader.cli import run
from grader.model.batch import Batch, Counts, Student
from grader.model.fact import Found, Unknown
from grader.model.observation import Answer, Exchange, FunctionError, Invocation, Pair
from grader.model.report import CriterionResult, Report, TestResult
from grader.pages.writing import write_pages
from grader.results.directory import Results
from grader.rubric.load import load_rubric
from grader.scoring.summary import summarise, with_suspicion
from grader.scoring.suspicion import Suspicion
from tests.observations import a_function, a_pair, an_exchange, lab_rubric, reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.model.observation import Observation
    from grader.rubric.rubric import Criterion

DEMO = Path(__file__).parent.parent / "export" / "results"

HOSTILE = (
    "<script>document.title='owned'</script>",
    '"><img src=x onerror="document.title=\'owned\'">',
    "</title></style></textarea><svg/onload=alert(1)>",
    "javascript:alert(1)//{{7*7}}{% raw %}${7*7}",
    "right\u202eleft\u2066\u0000\u001b[31m\u0085\u2028",
    "a" * 20_000,
    "😀" * 3_000,
    "e" + "\u0301" * 5_000,
    "",
)
"""Texts that want to be markup, to hide, to turn the line around, or to be long."""


def result(criterion: Criterion, status: Any, **changes: Any) -> CriterionResult:
    """What ``criterion`` came to; of ``partial``, half of it."""
    share = {"passed": 1.0, "partial": 0.5, "ungraded": None}.get(status, 0.0)
    right = status == "passed"
    title = criterion.title if isinstance(criterion.title, str) else criterion.title["en"]
    made = CriterionResult(
        id=criterion.id,
        title=title,
        status=status,
        points=None if share is None else criterion.points * share,
        max_points=float(criterion.points),
        message="" if right else f"expected more of {criterion.id}, found less.",
        hint="" if right else f"Look at {criterion.id}.",
    )
    return msgspec.structs.replace(made, **changes)


def report(number: int = 1, statuses: Sequence[str] = (), **changes: Any) -> Report:
    """The report of student ``number``. ``statuses`` are of the first criteria; the others passed."""
    criteria = lab_rubric().criteria
    everything = [*statuses, *["passed"] * (len(criteria) - len(statuses))]
    results = tuple(map(result, criteria, everything))
    return graded(results, student_id=f"s{number:04}", name=f"Student {number}", **changes)


def graded(results: Sequence[CriterionResult], **changes: Any) -> Report:
    """A report of these results, its score their sum."""
    points = [one.points for one in results]
    score = None if None in points else sum(one or 0.0 for one in points)
    made: dict[str, Any] = {
        "student_id": "s1",
        "name": "Student",
        "email": "s1@example.org",
        "group": None,
        "account_id": "1" * 12,
        "region": "eu-west-3",
        "status": "ungraded" if score is None else "graded",
        "score": score,
        "max_score": sum(one.max_points for one in results),
        "criteria": tuple(results),
        "seed": 7,
        "rubric_sha256": "0" * 64,
        "grader_version": "0.1.0",
        "started_at": "2024-05-01T10:00:00.000Z",
        "finished_at": "2024-05-01T10:00:04.200Z",
        "duration_s": 4.2,
    }
    return Report(**(made | changes))


def synthetic(students: int) -> list[Report]:
    """A class of any size, always the same: some right, some partly, some not graded, some flagged."""
    dice = random.Random(students)
    flags = ("direct-inconclusive", "foreign-messages", "pair-left-behind")
    made = []
    for number in range(1, students + 1):
        statuses = dice.choices(
            ("passed", "partial", "failed", "blocked", "ungraded"), (70, 8, 12, 9, 1), k=12
        )
        raised = tuple(flag for flag in flags if dice.random() < 0.03)
        made.append(report(number, statuses, account_id=f"{number % 40:012}", flags=raised))
    return made


def batch(reports: Sequence[Report], **changes: Any) -> Batch:
    """How these reports came about."""
    students = len(reports)
    there = sum(one.status == "graded" for one in reports)
    made = Batch(
        state="finished",
        rubric_sha256="0" * 64,
        roster_sha256="1" * 64,
        seed=7,
        attempt=1,
        jobs=32,
        region=None,
        endpoint_url=None,
        lang="en",
        checks=[],
        started_at="2024-05-01T10:00:00.000Z",
        finished_at="2024-05-01T10:12:30.000Z",
        duration_s=750.0,
        counts=Counts(students, there, students - there),
        students=[Student(one.student_id, one.name) for one in reports],
    )
    return msgspec.structs.replace(made, **changes)


def written(
    root: Path,
    reports: Sequence[Report],
    seen: Observation | None = None,
    *,
    lang: str = "en",
    **changes: Any,
) -> Path:
    """The results directory ``root`` with pages. Everybody has the observation ``seen``, if any."""
    results = Results(root)
    results.write_batch(batch(reports, **changes))
    if seen is not None:  # pages are made of the reports given: their files are not read
        for one in reports:
            results.write_student(one, seen)
    write_pages(results, reports, summarise(reports, lab_rubric(), lang), lang=lang)
    return root


def demo(root: Path) -> Path:
    """The stored results of the demo cohort with pages, in ``root``."""
    shutil.copytree(DEMO, root)
    results = Results(root)
    stored = results.each_stored(results.batch().students)
    reports = [one.report for one in stored if one.report is not None]
    rubric = load_rubric(root / "rubric.yaml", None)
    write_pages(results, reports, summarise(reports, rubric, "en"), rubric, lang="en")
    return root


def french(root: Path) -> Path:
    """The demo cohort's pages in French, as they are exported."""
    shutil.copytree(DEMO, root)
    assert run(["export", str(root), "--to", "html", "--lang", "fr", "--quiet"]) == 0
    return root


def failing() -> Observation:
    """What was seen of a function that raises, and of a queue that answers in many ways."""
    answers = [
        a_pair(0),
        a_pair(1, wrong="joined", body='{"body": "120 1050"}'),
        a_pair(2, wrong="a mistake of the future"),
        msgspec.structs.replace(a_pair(3), answers=()),
    ]
    raised = Invocation(
        (msgspec.structs.replace(a_pair(10), answers=()),),
        failure="raised",
        error=FunctionError("KeyError", "'number1'", "lambda_function.py", 6),
        log_tail="START RequestId\nTraceback (most recent call last):\nKeyError: 'number1'\n",
    )
    return reference(
        handler=Found(raised),
        records=Unknown("permission", "lambda:InvokeFunction: AccessDenied"),
        exchange=Found(an_exchange(right=0, pairs=tuple(answers), others=("hello",))),
    )


def hostile(root: Path) -> Path:
    """A class in which each student's every text is one of ``HOSTILE``, with pages, in ``root``."""
    reports = []
    results = Results(root)
    for number, text in enumerate(HOSTILE, start=1):
        criteria = [
            result(
                criterion,
                "failed" if index % 2 else "ungraded",
                title=text or criterion.id,
                message=text,
                hint=text,
                expected=text,
                actual={text: [text]},
                tests=(
                    TestResult(name=text, outcome="failed", message=text),
                    TestResult(name=text, outcome="ungraded", message=text),
                ),
            )
            for index, criterion in enumerate(lab_rubric().criteria)
        ]
        reports.append(
            graded(
                criteria,
                student_id=f"h{number}",
                name=text,
                email=text,
                group=text or None,
                account_id=text or None,
                flags=("foreign-messages", text or "flag"),
                region=text,
                grader_version=text,
                started_at=text,
                finished_at=text,
            )
        )
    for one, text in zip(reports, HOSTILE, strict=True):
        folder = results.folder(one.student_id)
        folder.mkdir(parents=True)
        (folder / "observation.json").write_bytes(msgspec.json.encode(_hostile_seen(text)))
    results.write_batch(batch(reports))
    rubric = lab_rubric(title=HOSTILE[0])
    rubric = msgspec.structs.replace(
        rubric,
        criteria=tuple(
            msgspec.structs.replace(one, title=HOSTILE[index % len(HOSTILE)] or one.id)
            for index, one in enumerate(rubric.criteria)
        ),
    )
    suspicion = {
        one.student_id: [
            Suspicion(flag="account-shared", with_=[text], account_id=text),
            Suspicion(flag="same-code", with_=[text], function=text, code_sha256=text),
        ]
        for one, text in zip(reports, HOSTILE, strict=True)
    }
    summary = with_suspicion(summarise(reports, rubric, "en"), suspicion)
    write_pages(results, reports, summary, lang="en")
    return root


def _hostile_seen(text: str) -> Observation:
    answer = Answer(body=text, wrong=text, after_s=1e300)
    pair = Pair(10**15, -(10**15), text, (answer,) * 20)
    invoked = Invocation(
        (pair,),
        failure="raised",
        error=FunctionError(text, text, text, -1),
        others=(text,) * 20,
        log_tail=(text + "\n") * 3,
    )
    return reference(
        functions={"sum": Found(a_function(text, code_sha256=text))},
        handler=Found(invoked),
        records=Unknown("unexpected", text),
        exchange=Found(Exchange((pair,) * 200, unsafe=text, others=(text,), patience_s=9.5)),
    )
