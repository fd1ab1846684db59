"""Whether keys may read the lab: asked where several lead to one account, and nothing is run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader.aws.account_client import Aws
from grader.aws.clients import Clients
from grader.model.access import Keys
from grader.model.observation import Identity
from grader.observe.may_read import why_not
from grader.safety.secret import Secret
from tests.observing import lab
from tests.wire_faults import DENIED, Wire, rest, rpc

if TYPE_CHECKING:
    from grader.model.fact import Unknown
    from grader.rubric.rubric import Rubric
    from grader.sandbox.server import Sandbox


def asked(
    sandbox: Sandbox, account: str, wire: Wire, rubric: Rubric | None = None
) -> Unknown | None:
    keys = Keys(Secret(account), Secret("test"), None)
    aws = Aws(Clients(wire.session), keys, sandbox.region, sandbox.endpoint_url)
    identity = Identity(account, f"arn:aws:iam::{account}:root")
    try:
        return why_not(aws, rubric or lab(), identity)
    finally:
        aws.close()


def test_the_owner_may_and_nothing_is_run_or_sent(
    aws_sandbox: Sandbox, reference_account: str
) -> None:
    wire = Wire()
    assert asked(aws_sandbox, reference_account, wire) is None
    assert {request.rpartition(".")[2] for request in wire.requests} == {
        "GetFunctionConfiguration",
        "GetQueueUrl",
        "GetQueueAttributes",
    }
    assert len(wire.requests) == 5


def test_that_nothing_is_there_is_an_answer(aws_sandbox: Sandbox, fresh_account: str) -> None:
    assert asked(aws_sandbox, fresh_account, Wire()) is None


FUNCTION = "lambda.GetFunctionConfiguration"


@pytest.mark.parametrize(
    ("operation", "answer", "kind"),
    [
        (FUNCTION, rest(403, "AccessDeniedException", DENIED), "permission"),
        (FUNCTION, rest(403, "ExpiredTokenException"), "credentials"),
        ("sqs.GetQueueUrl", rpc(403, "AccessDenied", DENIED), "permission"),
        ("sqs.GetQueueAttributes", rpc(403, "AccessDenied", DENIED), "permission"),
    ],
)
def test_who_may_not_reads_why(
    aws_sandbox: Sandbox, reference_account: str, operation: str, answer: Any, kind: str
) -> None:
    wire = Wire()
    wire.play(operation, answer, always=True)
    found = asked(aws_sandbox, reference_account, wire)
    assert found is not None
    assert found.kind == kind
    assert operation.replace(".", ":") in str(found.words)
    # The first refusal says it all.
    assert [one for one in wire.requests if "Queue" in one] == (
        [] if operation.startswith("lambda") else wire.requests[1:]
    )


def test_what_has_no_name_is_listed(aws_sandbox: Sandbox, reference_account: str) -> None:
    rubric = lab()
    nameless = dict.fromkeys(rubric.lab.names, "")
    found = msgspec.structs.replace(
        rubric.lab,
        functions=dict.fromkeys(rubric.lab.functions, ""),
        queues=dict.fromkeys(rubric.lab.queues, ""),
        found=tuple(nameless),
    )
    of_own_names = msgspec.structs.replace(rubric, lab=found)
    assert asked(aws_sandbox, reference_account, Wire(), of_own_names) is None
    for operation, answer in (
        ("lambda.ListFunctions", rest(403, "AccessDeniedException", DENIED)),
        (FUNCTION, rest(403, "AccessDeniedException", DENIED)),
        ("sqs.ListQueues", rpc(403, "AccessDenied", DENIED)),
        ("sqs.GetQueueAttributes", rpc(403, "AccessDenied", DENIED)),
    ):
        wire = Wire()
        wire.play(operation, answer, always=True)
        why = asked(aws_sandbox, reference_account, wire, of_own_names)
        assert why is not None
        assert why.kind == "permission"


def test_of_a_lab_without_queues_the_function_is_asked_for(
    aws_sandbox: Sandbox, reference_account: str
) -> None:
    rubric = lab()
    alone = msgspec.structs.replace(rubric.lab, functions={"other": "first_lambda"}, queues={})
    wire = Wire()
    assert (
        asked(aws_sandbox, reference_account, wire, msgspec.structs.replace(rubric, lab=alone))
        is None
    )
    assert [one.rpartition(".")[2] for one in wire.requests] == ["GetFunctionConfiguration"]
