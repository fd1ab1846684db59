"""What the judge says of one test, and what it knows of one check. Needs no pytest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import msgspec

from grader.i18n.message import Message
from grader.model.evidence import Evidence  # noqa: TC001 - msgspec reads it
from grader.model.kind import EVERYTHING, EXCHANGE, Need

Result: TypeAlias = Literal["passed", "failed", "blocked", "ungraded"]


@dataclass(frozen=True)
class CheckInfo:
    """A check as its author declared it, and where it stands.

    ``on`` is the shape of what it is bound to; ``expect_schema`` the JSON Schema of the
    criterion's ``expect`` (``None``: it takes none); ``explains`` the family of facts whose absence
    a failure of this check explains. ``needs`` are the facts that it asks for, ``environment`` the
    variables of its function's environment, or ``expect``: those that are the keys of its ``expect``.
    """

    name: str
    on: str
    expect_schema: dict[str, Any] | None
    explains: str | None
    file: str
    line: int
    environment: tuple[str, ...] | Literal["expect"] = ()
    needs: tuple[Need, ...] = ()

    @property
    def exercises(self) -> bool:
        """It asks for what is only seen when the function is run."""
        return any(need in EXCHANGE for need in self.needs)

    @property
    def only_looks(self) -> bool:
        """No function is run for it, not even where a rubric asks for everything that can be seen."""
        return not self.exercises and EVERYTHING not in self.needs


class Verdict(msgspec.Struct, frozen=True):
    """What a check says, as data: it travels beside pytest's outcome, as metadata of the test."""

    outcome: Literal["failed", "blocked", "ungraded"]
    message: str
    hint: str = ""
    expected: Any = None
    actual: Any = None
    because: str | None = None
    template: str = ""
    values: dict[str, Any] = {}
    advice: Message | None = None
    evidence: Evidence | None = None


class Outcome(msgspec.Struct, frozen=True):
    """What one test said of one observation.

    ``because`` is the path of a fact when blocked and the kind of Unknown when ungraded.
    ``message`` is ``template`` with ``values`` filled in; ``test`` and ``hint`` are ``named`` and
    ``advice`` in English, where these are known.
    """

    criterion: str
    test: str
    outcome: Result
    message: str = ""
    hint: str = ""
    expected: Any = None
    actual: Any = None
    because: str | None = None
    template: str = ""
    values: dict[str, Any] = {}
    named: Message | None = None
    advice: Message | None = None
    evidence: Evidence | None = None

    @property
    def said(self) -> Message:
        """The message, to be said in any language."""
        template = self.template or self.message
        if self.expected is self.actual is None:
            return Message(template, self.values)
        both = {"expected": self.expected, "actual": self.actual}
        used = {name: value for name, value in both.items() if f"{{{name}}}" in template}
        return Message(template, {**used, **self.values})
