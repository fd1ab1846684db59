"""The one table that classifies what AWS and the network say."""

from __future__ import annotations

import re
from typing import Any, Literal

from botocore import exceptions as failures

from grader.aws.bounds import AnswerTooLongError, OutOfTimeError, TooManyPagesError
from grader.i18n.language import N_
from grader.i18n.message import Message, message
from grader.model.fact import Missing, Unknown, UnknownKind
from grader.safety.redact import redact

ErrorCategory = Literal[
    "missing",
    "credentials",
    "clock",
    "denied",
    "key-denied",
    "key-unusable",
    "not-activated",
    "throttled",
    "unreachable",
    "waking",
    "function",
    "ours",
]
"""What an error is a matter of. ``key-denied`` and ``key-unusable`` are about a queue's KMS key, which
the grader may not use, or nobody can; ``function`` is the function's own configuration, which only its
owner can mend; ``ours`` are questions that AWS says are wrong."""

_NAMES: dict[ErrorCategory, tuple[str, ...]] = {
    "missing": (
        "ResourceNotFoundException",
        "QueueDoesNotExist",
        "NonExistentQueue",
    ),
    "credentials": (
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "InvalidAccessKeyId",
        "AuthFailure",
        "UnrecognizedClientException",
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "RegionDisabledException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InvalidIdentityToken",
        "IDPRejectedClaim",
    ),
    "clock": (
        "RequestTimeTooSkewed",
        "RequestExpired",
        "RequestInTheFuture",
    ),
    "denied": (
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
        "AuthorizationError",
    ),
    "key-denied": (
        "KmsAccessDenied",
        "KmsOptInRequired",
        "KMS.AccessDeniedException",
        "KMS.OptInRequired",
    ),
    "key-unusable": (
        "KmsDisabled",
        "KmsInvalidKeyUsage",
        "KmsInvalidState",
        "KmsNotFound",
        "KMS.DisabledException",
        "KMS.InvalidKeyUsageException",
        "KMS.InvalidStateException",
        "KMS.NotFoundException",
    ),
    "not-activated": (
        "SubscriptionRequiredException",
        "SubscriptionRequired",
        "OptInRequired",
        "NotSubscribed",
    ),
    "throttled": (
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "SlowDown",
        "OverLimit",
        "RequestThrottledException",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "PriorRequestNotComplete",
        "ServiceQuotaExceededException",
        "KmsThrottled",
        "KMS.ThrottlingException",
    ),
    "unreachable": (
        "ServiceException",
        "InternalException",
        "InternalServerException",
        "InternalFailure",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "EC2ThrottledException",
        "EC2UnexpectedException",
        "ENILimitReachedException",
        "SubnetIPAddressLimitReachedException",
    ),
    "waking": (
        "CodeArtifactUserPendingException",
        "SnapStartNotReadyException",
        "ResourceNotReadyException",
        "ENINotReadyException",
    ),
    "function": (
        "EC2AccessDeniedException",
        "InvalidRuntimeException",
        "InvalidSecurityGroupIDException",
        "InvalidSubnetIDException",
        "InvalidZipFileException",
        "KMSAccessDeniedException",
        "KMSDisabledException",
        "KMSInvalidStateException",
        "KMSNotFoundException",
        "EFSIOException",
        "EFSMountConnectivityException",
        "EFSMountFailureException",
        "EFSMountTimeoutException",
        "S3FilesMountConnectivityException",
        "S3FilesMountFailureException",
        "S3FilesMountTimeoutException",
        "SnapStartException",
        "SnapStartTimeoutException",
        "SnapStartRegenerationFailureException",
        "CodeArtifactUserDeletedException",
        "CodeArtifactUserFailedException",
        "NoPublishedVersionException",
        "RecursiveInvocationException",
        "RuntimeAliasDeletedException",
        "RuntimeVersionDeletedException",
    ),
    # ResourceConflictException is sorted by what it says.
    "ours": (
        "InvalidParameterValueException",
        "InvalidParameterException",
        "ValidationException",
        "InvalidRequestContentException",
        "RequestTooLargeException",
        "UnsupportedMediaTypeException",
        "SerializedRequestEntityTooLargeException",
        "DurableExecutionAlreadyStartedException",
        "ModeNotSupportedException",
        "ResourceConflictException",
        "InvalidAttributeName",
        "UnsupportedOperation",
        "InvalidSecurity",
        "InvalidAddress",
        "InvalidMessageContents",
        "InvalidIdFormat",
        "ReceiptHandleIsInvalid",
        "MessageNotInflight",
        "TooManyEntriesInBatchRequest",
        "EmptyBatchRequest",
        "BatchEntryIdsNotDistinct",
        "InvalidBatchEntryId",
        "BatchRequestTooLong",
        "MalformedPolicyDocument",
        "InvalidContextAssertion",
        "PackedPolicyTooLarge",
        "MissingParameter",
        "MissingRequiredParameterException",
    ),
}
TABLE: dict[str, ErrorCategory] = {
    name: category for category, names in _NAMES.items() for name in names
}
"""Every error that an operation which the grader calls declares, and those that any may give."""

_OLD_NAMES = "AWS.SimpleQueueService."
"""Begins the names of some errors of SQS, which had another protocol once."""

_ENDED_LEARNER_LAB = "voc-cancel-cred"
_ROLE_NOT_ASSUMABLE = re.compile("role defined for the function cannot be assumed")
"""The function's role is gone, or does not trust Lambda: the grader's own has no part in it."""
_WRONG_TIME = re.compile(
    r"signature (has )?expired|not yet (current|valid)|is (now earlier|still later)", re.I
)
_DENIED_ACTION = re.compile(r"not authorized to perform: ([\w-]{1,40}:\w{1,80})")
_RESERVED = "ReservedFunctionConcurrentInvocationLimitExceeded"

LAB_ENDED = N_(
    "The Learner Lab has ended: AWS says whose account it is, and denies all else. {said}"
)
_SAID = N_("{action}: {error}")
_DENIED = N_("{action} was denied: {said}")
_CLOCK = N_("AWS says that this machine's clock is wrong: {said}")
_UNKNOWN_KEYS = N_(
    "AWS does not know these credentials in {region}: they have ended, or that region is not enabled in"
    " the account. It says: {said}"
)
_NOT_ACTIVATED = N_("{action}: the AWS account is not activated yet. AWS says: {said}")
_KEY = N_("{action}: the queue's encryption key cannot be used. AWS says: {said}")
_FIFO = N_("{action}: the queue is a FIFO queue, and the lab asks for a standard one.")
NO_CREDENTIALS = N_("No AWS credentials were found.")
_NO_CREDENTIALS: tuple[type[failures.BotoCoreError], ...] = tuple(
    getattr(failures, name)
    for name in (
        *("NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "LoginError"),
        *("CredentialRetrievalError", "TokenRetrievalError", "SSOError", "UnknownCredentialError"),
        *(
            "RefreshWithMFAUnsupportedError",
            "NoAuthTokenError",
            "ConfigNotFound",
            "ConfigParseError",
        ),
        *("InvalidConfigError", "InfiniteLoopConfigError"),
    )
    if hasattr(failures, name)  # some came with later releases of botocore
)
ERRORS_OFTEN_SAID = (
    N_("The config profile ({profile}) could not be found."),
    N_('Could not connect to the endpoint URL: "{endpoint_url}".'),
    N_('Connect timeout on endpoint URL: "{endpoint_url}".'),
    N_('Read timeout on endpoint URL: "{endpoint_url}".'),
    N_(
        "Connection was closed before we received a valid response from endpoint URL: "
        '"{endpoint_url}".'
    ),
)
"""Templates of botocore's own that people meet, for the catalogues. The others are said in English.

Each ends as a sentence does, since another follows it: botocore leaves the full stop out of most.
"""
_AS_SENTENCES = {template.removesuffix("."): template for template in ERRORS_OFTEN_SAID}


def classify_error(error: Exception, action: str, region: str = "") -> Missing | Unknown | None:
    """What an exception of botocore means, or ``None`` for an error that is our own.

    ``action`` is the IAM action that was attempted, such as ``lambda:GetFunctionConfiguration``, and
    ``region`` where.
    """
    if isinstance(error, failures.ClientError):
        return _classify_answer(error, action, region)
    if isinstance(error, _NO_CREDENTIALS):
        none = isinstance(error, failures.NoCredentialsError)
        said = message(NO_CREDENTIALS) if none else _said(error)
        return Unknown("credentials", str(said), said)
    if isinstance(
        error, failures.HTTPClientError | failures.ConnectionError | failures.IncompleteReadError
    ):
        return Unknown.saying("unreachable", _SAID, action=action, error=_said(error))
    if isinstance(error, OutOfTimeError):
        return Unknown.saying("time-limit", error.fmt)
    if isinstance(error, AnswerTooLongError | TooManyPagesError):
        return Unknown.saying("unexpected", _SAID, action=action, error=_said(error))
    if isinstance(error, failures.NoRegionError | failures.InvalidRegionError):
        return Unknown("unexpected", redact(str(error)))
    if type(error).__module__.startswith("botocore."):
        return Unknown("unexpected", redact(f"{action}: {type(error).__name__}: {error}"))
    return None


def is_denial(unknown: Unknown) -> bool:
    """Whether a permission is missing that can be given; an account that is not activated lacks none."""
    said = unknown.said.message_id if unknown.said else ""
    return unknown.kind == "permission" and said not in {_NOT_ACTIVATED, _KEY}


def is_plain(unknown: Unknown) -> bool:
    """Whether ``unknown`` has the general words for its kind, and none of a case told apart here."""
    said = unknown.said.message_id if unknown.said else ""
    return said not in {LAB_ENDED, _UNKNOWN_KEYS}


def is_no_answer_of_aws(error: Exception) -> bool:
    """Whether a gateway or a proxy answered: a status without an error's name, which AWS gives."""
    return isinstance(error, failures.ClientError) and _code(error).isdigit()


def may_be_done(error: Exception) -> bool:
    """Whether AWS may have carried the request out all the same: no answer says that it refused."""
    if isinstance(error, failures.EndpointConnectionError | failures.ConnectTimeoutError):
        return False
    said = classify_error(error, "")
    return isinstance(said, Unknown) and said.kind in {"unreachable", "time-limit"}


def is_functions_fault(error: failures.ClientError) -> bool:
    """Whether Lambda cannot run the function as it is configured, which only its owner can mend."""
    return _category(error) == "function"


def is_waking(error: failures.ClientError) -> bool:
    """Whether Lambda is still making the function ready, which passes by itself."""
    return _category(error) == "waking"


def is_concurrency_full(error: failures.ClientError) -> bool:
    """Whether the account's or the function's concurrency has no room for an invocation now."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status == 429 or _code(error) == "TooManyRequestsException"


def is_throttled(error: failures.ClientError) -> bool:
    """Whether AWS was asked too often, or too much at once."""
    return _category(error) == "throttled"


def reserved_without_room(error: failures.ClientError) -> bool:
    """Whether the function's own reserved concurrency is used up, perhaps only for a moment."""
    response: Any = error.response
    return _RESERVED in {response.get("Reason"), response.get("Error", {}).get("Reason")}


def _code(error: failures.ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "")).removeprefix(_OLD_NAMES)


def _text(error: failures.ClientError) -> str:
    """What AWS says of it, in its own words and with its name for it."""
    text, code = error.response.get("Error", {}).get("Message"), redact(_code(error), 100)
    if not text or text in {"None", code}:
        return code
    return f"{redact(str(text)).rstrip('. ')} ({code})"


def _category(error: failures.ClientError) -> ErrorCategory | None:
    code, text = _code(error), str(error.response.get("Error", {}).get("Message", ""))
    category = TABLE.get(code)
    if code == "ResourceConflictException" and "pending" in text.lower():
        return "waking"
    if category == "credentials" and _WRONG_TIME.search(text):
        return "clock"
    if category is None and code.startswith("AccessDenied"):
        category = "denied"
    if category == "denied" and _ENDED_LEARNER_LAB in text:
        return "credentials"
    if category == "denied" and _ROLE_NOT_ASSUMABLE.search(text):
        return "function"
    if category is None:
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        return "throttled" if status == 429 else "unreachable" if status >= 500 else None
    return category


_MEANS: dict[ErrorCategory | None, tuple[UnknownKind, str]] = {
    "credentials": ("credentials", _SAID),
    "clock": ("clock", _CLOCK),
    "denied": ("permission", _DENIED),
    "not-activated": ("permission", _NOT_ACTIVATED),
    "key-denied": ("permission", _KEY),
    "key-unusable": ("unusable-key", _KEY),
    "throttled": ("throttled", _SAID),
    "unreachable": ("unreachable", _SAID),
    "waking": ("not-ready", _SAID),
}
"""The kind of Unknown that an error is, and how that is said; every other one is unexpected."""


def _classify_answer(error: failures.ClientError, action: str, region: str) -> Missing | Unknown:
    code, said, category = _code(error), _text(error), _category(error)
    if category == "missing":
        return Missing.saying(_SAID, action=action, error=said)
    kind, template = _MEANS.get(category, ("unexpected", _SAID))
    if category == "credentials" and _ENDED_LEARNER_LAB in str(error):
        template = LAB_ENDED
    elif (
        code in {"UnrecognizedClientException", "RegionDisabledException"}
        and category == "credentials"
    ):
        template = _UNKNOWN_KEYS
    elif "MessageGroupId" in said:
        template = _FIFO
    if category == "denied":
        # Where AWS names the action, that one was denied: asking for one thing may take several.
        named = _DENIED_ACTION.search(said)
        action = named[1] if named else action
    return Unknown.saying(kind, template, action=action, region=region, said=said, error=said)


def _said(error: failures.BotoCoreError) -> Message:
    """What botocore says, as its template and values, without secrets."""
    values = {
        name: value if isinstance(value, Message) else redact(str(value))
        for name, value in error.kwargs.items()
    }
    return message(_AS_SENTENCES.get(error.fmt, error.fmt), **values)
