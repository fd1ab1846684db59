"""What a failed invocation says: the exception, and where in the student's code it was raised."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from grader.model.observation import FunctionError
from grader.safety.redact import redact

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

LOG_TAIL = 4096
"""Bytes of log that Lambda returns with an invocation."""

_FRAME = re.compile(r'File "(?P<file>[^"\n]{1,300})", line (?P<line>\d{1,6})')
_RAISED = re.compile(r"^(?P<kind>[A-Za-z_][\w.]{0,100})(?:: (?P<message>.*))?$")
_GENERIC = "Runtime.HandlerError"
"""What the sandbox calls every exception of a handler. AWS names the exception itself."""

_TIMED_OUT = re.compile(r"Sandbox\.Timedout|Task timed out after")
_NOT_THEIRS = (
    "site-packages",
    "dist-packages",
    "/lib/python",
    "/var/runtime",
    "/var/lang",
    "<frozen",
)


def function_error(payload: bytes, log: str) -> FunctionError:
    """The error in an invocation's ``payload`` (JSON) or, where none is named there, in the ``log``.

    AWS puts ``errorType``, ``errorMessage`` and ``stackTrace`` into the payload. The sandbox puts the
    traceback into the log only, and a generic type into the payload.
    """
    given = _object(payload)
    kind, message = str(given.get("errorType", "")), str(given.get("errorMessage", ""))
    frames = given.get("stackTrace")
    trace = "\n".join(map(str, frames))[:LOG_TAIL] if isinstance(frames, list) else ""
    if not trace and kind in {"", _GENERIC}:
        raised = _last_raised(log)
        # A traceback in the log may be one that the student caught and printed.
        if raised and (not kind or _says(message, raised.message)):
            kind, message, trace = raised.kind, raised.message, raised.trace
    file, line = _their_line(trace)
    return FunctionError(redact(kind, 100) or "Error", redact(message, 300), file, line)


def lambda_said(error: ClientError) -> FunctionError:
    """What Lambda says where it could not run the function."""
    said: Any = error.response.get("Error", {})
    return FunctionError(str(said.get("Code", "")), redact(str(said.get("Message", "")), 300))


def timed_out(error: FunctionError) -> bool:
    """Lambda ended the function because its own timeout was over."""
    return bool(_TIMED_OUT.search(f"{error.kind}: {error.message}"))


def made_up_handle(error: FunctionError) -> bool:
    """The function used its record's receipt handle, which SQS cannot know: ours was made up."""
    return "ReceiptHandleIsInvalid" in f"{error.kind} {error.message}"


def log_tail(log: str) -> str:
    """The log as it may be kept: whole lines, redacted."""
    if len(log.encode("utf-8", "replace")) >= LOG_TAIL:
        # The first line was cut: half a secret could stand there without the name that betrays it.
        log = log.partition("\n")[2]
    return redact(log, LOG_TAIL)


def _object(payload: bytes) -> dict[str, Any]:
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


class _Raised(NamedTuple):
    kind: str
    message: str
    trace: str


def _last_raised(log: str) -> _Raised | None:
    """The last traceback in the log, and its last line: ``KeyError: 'number1'``."""
    _, found, trace = log.rpartition("Traceback (most recent call last)")
    if not found:
        return None
    for line in trace.splitlines()[1:]:
        match = None if line.startswith((" ", "\t")) else _RAISED.match(line.strip())
        if match:
            return _Raised(match["kind"].rpartition(".")[2], match["message"] or "", trace)
    return None


def _says(message: str, first_line: str) -> bool:
    """The sandbox's ``message`` is that of the exception whose traceback says ``first_line``."""
    return message.strip().startswith(first_line) if first_line else not message.strip()


def _their_line(trace: str) -> tuple[str | None, int | None]:
    """The innermost frame that is the student's own code, else the innermost of all."""
    frames = [(m["file"], int(m["line"])) for m in _FRAME.finditer(trace)]
    theirs = [frame for frame in frames if not any(part in frame[0] for part in _NOT_THEIRS)]
    if not (theirs or frames):
        return None, None
    file, line = (theirs or frames)[-1]
    return redact(re.split(r"[/\\]", file)[-1], 100), line
