"""What a rubric must keep to beyond its schema: names exist, routes fit, numbers have room."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from grader.i18n.language import _
from grader.inputs.problems import Problem
from grader.inputs.schema_errors import did_you_mean, schema_problems, value_in_words
from grader.model.kind import SECTIONS, On
from grader.rubric.exchange import A_ROUTE
from grader.rubric.exchange_rules import exchange_problems, route_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from grader.inputs.yaml_lines import Document, KeyPath
    from grader.model.outcome import CheckInfo
    from grader.rubric.exchange import Route

FOUND = "found"
"""Stands in the lab for a name: whichever plays the part."""

SHAPES: tuple[On, ...] = get_args(On)
"""The shapes of an ``on``."""


_PACKAGE = Path(__file__).parents[1]
_NEARLY = 0.8
# A criterion is a column of grades.csv, beside these.
_GRADE_COLUMNS = frozenset({"name", "email", "group", "status", "score"})


def split_on(on: str) -> tuple[str, ...]:
    """The resources that an ``on`` names, in order: one, or the two ends of ``input -> sum``."""
    return tuple(part.strip() for part in on.replace("→", "->").split("->"))


def rule_problems(
    document: Document,
    checks: Mapping[str, CheckInfo] | None,
    file: str,
    *,
    more_checks: bool = False,
) -> list[Problem]:
    """Every rule that a document breaks, as far as its shape lets them be read.

    With ``checks`` ``None``, which checks exist and what they expect is not asked. With
    ``more_checks``, only a name that is nearly a known check's is called unknown.
    """
    top = document.value if isinstance(document.value, dict) else {}
    lab = top.get("lab")
    route = route_of(top.get("exchange"))
    rules = _Rules(document, checks, more_checks, file, route, lab if isinstance(lab, dict) else {})
    rules.check_lab()
    rules.check_criteria(top.get("criteria"))
    return [*rules.problems, *exchange_problems(document, file, rules.lab)]


@dataclass
class _Rules:
    document: Document
    checks: Mapping[str, CheckInfo] | None
    more_checks: bool
    file: str
    route: Route
    lab: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)
    asked: list[CheckInfo] = field(default_factory=list)

    def check_lab(self) -> None:
        for (word, section), (other, second) in combinations(SECTIONS.items(), 2):
            for role in self._names(section).keys() & self._names(second).keys():
                message = _(
                    "“{name}” names both a {first} and a {second}.",
                    name=role,
                    first=shape_in_words(word),
                    second=shape_in_words(other),
                )
                self._say(("lab", second, role), message, _("Give one of them another name."))
        first: dict[str, str] = {}
        for role, given in self._names("queues").items():
            name = given.get("name") if isinstance(given, dict) else given
            if isinstance(name, str) and name != FOUND and first.setdefault(name, role) != role:
                message = _(
                    "The queues “{first}” and “{second}” are the same queue, {name}.",
                    first=first[name],
                    second=role,
                    name=name[:80],
                )
                self._say(("lab", "queues", role), message, _("Name two different queues."))

    def check_criteria(self, criteria: object) -> None:
        """Each criterion by itself, and all of them together."""
        every = criteria if isinstance(criteria, list) else []
        named = [str(criterion.get("check")) for criterion in every if isinstance(criterion, dict)]
        self.asked = [self.checks[name] for name in named if self.checks and name in self.checks]
        first_lines: dict[str, int] = {}
        total, readable = 0.0, True
        for index, criterion in enumerate(criteria if isinstance(criteria, list) else []):
            place: KeyPath = ("criteria", index)
            if not isinstance(criterion, dict):
                readable = False
                continue
            points = criterion.get("points")
            readable &= isinstance(points, int | float) and points >= 0
            total += points if isinstance(points, int | float) else 0
            self._check_id((*place, "id"), criterion.get("id"), first_lines)
            self._check_criterion(place, criterion)
        if isinstance(criteria, list) and criteria and readable and total == 0:
            message = _("All points together are 0.")
            self._say(("criteria",), message, _("Give at least one criterion points."))

    def _check_id(self, place: KeyPath, name: object, first_lines: dict[str, int]) -> None:
        if not isinstance(name, str):
            return
        if name in _GRADE_COLUMNS:
            message = _(
                "The id {id} is the name of a column of grades.csv.", id=value_in_words(name)
            )
            self._say(place, message, _("Give the criterion another id."))
        if name in first_lines:
            message = _(
                "The id {id} is already taken on line {line}.",
                id=value_in_words(name),
                line=first_lines[name],
            )
            self._say(place, message, _("Give each criterion an id of its own."))
        first_lines.setdefault(name, self.document.line(place))

    def _check_criterion(self, place: KeyPath, criterion: dict[str, Any]) -> None:
        check, on = criterion.get("check"), criterion.get("on")
        if not isinstance(check, str) or not check:
            return
        info = None
        if self.checks is not None:
            info = self.checks.get(check)
            if info is not None:
                self._check_expect(place, criterion, info)
            elif not self.more_checks or difflib.get_close_matches(check, self.checks, 1, _NEARLY):
                message = _("There is no check {name}.", name=value_in_words(check))
                self._say((*place, "check"), message, did_you_mean(check, self.checks))
        if isinstance(on, str) and on:
            self._check_on((*place, "on"), on, check, info)
        for role, section in self.route.sections.items():
            if info is not None and info.exercises and role not in self._names(section):
                message = _(
                    "The check {check} needs a resource called {name} under “{section}”.",
                    check=self._placed(check, info),
                    name=role,
                    section=section,
                )
                remedy = _(
                    "Add “{line}” to lab.{section}, or say which ones take part: exchange.{route}.",
                    line=f"{role}: …",
                    section=section,
                    route=A_ROUTE,
                )
                self._say((*place, "check"), message, remedy)

    def _check_on(self, place: KeyPath, on: str, check: str, info: CheckInfo | None) -> None:
        ends = split_on(on)
        words = {role: word for word, named in SECTIONS.items() for role in self._names(named)}
        unknown = [end for end in ends if end not in words]
        for end in unknown:
            message = _("The lab declares no resource called {name}.", name=value_in_words(end))
            self._say(place, message, did_you_mean(end, words))
        if unknown:
            return
        kinds = " -> ".join(words[end] for end in ends)
        wanted, named = info.on if info else None, value_in_words(on)
        if wanted is None and len(ends) > 2:
            message = _("{on} names more than two resources.", on=named)
            self._say(place, message, _("Name one or two."))
        elif wanted is not None and kinds != wanted:
            message = _(
                "The check “{check}” judges a {wanted}, but {on} is a {kind}.",
                check=check,
                wanted=shape_in_words(wanted),
                on=named,
                kind=shape_in_words(kinds),
            )
            self._say(
                place,
                message,
                _("Write something like “{line}”.", line=f"on: {self._shaped(wanted)}"),
            )
        elif info and info.exercises and not _in_order(ends, self.route.sections):
            message = _(
                "The check {check} judges the exchange, which {on} is not part of.",
                check=self._placed(check, info),
                on=named,
            )
            remedy = _(
                "Write “{line}”, or say which ones take part: exchange.{route}.",
                line=f"on: {self._shaped(info.on)}",
                route=A_ROUTE,
            )
            self._say(place, message, remedy)
        elif info and self._runs(ends[-1]) and any(need.fact == "runs" for need in info.needs):
            message = _(
                "The grader runs {on} itself: its log does not tell what a schedule ran.", on=named
            )
            self._say(place, message, _("Name the function that only its schedule runs."))
        elif len(set(ends)) != len(ends):
            message = _("{on} leads from a resource to itself.", on=named)
            self._say(place, message, _("Name two."))

    def _check_expect(self, place: KeyPath, criterion: dict[str, Any], info: CheckInfo) -> None:
        expect, at = criterion.get("expect"), (*place, "expect")
        check = criterion["check"]
        if info.expect_schema is None:
            if expect is not None:
                message = _("The check “{check}” takes no “expect”.", check=check)
                self._say(at, message, _("Remove the line."))
            return
        found = schema_problems(self.document, info.expect_schema, self.file, value=expect, at=at)
        if found and "expect" not in criterion:
            message = _("The check “{check}” needs an “expect”.", check=check)
            remedy = str(info.expect_schema.get("description", "")) or _("Add the line.")
            self._say(at, message, remedy)
            return
        self.problems.extend(found)
        if info.environment == "expect" and isinstance(expect, dict):
            self._check_variables(at, expect)

    def _check_variables(self, at: KeyPath, expect: dict[str, Any]) -> None:
        """Check that ``*`` has no value to compare, and that ``holds`` names a queue of the lab."""
        queues = self._names("queues")
        for name, value in expect.items():
            if name == "*" and isinstance(value, str):
                message = _(
                    "“*” is some variable: its value is not kept, so it cannot be compared."
                )
                remedy = _("Write {any: true} or {holds: output}, or name the variable.")
                self._say((*at, name), message, remedy)
            holds = value.get("holds") if isinstance(value, dict) else None
            if isinstance(holds, str) and holds not in queues:
                message = _("The lab declares no queue called {name}.", name=value_in_words(holds))
                self._say((*at, name, "holds"), message, did_you_mean(holds, queues))

    def _runs(self, role: str) -> bool:
        """Judging by this rubric runs the function, so that its log tells of the grader's runs too."""
        return role == self.route.through and any(info.exercises for info in self.asked)

    def _placed(self, check: str, info: CheckInfo) -> str:
        """The check's name, and where it stands if an author wrote it."""
        if _PACKAGE in Path(info.file).parents:
            return value_in_words(check)
        return f"{value_in_words(check)} ({info.file}:{info.line})"

    def _shaped(self, shape: str) -> str:
        """An ``on`` of this shape that the exchange has."""
        route = self.route
        return {
            "function": route.through,
            "queue": route.source,
            "queue -> function": f"{route.source} -> {route.through}",
            "queue -> queue": f"{route.source} -> {route.to}",
        }[shape]

    def _names(self, section: str) -> dict[str, Any]:
        names = self.lab.get(section)
        return names if isinstance(names, dict) else {}

    def _say(self, place: KeyPath, message: str, remedy: str) -> None:
        self.problems.append(Problem(self.file, self.document.line(place), message, remedy))


def shape_in_words(shape: str) -> str:
    """``function``, ``queue -> queue``, in the language that is spoken."""
    words = {"function": _("function"), "queue": _("queue")}
    return " -> ".join(words.get(part, part) for part in shape.split(" -> "))


def _in_order(some: Iterable[str], every: Iterable[str]) -> bool:
    """``some`` stand in ``every``, in its order."""
    rest = iter(every)
    return all(end in rest for end in some)
