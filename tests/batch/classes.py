"""Classes of groups, graded in this process: each row's keys are told apart, and may be refused."""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from grader.aws.clients import Clients
from grader.batch.plan import plan
from grader.batch.run import ClassRun
from grader.batch.settings import Settings
from grader.batch.setup import GradingSetup
from grader.engines.threads import Threads
from grader.model.report import Report, read_report
from grader.results.directory import Results
from grader.roster.load import load_roster
from tests.observations import only
from tests.wire_faults import Wire, _response, query, rest, rpc

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from botocore.awsrequest import AWSResponse

    from grader.model.outcome import CheckInfo
    from grader.rubric.rubric import Rubric
    from grader.sandbox.server import Sandbox
    from tests.judges import Judge

LOOKED_AT = ("function", "memory", "timeout", "environment", "input-queue", "output-queue")
"""Criteria for which nothing is run."""


class Row(NamedTuple):
    """A row of the roster. ``keys`` is the session token, which tells whose request one is."""

    student: str
    group: str
    account: str
    keys: str = ""
    account_id: str = ""
    region: str = ""


class ByKeys(Wire):
    """A wire at which the keys of each row are told apart, as ``keys`` says: ``expired`` for everything,
    ``nothing`` but who they are, ``reader`` for looking alone; those of ``ended`` are expired, too.
    ``hangs`` waits until it is let go."""

    def __init__(self, ended: Collection[str] = ()) -> None:
        super().__init__()
        self._ended = ended
        self.asked: dict[str, list[str]] = defaultdict(list)
        self.go = threading.Event()
        self.session.events.register_first("before-send", self._answer)

    def _answer(self, request: Any, event_name: str, **_given: Any) -> AWSResponse | None:
        token = _text(request.headers.get("X-Amz-Security-Token", ""))
        operation = event_name.removeprefix("before-send.")
        self.asked[token].append(operation)
        kind = "expired" if token in self._ended else token.partition("-")[0]
        if kind == "hangs":
            assert self.go.wait(60)
        if refused := _refusal(kind, operation):
            return _response(request.url, *refused)
        return None

    def used(self, operation: str) -> set[str]:
        """The keys that asked for an operation."""
        return {token for token, asked in self.asked.items() if operation in asked}


def _text(header: str | bytes) -> str:
    return header.decode() if isinstance(header, bytes) else header


def _refusal(kind: str, operation: str) -> Any:
    service, name = operation.split(".")
    answer: Any = {"sts": query, "lambda": rest, "scheduler": rest}.get(service, rpc)
    if kind == "expired":
        return answer(403, "ExpiredToken" if service in {"sts", "sqs"} else "ExpiredTokenException")
    acts = name in {"Invoke", "SendMessage"}
    if (kind == "nothing" and service != "sts") or (kind == "reader" and acts):
        return answer(403, "AccessDeniedException", f"is not authorized to perform: {operation}")
    return None


class Class:
    """A class in a folder of its own, and its results."""

    def __init__(
        self, folder: Path, sandbox: Sandbox, judge: Judge, checks: dict[str, CheckInfo]
    ) -> None:
        self.folder, self.sandbox = folder, sandbox
        self.judge, self.checks = judge, checks
        self.results = Results(folder / "results")

    def roster(self, *rows: Row) -> Path:
        lines = [
            "student_id,group,account_id,region,endpoint_url,"
            "aws_access_key_id,aws_secret_access_key,aws_session_token"
        ]
        for row in rows:
            url, way = self.sandbox.endpoint_url, f"{row.account},secret,{row.keys or 'good'}"
            if not row.account:
                url, way = "", ",,"
            where = f"{row.account_id},{row.region},{url}"
            lines.append(f"{row.student},{row.group},{where},{way}")
        path = self.folder / "class.csv"
        path.write_text("\n".join(lines) + "\n")
        return path

    def setup(self, rubric: Rubric) -> GradingSetup:
        return GradingSetup(rubric, self.judge, self.checks)

    def grade(
        self,
        rubric: Rubric,
        *rows: Row,
        wire: ByKeys | None = None,
        jobs: int = 8,
        lang: str = "en",
        **how: Any,
    ) -> tuple[dict[str, Report], ClassRun]:
        """Grade the class, or go on with it. What is said of each, and the run."""
        students = load_roster(self.roster(*rows))
        settings = Settings(seed=1, jobs=jobs, lang=lang)
        planned = plan(self.results, students, rubric, settings, **how)
        engine = Threads(jobs)
        engine._context.clients = Clients((wire or ByKeys()).session)
        run = ClassRun(self.setup(rubric), self.results, students, planned, engine)
        run.run(lambda _: None)
        assert run.unwritten == []
        return {report.student_id: report for report in run.reports}, run

    def report(self, student: str) -> Report:
        return read_report(self.results.folder(student) / "report.json")

    def others(self, student: str) -> list[str]:
        """The files of what does not count."""
        return sorted(path.name for path in self.results.folder(student).glob("accounts/*"))


def looked_at(rubric: Rubric) -> Rubric:
    """The part of the rubric for which nothing is run."""
    return only(rubric, *LOOKED_AT)
