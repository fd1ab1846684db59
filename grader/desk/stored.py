"""What earlier runs saw of the accounts of those who are graded together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.inputs.problems import BadInput
from grader.roster.load import student_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from grader.model.observation import Observation
    from grader.results.directory import Results
    from grader.roster.load import Account


def seen_before(
    results: Results, rows: Sequence[Account], may_count: Callable[[str], bool]
) -> list[Observation]:
    """What is stored of the accounts of ``rows``: of each, by its region, what counts or was seen last.

    ``may_count`` says of which account, by its id, it may count. A file that is damaged says nothing.
    """
    last: dict[tuple[str, str], Observation] = {}
    try:
        for stored in results.each_stored(map(student_of, rows)):
            for observation in stored.seen:
                account_id = observation.account_id
                if account_id is None or not may_count(account_id):
                    continue
                key = account_id, observation.region
                if key not in last or observation.finished_at > last[key].finished_at:
                    last[key] = observation
    except BadInput:
        pass  # raised after the last of them
    return list(last.values())
