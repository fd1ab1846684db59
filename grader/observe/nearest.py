"""What stands in an account under nearly the right name: for the student who has to find a typo."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from grader.observation import Found
from grader.redact import bounded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from grader.aws import Aws


def missing(aws: Aws, kind: str, name: str, action: str, names: Callable[[], Iterable[str]]) -> str:
    """The sentence that says there is no ``kind`` called ``name``, and which name comes near.

    ``names`` lists what there is, and may be denied: then the sentence ends earlier.
    """
    sentence = f"There is no {kind} named {name} in {aws.region}"
    listed = aws.ask(action, lambda: list(names()))
    near = get_close_matches(name, listed.value, 1, 0.75) if isinstance(listed, Found) else []
    return f"{sentence}; there is one named {bounded(near[0], 100)}." if near else f"{sentence}."
