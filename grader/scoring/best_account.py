"""Which of several accounts counts for a group: the one with most points, as far as it can be known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from grader.model.fact import Found

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.model.observation import Observation
    from grader.model.report import Report

GROUP_ACCOUNTS, GROUP_ACCOUNT_OPEN = "group-accounts", "group-account-open"

_LAST = "~"
"""Sorts after every account id."""


def best_of(seen: Sequence[Observation], reports: Sequence[Report]) -> tuple[int, Report]:
    """The index of the account that counts for a group, and its report, with the group's flags.

    ``reports`` are those of ``seen``, one for each account that the group's ways lead to, and for each
    way that leads nowhere. Most points count; of equal ones a graded report before an ungraded one, then
    the account id. Where one of them is open, and the best account holds nothing of the lab at all, the
    open one may be theirs: it counts, and so the group is not graded. Order does not matter.
    """
    order = sorted(range(len(seen)), key=lambda index: _worth(seen[index], reports[index]))
    best = order[0]
    is_open = [index for index in order if reports[index].status == "ungraded"]
    if is_open and _found_nothing(seen[best]):
        best = is_open[0]
    flags = set(reports[best].flags)
    if len({observation.account_id for observation in seen} - {None}) > 1:
        flags.add(GROUP_ACCOUNTS)
    if is_open and len(seen) > 1:
        flags.add(GROUP_ACCOUNT_OPEN)
    return best, msgspec.structs.replace(reports[best], flags=tuple(sorted(flags)))


def _worth(seen: Observation, report: Report) -> tuple[object, ...]:
    """Sort key: the account that counts comes first. Ties are broken the same way on every run.

    Points come before being graded: the accounts are different work, and what is sure in one already
    is more than all that another earned.
    """
    ungraded = report.status == "ungraded"
    detail = "" if isinstance(seen.identity, Found) else str(seen.identity)
    account = seen.account_id or _LAST
    empty = _found_nothing(seen)
    return (-points_so_far(report), ungraded, account, seen.region, detail, seen.started_at, empty)


def points_so_far(report: Report) -> float:
    """The score, or the points that are sure where there is none yet."""
    return (report.sure_points if report.score is None else report.score) or 0.0


def _found_nothing(seen: Observation) -> bool:
    """AWS showed the account, and none of the lab's functions and queues in it."""
    there = [*seen.functions.values(), *seen.queues.values()]
    return isinstance(seen.identity, Found) and not any(isinstance(fact, Found) for fact in there)
