"""The one table of errors: complete, and with the names that AWS gives them on the wire."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from grader.aws.account_client import Aws
from grader.aws.clients import Clients
from grader.aws.errors import TABLE, is_concurrency_full, is_functions_fault, is_waking
from grader.model.access import Keys
from grader.model.fact import Missing, Unknown
from grader.safety.secret import Secret
from tests.wire_faults import Wire, asked_again_at_once, query, rest, rpc

ASKED = {
    "lambda": "Invoke GetFunctionConfiguration ListFunctions ListEventSourceMappings GetPolicy"
    " GetFunctionConcurrency",
    "sqs": "GetQueueUrl GetQueueAttributes ListQueues SendMessage ReceiveMessage DeleteMessage"
    " ChangeMessageVisibility ChangeMessageVisibilityBatch SendMessageBatch DeleteMessageBatch",
    "events": "ListRuleNamesByTarget ListRules DescribeRule ListTargetsByRule",
    "scheduler": "ListSchedules GetSchedule",
    "logs": "FilterLogEvents",
    "sts": "GetCallerIdentity AssumeRole",
}
"""Every operation that the grader calls."""


def declared() -> list[str]:
    """The names of all errors that AWS's models declare for those operations."""
    names = set()
    for service, operations in ASKED.items():
        model = botocore.session.get_session().get_service_model(service)
        for operation in operations.split():
            for shape in model.operation_model(operation).error_shapes:
                names |= {shape.metadata.get("error", {}).get("code") or shape.name}
    return sorted(names)


@pytest.mark.parametrize("name", declared())
def test_every_error_that_a_model_declares_is_in_the_table_on_purpose(name: str) -> None:
    assert name in TABLE


OF_THE_FUNCTION = """
    EFSIOException EFSMountConnectivityException EFSMountFailureException
    EFSMountTimeoutException S3FilesMountConnectivityException S3FilesMountFailureException
    S3FilesMountTimeoutException SnapStartException SnapStartTimeoutException
    SnapStartRegenerationFailureException CodeArtifactUserDeletedException
    CodeArtifactUserFailedException NoPublishedVersionException RuntimeAliasDeletedException
    RuntimeVersionDeletedException RecursiveInvocationException KMSAccessDeniedException
    KMSDisabledException KMSInvalidStateException KMSNotFoundException InvalidRuntimeException
    InvalidZipFileException InvalidSubnetIDException InvalidSecurityGroupIDException
    EC2AccessDeniedException
"""
OF_A_QUEUES_KEY = {
    "key-denied": "KmsAccessDenied KmsOptInRequired KMS.AccessDeniedException KMS.OptInRequired",
    "key-unusable": "KmsDisabled KmsInvalidKeyUsage KmsInvalidState KmsNotFound KMS.DisabledException"
    " KMS.InvalidKeyUsageException KMS.InvalidStateException KMS.NotFoundException",
}
PASSING = {
    "waking": "CodeArtifactUserPendingException SnapStartNotReadyException ResourceNotReadyException"
    " ENINotReadyException",
    "throttled": "TooManyRequestsException KmsThrottled KMS.ThrottlingException RequestThrottled",
    "unreachable": "EC2ThrottledException EC2UnexpectedException ENILimitReachedException"
    " SubnetIPAddressLimitReachedException ServiceException",
}


@pytest.mark.parametrize("name", OF_THE_FUNCTION.split())
def test_what_only_the_functions_owner_can_mend_is_the_functions(name: str) -> None:
    assert TABLE[name] == "function"
    assert is_functions_fault(client_error(name))


@pytest.mark.parametrize(
    ("sort", "name"),
    [(sort, name) for sort, names in OF_A_QUEUES_KEY.items() for name in names.split()],
)
def test_a_queues_key_may_not_be_used_by_the_grader_or_can_be_by_nobody(
    sort: str, name: str
) -> None:
    assert TABLE[name] == sort


@pytest.mark.parametrize(
    ("sort", "name"), [(sort, name) for sort, names in PASSING.items() for name in names.split()]
)
def test_what_passes_by_itself_is_nobodys_fault(sort: str, name: str) -> None:
    assert TABLE[name] == sort


def client_error(name: str) -> ClientError:
    return ClientError({"Error": {"Code": name, "Message": ""}}, "Invoke")


def test_every_operation_that_is_called_is_listed_here() -> None:
    import re
    from pathlib import Path

    import grader

    called = set()
    for room in ("aws", "observe", "resources", "doctor"):
        for file in (Path(grader.__file__).parent / room).rglob("*.py"):
            source = file.read_text(encoding="utf-8")
            found = re.findall(
                r"\.(?:lambda_|sqs|sts|events|scheduler|logs|sender)\.([a-z_]+)\(", source
            )
            called |= {*found, *re.findall(r'get_paginator\("([a-z_]+)"\)', source)}
    listed = {name for names in ASKED.values() for name in names.split()}
    spelt = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in listed}
    assert called - spelt - {"get_paginator"} == set()


KEYS = Keys(Secret("1" * 12), Secret("test"), None)


def said(operation: str, answer: Any) -> Missing | Unknown:
    """What becomes of ``answer``, parsed by botocore, to one of a few operations."""
    wire = Wire()
    wire.play(operation, answer, always=True)
    aws = Aws(Clients(wire.session), KEYS, "eu-south-2", "http://127.0.0.1:1")
    asked: dict[str, Any] = {
        "sts.GetCallerIdentity": aws.sts.get_caller_identity,
        "sqs.ReceiveMessage": lambda: aws.sqs.receive_message(QueueUrl="http://127.0.0.1:1/q"),
        "lambda.GetFunctionConfiguration": lambda: aws.lambda_.get_function_configuration(
            FunctionName="x"
        ),
    }
    action = operation.replace(".", ":")
    with asked_again_at_once():
        fact = aws.query(action, asked[operation])
    assert isinstance(fact, Missing | Unknown)
    return fact


EARLIER = "Signature expired: 20260101T000000Z is now earlier than 20260101T000100Z (… - 5 min.)"
LATER = "Signature not yet current: 20260101T001000Z is still later than 20260101T000500Z"


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("lambda.GetFunctionConfiguration", rest(403, "InvalidSignatureException", EARLIER)),
        ("lambda.GetFunctionConfiguration", rest(403, "InvalidSignatureException", LATER)),
        ("sqs.ReceiveMessage", rpc(403, "SignatureDoesNotMatch", EARLIER)),
        ("sts.GetCallerIdentity", query(403, "SignatureDoesNotMatch", LATER)),
        ("sts.GetCallerIdentity", query(403, "RequestTimeTooSkewed", "too large")),
        ("sts.GetCallerIdentity", query(400, "RequestExpired", "Request has expired.")),
    ],
)
def test_a_signature_that_is_refused_for_its_time_is_a_matter_of_the_clock(
    operation: str, answer: Any
) -> None:
    fact = said(operation, answer)
    assert isinstance(fact, Unknown)
    assert fact.kind == "clock"
    assert fact.detail.startswith("AWS says that this machine's clock is wrong: ")


@pytest.mark.parametrize(
    ("operation", "answer", "kind", "words"),
    [
        (
            "lambda.GetFunctionConfiguration",
            rest(403, "UnrecognizedClientException", "The security token is invalid."),
            "credentials",
            "in eu-south-2: they have ended, or that region is not enabled",
        ),
        (
            "sqs.ReceiveMessage",
            rpc(403, "OptInRequired", "The AWS Access Key Id needs a subscription"),
            "permission",
            "the AWS account is not activated yet",
        ),
        (
            "sqs.ReceiveMessage",
            rpc(400, "KmsDisabled", "key/1234 is disabled."),
            "unusable-key",
            "the queue's encryption key cannot be used. AWS says: key/1234 is disabled",
        ),
        (
            "sqs.ReceiveMessage",
            rpc(400, "KmsAccessDenied", "not authorized to perform: kms:Decrypt on key/1234"),
            "permission",
            "the queue's encryption key cannot be used. AWS says: not authorized to perform: kms",
        ),
        ("sqs.ReceiveMessage", rpc(400, "KmsThrottled", "Too many."), "throttled", "Too many"),
        ("sqs.ReceiveMessage", rpc(400, "OverLimit", "In flight."), "throttled", "In flight"),
        (
            "sts.GetCallerIdentity",
            query(403, "MissingAuthenticationToken", "Request is missing it"),
            "credentials",
            "Request is missing it",
        ),
        (
            "sts.GetCallerIdentity",
            query(400, "IncompleteSignature", "No date"),
            "credentials",
            "No date",
        ),
        (
            "sqs.ReceiveMessage",
            rpc(
                403,
                "AccessDeniedException",
                f"User: arn:aws:sts::1:assumed-role/r/{'n' * 30} is not authorized to perform:"
                f" kms:Decrypt on resource: arn:aws:kms:us-east-1:1:key/{'k ' * 60}because no"
                " identity-based policy allows the kms:Decrypt action",
            ),
            "permission",
            "because no identity-based policy allows the kms:Decrypt action",
        ),
    ],
)
def test_what_aws_says_is_sorted_and_told_whole(
    operation: str, answer: Any, kind: str, words: str
) -> None:
    fact = said(operation, answer)
    assert isinstance(fact, Unknown)
    assert fact.kind == kind
    assert words in fact.detail
    assert "retries" not in fact.detail


def test_the_action_that_is_named_is_the_one_that_was_denied() -> None:
    text = "User: x is not authorized to perform: kms:Decrypt on resource: y"
    fact = said("sqs.ReceiveMessage", rpc(403, "AccessDeniedException", text))
    assert isinstance(fact, Unknown)
    assert fact.detail.startswith("kms:Decrypt was denied: ")


def test_a_denial_without_a_word_names_what_was_asked() -> None:
    silent = (403, {"x-amzn-ErrorType": "AccessDeniedException"}, b'{"Message": null}')
    fact = said("lambda.GetFunctionConfiguration", silent)
    assert isinstance(fact, Unknown)
    assert fact.detail == "lambda:GetFunctionConfiguration was denied: AccessDeniedException"


@pytest.mark.parametrize(
    ("name", "text", "functions", "waking", "room"),
    [
        ("EFSMountFailureException", "", True, False, False),
        ("CodeArtifactUserFailedException", "", True, False, False),
        ("S3FilesMountTimeoutException", "", True, False, False),
        (
            "AccessDeniedException",
            "The role defined for the function cannot be assumed by Lambda.",
            True,
            False,
            False,
        ),
        ("AccessDeniedException", "User: x is not authorized to perform: y", False, False, False),
        ("CodeArtifactUserPendingException", "", False, True, False),
        ("ResourceConflictException", "the following state: Pending", False, True, False),
        ("ResourceConflictException", "something else", False, False, False),
        ("ENILimitReachedException", "", False, False, False),
        ("TooManyRequestsException", "", False, False, True),
    ],
)
def test_errors_of_invoke_are_the_functions_or_pass(
    name: str, text: str, functions: bool, waking: bool, room: bool
) -> None:
    from botocore.exceptions import ClientError

    error = ClientError({"Error": {"Code": name, "Message": text}}, "Invoke")
    assert (is_functions_fault(error), is_waking(error), is_concurrency_full(error)) == (
        functions,
        waking,
        room,
    )
