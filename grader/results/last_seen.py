"""What was seen last of each AWS account that the results of several students hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from grader.model.batch import Student
    from grader.model.observation import Observation
    from grader.results.directory import StoredStudent


def last_seen_accounts(
    stored: Iterable[StoredStudent], may_count: Callable[[Student, str], bool]
) -> list[Observation]:
    """The latest observation of each account and region among what is ``stored``.

    ``may_count`` says whether an account, by its id, may count for a student.
    """
    last: dict[tuple[str, str], Observation] = {}
    for student in stored:
        for observation in student.observations:
            account_id = observation.account_id
            if account_id is None or not may_count(student.student, account_id):
                continue
            key = account_id, observation.region
            if key not in last or observation.finished_at > last[key].finished_at:
                last[key] = observation
    return list(last.values())
