"""The students' guide says how many messages a run sends: as many as it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.model.fact import Found
from tests.observing import exchange, handler, observe_sandbox_account
from tools.generate_reference import DOCS

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox


def test_a_run_sends_as_many_messages_as_the_guide_says(
    aws_sandbox: Sandbox, reference_account: str
) -> None:
    seen = observe_sandbox_account(aws_sandbox, reference_account)
    assert isinstance(seen.records, Found)
    direct = [handler(seen), seen.records.value]
    sent = (sum(len(made.pairs) for made in direct), len(exchange(seen).pairs))
    assert sent == (4, 5)
    guide = " ".join((DOCS / "student.md").read_text(encoding="utf-8").split())
    assert "nine messages, four in two direct invocations and five one by one" in guide
    assert "neuf messages à votre fonction : quatre en deux invocations directes, cinq" in guide
