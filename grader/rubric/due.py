"""Until when the lab may be changed, and what a rubric takes for what was changed later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from grader.i18n.language import _
from grader.inputs.problems import Problem
from grader.inputs.schema_errors import value_in_words
from grader.model.timestamps import time_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.inputs.yaml_lines import Document


class LateRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The shares of the earned points, from 0 to 1, that each day begun after the due time takes, and
    that lateness takes at most."""

    per_day: float
    at_most: float = 1.0


def due_problems(document: Document, file: str) -> Iterator[Problem]:
    """A due time in ``document`` that is none, or that does not say its zone."""
    top = document.value if isinstance(document.value, dict) else {}
    due = top.get("due")
    if isinstance(due, str) and due and time_of(due) is None:
        message = _("“due” is {time}, which is not a time with its zone.", time=value_in_words(due))
        remedy = _("Write it like 2026-11-27T23:59:00+01:00.")
        yield Problem(file, document.line(("due",)), message, remedy)
