"""What is asked of the thing that runs a function periodically."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NoReturn

import msgspec

from grader.checks import fail, ungrade

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.observation import Schedule, Trigger

Way = Literal["rule", "scheduler"]
_WORDS = {"rule": "EventBridge rule", "scheduler": "EventBridge Scheduler schedule"}


class Ways(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The services that may run the function."""

    ways: tuple[Way, ...]

    def __str__(self) -> str:
        return " or ".join(_WORDS[way] for way in self.ways)


def check_schedule(schedule: Schedule, function: str, expect: Ways) -> None:
    """Fail unless the function is run periodically. A rule that was meant to do it decides alone.

    One good trigger is enough. What could not be read, could have been good.
    """
    asked = [trigger for trigger in schedule.triggers if trigger.kind in expect.ways]
    rules = [trigger for trigger in asked if trigger.kind == "rule" and trigger.periodic]
    deciding = rules or asked
    running = [trigger for trigger in deciding if trigger.enabled and trigger.periodic]
    if any(trigger.permitted for trigger in running):
        return
    if any(trigger.permitted is None for trigger in running):
        ungrade("permission", "The grader could not read whether the rule may invoke the function.")
    for way in ("rule",) if rules else expect.ways:
        if way in schedule.denied:
            unread = schedule.denied[way]
            ungrade(unread.kind, unread.detail)
    if not deciding:
        fail(
            "expected {function} to be the target of an enabled {ways}, found none.",
            expected=str(expect),
            hint="Create a rule with a rate(…) or cron(…) expression and add the function as its"
            " target.",
            function=function,
            ways=str(expect),
        )
    _what_is_wrong(running or deciding)


def _what_is_wrong(triggers: Sequence[Trigger]) -> NoReturn:
    # What the student meant is most likely what comes nearest: with a schedule, then enabled.
    trigger = min(triggers, key=lambda one: (not one.periodic, not one.enabled))
    words = {"kind": _WORDS[trigger.kind], "name": trigger.name}
    if not trigger.periodic:
        fail(
            "expected a rate(…) or cron(…) expression, found {actual} on the {kind} {name}.",
            expected="rate(…) or cron(…)",
            actual=trigger.expression or "none",
            hint="Give it a schedule that repeats.",
            **words,
        )
    if not trigger.enabled:
        fail(
            "expected the {kind} {name} to be enabled, found it disabled.",
            expected="enabled",
            actual="disabled",
            hint="Enable it.",
            **words,
        )
    fail(
        "expected the {kind} {name} to be allowed to invoke the function, found no permission.",
        expected="permission to invoke the function",
        hint="Add a Lambda permission for events.amazonaws.com."
        if trigger.kind == "rule"
        else "Give the schedule a role that may invoke the function.",
        **words,
    )
