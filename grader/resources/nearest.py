"""What AWS lists where it finds nothing by a name: that very name, or one that is nearly right."""

from __future__ import annotations

import re
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from grader.i18n.language import N_
from grader.i18n.message import message
from grader.model.fact import Fact, Found, Missing, Unknown
from grader.resources.elsewhere import other_region
from grader.resources.inventory import is_of_academy, name_in
from grader.safety.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from grader.resources.lab_access import AwsAccount

MOST_NAMES_READ = 2000
"""Names that are read: an account of a lab has a few."""

MOST_SAID = 5
"""Names that are said where none comes near."""

_NAME = 80

_NONE = {
    "function": N_("There is no function named {name} in {region}."),
    "queue": N_("There is no queue named {name} in {region}."),
}
_BUT_NEAR = {
    "function": N_("There is no function named {name} in {region}; there is one named {near}."),
    "queue": N_("There is no queue named {name} in {region}; there is one named {near}."),
}

_BUT_FIFO = N_(
    "There is no queue named {name} in {region}; there is a FIFO queue named {near}, but the lab asks"
    " for a standard one."
)
_BUT_ELSEWHERE = {
    "function": N_(
        "There is no function named {name} in {region}; there is one of that name in {other}."
    ),
    "queue": N_(
        "There is no queue named {name} in {region}; there is one of that name in {other}."
    ),
}
_LABS_OWN = N_(
    "That is the lab's region: check there (--region {region}, or column region of the roster)."
)

_BUT_OTHERS = {
    "function": N_("There is no function named {name} in {region}. Functions there: {names}."),
    "queue": N_("There is no queue named {name} in {region}. Queues there: {names}."),
}
_BUT_MORE = {
    "function": N_(
        "There is no function named {name} in {region}. Functions there: {names} and {count} more."
    ),
    "queue": N_(
        "There is no queue named {name} in {region}. Queues there: {names} and {count} more."
    ),
}
_BUT_LISTED = {
    "function": N_("AWS lists a function named {name} in {region}, but does not find it yet."),
    "queue": N_("AWS lists a queue named {name} in {region}, but does not find it yet."),
}


def missing(
    aws: AwsAccount,
    kind: Literal["function", "queue"],
    name: str,
    action: str,
    names: Callable[[], Iterable[str]],
    others: Collection[str] = (),
) -> Missing | Unknown:
    """There is no ``kind`` called ``name``; where it is instead, or what comes near, is said too.

    That is the same name in the other region of the Learner Lab, or else a name that comes near, or
    else the names that there are. What stands in the lab's own region stays unknown: whoever runs the
    grader chose another one, by an option, a roster or a profile, and no student can settle that.

    ``others`` are the names of what else the lab asks for: what has one of those is no slip of the pen.
    ``names`` lists what there is, and may be denied: then the sentence ends earlier. Where it has that
    very name, AWS contradicts itself, as it does for a while after something was made or deleted: that
    is :func:`contradicted`.
    """
    listed = aws.query(action, lambda: [*map(name_in, islice(names(), MOST_NAMES_READ))])
    there = listed.value if isinstance(listed, Found) else []
    if name in there:
        return Unknown.saying("not-ready", _BUT_LISTED[kind], name=name, region=aws.region)
    if (other := other_region(aws, kind, name)) is not None:
        said = {"name": name, "region": aws.region, "other": other}
        if other != aws.lab_region:
            return Missing.saying(_BUT_ELSEWHERE[kind], **said)
        step = message(_LABS_OWN, region=other)
        return Unknown.saying("not-observed", _BUT_ELSEWHERE[kind], **said, next=step)
    own = [found for found in there if found not in others and not is_of_academy(found)]
    near = _nearest(name, own)
    if kind == "queue" and (fifo := f"{name}.fifo") in there:
        return Missing.saying(_BUT_FIFO, name=name, region=aws.region, near=fifo)
    if near is None:
        return _but_others(kind, name, aws.region, own)
    return Missing.saying(_BUT_NEAR[kind], name=name, region=aws.region, near=_shown(near))


def _but_others(
    kind: Literal["function", "queue"], name: str, region: str, there: list[str]
) -> Missing:
    """What there is, where nothing comes near: the first names, and how many more."""
    if not there:
        return no_such(kind, name, region)
    said = {"name": name, "region": region, "names": [*map(_shown, sorted(there)[:MOST_SAID])]}
    if len(there) > MOST_SAID:
        return Missing.saying(_BUT_MORE[kind], count=len(there) - MOST_SAID, **said)
    return Missing.saying(_BUT_OTHERS[kind], **said)


def _shown(name: str) -> str:
    """A name that comes from the account, safe to show."""
    return printable(name, _NAME)


def without_others(fact: Missing) -> Missing:
    """``fact`` without the list of other resources, for a caller that lists them itself."""
    words = fact.words
    for kind, template in _NONE.items():
        if words.message_id in {_BUT_OTHERS[kind], _BUT_MORE[kind]}:
            return Missing.saying(
                template, name=words.values["name"], region=words.values["region"]
            )
    return fact


def _nearest(name: str, there: Iterable[str]) -> str | None:
    """The name that comes nearest: first one of the same words, then one of nearly the same letters."""
    there = list(there)
    words = _words(name)
    same = next((name for name in there if _words(name) == words), None)
    if same is not None:
        return same
    return next(iter(get_close_matches(name, there, 1, 0.75)), None)


def _words(name: str) -> list[str]:
    """The words of a name in the order of the alphabet: ``LambdaFirst`` is ``first_lambda``."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return sorted(word.casefold() for word in re.split(r"[^A-Za-z0-9]+", apart) if word)


def no_such(kind: Literal["function", "queue"], name: str, region: str) -> Missing:
    """There is no ``kind`` called ``name``."""
    return Missing.saying(_NONE[kind], name=name, region=region)


def contradicted(fact: Fact[Any]) -> bool:
    """AWS lists what it does not find: worth asking again."""
    return isinstance(fact, Unknown) and fact.kind == "not-ready"
