"""May these keys read the lab? Asked once, where several ways lead to one account; nothing is run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grader.model.fact import Unknown
from grader.resources.function import FUNCTIONS
from grader.resources.inventory import Inventory
from grader.resources.lab_access import PermissionProbe
from grader.resources.queue import QUEUES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from grader.aws.account_client import Aws
    from grader.model.fact import Fact
    from grader.model.observation import Function, Identity
    from grader.rubric.rubric import Rubric


_ANSWERS = frozenset({"not-ready"})
"""AWS answers whoever may ask, if only that it is not done yet."""


def why_not(
    aws: Aws, rubric: Rubric, identity: Identity, use: Mapping[str, str] | None = None
) -> Unknown | None:
    """Why the account behind ``aws`` cannot be read by its keys; ``None`` where it can.

    What is asked for is the function under test and both its queues, or whatever the rubric names in
    their place; ``use`` are AWS's names of those that are meant instead. That there is no such thing is
    an answer. Where the rubric gives none a name, what is there is listed.
    """
    names = {**rubric.lab.names, **(use or {})}
    asking = _Asking(aws, names, identity)
    roles = [role for role in rubric.exchange.route.names if role in names] or list(names)
    named = rubric.lab.named
    for kind in (FUNCTIONS, QUEUES):
        for role in roles:
            if role in named[kind.word] and names[role] and kind.probe_permissions is not None:
                kind.probe_permissions(asking, role)
            if asking.refused is not None:
                return asking.refused
    nameless = {role for role in roles if not names[role]}
    return asking.listed(nameless & {*named["function"]}, nameless & {*named["queue"]})


class _Asking(PermissionProbe):
    """Asks until the first refusal."""

    def __init__(self, aws: Aws, names: Mapping[str, str], identity: Identity) -> None:
        self.aws, self.identity = aws, identity
        self._names = names
        self.functions: dict[str, Fact[Function]] = {}
        self.urls: dict[str, str] = {}
        self.refused: Unknown | None = None

    def listed(self, functions: Collection[str], queues: Collection[str]) -> Unknown | None:
        """Why what is looked for by its part cannot be looked for, where something is."""
        inventory = Inventory(self.aws, self.identity.account_id)
        if functions:
            there = inventory.functions()
            if isinstance(there, Unknown):
                return there
            # Of one of them: keys that may read some functions and not others are nobody's.
            variables = inventory.variables(there[0]) if there else {}
            if isinstance(variables, Unknown):
                return variables
        messages = inventory.message_queues() if queues else ()
        return messages if isinstance(messages, Unknown) else None

    def name(self, role: str) -> str:
        """AWS's name of the resource."""
        return self._names[role]

    def variables(self, role: str) -> tuple[str, ...]:  # noqa: ARG002 - none of them is asked for
        """No variable of the function's environment."""
        return ()

    def held(self, role: str) -> dict[str, str]:  # noqa: ARG002 - as above
        """Nothing that a variable is to hold."""
        return {}

    def note(self, action: str, fact: Fact[Any]) -> None:
        """Keep the first refusal; who may not decrypt the function's variables may still read it."""
        if isinstance(fact, Unknown) and fact.kind not in _ANSWERS and action != "kms:Decrypt":
            self.refused = self.refused or fact
