"""The one table that sorts what AWS and the network say (design §6)."""

from __future__ import annotations

from botocore import exceptions as failures

from grader.i18n.language import N_
from grader.i18n.message import Message, message
from grader.model.observation import Missing, Unknown, UnknownKind
from grader.safety.redact import redact

_MISSING = frozenset(
    {
        "ResourceNotFoundException",
        "QueueDoesNotExist",
        "AWS.SimpleQueueService.NonExistentQueue",
    }
)
_CREDENTIALS = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "InvalidAccessKeyId",
        "AuthFailure",
    }
)
_THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "PriorRequestNotComplete",
        "SlowDown",
    }
)
_DENIED = frozenset({"UnauthorizedOperation", "AuthorizationError"})
_BROKEN = frozenset(
    {
        "EC2AccessDeniedException",
        "InvalidRuntimeException",
        "InvalidSecurityGroupIDException",
        "InvalidSubnetIDException",
        "InvalidZipFileException",
        "KMSAccessDeniedException",
        "KMSDisabledException",
        "KMSInvalidStateException",
        "KMSNotFoundException",
    }
)
_ENDED_LEARNER_LAB = "voc-cancel-cred"
OFTEN_SAID = (
    N_("Unable to locate credentials"),
    N_("The config profile ({profile}) could not be found"),
    N_('Could not connect to the endpoint URL: "{endpoint_url}"'),
    N_('Connect timeout on endpoint URL: "{endpoint_url}"'),
    N_('Read timeout on endpoint URL: "{endpoint_url}"'),
    N_(
        "Connection was closed before we received a valid response from endpoint URL: "
        '"{endpoint_url}".'
    ),
)
"""Templates of botocore's own that people meet, for the catalogues. The others are said in English."""


def is_functions_fault(error: failures.ClientError) -> bool:
    return error.response.get("Error", {}).get("Code") in _BROKEN


def is_waking(error: failures.ClientError) -> bool:
    said = error.response.get("Error", {})
    return said.get("Code") in {
        "CodeArtifactUserPendingException",
        "SnapStartNotReadyException",
    } or (said.get("Code") == "ResourceConflictException" and "Pending" in said.get("Message", ""))


def no_room(error: failures.ClientError) -> bool:
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 429


def reserved_without_room(error: failures.ClientError) -> bool:
    return "ReservedFunctionConcurrentInvocationLimitExceeded" in {
        error.response.get("Reason"),
        error.response.get("Error", {}).get("Reason"),
    }


def sort_error(error: Exception, action: str) -> Missing | Unknown | None:
    """What an exception of botocore means (design §6), or ``None`` for an error that is our own.

    ``action`` is the IAM action that was attempted, such as ``lambda:GetFunctionConfiguration``.
    """
    if isinstance(error, failures.ClientError):
        return _sort_answer(error, action)
    if isinstance(
        error,
        failures.NoCredentialsError
        | failures.PartialCredentialsError
        | failures.ProfileNotFound
        | failures.CredentialRetrievalError
        | failures.TokenRetrievalError
        | failures.SSOError,
    ):
        said = _said(error)
        return Unknown("credentials", str(said), said)
    if isinstance(
        error, failures.HTTPClientError | failures.ConnectionError | failures.IncompleteReadError
    ):
        return Unknown.saying(
            "unreachable", N_("{action}: {error}"), action=action, error=_said(error)
        )
    if isinstance(error, failures.NoRegionError | failures.InvalidRegionError):
        return Unknown("unexpected", redact(str(error)))
    if type(error).__module__.startswith("botocore."):
        return Unknown("unexpected", redact(f"{action}: {type(error).__name__}: {error}"))
    return None


def _said(error: failures.BotoCoreError) -> Message:
    """What botocore says, as its template and values, without secrets."""
    values = {name: redact(str(value)) for name, value in error.kwargs.items()}
    return message(error.fmt, **values)


def _sort_answer(error: failures.ClientError, action: str) -> Missing | Unknown:
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    said = str(error)
    text = redact(said)
    denied = code.startswith("AccessDenied")
    kind: UnknownKind = "not-ready" if is_waking(error) else "unexpected"
    if code in _MISSING:
        return Missing(text)
    if code in _CREDENTIALS or (denied and _ENDED_LEARNER_LAB in said):
        kind = "credentials"
    elif denied or code in _DENIED:
        was_denied = N_("{action} was denied: {said}")
        return Unknown.saying("permission", was_denied, action=action, said=text)
    elif code in _THROTTLED or status == 429:
        kind = "throttled"
    elif status >= 500:
        kind = "unreachable"
    return Unknown(kind, text)
