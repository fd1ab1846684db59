"""Who shares an account or code with whom, without the right of a group: for the instructor alone.

It stands in ``summary.json``, on the class page and in a batch's table, never in a report: a student is
told nothing of what others handed in.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple, TypeAlias

import msgspec
from msgspec import Meta

from grader.model.batch import party_of
from grader.model.fact import Found
from grader.model.report import looking
from grader.rubric.exercised import exercised

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping

    from grader.model.observation import Observation
    from grader.model.report import Report
    from grader.rubric.rubric import Rubric

Marks: TypeAlias = "tuple[Hashable, ...]"

MOST_NAMED = 50
"""At most this many others are named: a class that all hands in sample code would list everybody."""


class Code(NamedTuple):
    """The package of a function that was seen: its role in the rubric, its name, its ``CodeSha256``."""

    role: str
    function: str
    sha256: str


class KeptResult(NamedTuple):
    """What a class keeps of a student: the report, and the code of each function seen."""

    report: Report
    code: frozenset[Code] = frozenset()


class Suspicion(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    rename={"with_": "with"},
):
    """What a student has in common with others of other groups."""

    flag: Annotated[
        Literal["account-shared", "same-code"],
        Meta(
            description="“account-shared”: the same AWS account; “same-code”: byte for byte the same "
            "package in another account, of a function whose code the rubric makes run."
        ),
    ]
    with_: Annotated[
        list[str],
        Meta(description=f"The ids of the others, in the roster's order: the first {MOST_NAMED}."),
    ]
    more: Annotated[int, Meta(description="How many others there are besides.")] = 0
    account_id: Annotated[
        str | None, Meta(description="The account they share; for “account-shared”.")
    ] = None
    function: Annotated[
        str | None, Meta(description="The function's name in this account; for “same-code”.")
    ] = None
    code_sha256: Annotated[
        str | None, Meta(description="What AWS hashed the package to; for “same-code”.")
    ] = None


def code_of(seen: Observation | None) -> frozenset[Code]:
    """The code of each function that was seen."""
    if seen is None:
        return frozenset()
    return frozenset(
        Code(role, fact.value.name, fact.value.code_sha256)
        for role, fact in seen.functions.items()
        if isinstance(fact, Found) and fact.value.code_sha256
    )


def suspicions(results: Iterable[KeptResult], rubric: Rubric) -> dict[str, list[Suspicion]]:
    """What is suspicious of each student of whom something is, by the student's id.

    Members of one group share an account and its code by right. Code that the course hands out
    (``known_code``), and that of functions which the rubric does not make run, is nobody's.
    """
    results = list(results)
    looks = looking(result for report, _code in results for result in report.criteria)
    counts, known = exercised(rubric, looks), {*rubric.lab.known_code}
    accounts: dict[str, _Sharers] = defaultdict(lambda: _Sharers(_whose))
    packages: dict[str, _Sharers] = defaultdict(lambda: _Sharers(_whose_and_where))
    for report, code in results:
        if report.nothing_seen:
            continue
        if report.account_id:
            accounts[report.account_id].add(report)
        for sha256 in {package.sha256 for package in code if package.role in counts} - known:
            packages[sha256].add(report)
    found: dict[str, list[Suspicion]] = {}
    for report, code in results:
        here = [*_account(report, accounts), *_code(report, code, counts, packages)]
        if here:
            found[report.student_id] = here
    return found


class _Sharers:
    """Reports that have one thing in common, in the roster's order.

    ``marks`` are what makes it no matter that two have it: whose they are, and where. A class may share
    one account as a whole, so that of each mark only some reports are kept: each that is not has at
    least MOST_NAMED kept before it, whomever one asks about.
    """

    def __init__(self, marks: Callable[[Report], Marks]) -> None:
        self._marks = marks
        self._all: Counter[Hashable] = Counter()
        self._kept: Counter[Hashable] = Counter()
        self._first: list[tuple[Marks, str]] = []
        self._total = 0

    def add(self, report: Report) -> None:
        """One more of them."""
        marks = self._marks(report)
        self._total += 1
        self._all.update({*marks, marks})
        if (
            len(self._first) < 5 * MOST_NAMED
            and self._kept[marks] < MOST_NAMED
            and all(self._kept[mark] < 2 * MOST_NAMED for mark in marks)
        ):
            self._first.append((marks, report.student_id))
            self._kept.update({*marks, marks})

    def others_of(self, report: Report) -> tuple[list[str], int]:
        """The ids of the first others without a mark of this report, and how many there are besides."""
        marks = self._marks(report)
        same = sum(self._all[mark] for mark in marks)
        if len(marks) > 1:
            same -= self._all[marks]  # those with both were counted twice
        others = [name for theirs, name in self._first if not {*marks} & {*theirs}][:MOST_NAMED]
        return others, self._total - same - len(others)


def _account(report: Report, accounts: Mapping[str, _Sharers]) -> Iterator[Suspicion]:
    account_id = report.account_id or ""
    if account_id not in accounts or report.nothing_seen:
        return
    others, more = accounts[account_id].others_of(report)
    if others:
        yield Suspicion(flag="account-shared", with_=others, more=more, account_id=account_id)


def _code(
    report: Report,
    code: Iterable[Code],
    counts: frozenset[str],
    packages: Mapping[str, _Sharers],
) -> Iterator[Suspicion]:
    for package in sorted(package for package in code if package.role in counts):
        if package.sha256 not in packages:
            continue
        others, more = packages[package.sha256].others_of(report)
        if others:
            yield Suspicion(
                flag="same-code",
                with_=others,
                more=more,
                function=package.function,
                code_sha256=package.sha256,
            )


def _whose(report: Report) -> Marks:
    return (party_of(report),)


def _whose_and_where(report: Report) -> Marks:
    """The same account has the same code, and has its own flag."""
    where = (("account", report.account_id),) if report.account_id else ()
    return (party_of(report), *where)
