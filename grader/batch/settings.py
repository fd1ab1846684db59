"""How a run over a class is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET

from grader.aws.profiles import region_of_profile
from grader.model.access import Profile
from grader.roster.load import student_of
from grader.scoring.open_by import AS_GRADED

if TYPE_CHECKING:
    from grader.model.batch import Student
    from grader.model.observation import Observation
    from grader.model.run_bounds import Keep
    from grader.roster.load import RosterEntry
    from grader.rubric.rubric import Rubric
    from grader.scoring.open_by import ShownScores


@dataclass(frozen=True)
class Settings:
    """How a run is made. ``region`` and ``endpoint_url`` are for accounts that name none.

    ``jobs`` accounts are visited at a time, each for ``account_timeout_s`` seconds at most. A silence
    is looked at again after ``confirm_s`` seconds before it costs points, if that is not zero.
    ``shown``: how ``grades.csv`` fills the score of a student without one.
    ``only`` are the ids of the criteria that are looked at, if not all are. ``due`` is the time of
    ``--due``: UTC, ISO 8601. Of an account that was seen before ``keep`` says which counts, the last
    result or the best one.
    """

    seed: int
    attempt: int = 1
    jobs: int = 32
    account_timeout_s: float = 600
    region: str | None = None
    endpoint_url: str | None = None
    exchange: bool = True
    confirm_s: float = 0
    lang: str = "en"
    shown: ShownScores = AS_GRADED
    only: tuple[str, ...] | None = None
    due: str | None = None
    keep: Keep = "last"

    def region_of(self, entry: RosterEntry, rubric: Rubric) -> str:
        """The region to observe in: the row's, else --region, else the profile's, else the lab's."""
        student = self.student_of(entry)
        return student.region or self.region or student.profile_region or rubric.lab.region

    def student_of(self, entry: RosterEntry, then: Student | None = None) -> Student:
        """What is stored of an account, with its profile's region where that counts: the one it has, or
        had when the row was stored ``then``."""
        student = student_of(entry)
        if student.region or self.region:
            return student
        way = entry.access
        region = region_of_profile(way.name) if isinstance(way, Profile) else None
        had = then.profile_region if then is not None else UNSET
        return msgspec.structs.replace(student, profile_region=region or had)


def region_to_judge_in(
    student: Student, option: str | None, rubric: Rubric, seen: Observation
) -> str:
    """Where what was ``seen`` of a row's account has to have been seen, to count.

    ``option`` is ``--region``. The region of a profile may have changed since, and a desk does not go by
    it: what was seen counts wherever that was, unless the row or the option names a region.
    """
    is_own = student.profile_region or seen.asked is None
    return student.region or option or (seen.region if is_own else rubric.lab.region)
