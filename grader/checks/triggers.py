"""What is asked of the thing that runs a function periodically."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NoReturn

import msgspec

from grader.checks import fail, message, ungrade
from grader.i18n.language import N_

if TYPE_CHECKING:
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
    """Fail unless the function is run periodically, in any of the ways that the rubric takes.

    One trigger that works is enough, whatever else is there. What could not be read could work.
    """
    asked = [trigger for trigger in schedule.triggers if trigger.kind in expect.ways]
    if any(trigger.runs for trigger in asked):
        return
    if any(trigger.active and trigger.permitted is None for trigger in asked):
        unread = schedule.denied.get("policy")
        if unread is not None:
            ungrade(unread.kind, unread.words)
        ungrade(
            "permission", N_("The grader could not read whether the rule may invoke the function.")
        )
    for way in expect.ways:
        if way in schedule.denied:
            denied = schedule.denied[way]
            ungrade(denied.kind, denied.words)
    if not asked:
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
    # What the student meant is most likely what comes nearest.
    nearest = min(
        asked, key=lambda one: (not one.periodic, not one.active, one.ended_at is not None)
    )
    _what_is_wrong(nearest)


def _what_is_wrong(trigger: Trigger) -> NoReturn:
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
    if trigger.ended_at is not None:
        fail(
            N_("expected the {kind} {name} to run on, found that it ended at {actual}."),
            expected=message(N_("no end")),
            actual=trigger.ended_at,
            hint=N_("Remove its end date, or set a later one."),
            **words,
        )
    _no_permission(trigger, words)


def _no_permission(trigger: Trigger, words: dict[str, Any]) -> NoReturn:
    expected = message(N_("permission to invoke the function"))
    if trigger.denied_by:
        fail(
            N_(
                "expected the {kind} {name} to be allowed to invoke the function, found that the"
                " statement {statement} of the function's policy denies it."
            ),
            expected=expected,
            hint=N_("Remove that statement: a Deny beats every Allow."),
            statement=trigger.denied_by,
            **words,
        )
    if trigger.only_where:
        fail(
            N_(
                "expected the {kind} {name} to be allowed to invoke the function, found that the"
                " function's policy allows it to others only: {condition}"
            ),
            expected=expected,
            hint=N_("Add a Lambda permission for events.amazonaws.com whose source is this rule."),
            condition=trigger.only_where,
            **words,
        )
    fail(
        N_("expected the {kind} {name} to be allowed to invoke the function, found no permission."),
        expected=expected,
        hint=N_("Add a Lambda permission for events.amazonaws.com.")
        if trigger.kind == "rule"
        else N_("Give the schedule a role that may invoke the function."),
        **words,
    )
