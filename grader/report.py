"""``report.json``: one student's grade. It holds no secret."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import msgspec

if TYPE_CHECKING:
    from pathlib import Path

Status = Literal["passed", "partial", "failed", "blocked", "ungraded"]


class TestResult(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one test of a criterion said. ``name`` is the sentence it checks.

    ``message_id`` and ``values`` are the message's English template and what is filled in: text,
    numbers, or messages in their turn. They are the same in every language.
    """

    __test__ = False  # pytest would take it for a test class, by its name

    name: str
    outcome: Literal["passed", "failed", "blocked", "ungraded"]
    message: str = ""
    message_id: str = ""
    values: dict[str, Any] = {}


class CriterionResult(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one criterion came to.

    ``points`` is ``None`` when ungraded. ``because`` is the id of the criterion that explains why
    this one is blocked. ``message_id`` and ``values`` are as those of a test.
    """

    id: str
    title: str
    status: Status
    points: float | None
    max_points: float
    message: str = ""
    message_id: str = ""
    values: dict[str, Any] = {}
    hint: str = ""
    expected: Any = None
    actual: Any = None
    because: str | None = None
    tests: tuple[TestResult, ...] = ()

    def __post_init__(self) -> None:
        _finite(self.points, self.max_points)


class Report(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One student's grade. ``score`` is ``None`` when any criterion is ungraded.

    Times, seed, duration and version are the observation's: judging it again under the same rubric
    gives the identical report. ``flags`` are facts for a human and cost no points.
    """

    schema: Literal["report/1"] = "report/1"
    student_id: str
    name: str
    email: str
    group: str | None
    account_id: str | None
    region: str
    status: Literal["graded", "ungraded"]
    score: float | None
    max_score: float
    criteria: tuple[CriterionResult, ...]
    flags: tuple[str, ...] = ()
    seed: int
    rubric_sha256: str
    grader_version: str
    started_at: str
    finished_at: str
    duration_s: float

    def __post_init__(self) -> None:
        _finite(self.score, self.max_score, self.duration_s)


_decoder = msgspec.json.Decoder(Report)


def encode(report: Report) -> bytes:
    """The report as indented JSON, ending in a newline."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"


def read_report(path: Path) -> Report:
    """The report in a file. Raises ``OSError``, or ``msgspec.DecodeError`` where it is not one."""
    return _decoder.decode(path.read_bytes())


def _finite(*numbers: float | None) -> None:
    if not all(number is None or math.isfinite(number) for number in numbers):
        raise ValueError("a report's numbers are finite")
