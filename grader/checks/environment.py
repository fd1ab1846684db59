"""What is expected of a function's environment variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import msgspec

from grader.checks import fail, message, required, shown, ungrade
from grader.checks.numbers import ONE_KEY
from grader.checks.variables import NOT_LOOKED_AT, ONLY_SOME
from grader.i18n.language import N_
from grader.model.fact import Missing
from grader.safety.printable import with_visible_blanks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.checks import Message
    from grader.model.observation import Function

SOME = "*"
"""The name that stands for some variable, whichever."""


class Variable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``any``: whatever its value is; ``holds``: the URL, ARN or name of that queue of the lab."""

    any: Literal[True] | msgspec.UnsetType = msgspec.UNSET
    holds: str | msgspec.UnsetType = msgspec.UNSET

    @property
    def queue(self) -> str | None:
        """The queue that it holds, if it must hold one."""
        return None if self.holds is msgspec.UNSET else self.holds

    @property
    def said(self) -> Message:
        """In words, for any language."""
        if self.queue is None:
            return message(N_("any value"))
        return message(N_("the queue “{queue}”"), queue=self.queue)

    def __str__(self) -> str:
        return str(self.said)


ExpectedVariables: TypeAlias = Annotated[
    str | Variable,
    msgspec.Meta(
        description=N_(
            "Write the variable's value as text, or one of: {any: true}, {holds: output}."
        ),
        extra_json_schema=ONE_KEY,
    ),
]
"""What a variable holds."""


def check_environment(
    function: Function, path: str, expect: Mapping[str, str | Variable], queues: Mapping[str, str]
) -> None:
    """Fail if a variable is absent or has another value; what is certain comes first.

    ``queues`` are AWS's names of the lab's queues.
    """
    fact = function.environment
    if isinstance(fact, Missing):
        fail(
            N_("expected {expected}, but the variables cannot be read. {reason}"),
            expected=_plain(expect),
            reason=fact.words,
            hint=N_("Enable the KMS key of the variables or choose another, then deploy again."),
        )
    # Not what checks are given: this one says itself what was not looked at, after what is certain.
    found = dict(dict.items(required(fact, path)))
    for name, value in expect.items():
        if name == SOME:
            _check_some(function, value, queues)
        elif name in found:
            _check_one(function, name, found[name], value, _Words(_plain(expect), queues))
    for name, value in expect.items():
        queue = value.queue if isinstance(value, Variable) else None
        if (queue is not None and queue not in function.holding) or (
            name == SOME and queue is None and function.variables is None
        ):
            ungrade("not-observed", ONLY_SOME)
        if name != SOME and name not in found:
            ungrade("not-observed", message(NOT_LOOKED_AT, name=name))


class _Words(msgspec.Struct, frozen=True):
    expected: Any
    queues: Any


def _check_one(
    function: Function, name: str, found: str | None, value: str | Variable, words: _Words
) -> None:
    if found is None:
        fail(
            N_("expected {name} = {value}, but the variable {name} is not set."),
            expected=words.expected,
            actual={name: None},
            hint=message(
                N_(
                    "Add {name} to the function's environment variables (in your stack; or, in the"
                    " Lambda console, Configuration, Environment variables, Edit)."
                ),
                name=name,
            ),
            name=name,
            value=value.said if isinstance(value, Variable) else value,
        )
    if isinstance(value, str) and found != value:
        fail(
            N_("expected {name} = {value}, found {name} = {found}."),
            expected=words.expected,
            actual={name: shown(found)},
            hint=message(
                N_("Set {name} to {value} alone, without blanks or line ends around it.")
                if found.strip() == value
                else N_(
                    "Set {name} to {value} in the function's environment variables (in your stack; or,"
                    " in the Lambda console, Configuration, Environment variables, Edit)."
                ),
                name=name,
                value=with_visible_blanks(value),
            ),
            name=name,
            value=with_visible_blanks(value),
            found=with_visible_blanks(shown(found)),
        )
    queue = value.queue if isinstance(value, Variable) else None
    if queue is not None and name not in function.holding.get(queue, (name,)):
        named = words.queues.get(queue, queue)
        fail(
            N_("expected {name} to hold the URL, ARN or name of {queue}, found {found}."),
            expected=named,
            actual=shown(found),
            hint=message(
                N_("Set {name} to the URL of {queue} where you define the function."),
                name=name,
                queue=named,
            ),
            name=name,
            queue=named,
            found=with_visible_blanks(shown(found)),
        )


def _check_some(function: Function, value: str | Variable, queues: Mapping[str, str]) -> None:
    queue = value.queue if isinstance(value, Variable) else None
    if queue is None:
        if function.variables == ():
            fail(
                N_("expected an environment variable, found none."),
                hint=N_("Add one where you define the function."),
            )
        return
    if function.holding.get(queue, (SOME,)):
        return
    named = queues.get(queue, queue)
    fail(
        N_("expected a variable that holds the URL, ARN or name of {queue}, found none."),
        expected=named,
        hint=message(
            N_("Give the function an environment variable with the URL of {queue}."), queue=named
        ),
        queue=named,
    )


def _plain(expect: Mapping[str, str | Variable]) -> dict[str, Any]:
    return {name: value if isinstance(value, str) else str(value) for name, value in expect.items()}
