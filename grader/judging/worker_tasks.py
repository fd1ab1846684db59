"""What a judge's worker is asked, and what it answers: msgpack both ways, so that no object of a check's
reaches the parent.
"""

from __future__ import annotations

import msgspec

from grader.inputs.problems import Problem  # noqa: TC001 - msgspec reads it
from grader.model.observation import Observation  # noqa: TC001 - msgspec reads it
from grader.model.outcome import CheckInfo, Outcome  # noqa: TC001 - msgspec reads it
from grader.rubric.rubric import Rubric  # noqa: TC001 - msgspec reads it


class Collecting(msgspec.Struct, frozen=True, tag=True):
    """What a worker is asked: which checks the ``files`` hold; their names are the system's bytes."""

    files: list[bytes]
    limit_s: float


class Judging(msgspec.Struct, frozen=True, tag=True):
    """What a worker is asked: what the checks in ``files`` say of observations.

    ``without`` are (criterion, observation) to leave out. ``quiet``: what checks print goes nowhere,
    and why one failed itself: it is judged again.
    """

    files: list[bytes]
    limit_s: float
    rubric: Rubric
    observations: list[Observation]
    without: list[tuple[int, int]]
    quiet: bool = False


class FoundChecks(msgspec.Struct, frozen=True, tag=True):
    """What a worker answers: the checks that it found, by name, and what is wrong with their files."""

    checks: dict[str, CheckInfo]
    problems: list[Problem]


class FoundOutcomes(msgspec.Struct, frozen=True, tag=True):
    """What a worker answers: the outcomes of each observation, in their order."""

    outcomes: list[list[Outcome]]


class Failed(msgspec.Struct, frozen=True, tag=True):
    """What a worker answers where it failed itself: its error in a line, the ``traceback`` for us, and
    the ``limit`` of this machine by which."""

    error: str
    traceback: str
    limit: str | None
