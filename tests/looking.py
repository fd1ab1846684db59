"""Observing an account of the sandbox, as a run does."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import msgspec

from grader.aws import Aws, Clients
from grader.observe import observe
from grader.observe.identity import observe_identity
from grader.roster import Keys
from grader.rubric import Rubric, default_rubric_path, load_rubric
from grader.sandbox.deploy import Submission, deploy
from grader.secret import Secret

if TYPE_CHECKING:
    from grader.observation import Observation
    from grader.sandbox.server import Sandbox
    from tests.wire import Wire

PATIENCE_S = 30


def lab(**exchange: Any) -> Rubric:
    """The shipped rubric, with another exchange."""
    rubric = load_rubric(default_rubric_path(), None)
    rules = msgspec.structs.replace(rubric.exchange, **{"deadline_s": PATIENCE_S, **exchange})
    return msgspec.structs.replace(rubric, exchange=rules)


def hand_in(sandbox: Sandbox, account: str, **differences: Any) -> None:
    """Deploy the reference but for ``differences``."""
    deploy(sandbox, account, Submission(name="x", description="x", points=None, **differences))


def look(
    sandbox: Sandbox,
    account: str,
    *,
    rubric: Rubric | None = None,
    wire: Wire | None = None,
    seed: int = 1,
    attempt: int = 1,
    exchange: bool = True,
    expected_account: str | None = None,
    stop: threading.Event | None = None,
) -> Observation:
    keys = Keys(Secret(account), Secret("test"), None)
    clients = Clients(wire.session if wire else None)
    aws = Aws(clients, keys, sandbox.region, sandbox.endpoint_url)
    try:
        return observe(
            aws,
            rubric or lab(),
            observe_identity(aws, expected_account),
            seed=seed,
            attempt=attempt,
            exchange=exchange,
            stop=stop or threading.Event(),
        )
    finally:
        aws.close()
