"""What is asked of the thing that runs a function periodically."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NoReturn

import msgspec

from grader.checks import fail, message, ungrade
from grader.i18n.language import N_

if TYPE_CHECKING:
    from grader.checks import Message
    from grader.model.observation import Schedule, Trigger

TriggerKind = Literal["rule", "scheduler"]
_WORDS = {"rule": N_("EventBridge rule"), "scheduler": N_("EventBridge Scheduler schedule")}
_REPEATS = N_("Give it an expression that repeats, such as rate(1 minute).")


class TriggerWays(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The services that may run the function."""

    ways: tuple[TriggerKind, ...]

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


def check_schedule(
    schedule: Schedule, function: str, expect: TriggerWays, instead: Message | None = None
) -> None:
    """Fail unless something runs the function periodically: one that works is enough, whatever else is
    there. Unreadable triggers leave the check ungraded, because one of them might work. ``instead``
    says what else may be meant.
    """
    asked = [trigger for trigger in schedule.triggers if trigger.kind in expect.ways]
    running = [trigger for trigger in asked if trigger.running]
    if any(trigger.permitted for trigger in running):
        return
    if any(trigger.permitted is None for trigger in running):
        unread = schedule.denied.get("policy")
        if unread is not None:
            ungrade(unread.kind, unread.words)
        ungrade(
            "unexpected",
            N_("The grader cannot tell whether the function's policy lets the rule invoke it."),
        )
    for way in expect.ways:
        if way in schedule.denied:
            denied = schedule.denied[way]
            ungrade(denied.kind, denied.words)
    if not asked:
        fail(
            N_("expected {function} to be the target of an enabled {ways}, found none."),
            expected=expect.said,
            hint=instead
            or N_(
                "Create a rule with a rate(…) or cron(…) expression and add the function as its"
                " target."
            ),
            function=function,
            ways=expect.said,
        )
    _what_is_wrong(min(asked, key=_distance))


def _distance(trigger: Trigger) -> tuple[int, ...]:
    """How far from working it is. What repeats was most likely meant to, whatever else it lacks."""
    lacks = (not trigger.periodic, trigger.ended, not trigger.enabled, not trigger.permitted)
    return (lacks[0], sum(lacks), *lacks)


def _what_is_wrong(trigger: Trigger) -> NoReturn:
    words: dict[str, Any] = {"kind": message(_WORDS[trigger.kind]), "name": trigger.name}
    if trigger.once:
        fail(
            N_("expected the {kind} {name} to run again and again, but {actual} runs once."),
            actual=trigger.expression,
            hint=_REPEATS,
            **words,
        )
    if not trigger.periodic:
        fail(
            N_("expected a rate(…) or cron(…) expression, found {actual} on the {kind} {name}."),
            expected=message(N_("rate(…) or cron(…)")),
            actual=trigger.expression or message(N_("none")),
            hint=_REPEATS,
            **words,
        )
    if trigger.ended:
        fail(
            N_("expected the {kind} {name} to run again and again, but it ended on {actual}."),
            actual=trigger.ends_at,
            hint=N_("Remove its end date, or set a later one.")
            if trigger.kind == "scheduler"
            else _REPEATS,  # a rule ends by the years of its expression alone
            **words,
        )
    if not trigger.enabled:
        fail(
            N_("expected the {kind} {name} to be enabled, found it disabled."),
            expected=message(N_("enabled")),
            actual=message(N_("disabled")),
            hint=N_("Enable it: in its console, or with state in your stack."),
            **words,
        )
    _what_refuses(trigger, words)


def _what_refuses(trigger: Trigger, words: dict[str, Any]) -> NoReturn:
    expected = message(N_("permission to invoke the function"))
    if trigger.refusal == "denied":
        fail(
            N_(
                "expected the {kind} {name} to be allowed to invoke the function, but a statement of"
                " the function's policy denies it: {statement}."
            ),
            expected=expected,
            hint=N_("Remove that statement from the function's policy."),
            statement=trigger.refused_by or message(N_("it has no Sid")),
            **words,
        )
    if trigger.refusal == "condition":
        fail(
            N_(
                "expected the {kind} {name} to be allowed to invoke the function, but the permission"
                " that was found is for another source: {condition}."
            ),
            expected=expected,
            actual=trigger.refused_by,
            hint=N_("Add a Lambda permission for events.amazonaws.com with the ARN of this rule."),
            condition=trigger.refused_by,
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
