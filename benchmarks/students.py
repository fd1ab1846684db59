"""A class of sandbox accounts: deployed, warm, and on a roster."""

from __future__ import annotations

import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from msgspec.structs import replace

from benchmarks.measuring import cpu_s, descendants
from grader.sandbox.cohort import COHORT, deploy_all, write_roster
from grader.sandbox.layout import SUM_FUNCTION, Layout
from grader.sandbox.server import sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grader.sandbox.server import Sandbox
    from grader.sandbox.submission import Submission

FAULTS = (
    "memory-256",
    "mapping-disabled",
    "joins-text",
    "prints-only",
    "untouched",
    "wrong-keys",
    "output-misspelt",
    "first-record-only",
)
"""What is wrong with the broken ones, in turn: names of the cohort."""

ONE_IN = 5
_SELDOM = Layout(schedule="rate(1 day)")  # periodic functions would only make noise
_BY_NAME = {submission.name: submission for submission in COHORT}


@dataclass(frozen=True)
class Class:
    """A class in a running sandbox. ``accounts`` are their ids, by the student's."""

    sandbox: Sandbox
    folder: Path
    students: tuple[Submission, ...]
    accounts: dict[str, str]

    def roster(self, students: Sequence[Submission]) -> Path:
        """A roster of these ``students`` alone."""
        path = self.folder / f"class-of-{len(students)}.csv"
        return write_roster(path, self.sandbox, students, self.accounts)

    def results(self) -> Path:
        """A folder for results that nothing was written to."""
        return Path(tempfile.mkdtemp(dir=self.folder)) / "results"

    def sandbox_cpu_s(self) -> float:
        """What the sandbox and its functions have used of the processors, in seconds."""
        pid = self.sandbox.pid
        return cpu_s([pid, *descendants(pid)])


def right(count: int) -> list[Submission]:
    """Students who did everything right."""
    reference = replace(_BY_NAME["reference"], group="", flags=frozenset())
    return [replace(reference, name=f"s{number:04}") for number in range(1, count + 1)]


def one_in_five_broken(count: int) -> list[Submission]:
    """A class in which every fifth student has one of :data:`FAULTS`."""
    students = right(count)
    for turn, number in enumerate(range(ONE_IN - 1, count, ONE_IN)):
        broken = _BY_NAME[FAULTS[turn % len(FAULTS)]]
        students[number] = replace(broken, name=students[number].name)
    return students


@contextmanager
def deployed(students: Sequence[Submission]) -> Iterator[Class]:
    """``students`` in a sandbox of their own, their functions' workers started.

    A cold start is AWS's affair; here it would be this machine's, and the first to come would pay.
    """
    with tempfile.TemporaryDirectory(prefix="grader-benchmark-") as folder, sandbox() as running:
        accounts = deploy_all(running, students, layout=_SELDOM)
        made = Class(running, Path(folder), tuple(students), accounts)
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda one: _warm(running, accounts[one.name]), students))
        yield made


def _warm(running: Sandbox, account_id: str) -> None:
    client = running.client("lambda", account_id)
    try:
        client.invoke(FunctionName=SUM_FUNCTION, Payload=json.dumps({"Records": []}))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
    finally:
        client.close()
