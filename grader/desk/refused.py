"""Why nothing was graded for a student who handed in something: a sentence, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.i18n.language import N_
from grader.i18n.message import Message, message, said

if TYPE_CHECKING:
    from typing import Any

_TOGETHER = N_("{what} {remedy}")


class Refused(Exception):  # noqa: N818 - it is what happens to a block
    """A block that is not graded. ``words`` are for the student, in any language.

    ``status`` is the HTTP status that says it to a program; ``again_s`` is in how many seconds it may
    be tried again, where that is known.
    """

    def __init__(
        self,
        what: str,
        remedy: str,
        *,
        status: int = 409,
        again_s: int | None = None,
        **values: Any,
    ) -> None:
        both = {"what": message(what, **values), "remedy": message(remedy, **values)}
        self.words = message(_TOGETHER, **both)
        self.status, self.again_s = status, again_s
        super().__init__(said(self.words))


def words(template: str, /, **values: Any) -> Message:
    """A sentence for a student that is no refusal."""
    return message(template, **values)
