"""What stands in an account under nearly the right name: for the student who has to find a typo."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal

from grader.i18n.language import N_
from grader.model.observation import Found, Missing, Unknown
from grader.safety.redact import bounded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from grader.resources.look import AwsAccount


_NONE = {
    "function": N_("There is no function named {name} in {region}."),
    "queue": N_("There is no queue named {name} in {region}."),
}
_BUT_NEAR = {
    "function": N_("There is no function named {name} in {region}; there is one named {near}."),
    "queue": N_("There is no queue named {name} in {region}; there is one named {near}."),
}


_LISTED = {
    "function": N_("AWS lists a function named {name} in {region}, and says that there is none."),
    "queue": N_("AWS lists a queue named {name} in {region}, and says that there is none."),
}
MOST_PAGES = 20


def missing(
    aws: AwsAccount,
    kind: Literal["function", "queue"],
    name: str,
    action: str,
    names: Callable[[], Iterable[str]],
) -> Missing | Unknown:
    """There is no ``kind`` called ``name``; which name comes near is said too.

    ``names`` lists what there is, and may be denied: then the sentence ends earlier. Where that very
    name is listed, AWS contradicts itself, as it may for a while: not ready.
    """
    listed = aws.ask(action, lambda: list(names()))
    there = listed.value if isinstance(listed, Found) else []
    if name in there:
        return Unknown.saying("not-ready", _LISTED[kind], name=name, region=aws.region)
    near = get_close_matches(name, there, 1, 0.75)
    if not near:
        return Missing.saying(_NONE[kind], name=name, region=aws.region)
    return Missing.saying(_BUT_NEAR[kind], name=name, region=aws.region, near=bounded(near[0], 100))
