"""What was modified after the due time, and what the rubric takes for it."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from grader.i18n.language import N_
from grader.i18n.message import message, said
from grader.model.fact import Found, Missing, NotTried
from grader.model.report import Adjustment
from grader.model.timestamps import iso, time_of
from grader.scoring.adjust import adjusted

if TYPE_CHECKING:
    from grader.model.batch import Student
    from grader.model.fact import Fact
    from grader.model.observation import Function, Observation, Queue
    from grader.model.report import Report
    from grader.rubric.rubric import Rubric

AFTER_DUE, DUE_UNKNOWN = "modified-after-due", "due-unknown"
"""Flags: modified after the due time; modification time unknown."""

MODIFIED_LATE = N_("Last modified {at}, after the due time {due}. Days begun since: {days}.")

_DAY = timedelta(days=1)


def due_of(student: Student, option: str | None, rubric: Rubric) -> datetime | None:
    """Until when the student has time: the row says it, else ``--due``, else the rubric."""
    return time_of(student.due_at or option or rubric.due)


def with_lateness(
    report: Report, seen: Observation, rubric: Rubric, due: datetime | None
) -> Report:
    """The report with what comes of the ``due`` time, by when the lab was last modified."""
    if due is None or not isinstance(seen.identity, Found):
        return report
    known, modified = _last_modified(seen, rubric)
    if not known:
        return _flagged(report, DUE_UNKNOWN)
    if modified is None or modified <= due:
        return report
    days = math.ceil((modified - due) / _DAY)
    rule = rubric.late
    share = 0.0 if rule is None else min(round(rule.per_day * days, 6), rule.at_most)
    why = message(MODIFIED_LATE, at=_shown(modified), due=_shown(due), days=days)
    late = Adjustment(
        kind="late",
        points=0.0,
        why=said(why),
        at=iso(modified),
        share=float(share),
        why_id=why.message_id,
        why_values=why.values,
    )
    return adjusted(_flagged(report, AFTER_DUE), late, ())


def _flagged(report: Report, flag: str) -> Report:
    return msgspec.structs.replace(report, flags=tuple(sorted({*report.flags, flag})))


def _last_modified(seen: Observation, rubric: Rubric) -> tuple[bool, datetime | None]:
    """Whether it is known when the exercised function and its two queues were last modified, and the
    latest of these times. What is not there, or is not looked at, has none."""
    route = rubric.exchange.route
    facts: list[Fact[Function] | Fact[Queue] | None] = [
        seen.functions.get(route.through),
        seen.queues.get(route.source),
        seen.queues.get(route.to),
    ]
    times = []
    for fact in facts:
        if fact is None or isinstance(fact, Missing | NotTried):
            continue
        time = time_of(fact.value.last_modified) if isinstance(fact, Found) else None
        if time is None:
            return False, None
        times.append(time)
    return True, max(times, default=None)


def _shown(moment: datetime) -> str:
    """As a person reads it: ``2026-11-27 22:59:00 UTC``."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
