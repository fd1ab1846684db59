"""The grader's own exam: submissions with the grade that each must get, and no other."""

from __future__ import annotations

import csv
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from grader.sandbox.deploy import deploy
from grader.sandbox.layout import SHIPPED, Layout
from grader.sandbox.submission import Submission

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from grader.sandbox.server import Sandbox

_ON_FUNCTION = {"runtime", "memory", "timeout", "environment"}
_AFTER_HANDLER = {"records", "sums"}
_CLOSED = "http://127.0.0.1:9"  # discard: nothing listens there

_COLUMNS = (
    "student_id",
    "name",
    "email",
    "group",
    "account_id",
    "region",
    "endpoint_url",
    "aws_access_key_id",
    "aws_secret_access_key",
)


def _criteria(*ids: str) -> frozenset[str]:
    return frozenset(ids)


_WRONG_HANDLER = partial(
    Submission, points=13, failed=_criteria("handler"), blocked=frozenset(_AFTER_HANDLER)
)
_WRONG_MAPPING = partial(
    Submission, points=13, failed=_criteria("mapping"), blocked=_criteria("sums")
)
_RIGHT = partial(Submission, points=20)

COHORT: tuple[Submission, ...] = (
    _RIGHT(
        name="reference",
        description="The reference solution",
        group="team-a",
        flags=_criteria("account-shared"),
    ),
    Submission(
        name="untouched",
        description="An account in which nothing was deployed",
        points=0,
        untouched=True,
        failed=_criteria("function", "input-queue", "output-queue", "schedule"),
        blocked=frozenset({"mapping", "handler"} | _ON_FUNCTION | _AFTER_HANDLER),
    ),
    Submission(
        name="function-misnamed",
        description="The function is called first-lambda",
        points=5,
        failed=_criteria("function"),
        blocked=frozenset({"mapping", "handler"} | _ON_FUNCTION | _AFTER_HANDLER),
        function="first-lambda",
    ),
    Submission(
        name="memory-256",
        description="Memory of 256 MB",
        points=19,
        failed=_criteria("memory"),
        memory_mb=256,
    ),
    Submission(
        name="runtime-3.7",
        description="Runtime python3.7",
        points=19,
        failed=_criteria("runtime"),
        runtime="python3.7",
    ),
    Submission(
        name="timeout-3",
        description="Timeout of 3 s",
        points=19,
        failed=_criteria("timeout"),
        timeout_s=3,
    ),
    Submission(
        name="foo-absent",
        description="Environment variable foo is absent",
        points=19,
        failed=_criteria("environment"),
        environment={"foo": None},
    ),
    Submission(
        name="foo-baz",
        description="Environment variable foo is baz",
        points=19,
        failed=_criteria("environment"),
        environment={"foo": "baz"},
    ),
    Submission(
        name="visibility-30",
        description="Input queue with a visibility timeout of 30 s",
        points=19,
        failed=_criteria("input-queue"),
        input_visibility_s=30,
    ),
    _WRONG_MAPPING(
        name="mapping-absent",
        description="No event source mapping",
        mapping="absent",
    ),
    _WRONG_MAPPING(
        name="mapping-disabled",
        description="Event source mapping disabled",
        mapping="disabled",
    ),
    _WRONG_MAPPING(
        name="mapping-other-queue",
        description="Event source mapping from another queue",
        mapping="other-queue",
    ),
    Submission(
        name="first-record-only",
        description="Reads only Records[0]",
        points=19,
        failed=_criteria("records"),
        handler="first_record_only",
    ),
    _WRONG_HANDLER(
        name="joins-text",
        description="Joins the numbers as text",
        handler="joins_text",
    ),
    _WRONG_HANDLER(
        name="wrong-keys",
        description="Reads the keys a and b, and raises KeyError",
        handler="wrong_keys",
    ),
    _WRONG_HANDLER(
        name="prints-only",
        description="Prints the sum and never sends it",
        handler="prints_only",
    ),
    _WRONG_HANDLER(
        name="multiplies",
        description="Multiplies the numbers",
        handler="multiplies",
    ),
    Submission(
        name="output-misspelt",
        description="Writes to output-queue instead of output_queue",
        points=12,
        failed=_criteria("output-queue"),
        blocked=frozenset({"handler"} | _AFTER_HANDLER),
        output_queue="output-queue",
    ),
    Submission(
        name="periodic-absent",
        description="No periodic function",
        points=17,
        failed=_criteria("schedule"),
        periodic="absent",
    ),
    Submission(
        name="rule-disabled",
        description="The periodic function's rule is disabled",
        points=17,
        failed=_criteria("schedule"),
        periodic="disabled-rule",
    ),
    Submission(
        name="first-two-only",
        description="Answers its first two invocations only",
        points=16,
        failed=_criteria("sums"),
        handler="first_two_only",
    ),
    _RIGHT(
        name="result-text",
        description='Answers {"result": "7.0"}',
        handler="result_text",
    ),
    _RIGHT(
        name="answers-twice",
        description="Sends every answer twice",
        handler="answers_twice",
    ),
    _RIGHT(
        name="slow",
        description="Takes 3 s for every invocation",
        handler="slow",
    ),
    _RIGHT(
        name="deletes-message",
        description="Deletes its message from the input queue itself",
        handler="deletes_message",
        flags=_criteria("direct-inconclusive"),
    ),
    _RIGHT(
        name="old-messages",
        description="25 old messages in the output queue",
        old_messages=25,
        flags=_criteria("foreign-messages"),
    ),
    Submission(
        name="unreachable",
        description="An endpoint at which nothing answers",
        points=None,
        endpoint_url=_CLOSED,
    ),
    _RIGHT(
        name="shared-account",
        description="The reference's account, handed in by another group",
        group="team-b",
        shares_account_with="reference",
        flags=_criteria("account-shared"),
    ),
)

DEMO: tuple[str, ...] = (
    "reference",
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


def deploy_all(
    sandbox: Sandbox, submissions: Iterable[Submission], *, layout: Layout = SHIPPED, jobs: int = 4
) -> dict[str, str]:
    """Deploys each submission into a new account, ``jobs`` at a time: its name → the account's id.

    A submission that shares an account must come together with the one it shares it with. Raises
    ``KeyError`` when it does not, botocore's ``ClientError`` when the sandbox refuses.
    """
    submissions = tuple(submissions)
    accounts = {s.name: sandbox.new_account() for s in submissions if not s.shares_account_with}
    accounts |= {
        s.name: accounts[s.shares_account_with] for s in submissions if s.shares_account_with
    }
    threads = ThreadPoolExecutor(max_workers=jobs)
    try:
        done = [threads.submit(deploy, sandbox, accounts[s.name], s, layout) for s in submissions]
        for deployment in done:
            deployment.result()
    finally:
        # Whoever is interrupted ends the sandbox next, and with it what is being deployed.
        threads.shutdown(wait=False, cancel_futures=True)
    return accounts


def write_roster(
    path: Path,
    sandbox: Sandbox,
    submissions: Iterable[Submission],
    accounts: Mapping[str, str],
    *,
    region: str | None = None,
) -> Path:
    """Writes the roster of ``submissions``, as ``grader batch`` reads it, to ``path``: that path.

    ``accounts`` holds each submission's account id by name; ``region`` is the sandbox's own unless
    given. A new file is its owner's alone.
    """
    path.touch(mode=0o600)
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, _COLUMNS)
        rows.writeheader()
        for submission in submissions:
            account_id = accounts[submission.name]
            rows.writerow(
                {
                    "student_id": submission.name,
                    "name": submission.description,
                    "email": f"{submission.name}@example.org",
                    "group": submission.group,
                    "account_id": account_id,
                    "region": region or sandbox.region,
                    "endpoint_url": submission.endpoint_url or sandbox.endpoint_url,
                    **sandbox.credentials(account_id),
                }
            )
    return path
