"""A bad network, for real: connections that are dropped, cut in mid-answer, and slow."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from grader.aws.account_client import Aws
from grader.observe import receive
from grader.scoring.phrases import what_next
from tests.faults.matrix import without_waiting
from tests.observing import hand_in
from tests.tcp_proxy import proxy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.model.fact import UnknownKind
    from grader.model.report import Report
    from grader.sandbox.server import Sandbox
    from tests.tcp_proxy import Proxy, Treatment

pytestmark = pytest.mark.slow

READ_TIMEOUT_S = 2.5
"""Above the longest poll of these tests, which is a second."""

DEADLINE_S = 60
"""Of a pair: two dozen right functions share a machine that is busy, and none may be late."""

ACCOUNT_S = 120
"""The whole time of an account: what is lost again and again comes back for longer than that."""
WHY: tuple[UnknownKind, ...] = ("unreachable", "time-limit")


@dataclass(frozen=True)
class Network:
    """Connections that are treated badly: every so many, or all after the first so many."""

    bad: Treatment
    every: int = 1
    after: int = 0

    def treat(self, number: int) -> Treatment:
        return self.bad if number > self.after and number % self.every == 0 else "pass"

    def __str__(self) -> str:
        return f"{self.bad}-every-{self.every}-after-{self.after}"


RETRIED = [*(Network("drop", every) for every in (2, 3, 5)), Network(0.1)]
"""What nobody's request is lost by but AWS's: asked again, it is answered."""
SHAKY = [*(Network("cut", every) for every in (2, 3, 4, 5, 7)), Network(READ_TIMEOUT_S + 1, 7)]
GONE = [Network(bad, after=n) for bad in ("drop", "cut") for n in (0, 1, 4, 9, 14, 18, 22, 25)]


@pytest.fixture(scope="module")
def came(aws_sandbox: Sandbox, grade: Any) -> dict[Network, tuple[Report, Proxy]]:
    """The report from behind each network."""

    def run(network: Network) -> tuple[Report, Proxy]:
        account = aws_sandbox.new_account()
        hand_in(aws_sandbox, account)
        with proxy(aws_sandbox.endpoint_url, network.treat) as running:
            report = grade(
                account,
                running.endpoint_url,
                pairs=2,
                deadline_s=DEADLINE_S,
                account_timeout_s=ACCOUNT_S,
            )
            return report, running

    def behind(
        networks: Sequence[Network], read_timeout_s: float
    ) -> dict[Network, tuple[Report, Proxy]]:
        with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(len(networks)) as threads:
            patch.setattr(receive, "POLL_S", 1)
            # A default is bound when the function is made.
            patch.setitem(Aws._client.__kwdefaults__, "read_timeout_s", read_timeout_s)
            with without_waiting():
                found = threads.map(run, networks)
                return dict(zip(networks, found, strict=True))

    # Where every request is answered in the end, none may be lost to a machine that is busy.
    return behind(RETRIED, 30) | behind([*SHAKY, *GONE], READ_TIMEOUT_S)


@pytest.mark.parametrize("network", RETRIED, ids=str)
def test_connections_that_are_dropped_or_slow_cost_nothing(came: Any, network: Network) -> None:
    report, running = came[network]
    assert running.treated.count(network.bad) >= 3
    assert report.score == 20, report.criteria


@pytest.mark.parametrize("network", [*SHAKY, *GONE], ids=str)
def test_answers_that_are_lost_cost_no_points(came: Any, network: Network) -> None:
    report, running = came[network]
    assert network.bad in running.treated
    ungraded = [r for r in report.criteria if r.status == "ungraded"]
    assert {r.status for r in report.criteria} <= {"passed", "ungraded"}, report.criteria
    assert {r.hint for r in ungraded} <= {str(what_next(kind)) for kind in WHY}
    assert report.score == (None if ungraded else 20)


@pytest.mark.parametrize("network", [n for n in GONE if n.after == 0], ids=str)
def test_where_nothing_arrives_nothing_is_graded(came: Any, network: Network) -> None:
    report, _ = came[network]
    assert {r.status for r in report.criteria} == {"ungraded"}
