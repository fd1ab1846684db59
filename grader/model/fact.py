"""One thing that was to be seen in an account: found, missing, not tried, or unknown."""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeAlias, TypeVar

import msgspec

from grader.i18n.language import N_
from grader.i18n.message import Message, message

T = TypeVar("T")

NOT_OBSERVED = N_("What this criterion needs was not looked at in this run.")

UnknownKind = Literal[
    "credentials",
    "permission",
    "throttled",
    "unreachable",
    "not-ready",
    "disturbed",
    "clock",
    "ambiguous",
    "vanished",
    "unusable-key",
    "needs-change",
    "account-mismatch",
    "time-limit",
    "not-observed",
    "unexpected",
]


class Found(msgspec.Struct, Generic[T], frozen=True, tag_field="fact", tag="found"):
    """AWS answered, and here it is."""

    value: T


class Missing(msgspec.Struct, frozen=True, tag_field="fact", tag="missing", omit_defaults=True):
    """AWS answered that there is no such thing. ``reason`` is a sentence for the student, ``said`` the
    same for any language, unless the words are AWS's own."""

    reason: str
    said: Message | None = None

    @classmethod
    def saying(cls, template: str, /, **values: Any) -> Missing:
        """Missing, for the reason that ``template`` and its values say."""
        said = message(template, **values)
        return cls(str(said), said)

    @property
    def words(self) -> Message:
        """The reason, to be said in any language."""
        return self.said or Message(self.reason)


class NotTried(msgspec.Struct, frozen=True, tag_field="fact", tag="not-tried", omit_defaults=True):
    """Deliberately not attempted, because of another fact.

    ``because`` is that fact's path: ``functions.sum``, ``queues.input``, ``mappings.input``,
    ``handler``, ``exchange``. ``reason`` and ``said`` are as those of :class:`Missing`.
    """

    because: str
    reason: str
    said: Message | None = None

    @classmethod
    def saying(cls, because: str, template: str, /, **values: Any) -> NotTried:
        """Not tried, for the reason that ``template`` and its values say."""
        said = message(template, **values)
        return cls(because, str(said), said)

    @classmethod
    def after(cls, because: str, fact: Missing | NotTried) -> NotTried:
        """Not tried, for the reason of another fact, whose path is ``because``."""
        return cls(because, fact.reason, fact.said)

    @property
    def words(self) -> Message:
        """The reason, to be said in any language."""
        return self.said or Message(self.reason)


class Unknown(msgspec.Struct, frozen=True, tag_field="fact", tag="unknown", omit_defaults=True):
    """The grader could not find out. ``detail`` says what AWS or the network said, redacted; ``said``
    is as that of :class:`Missing`."""

    kind: UnknownKind
    detail: str
    said: Message | None = None

    @classmethod
    def saying(cls, kind: UnknownKind, template: str, /, **values: Any) -> Unknown:
        """Unknown, with the detail that ``template`` and its values say."""
        said = message(template, **values)
        return cls(kind, str(said), said)

    @property
    def words(self) -> Message:
        """The detail, to be said in any language."""
        return self.said or Message(self.detail)


Fact: TypeAlias = Found[T] | Missing | NotTried | Unknown


def untried(fact: Missing | NotTried | Unknown, path: str) -> NotTried | Unknown:
    """What becomes of a fact that rests on ``fact``, at ``path``, which was not found."""
    return NotTried.after(path, fact) if isinstance(fact, Missing) else fact


def value_of(fact: Fact[T]) -> T | None:
    """The value of a found fact, else ``None``."""
    return fact.value if isinstance(fact, Found) else None
