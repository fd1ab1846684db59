"""What there is to know of one kind of fact about a resource, in one place.

Whoever looks, judges, asks for permissions or regrades goes over these descriptions
(:data:`grader.resources.kinds.KINDS`), so that another kind is one more file and its line there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeAlias, TypeVar

import msgspec

from grader.model.resolve_types import resolve_types

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.model.fact import Fact

T = TypeVar("T")

End: TypeAlias = Literal["source", "target"]
"""An end of a criterion's ``on``: of ``input -> sum`` the first or the last, of ``sum`` both."""

Word: TypeAlias = Literal["function", "queue"]
"""What the rubric calls a resource."""

On: TypeAlias = Literal["function", "queue", "queue -> function", "queue -> queue"]
"""What a check is bound to, as a criterion's ``on`` is written: a resource, or a way between two."""

SECTIONS: dict[Word, str] = {"function": "functions", "queue": "queues"}
"""Where the lab of a rubric names the resources of each word."""


class Need(NamedTuple):
    """A fact that a check asks for by the fixture called ``fixture``.

    ``fact`` is the fact's name in an observation (``schedules``). It is one of the resource at ``end``
    of the criterion's ``on``, which must be a ``word``; both are ``None`` for what the exchange shows.
    """

    fixture: str
    fact: str
    word: Word | None = None
    end: End | None = None


@dataclass(frozen=True)
class Kind(Generic[T]):
    """One kind of fact: whose it is, how it is observed, what that takes, and how checks ask for it.

    ``fact`` is its name in an observation and begins its path (``queues.input``); ``type`` is what is
    found. Each of ``fixtures`` gives it of one end of a criterion's ``on``, and with ``_fact`` behind
    its name as the fact itself. ``observe`` finds it out of the resource that the rubric calls by the
    name it is given; ``actions`` are the IAM actions which that takes, and ``probe_permissions`` asks
    for each of them without acting, unless another kind that it comes ``after`` did. A kind that has no
    ``probe_permissions`` and an action of its own is left out of what ``grader doctor`` asks.

    ``always``: it is looked at for every resource that the lab names, whatever the checks ask.
    ``after`` are the facts that looking rests on. ``last``: looking waits, so the exchange goes first.
    ``checks`` is the file of checks that comes with it.
    """

    fact: str
    word: Word
    type: type[T]
    fixtures: dict[str, End]
    observe: Callable[[Any, str], Fact[T]]
    actions: tuple[str, ...]
    probe_permissions: Callable[[Any, str], None] | None = None
    always: bool = False
    after: tuple[str, ...] = ()
    last: bool = False
    checks: str = ""

    def __post_init__(self) -> None:
        """Kinds are made where modules are imported, and what they find is read later."""
        resolve_types(self.type)

    def as_type(self, found: Any) -> T:
        """What was found, as it is kept in an observation or as it was seen, as this kind's ``type``."""
        return found if isinstance(found, self.type) else msgspec.convert(found, self.type)

    @property
    def needs(self) -> list[Need]:
        """What asking for each of the fixtures means."""
        return [Need(name, self.fact, self.word, end) for name, end in self.fixtures.items()]


EXCHANGE = (
    Need("invocation", "handler"),
    Need("records", "records"),
    Need("exchange", "exchange"),
)
"""What is only seen when the function is run."""

EXERCISING = (
    "lambda:InvokeFunction",
    "lambda:GetFunctionConcurrency",
    "sqs:SendMessage",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:GetQueueAttributes",
)
"""The IAM actions that running the function and using its queues take."""

EVERYTHING = Need("observation", "")
"""Whatever can be seen but for what waits for minutes."""
