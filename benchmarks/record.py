"""What a right account of the sandbox answers to everything that is asked of it while it is graded.

Looked at by the grader and by the bare loop, so that the questions of both are there. Recorded once,
from one account: whoever plays it puts another account's id in its place.
"""

from __future__ import annotations

from threading import Event, local
from typing import TYPE_CHECKING, Any

import boto3

from benchmarks import bare
from benchmarks.recording import Answered, Recording
from grader.aws.account_client import Aws
from grader.aws.clients import Clients
from grader.batch.setup import load_setup
from grader.model.access import Keys
from grader.observe.account import observe
from grader.observe.identity import observe_identity
from grader.resources.kinds import KINDS
from grader.resources.ready import Waits
from grader.rubric.load import default_rubric_path
from grader.safety.secret import Secret
from grader.sandbox.cohort import COHORT
from grader.sandbox.deploy import deploy
from grader.sandbox.layout import SUM_FUNCTION
from grader.sandbox.server import SECRET_KEY, sandbox

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox

COMPUTED = frozenset(
    {
        *("SendMessage", "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch"),
        *("ChangeMessageVisibility", "ChangeMessageVisibilityBatch"),
    }
)
"""Operations of SQS whose answers depend on what came before. ``Invoke`` is one as well, but its answer
is always the same; that it puts messages on a queue is not in it."""

_KEPT = frozenset({"content-type", "x-amz-log-result", "x-amz-executed-version"})
"""Headers of an answer that somebody reads. The endpoint writes ``Date`` and the length anew."""


def record() -> Recording:
    """Deploy the reference into a sandbox, ask about it as the grader and the bare loop do."""
    with sandbox() as running:
        account_id = running.new_account()
        deploy(running, account_id, COHORT[0])
        session, answered = _noting_session()
        _ask_as_the_grader(session, running, account_id)
        row = {"region": running.region, "endpoint_url": running.endpoint_url}
        if not bare.account(session, row | running.credentials(account_id)):
            raise SystemExit("The reference was not right, so there is nothing to play.")
        found = running.client("lambda", account_id).get_function_configuration(
            FunctionName=SUM_FUNCTION
        )
        return Recording(
            account_id, running.endpoint_url, running.region, found["CodeSha256"], answered
        )


def _ask_as_the_grader(session: boto3.Session, running: Sandbox, account_id: str) -> None:
    keys = Keys(Secret(account_id), Secret(SECRET_KEY))
    aws = Aws(Clients(session), keys, running.region, running.endpoint_url)
    with load_setup(default_rubric_path(), None, workers=1) as setup:
        identity = observe_identity(aws, None)
        observe(
            aws,
            setup.rubric,
            setup.needs,
            KINDS,
            identity,
            seed=1,
            attempt=1,
            may_exercise=True,
            waits=Waits(Event()),
        )
    aws.close()


def _noting_session() -> tuple[boto3.Session, list[Answered]]:
    """A session, and what its clients asked and were answered by now."""
    session, answered, last = boto3.Session(), list[Answered](), local()

    def asks(request: Any, **_given: Any) -> None:
        last.request = request

    def hears(response_dict: dict[str, Any], event_name: str, **_given: Any) -> None:
        service, operation = event_name.split(".")[1:]
        if operation in COMPUTED:
            return
        request, body = last.request, response_dict["body"]
        asked = request.body or b""
        headers = {name.lower(): value for name, value in response_dict["headers"].items()}
        answered.append(
            Answered(
                service,
                operation,
                "/" + request.url.split("/", 3)[3],
                _text(request.headers.get("X-Amz-Target", "")),
                asked.encode() if isinstance(asked, str) else asked,
                response_dict["status_code"],
                {name: value for name, value in headers.items() if name in _KEPT},
                # An invocation's is a stream, which whoever asked reads.
                body if isinstance(body, bytes) else b"null",
            )
        )

    session.events.register("before-send", asks)
    session.events.register("response-received", hears)
    return session, answered


def _text(header: str | bytes) -> str:
    return header.decode() if isinstance(header, bytes) else header
