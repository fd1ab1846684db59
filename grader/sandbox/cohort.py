"""The cohort: submissions with the grade that each must get, and no other."""

from __future__ import annotations

import csv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from grader.rubric.shipped import DEFAULT
from grader.sandbox.deploy import deploy
from grader.sandbox.layout import SHIPPED, Layout
from grader.sandbox.submission import DemoSubmission

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from grader.rubric.exchange import ExchangeRules
    from grader.sandbox.server import Sandbox

REFERENCE = "reference"
"""The submission in which everything is right."""

COHORT = msgspec.json.decode(
    Path(__file__).with_name("cohort.json").read_bytes(), type=tuple[DemoSubmission, ...]
)
"""Each differs from the reference in what its lines say; ``unreachable`` has an address of discard,
where nothing listens."""

CALCULATORS = msgspec.json.decode(
    Path(__file__).with_name("calculators.json").read_bytes(), type=tuple[DemoSubmission, ...]
)
"""Mistakes where messages ask for one of several answers, with the points of the shipped calculator."""


def cohort_of(rules: ExchangeRules) -> tuple[DemoSubmission, ...]:
    """The submissions that try a rubric whose exchange goes by ``rules``."""
    return COHORT if rules.short else (*COHORT, *CALCULATORS)


DEMO: tuple[str, ...] = (
    REFERENCE,
    "untouched",
    "memory-256",
    "visibility-30",
    "mapping-disabled",
    "first-record-only",
    "joins-text",
    "wrong-keys",
    "output-misspelt",
    "periodic-absent",
    "old-messages",
    "unreachable",
    "shared-account",
)
"""The names of the submissions that ``grader demo`` shows: a variety, and none that waits long."""


class ExpectedGrade(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The result that a submission must get by a shipped lab other than the default one; the
    fields are those of :class:`DemoSubmission`."""

    name: str
    points: float | None
    failed: frozenset[str] = frozenset()
    blocked: frozenset[str] = frozenset()
    flags: frozenset[str] = frozenset()


_DEMOS = msgspec.json.decode(
    Path(__file__).with_name("demos.json").read_bytes(), type=dict[str, tuple[ExpectedGrade, ...]]
)


def demo_of(lab: str) -> tuple[DemoSubmission, ...]:
    """The submissions that ``grader demo`` shows of the shipped lab ``lab``, with their grades there.

    Empty where ``demos.json`` has no class of the lab.
    """
    if lab == DEFAULT:
        return tuple(submission for submission in COHORT if submission.name in DEMO)
    every = {submission.name: submission for submission in (*COHORT, *CALCULATORS)}
    return tuple(
        msgspec.structs.replace(
            every[expected.name],
            points=expected.points,
            failed=expected.failed,
            blocked=expected.blocked,
            flags=expected.flags,
        )
        for expected in _DEMOS.get(lab, ())
    )


def variety_of(rules: ExchangeRules) -> tuple[DemoSubmission, ...]:
    """The submissions that ``grader demo`` shows of a lab whose exchange goes by ``rules``.

    Their grades depend on its rubric.
    """
    return tuple(
        submission
        for submission in cohort_of(rules)
        if submission.name in DEMO or submission in CALCULATORS
    )


_AT_A_TIME = 4
_ID_NUMBERS, _CANVAS_IDS = 20240001, 9001


def deploy_all(
    sandbox: Sandbox,
    submissions: Iterable[DemoSubmission],
    *,
    layout: Layout = SHIPPED,
) -> dict[str, str]:
    """Deploys each submission into a new account: its name → the account's id.

    A submission that shares an account must come together with the one it shares it with. Raises
    ``KeyError`` when it does not, botocore's ``ClientError`` when the sandbox refuses.
    """
    submissions = tuple(submissions)
    accounts = {s.name: sandbox.new_account() for s in submissions if not s.shares_account_with}
    accounts |= {
        s.name: accounts[s.shares_account_with] for s in submissions if s.shares_account_with
    }
    threads = ThreadPoolExecutor(max_workers=_AT_A_TIME)
    try:
        done = [threads.submit(deploy, sandbox, accounts[s.name], s, layout) for s in submissions]
        for deployment in done:
            deployment.result()
    finally:
        # Whoever is interrupted ends the sandbox next, and with it what is being deployed.
        threads.shutdown(wait=False, cancel_futures=True)
    return accounts


def write_cohort_roster(
    path: Path,
    sandbox: Sandbox,
    submissions: Iterable[DemoSubmission],
    accounts: Mapping[str, str],
    *,
    region: str | None = None,
) -> Path:
    """Writes the roster of ``submissions``, as ``grader batch`` reads it, to ``path``: that path.

    ``accounts`` holds each submission's account id by name; ``region`` is the sandbox's own unless
    given. A new file is its owner's alone.
    """
    rows = [
        {
            "student_id": submission.name,
            "name": submission.description,
            "email": f"{submission.name}@example.org",
            "group": submission.group,
            "account_id": accounts[submission.name],
            "region": region or sandbox.region,
            "endpoint_url": submission.endpoint_url or sandbox.endpoint_url,
            # Each system has its own id of a student: made up here, so that every export can be tried.
            "id_number": f"{_ID_NUMBERS + number}",
            "canvas_id": f"{_CANVAS_IDS + number}",
            "lti_user_id": submission.name,
            **sandbox.credentials(accounts[submission.name]),
        }
        for number, submission in enumerate(submissions)
    ]
    path.touch(mode=0o600)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path
