"""The next step for each mistake in an answer that is told from the number."""

from __future__ import annotations

from grader.i18n.language import N_

HINTS_OF_SUMS = {
    "joined": N_("Convert both to numbers before you add them."),
    "nearly": N_("Send the sum itself: nothing added to it, and nothing rounded."),
}
"""Hints for labs that send two numbers and expect their sum."""

HINTS = {
    "joined": N_("Convert the numbers of the message before you calculate with them."),
    "other": N_("Let the function look at the field that says what is asked, and send one answer."),
    "rounded": N_("Send the answer as it is, not rounded: / divides, // rounds down."),
}
