"""An AWS of right accounts, as many as one likes, that costs next to nothing: it loads the grader alone.

A sandbox is asked once what a right account answers; from then on a process of its own plays that.
"""

from __future__ import annotations

import csv
import json
import ssl
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.canned_server import COUNTED
from benchmarks.measuring import ROOT, cpu_s
from benchmarks.record import record
from benchmarks.tls_front import certificate
from grader.sandbox.server import SECRET_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST_ACCOUNT = 600_000_000_001


@dataclass(frozen=True)
class Canned:
    """Where the accounts answer, and for whom: every access key id is the id of a right account."""

    endpoint_url: str
    region: str
    folder: Path
    pid: int
    ca_bundle: Path | None

    @property
    def environment(self) -> dict[str, str]:
        """What whoever asks these accounts needs besides its own environment."""
        return {"AWS_CA_BUNDLE": str(self.ca_bundle)} if self.ca_bundle else {}

    def row(self, number: int) -> dict[str, str]:
        """The roster's row of one student: nobody else has the account."""
        account_id = str(FIRST_ACCOUNT + number)
        return {
            "student_id": f"s{number:05}",
            "name": f"Student {number}",
            "email": f"s{number:05}@example.org",
            "account_id": account_id,
            "region": self.region,
            "endpoint_url": self.endpoint_url,
            "aws_access_key_id": account_id,
            "aws_secret_access_key": SECRET_KEY,
        }

    def roster(self, count: int) -> Path:
        """A roster of ``count`` students."""
        path = self.folder / f"class-of-{count}.csv"
        path.touch(mode=0o600)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, self.row(0))
            writer.writeheader()
            writer.writerows(map(self.row, range(count)))
        return path

    def results(self) -> Path:
        """A folder for results that nothing was written to."""
        return Path(tempfile.mkdtemp(dir=self.folder)) / "results"

    def cpu_s(self) -> float:
        """What the endpoint has used of the processors, in seconds."""
        return cpu_s([self.pid])

    def asked(self) -> dict[str, dict[str, int]]:
        """How often what was asked, by account's id, and service and operation."""
        context = ssl.create_default_context(cafile=self.ca_bundle) if self.ca_bundle else None
        handlers: list[Any] = [urllib.request.ProxyHandler({})]
        if context:
            handlers.append(urllib.request.HTTPSHandler(context=context))
        opener = urllib.request.build_opener(*handlers)
        with opener.open(self.endpoint_url + COUNTED, timeout=60) as answer:
            counts: dict[str, dict[str, int]] = json.load(answer)
        return counts


@contextmanager
def canned(*, tls: bool = True) -> Iterator[Canned]:
    """The endpoint for the ``with`` block, on loopback. It ends with this process, whatever happens."""
    recording = record()
    with tempfile.TemporaryDirectory(prefix="grader-benchmark-") as name:
        folder, bundle = Path(name), None
        recording.write(folder / "recording.json")
        arguments = [str(folder / "recording.json")]
        if tls:
            own, bundle = certificate(folder)
            arguments += ["--certificate", str(own)]
        command = [sys.executable, "-m", "benchmarks.canned_server", *arguments]
        with subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                if process.stdout is None or not (url := process.stdout.readline().strip()):
                    raise SystemExit("The endpoint ended before it answered.")
                yield Canned(url, recording.region, folder, process.pid, bundle)
            finally:
                if process.stdin is not None:
                    process.stdin.close()
                process.wait()
