"""What the pages and the terminal say of a status and a flag, by the name of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grader.i18n.language import N_

if TYPE_CHECKING:
    from grader.model.report import Status

STATUSES: Final[dict[Status, str]] = {
    "passed": N_("passed"),
    "partial": N_("partly passed"),
    "failed": N_("failed"),
    "blocked": N_("not checked"),
    "ungraded": N_("not graded"),
}

FLAGS: Final[dict[str, str]] = {
    "account-shared": N_("The same AWS account was handed in by students of different groups."),
    "same-code": N_(
        "The same code was deployed in different accounts by students of different groups."
    ),
    "account-mismatch": N_("The credentials lead to another account than the roster's."),
    "group-accounts": N_(
        "The group's rows lead to several accounts; the one with most points counts."
    ),
    "group-account-open": N_(
        "A way of the group led to no account that could be graded: a better one may be missing. "
        "--resume tries it again."
    ),
    "earlier-answers": N_(
        "There were old messages in the output queue that look like answers, perhaps of an earlier "
        "check. They were left there."
    ),
    "foreign-messages": N_(
        "There were messages in the output queue that the grader had not sent for. "
        "They were left there."
    ),
    "direct-inconclusive": N_("Calling the function directly showed nothing; the queue decided."),
    "raises-after-answer": N_(
        "The function answers, then raises an exception: SQS delivers the message again."
    ),
    "pair-left-behind": N_("A message of the grader may still lie in the input queue."),
    "answers-left-behind": N_(
        "An answer to the grader could not be removed from the output queue."
    ),
    "several-answers": N_(
        "An answer message held several numbers, or several messages answered one of the grader's "
        "messages with different numbers."
    ),
    "modified-after-due": N_("The function or its queues were modified after the due time."),
    "due-unknown": N_(
        "There is a due time, and nobody knows when the function and its queues were last modified."
    ),
    "overridden": N_("A human's marks count in the score."),
}
"""For the instructor."""

SHORT_FLAGS: Final[dict[str, str]] = {
    "account-shared": N_("shared account"),
    "same-code": N_("same code"),
    "account-mismatch": N_("other account"),
    "group-accounts": N_("several accounts"),
    "group-account-open": N_("account open"),
    "earlier-answers": N_("earlier answers"),
    "foreign-messages": N_("foreign messages"),
    "direct-inconclusive": N_("queue decided"),
    "raises-after-answer": N_("raises after answering"),
    "pair-left-behind": N_("message left behind"),
    "answers-left-behind": N_("answer left behind"),
    "several-answers": N_("several answers"),
    "modified-after-due": N_("late"),
    "due-unknown": N_("perhaps late"),
    "overridden": N_("marked by hand"),
}
"""Short: in the instructor's table, and on a terminal."""

YOUR_FLAGS: Final[dict[str, str]] = {
    "account-mismatch": N_(
        "Your credentials lead to another AWS account than the one on your instructor's list."
    ),
    "group-accounts": N_(
        "Your group handed in several AWS accounts. The one with most points counts."
    ),
    "group-account-open": N_(
        "Something your group handed in led to no account that could be graded. If your lab is "
        "there, ask your instructor how to hand in a new block."
    ),
    "earlier-answers": N_(
        "Your output queue held old messages that look like answers, perhaps of an earlier check. "
        "They were left there."
    ),
    "foreign-messages": N_(
        "Your output queue held messages that the grader had not sent for. They were left there."
    ),
    "direct-inconclusive": N_(
        "Calling your function directly showed nothing, so your queue decided."
    ),
    "raises-after-answer": N_(
        "Your function answers and then raises an exception, so SQS delivers the same message "
        "again. Look at its log."
    ),
    "pair-left-behind": N_("A message of the grader may still lie in your input queue."),
    "answers-left-behind": N_(
        "An answer to the grader could not be removed from your output queue."
    ),
    "several-answers": N_(
        "A message of your function's held several numbers, or several messages answered one of the "
        "grader's messages with different numbers. Answer each message once, with one number."
    ),
    "modified-after-due": N_("Your function or its queues were modified after the due time."),
    "due-unknown": N_(
        "It could not be found out when your function and its queues were last modified. This costs no "
        "points."
    ),
    "overridden": N_("Your instructor's own marks count in your score."),
}
"""For the student, who is told nothing of others' submissions."""
