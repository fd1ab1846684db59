"""What is asked of the thing that runs a function periodically."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NoReturn

import msgspec

from grader.checks import fail, message, ungrade
from grader.i18n.language import N_

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.checks import Message
    from grader.model.observation import Schedule, Trigger

Way = Literal["rule", "scheduler"]
_WORDS = {"rule": N_("EventBridge rule"), "scheduler": N_("EventBridge Scheduler schedule")}


class Ways(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The services that may run the function."""

    ways: tuple[Way, ...]

    @property
    def said(self) -> Message:
        """In words, for any language."""
        words = [message(_WORDS[way]) for way in self.ways]
        both = N_("{one} or {other}")
        if words[1:]:
            return message(both, one=words[0], other=words[1])
        return words[0] if words else message("")

    def __str__(self) -> str:
        return str(self.said)


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
        unread = schedule.denied.get("policy")
        if unread is not None:
            ungrade(unread.kind, unread.words)
        ungrade(
            "permission", N_("The grader could not read whether the rule may invoke the function.")
        )
    for way in ("rule",) if rules else expect.ways:
        if way in schedule.denied:
            denied = schedule.denied[way]
            ungrade(denied.kind, denied.words)
    if not deciding:
        fail(
            N_("expected {function} to be the target of an enabled {ways}, found none."),
            expected=expect.said,
            hint=N_(
                "Create a rule with a rate(…) or cron(…) expression and add the function as its"
                " target."
            ),
            function=function,
            ways=expect.said,
        )
    _what_is_wrong(running or deciding)


def _what_is_wrong(triggers: Sequence[Trigger]) -> NoReturn:
    # What the student meant is most likely what comes nearest: with a schedule, then enabled.
    trigger = min(triggers, key=lambda one: (not one.periodic, not one.enabled))
    words = {"kind": message(_WORDS[trigger.kind]), "name": trigger.name}
    if not trigger.periodic:
        fail(
            N_("expected a rate(…) or cron(…) expression, found {actual} on the {kind} {name}."),
            expected=message(N_("rate(…) or cron(…)")),
            actual=trigger.expression or message(N_("none")),
            hint=N_("Give it a schedule that repeats."),
            **words,
        )
    if not trigger.enabled:
        fail(
            N_("expected the {kind} {name} to be enabled, found it disabled."),
            expected=message(N_("enabled")),
            actual=message(N_("disabled")),
            hint=N_("Enable it."),
            **words,
        )
    fail(
        N_("expected the {kind} {name} to be allowed to invoke the function, found no permission."),
        expected=message(N_("permission to invoke the function")),
        hint=N_("Add a Lambda permission for events.amazonaws.com.")
        if trigger.kind == "rule"
        else N_("Give the schedule a role that may invoke the function."),
        **words,
    )
