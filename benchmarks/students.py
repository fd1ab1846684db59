"""A class of sandbox accounts: deployed, warm, and on a roster."""

from __future__ import annotations

import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import replace as dataclass_replace
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from msgspec.structs import replace

from benchmarks.measuring import cpu_s, descendants
from benchmarks.tls_front import tls_front
from grader.sandbox.cohort import COHORT, deploy_all, write_cohort_roster
from grader.sandbox.layout import SUM_FUNCTION
from grader.sandbox.server import sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.tls_front import Front
    from grader.sandbox.server import Sandbox
    from grader.sandbox.submission import DemoSubmission

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
_BY_NAME = {submission.name: submission for submission in COHORT}


@dataclass(frozen=True)
class Class:
    """A class in a running sandbox. ``accounts`` are their ids, by the student's."""

    sandbox: Sandbox
    folder: Path
    students: tuple[DemoSubmission, ...]
    accounts: dict[str, str]
    front: Front | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What whoever asks these accounts needs besides its own environment."""
        return {"AWS_CA_BUNDLE": str(self.front.ca_bundle)} if self.front else {}

    def roster(self, students: Sequence[DemoSubmission]) -> Path:
        """A roster of these ``students`` alone."""
        path = self.folder / f"class-of-{len(students)}.csv"
        write_cohort_roster(path, self.sandbox, students, self.accounts)
        if self.front:
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace(self.sandbox.endpoint_url, self.front.endpoint_url))
        return path

    def results(self) -> Path:
        """A folder for results that nothing was written to."""
        return Path(tempfile.mkdtemp(dir=self.folder)) / "results"

    def sandbox_cpu_s(self) -> float:
        """What the sandbox and its functions have used of the processors, in seconds."""
        pid = self.sandbox.pid
        return cpu_s([pid, *descendants(pid)])


def right(count: int) -> list[DemoSubmission]:
    """Students who did everything right."""
    reference = replace(_BY_NAME["reference"], group="", flags=frozenset())
    return [replace(reference, name=f"s{number:04}") for number in range(1, count + 1)]


def one_in_five_broken(count: int) -> list[DemoSubmission]:
    """A class in which every fifth student has one of :data:`FAULTS`."""
    students = right(count)
    for turn, number in enumerate(range(ONE_IN - 1, count, ONE_IN)):
        broken = _BY_NAME[FAULTS[turn % len(FAULTS)]]
        students[number] = replace(broken, name=students[number].name)
    return students


@contextmanager
def deployed(
    students: Sequence[DemoSubmission], *, tls: bool = False, latency_s: float = 0
) -> Iterator[Class]:
    """``students`` in a sandbox of their own, their functions' workers started.

    With ``tls`` they are asked through TLS, as AWS is, each answer held ``latency_s`` seconds.

    A cold start is AWS's affair; here it would be this machine's, and the first to come would pay.
    """
    with tempfile.TemporaryDirectory(prefix="grader-benchmark-") as folder, sandbox() as running:
        accounts = deploy_all(running, students)
        made = Class(running, Path(folder), tuple(students), accounts)
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda one: _warm(running, accounts[one.name]), students))
        if not tls:
            yield made
            return
        with tls_front(running.endpoint_url, Path(folder), latency_s) as front:
            yield dataclass_replace(made, front=front)


def _warm(running: Sandbox, account_id: str) -> None:
    client = running.client("lambda", account_id)
    try:
        client.invoke(FunctionName=SUM_FUNCTION, Payload=json.dumps({"Records": []}))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
    finally:
        client.close()
