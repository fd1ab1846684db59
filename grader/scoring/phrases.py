"""What a report says in words of its own: templates for the catalogues."""

from __future__ import annotations

from grader.i18n.language import N_
from grader.i18n.message import Message, as_message, message
from grader.scoring.open_by import settled_by

BLOCKED_BY = N_("Not checked: depends on “{title}”, which did not pass.")
SHARE_PASSED = N_("{passed} of {tests} passed. {first}")
NOT_CHECKED = N_("This criterion was not checked.")
LEFT_OUT = N_("Not looked at in this run (--criterion or --no-exchange).")
ALL = N_("Check again without that option.")
SET_THE_CLOCK = N_("Set the clock of this machine, then try again.")

_FREE = N_("This costs no points. {next}")
_YOURS = N_("This stays open until you settle it. {next}")
_NEXT = {
    "credentials": N_(
        "Get new credentials (in AWS Academy: start the lab, then AWS Details, AWS CLI, Show), and check"
        " again or hand them in again."
    ),
    "permission": N_("Ask your instructor; the action that was denied is named here."),
    "unreachable": N_("Check the network and the address, then try again."),
    "not-ready": N_("Wait a minute, then try again."),
    "disturbed": N_("End whatever else reads the queue, wait half a minute, then try again."),
    "clock": SET_THE_CLOCK,
    "ambiguous": N_(
        "Remove the others. Or say which one is meant: with grader check by --use; else tell your"
        " instructor its name."
    ),
    "vanished": N_("Do not change the account while it is checked; then try again."),
    "unusable-key": N_("Enable the queue's KMS key or choose another one, then try again."),
    "needs-change": N_("Change what is said here, deploy again, then try again."),
    "account-mismatch": N_("Use the credentials of the account that the roster names."),
    "not-observed": N_("Check again without --no-exchange, or ask your instructor."),
    "": N_("Try again later, or ask your instructor."),
}


def what_next(kind: str, why: Message | None = None) -> Message:
    """What to do about an :class:`~grader.model.fact.Unknown` of this kind.

    ``why`` is what it says; where that holds a ``next`` step of its own, it knows better.
    """
    template = _YOURS if settled_by([kind]) == "student" else _FREE
    own = as_message(why.values.get("next")) if why is not None else None
    return message(template, next=own or Message(_NEXT.get(kind, _NEXT[""])))
