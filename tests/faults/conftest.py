from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from grader.aws.clients import Clients
from grader.batch.pipeline import Pipeline
from grader.batch.settings import Settings
from grader.engines import visit
from grader.model.access import Keys
from grader.roster.load import RosterEntry
from grader.safety.secret import Secret
from tests.judges import Judge
from tests.observing import lab

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from grader.batch.parties import Graded
    from grader.model.report import Report
    from tests.wire_faults import Wire

    Grade = Callable[..., Report]


@pytest.fixture(scope="module")
def grade() -> Iterator[Grade]:
    """Grade one account, to which ``rows`` of a roster lead, from its first request to its report."""
    with Judge(workers=1) as judge:
        checks = judge.collect()

        def run(
            account: str,
            endpoint_url: str,
            *,
            wire: Wire | None = None,
            seed: int = 1,
            rows: int = 1,
            account_timeout_s: int = 600,
            **exchange: Any,
        ) -> Report:
            keys = Keys(Secret(account), Secret("test"), None)
            students = [
                RosterEntry(student_id=f"s{line}", account_id=account, access=keys, line=line)
                for line in range(2, rows + 2)
            ]
            found: list[Graded] = []
            settings = Settings(
                seed=seed, jobs=rows, endpoint_url=endpoint_url, account_timeout_s=account_timeout_s
            )
            with pytest.MonkeyPatch.context() as patch:
                if wire is not None:
                    patch.setattr(visit, "Clients", lambda: Clients(wire.session))
                one = Pipeline(lab(**exchange), judge, checks, settings, found.append)
            one.run(students)
            assert len(found) == rows
            return found[0].report

        yield run
