"""A function's environment as checks are given it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from grader.checks.verdicts import ungrade
from grader.i18n.language import N_
from grader.i18n.message import message
from grader.model.fact import Found, value_of

if TYPE_CHECKING:
    from grader.model.observation import Observation

NOT_LOOKED_AT = N_("The variable “{name}” was not looked at in this run.")
ONLY_SOME = N_("Only the variables that checks name were looked at in this run, not all there are.")


class Variables(dict[str, str | None]):
    """The variables that were looked at, ``None`` for one that is not set.

    What was not looked at is nobody's fault: whoever asks for it, or for all there are, is told nothing,
    and the criterion is ungraded.
    """

    def __missing__(self, name: str) -> NoReturn:
        ungrade("not-observed", message(NOT_LOOKED_AT, name=name))

    def get(self, name: str, default: Any = None) -> Any:
        """The variable's value, or ``default`` where it is not set."""
        found = self[name]
        return default if found is None else found

    def __contains__(self, name: object) -> bool:
        return self[str(name)] is not None

    def _all(self, *_given: object) -> NoReturn:
        ungrade("not-observed", message(ONLY_SOME))

    __iter__ = __len__ = __eq__ = __ne__ = _all
    keys = values = items = _all
    __hash__ = None


def with_checked_environment(seen: Observation) -> Observation:
    """``seen`` with environments in which nothing reads as absent that was not looked at."""
    functions = dict(seen.functions)
    for role, fact in functions.items():
        variables = value_of(fact.value.environment) if isinstance(fact, Found) else None
        if isinstance(fact, Found) and variables is not None:
            given = Found(Variables(variables))
            functions[role] = Found(msgspec.structs.replace(fact.value, environment=given))
    return msgspec.structs.replace(seen, functions=functions)
