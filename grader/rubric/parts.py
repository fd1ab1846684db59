"""Which part each resource of a lab plays: by that it is found where it has another name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.i18n.language import _
from grader.inputs.problems import Problem
from grader.model.kind import SECTIONS
from grader.rubric.exchange import A_ROUTE
from grader.rubric.exchange_rules import route_of
from grader.rubric.rules import FOUND, split_on

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from grader.inputs.yaml_lines import Document
    from grader.model.outcome import CheckInfo
    from grader.rubric.exchange import Route
    from grader.rubric.rubric import Rubric


@dataclass(frozen=True)
class Parts:
    """Parts by the rubric's own names.

    ``feeds``: the queue that feeds each function. ``answers``: the function whose answers each queue
    gets. ``scheduled``: functions that something runs periodically.
    """

    feeds: Mapping[str, str]
    answers: Mapping[str, str]
    scheduled: frozenset[str]

    @property
    def findable(self) -> frozenset[str]:
        """The resources that play a part."""
        return frozenset((*self.feeds, *self.feeds.values(), *self.answers, *self.scheduled))


def parts(
    functions: Collection[str],
    queues: Collection[str],
    routes: Iterable[tuple[str, ...]],
    scheduled: Iterable[str],
    route: Route,
) -> Parts:
    """The parts that follow from ``routes``, the ends of what the criteria are on, and from the
    exchange's ``route``."""
    feeds: dict[str, str] = {}
    answers: dict[str, str] = {}
    source, through, target = route.names
    if through in functions and {source, target} <= {*queues}:
        feeds[through], answers[target] = source, through
    for ends in routes:
        if len(ends) == 2 and ends[0] in queues and ends[1] in functions:
            feeds.setdefault(ends[1], ends[0])
    return Parts(feeds, answers, frozenset(scheduled) & frozenset(functions))


def parts_of(rubric: Rubric, scheduled: Iterable[str]) -> Parts:
    """The parts of a rubric's resources. Some criterion asks what runs the functions ``scheduled``."""
    lab = rubric.lab
    routes = (split_on(criterion.on) for criterion in rubric.criteria)
    return parts(lab.functions, lab.queues, routes, scheduled, rubric.exchange.route)


def found_problems(
    document: Document, checks: Mapping[str, CheckInfo] | None, file: str
) -> Iterator[Problem]:
    """A problem for each resource to be found in ``document`` that no criterion or route connects.

    With ``checks`` ``None`` nobody knows which criterion asks what runs a function.
    """
    top = document.value if isinstance(document.value, dict) else {}
    lab, criteria = _dict(top.get("lab")), top.get("criteria")
    named = {section: _dict(lab.get(section)) for section in SECTIONS.values()}
    every = (
        [criterion for criterion in criteria if isinstance(criterion, dict)]
        if isinstance(criteria, list)
        else []
    )
    asked = [
        (split_on(str(criterion.get("on"))), str(criterion.get("check"))) for criterion in every
    ]
    scheduled = [
        ends[-1]
        for ends, check in asked
        if checks is None
        or (check in checks and any(need.fact == "schedules" for need in checks[check].needs))
    ]
    ends_of_all = (ends for ends, _check in asked)
    route = route_of(top.get("exchange"))
    findable = parts(named["functions"], named["queues"], ends_of_all, scheduled, route).findable
    for section, roles in named.items():
        for role, given in roles.items():
            if role not in findable and (given == FOUND or isinstance(given, dict)):
                message = _(
                    "Nothing can find “{role}”: it plays no part by which it shows.", role=role
                )
                remedy = _(
                    "Write its name, or a criterion on a queue and a function (“input -> sum”), or one"
                    " that asks what runs the function, or which ones take part: exchange.{route}.",
                    route=A_ROUTE,
                )
                line = document.line(("lab", section, role))
                yield Problem(file, line, message, remedy)


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
