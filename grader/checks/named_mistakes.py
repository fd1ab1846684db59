"""Mistakes in an answer that are told from the number, and the next step for each."""

from __future__ import annotations

from grader.i18n.language import N_

MISTAKES = {
    "joined": N_("the two numbers joined as text"),
    "multiplied": N_("the two numbers multiplied"),
    "subtracted": N_("one number subtracted from the other"),
    "first-number": N_("the first number only"),
    "second-number": N_("the second number only"),
    "nearly": N_("off by a little"),
    "field": N_("the value of “{detail}” only"),
    "other": N_("the answer of “{detail}”, where “{asked}” was asked"),
    "rounded": N_("rounded to {detail} decimals"),
}

ROUNDED = {"0": N_("rounded to a whole number"), "1": N_("rounded to one decimal")}
"""Of these decimals no plural can be said."""

HINTS_OF_SUMS = {
    "joined": N_("Convert both to numbers before you add them."),
    "nearly": N_("Send the sum itself: nothing added to it, and nothing rounded."),
}
"""Where two numbers are sent for their sum."""

HINTS = {
    "joined": N_("Convert the numbers of the message before you calculate with them."),
    "other": N_("Let the function look at the field that says what is asked, and send one answer."),
    "rounded": N_("Send the answer as it is, not rounded: / divides, // rounds down."),
}
