"""Who shares an account or code with whom, without the right of a group: for the instructor alone.

It stands in ``summary.json``, on the class page and in a batch's table, never in a report: a student is
told nothing of what others handed in.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

from grader.model.fact import Found
from grader.rubric.exercised import exercised

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from grader.model.observation import Observation
    from grader.model.report import Report
    from grader.rubric.rubric import Rubric

MOST_NAMED = 50
"""Of a class that hands in the code of the slides each would name all others."""


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
    counts, known = exercised(rubric), {*rubric.lab.known_code}
    accounts: dict[str, list[Report]] = defaultdict(list)
    packages: dict[str, list[Report]] = defaultdict(list)
    for report, code in results:
        if report.nothing_seen:
            continue
        if report.account_id:
            accounts[report.account_id].append(report)
        for sha256 in {package.sha256 for package in code if package.role in counts} - known:
            packages[sha256].append(report)
    found: dict[str, list[Suspicion]] = {}
    for report, code in results:
        here = [*_account(report, accounts), *_code(report, code, counts, packages)]
        if here:
            found[report.student_id] = here
    return found


def _account(report: Report, accounts: Mapping[str, Sequence[Report]]) -> Iterator[Suspicion]:
    account_id = report.account_id or ""
    others, more = _others(
        accounts.get(account_id, ()), lambda other: _owner(other) != _owner(report)
    )
    if others and not report.nothing_seen:
        yield Suspicion(flag="account-shared", with_=others, more=more, account_id=account_id)


def _code(
    report: Report,
    code: Iterable[Code],
    counts: frozenset[str],
    packages: Mapping[str, Sequence[Report]],
) -> Iterator[Suspicion]:
    for package in sorted(package for package in code if package.role in counts):
        others, more = _others(
            packages.get(package.sha256, ()), lambda other: _apart(report, other)
        )
        if others:
            yield Suspicion(
                flag="same-code",
                with_=others,
                more=more,
                function=package.function,
                code_sha256=package.sha256,
            )


def _others(reports: Iterable[Report], suspect: Callable[[Report], bool]) -> tuple[list[str], int]:
    ids = [report.student_id for report in reports if suspect(report)]
    return ids[:MOST_NAMED], max(len(ids) - MOST_NAMED, 0)


def _owner(report: Report) -> Hashable:
    return ("group", report.group) if report.group else ("student", report.student_id)


def _apart(mine: Report, other: Report) -> bool:
    """Others, in another account: the same account has the same code, and has its own flag."""
    accounts = [report.account_id or _owner(report) for report in (mine, other)]
    return _owner(mine) != _owner(other) and accounts[0] != accounts[1]
