"""May these keys read the lab? Asked once, where several ways lead to one account; nothing is run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from grader.model.observation import Unknown, value_of
from grader.resources.function import FUNCTIONS
from grader.resources.queue import QUEUES
from grader.rubric.rules import EXCHANGE_ROUTE

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.aws.account_client import Aws
    from grader.model.observation import Fact, Function, Identity
    from grader.rubric.load import Rubric

T = TypeVar("T")

_ANSWERS = frozenset({"not-ready"})
"""AWS answers whoever may ask, if only that it is not done yet."""


def why_not(aws: Aws, rubric: Rubric, identity: Identity) -> Unknown | None:
    """Why the account behind ``aws`` cannot be read by its keys; ``None`` where it can.

    What is asked for is the function under test and both its queues, or whatever the rubric names in
    their place. That there is no such thing is an answer.
    """
    asking = _Asking(aws, rubric, identity)
    names = rubric.lab.names
    roles = [role for role in EXCHANGE_ROUTE if role in names] or list(names)
    for kind in (FUNCTIONS, QUEUES):
        for role in roles:
            if role in rubric.lab.named[kind.word] and kind.may_look is not None:
                kind.may_look(asking, role)
            if asking.refused is not None:
                return asking.refused
    return None


class _Asking:
    """Asks until the first refusal. See :class:`~grader.resources.look.MayLook`."""

    def __init__(self, aws: Aws, rubric: Rubric, identity: Identity) -> None:
        self.aws, self.identity = aws, identity
        self._names = rubric.lab.names
        self.functions: dict[str, Fact[Function]] = {}
        self.urls: dict[str, str] = {}
        self.refused: Unknown | None = None

    def name(self, role: str) -> str:
        """AWS's name of the resource."""
        return self._names[role]

    def variables(self, role: str) -> tuple[str, ...]:  # noqa: ARG002 - none of them is asked for
        """No variable of the function's environment."""
        return ()

    def ask(self, action: str, call: Callable[[], T]) -> T | None:
        """What AWS answers, if it does. That there is no such thing is an answer too."""
        fact = self.aws.ask(action, call)
        self.note(action, fact)
        return value_of(fact)

    def note(self, action: str, fact: Fact[Any]) -> None:
        """Keep the first refusal; who may not decrypt the function's variables may still read it."""
        if isinstance(fact, Unknown) and fact.kind not in _ANSWERS and action != "kms:Decrypt":
            self.refused = self.refused or fact
