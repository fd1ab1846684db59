"""The mistakes that a wrong answer may show: their names, as observations keep them, and their words."""

from __future__ import annotations

from grader.i18n.language import N_

OTHER, NEARLY, ROUNDED = "other", "nearly", "rounded"

MISTAKES = {
    "joined": N_("the two numbers joined as text"),
    "multiplied": N_("the two numbers multiplied"),
    "subtracted": N_("one number subtracted from the other"),
    "first-number": N_("the first number only"),
    "second-number": N_("the second number only"),
    NEARLY: N_("off by a little"),
    # One field only: its name is the detail.
    "field": N_("the value of “{detail}” only"),
    # The answer that another value of the field that says what is asked would ask for: that value.
    OTHER: N_("the answer of “{detail}”"),
    # To so many decimals.
    ROUNDED: N_("rounded to {detail} decimals"),
}
"""What each is; ``{detail}`` is what an answer keeps beside the name."""

FEW_DECIMALS = {"0": N_("rounded to a whole number"), "1": N_("rounded to one decimal")}
"""Of these no plural can be said."""


def mistake_words(name: str, detail: str) -> str | None:
    """The template for the mistake of this ``name``; ``None`` where this version has no such name."""
    few = FEW_DECIMALS.get(detail) if name == ROUNDED else None
    return few or MISTAKES.get(name)
