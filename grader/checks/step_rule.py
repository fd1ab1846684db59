"""A rule of the next step: what is said of a failure, and what a student is to do about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from grader.checks import message
from grader.rubric.exchange import ExchangeRules
from grader.safety.printable import with_visible_blanks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from grader.checks import Message
    from grader.model.observation import Function, FunctionError

SUMS = ExchangeRules()
"""Two numbers are sent for their sum."""

_FIELD = re.compile(r"\{(\w+)\}")
_VALUE = 120
_LONGEST_TEXT = 380


@dataclass(frozen=True)
class StepContext:
    """What a next step may speak of: the keys of a message, the queue and the region of the answers, the
    function, where it was seen, by which rules it answers, whether the lab asks for its timeout, and the
    version or alias of it that the event source mapping names, where it names one."""

    keys: tuple[str, ...] = ("number1", "number2")
    output: str = "output_queue"
    region: str = ""
    function: Function | None = None
    rules: ExchangeRules = SUMS
    timeout_asked: bool = True
    qualifier: str = ""


@dataclass(frozen=True)
class ErrorInContext:
    """An exception and its context, with what a rule may ask of the two. ``printed``: it was caught and
    written to the log, and nobody knows where it was raised."""

    error: FunctionError
    context: StepContext
    printed: bool = False

    @property
    def text(self) -> str:
        """``KeyError: 'number1'``."""
        error = self.error
        return f"{error.kind}: {error.message}" if error.message else error.kind

    @property
    def at_line(self) -> bool:
        """There is a line of the student's own to look at."""
        return self.error.file is not None and self.error.line is not None

    @property
    def in_lambda(self) -> bool:
        """No line of the student's own was running: Lambda called, or read what was returned."""
        return self.error.file is None and not self.printed

    @property
    def own(self) -> bool:
        """The student's own code raised it, by ``raise`` or ``assert``."""
        error = self.error
        return self.at_line and not error.raised_by and bool(_OWN.match(error.code))

    def owner(self, name: str) -> str:
        """The variable of which the student's line asks for ``name``; empty where that is not seen."""
        found = re.search(rf"\b(\w+)\.{re.escape(name)}\b", self.error.code)
        return found[1] if found else ""

    def values(self, found: re.Match[str]) -> dict[str, object]:
        """What templates may be filled with: the groups of ``found``, and the context."""
        context, error = self.context, self.error
        return {
            "keys": ", ".join(context.keys),
            "first_key": next(iter(context.keys), ""),
            "output": context.output,
            "region": context.region,
            "handler": context.function.handler if context.function else "",
            "file": error.file,
            "line": error.line,
            **{
                name: with_visible_blanks((text or "")[:_VALUE])
                for name, text in found.groupdict().items()
            },
            **_action(found.groupdict()),
            "owner": self.owner(found.groupdict().get("name") or ""),
            "path": (found.groupdict().get("module") or "").replace(".", "/"),
        }


def _action(groups: dict[str, str | None]) -> dict[str, str]:
    """The denied action as IAM writes it: AWS says ``sqs:sendmessage`` of the call SendMessage."""
    said, call = groups.get("action") or "", groups.get("call") or ""
    service, _, name = said.partition(":")
    return {"action": f"{service}:{call}"} if said and name.lower() == call.lower() else {}


_OWN = re.compile(r"(?:raise|assert)\b")


def says(pattern: str) -> re.Pattern[str]:
    """What Python or AWS says, as a pattern: a message may have several lines."""
    return re.compile(pattern, re.DOTALL)


class Rule(NamedTuple):
    """``step`` is what to do where ``pattern`` is found in ``Kind: message`` and ``when`` holds."""

    pattern: re.Pattern[str]
    step: str
    when: Callable[[ErrorInContext, re.Match[str]], bool] | None = None


def step_by(rules: Iterable[Rule], error: ErrorInContext) -> Message | None:
    """The step of the first rule that fits."""
    for rule in rules:
        found = rule.pattern.search(error.text)
        if found and (rule.when is None or rule.when(error, found)):
            return filled(rule.step, error.values(found))
    return None


def without_middle(text: str) -> str:
    """A short ``text`` of a long one: the middle goes, as a denial says its reason at the end."""
    if len(text) <= _LONGEST_TEXT:
        return text
    return f"{text[: _LONGEST_TEXT // 3]} … {text[-_LONGEST_TEXT * 2 // 3 :]}"


def filled(template: str, values: dict[str, object]) -> Message:
    """The message of ``template``, with those of ``values`` that it names."""
    return message(template, **{name: values[name] for name in _FIELD.findall(template)})
