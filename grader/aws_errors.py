"""The one table that sorts what AWS and the network say (design §6)."""

from __future__ import annotations

from botocore import exceptions as failures

from grader.language import N_
from grader.observation import Missing, Unknown, UnknownKind
from grader.redact import redact

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
_ENDED_LEARNER_LAB = "voc-cancel-cred"


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
        return Unknown("credentials", redact(str(error)))
    if is_network(error):
        return Unknown("unreachable", redact(f"{action}: {error}"))
    if isinstance(error, failures.NoRegionError | failures.InvalidRegionError):
        return Unknown("unexpected", redact(str(error)))
    if type(error).__module__.startswith("botocore."):
        return Unknown("unexpected", redact(f"{action}: {type(error).__name__}: {error}"))
    return None


def is_network(error: BaseException) -> bool:
    """AWS was not reached, or its answer did not arrive whole."""
    return isinstance(
        error, failures.HTTPClientError | failures.ConnectionError | failures.IncompleteReadError
    )


def _sort_answer(error: failures.ClientError, action: str) -> Missing | Unknown:
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    said = str(error)
    text = redact(said)
    denied = code.startswith("AccessDenied") or code in {
        "UnauthorizedOperation",
        "AuthorizationError",
    }
    kind: UnknownKind = "unexpected"
    if code in _MISSING:
        return Missing(text)
    if code in _CREDENTIALS or (code.startswith("AccessDenied") and _ENDED_LEARNER_LAB in said):
        kind = "credentials"
    elif denied:
        was_denied = N_("{action} was denied: {said}")
        return Unknown.saying("permission", was_denied, action=action, said=text)
    elif code in _THROTTLED or status == 429:
        kind = "throttled"
    elif status >= 500:
        kind = "unreachable"
    return Unknown(kind, text)
