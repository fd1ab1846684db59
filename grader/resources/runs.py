"""Evidence that a function's schedule runs it: the starts of its runs in its log.

A log does not say who ran the function, and EventBridge does not say since when a rule is there. Counted
are the runs since the function was last modified and, where only Scheduler runs it, since its schedule
was made: a run by hand after that counts too. Logs can be minutes late, so that no run in them is never
held against anybody.
"""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from grader.i18n.language import N_
from grader.i18n.message import message
from grader.model.fact import Fact, Found, Missing, NotTried, Unknown, value_of
from grader.model.kind import Kind
from grader.model.observation import Function, Runs, Schedule, Trigger
from grader.model.timestamps import iso, now, time_of
from grader.resources.ready import last_seen

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from grader.resources.look import AwsAccount, Look, MayLook

RUNS_S = 150
"""How long a run is waited for: two at the finest rate, one minute, and some time for the log."""

LOGS_EVERY_S = 5
"""CloudWatch Logs answers FilterLogEvents a few times a second for a whole account."""

LATE_S = 60
"""How late a log is expected at most, of a run that has just begun."""

FIRST = 3
"""Runs that are kept."""

MOST_PAGES_OF_LOGS = 50
"""Pages of a log that are read in one look, of at most 1 MB each. Many may be empty."""

RUN_BY_THE_GRADER = Unknown.saying(
    "not-observed",
    N_(
        "The grader and the queue run this function, so its log does not tell what its schedule"
        " ran."
    ),
)

_START = "START RequestId: "
_START_TYPE = "platform.start"
_PATTERNS = {"Text": '"START RequestId:"', "JSON": f'{{ $.type = "{_START_TYPE}" }}'}

_RATE = re.compile(r"rate\(\s*(\d{1,9})\s+(minute|hour|day)s?\s*\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}

_PASSING = frozenset({"throttled", "unreachable"})
"""Kinds of Unknown that the next look may not meet."""

Starts: TypeAlias = Found[list[datetime]] | Missing | Unknown


def observe_runs(
    aws: AwsAccount,
    role: str,
    function: Fact[Function],
    schedule: Fact[Schedule],
    stop: threading.Event,
    *,
    waited_s: float = 0,
) -> Fact[Runs]:
    """Runs of ``function``, which the rubric calls ``role`` and ``schedule`` runs.

    A run is waited for, :data:`RUNS_S` seconds at most, where one is due in that time (or may be: what a
    ``cron(…)`` expression comes to is not worked out). A ``rate(…)`` longer than that is looked for
    once. ``waited_s`` is what other functions of the account used up of that time. Raises
    :class:`Interrupted`.
    """
    path = f"schedules.{role}"
    if isinstance(function, Unknown):
        return function
    if isinstance(schedule, Unknown):
        return schedule
    if isinstance(function, Missing | NotTried):
        return NotTried.after(path, function)
    if isinstance(schedule, Missing | NotTried):
        return NotTried.after(path, schedule)
    running = _running(schedule.value)
    if isinstance(running, Unknown):
        return running
    if not running:
        nothing = N_("Nothing that is enabled runs {function} periodically.")
        return NotTried.saying(path, nothing, function=function.value.name)
    patience_s = max(0, _patience_s(running) - waited_s)
    return _seen(aws, function.value, running, patience_s, stop)


def _running(schedule: Schedule) -> list[Trigger] | Unknown:
    """What runs the function; Unknown where nothing was found, but something was not read."""
    running = [
        trigger
        for trigger in schedule.triggers
        if trigger.running and trigger.permitted is not False
    ]
    if running:
        return running
    unread = [schedule.denied.get(kind) for kind in ("rule", "scheduler")]
    return next((log for log in unread if log is not None), [])


def _seen(
    aws: AwsAccount,
    function: Function,
    running: Sequence[Trigger],
    patience_s: float,
    stop: threading.Event,
) -> Fact[Runs]:
    since = _since(function, running)
    if since is None:
        untold = N_("AWS does not say when {function} was last modified: which runs count is open.")
        return Unknown.saying("unexpected", untold, function=function.name)
    if function.log_level == "WARN":
        return Unknown.saying(
            "not-ready",
            N_("The log of {function} has no line for a run: its system log level is WARN."),
            function=function.name,
            next=message(N_("Set the system log level to INFO, wait for a run, then try again.")),
        )

    def look() -> Starts:
        return aws.query("logs:FilterLogEvents", lambda: _starts(aws, function, since))

    starts = _wait_for(look, patience_s, stop)
    until = now()
    if isinstance(starts, Unknown):
        return starts
    if isinstance(starts, Missing) or not starts.value:
        return Unknown.saying(
            "not-ready",
            N_(
                "No run of {function} was found in the log group {log_group} from {since} until"
                " {until}. Its schedule is {schedule}; logs can be minutes late."
            ),
            function=function.name,
            log_group=function.log_group,
            since=iso(since),
            until=until,
            schedule=", ".join(trigger.expression for trigger in running[:FIRST]),
        )
    return Found(Runs(function.log_group, iso(since), tuple(map(iso, starts.value)), until))


def _since(function: Function, running: Sequence[Trigger]) -> datetime | None:
    """When the function was last changed, or its oldest schedule made, whichever came later; ``None``
    where it is not told when the function was changed."""
    modified = time_of(function.last_modified)
    if modified is None:
        return None
    made = (time_of(trigger.created_at or "") or modified for trigger in running)
    return max(modified, min(made))


def _patience_s(running: Sequence[Trigger]) -> float:
    rates = [_RATE.fullmatch(trigger.expression) for trigger in running]
    due = any(rate is None or int(rate[1]) * _SECONDS[rate[2]] <= RUNS_S for rate in rates)
    return RUNS_S if due else 0


def _wait_for(look: Callable[[], Starts], seconds: float, stop: threading.Event) -> Starts:
    from tenacity import stop_before_delay, wait_fixed

    return last_seen(look, _in_vain, stop, stop_before_delay(seconds), wait_fixed(LOGS_EVERY_S))


def _in_vain(starts: Starts) -> bool:
    if isinstance(starts, Unknown):
        return starts.kind in _PASSING
    # Lambda makes the log group when the function first runs, and is as late with it as with its lines.
    return isinstance(starts, Missing) or not starts.value


def _starts(aws: AwsAccount, function: Function, since: datetime) -> list[datetime]:
    """Source: CloudWatch Logs FilterLogEvents."""
    pages = aws.logs.get_paginator("filter_log_events").paginate(
        logGroupName=function.log_group,
        startTime=int(since.timestamp() * 1000),
        filterPattern=_PATTERNS.get(function.log_format, _PATTERNS["Text"]),
    )
    starts = (
        datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
        for page in islice(pages, MOST_PAGES_OF_LOGS)
        for event in page.get("events", [])
        if _is_stream_of(function, event["logStreamName"]) and _is_start(event["message"])
    )
    return list(islice(starts, FIRST))


def started_since(
    aws: AwsAccount, function: Function, since: datetime, stop: threading.Event
) -> bool:
    """The log shows that ``function`` was started since, within :data:`LATE_S` seconds from now.

    That it does not proves nothing. Raises :class:`Interrupted`.
    """

    def look() -> Starts:
        return aws.query("logs:FilterLogEvents", lambda: _starts(aws, function, since))

    starts = _wait_for(look, LATE_S, stop)
    return isinstance(starts, Found) and bool(starts.value)


def _is_stream_of(function: Function, stream: str) -> bool:
    """In a log group of several functions the stream, ``2024/05/01/name[version]id``, names its own."""
    name = stream.rpartition("/")[2].partition("[")[0]
    return name in {"", function.name}


def _is_start(line: str) -> bool:
    if line.startswith(_START):
        return True
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(record, dict) and record.get("type") == _START_TYPE


def _look(look: Look, role: str) -> Fact[Runs]:
    if look.exercised(role):
        return RUN_BY_THE_GRADER
    return observe_runs(
        look.aws,
        role,
        look.fact("functions", role),
        look.fact("schedules", role),
        look.waits.stop,
        waited_s=time.monotonic() - look.began,
    )


def _may_look(may: MayLook, role: str) -> None:
    name = may.name(role)
    function = value_of(may.functions[name])
    group = function.log_group if function else f"/aws/lambda/{name}"
    may.ask(
        "logs:FilterLogEvents",
        lambda: may.aws.logs.filter_log_events(logGroupName=group, limit=1),
    )


RUNS = Kind(
    fact="runs",
    word="function",
    type=Runs,
    fixtures={"runs": "target"},
    look=_look,
    actions=("logs:FilterLogEvents",),
    may_look=_may_look,
    after=("functions", "schedules"),
    last=True,
)
