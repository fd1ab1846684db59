"""Whether the resource that is judged has the name that the rubric asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.checks import fail
from grader.i18n.language import N_
from grader.i18n.message import message

if TYPE_CHECKING:
    from grader.checks.case import Case
    from grader.model.kind import Word

_FOUND: dict[Word, str] = {
    "function": N_("expected a function named {expected}, found {actual}, {how}."),
    "queue": N_("expected a queue named {expected}, found {actual}, {how}."),
}
_HINT: dict[Word, str] = {
    "function": N_("Name the function {name}, then deploy again. All else was judged on {actual}."),
    "queue": N_("Name the queue {name}, then deploy again. All else was judged on {actual}."),
}


def check_name(case: Case, role: str, word: Word) -> None:
    """Fail where the rubric names the resource, and the one that plays its part has another name.

    That is the only thing a wrong name costs.
    """
    found, name = case.observation.found_as.get(role), case.bound.rubric.lab.names.get(role)
    if found is None or not name or found.name == name:
        return
    fail(
        _FOUND[word],
        expected=name,
        actual=found.name,
        hint=message(_HINT[word], name=name, actual=found.name),
        how=found.said,
    )
