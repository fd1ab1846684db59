"""Whether the resource that is judged is there, and has the name that the rubric asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.checks import fail
from grader.i18n.language import N_
from grader.i18n.message import message
from grader.rubric.parts import parts_of

if TYPE_CHECKING:
    from grader.checks.case import Case
    from grader.i18n.message import Message
    from grader.model.fact import Missing
    from grader.model.kind import Word

_FOUND: dict[Word, str] = {
    "function": N_("expected a function named {expected}, found {actual}, {how}."),
    "queue": N_("expected a queue named {expected}, found {actual}, {how}."),
}
_HINT: dict[Word, str] = {
    "function": N_("Name the function {name}, then deploy again. All else was judged on {actual}."),
    "queue": N_("Name the queue {name}, then deploy again. All else was judged on {actual}."),
}
_MAKE: dict[Word, str] = {
    "function": N_("Deploy the function under the name that the lab asks for."),
    "queue": N_("Create the queue under the name that the lab asks for."),
}


def step_to_make(case: Case, role: str, word: Word, missing: Missing) -> str | Message:
    """The next step after a resource that is not there; where the lab leaves its name open, it is to
    play the part by which it is found."""
    values = missing.words.values
    if "other" in values:
        there = N_("Deploy it in {region}: the provider's region in your stack.")
        return message(there, region=values["region"])
    if case.bound.rubric.lab.names.get(role):
        return _MAKE[word]
    parts = parts_of(case.bound.rubric, ())
    if role in parts.feeds:
        return N_("Deploy the function, and let a queue trigger it.")
    if role in parts.feeds.values():
        return N_("Create the queue, and let it trigger the function.")
    if role in parts.answers:
        return N_("Create the queue, and give its URL to the function in a variable.")
    return N_("Create the function, and a rule that runs it.")


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
