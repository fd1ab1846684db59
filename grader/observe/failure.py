"""What an invocation says: what it returned, or the exception and where it was raised."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from grader.model.observation import FunctionError
from grader.observe.stack_trace import CodeLine, place_in, without_other_files
from grader.safety.redact import bounded, redact

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

LOG_TAIL = 4096
"""Bytes of log that Lambda returns with an invocation."""

MESSAGE = 700
"""Characters of an exception's message. A denial says its reason at the end, behind two long ARNs."""

_READ = MESSAGE * 8
"""Characters of it that are read. A pattern that runs over text cannot be interrupted, and every other
student's visit waits for it."""

_RAISED = re.compile(r"^(?P<kind>[A-Za-z_][\w.]{0,100})(?:: (?P<message>.*))?$")
_GENERIC = "Runtime.HandlerError"
"""What the sandbox calls every exception of a handler. AWS names the exception itself."""

_CUT_LINES = re.compile(r"""\A[^\n]*+\n?(?:\n|[^\S\n]++(?!File\s")[^\n]*+\n?)*+""")
_TIMED_OUT = re.compile(r"(?:Sandbox|Function)\.Timedout|Task timed out after")
_REQUEST_ID = re.compile(
    r"""(?:[\d:.TZ-]{19,40}\s+)? \b(?:RequestId:?\s*)?
        [\da-f]{8}(?:-\w{4}){3}-[\da-f]{12} \s*(?:Error:\s*)?""",
    re.VERBOSE,
)
_IN_FILE = re.compile(r"\((?P<file>[\w.-]{1,100}\.py), line (?P<line>\d{1,6})\)")
_SYNTAX = "Runtime.UserCodeSyntaxError"
_INIT_FAILED = "Worker init failed: "
"""Begins what the sandbox says where the code cannot be loaded. It does not name the exception."""

_PERHAPS = re.compile(r"\. Did you ")
_LOADING: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"'[^'\n]*'$", re.DOTALL), "KeyError"),
    (re.compile(r"No module named |cannot import name ", re.DOTALL), "Runtime.ImportModuleError"),
    (re.compile(r".*\([^\s()]{1,300}\.py, line \d{1,6}\)$", re.DOTALL), _SYNTAX),
    (
        re.compile(r"(?:partially initialized )?module '.*' has no attribute ", re.DOTALL),
        "AttributeError",
    ),
    (re.compile(r"name '.*' is not defined", re.DOTALL), "NameError"),
    (re.compile(r"Unknown service: ", re.DOTALL), "UnknownServiceError"),
    (re.compile(r"An error occurred \(", re.DOTALL), "ClientError"),
    (re.compile(r".*\(\) (?:takes|missing|got) ", re.DOTALL), "TypeError"),
)
"""Which exception it was, by what it says."""

_HANDLE = "ReceiptHandleIsInvalid"

RETURNED = 500
"""Characters that are kept of what a function returned."""


def function_error(payload: bytes, log: str) -> FunctionError:
    """The error in an invocation's ``payload`` (JSON) or, where none is named there, in the ``log``.

    AWS puts ``errorType``, ``errorMessage`` and ``stackTrace`` into the payload. The sandbox puts the
    traceback into the log only, and a generic type into the payload.
    """
    given = _object(payload)
    kind = bounded(str(given.get("errorType", "")), _READ)
    message = bounded(str(given.get("errorMessage", "")), _READ)
    if message.startswith(_INIT_FAILED):
        return _while_loading(message.removeprefix(_INIT_FAILED))
    frames = given.get("stackTrace")
    trace = "\n".join(map(str, frames))[:LOG_TAIL] if isinstance(frames, list) else ""
    if not trace and kind in {"", _GENERIC}:
        raised = _last_raised(log)
        # A traceback in the log may be one that the student caught and printed.
        if raised and (not kind or _says(message, raised.message)):
            # The log's line is the first of several.
            kind, message, trace = raised.kind, message or raised.message, raised.trace
    return _error(kind, message, place_in(trace))


def _while_loading(message: str) -> FunctionError:
    """What the sandbox says of code that it could not load."""
    kinds = (kind for pattern, kind in _LOADING if pattern.match(message))
    return _error(next(kinds, ""), message, CodeLine(loading=True))


def _error(kind: str, message: str, place: CodeLine) -> FunctionError:
    in_file = _IN_FILE.search(message) if kind == _SYNTAX else None
    if in_file and place.file is None:
        place = place._replace(file=in_file["file"], line=int(in_file["line"]))
    said = _REQUEST_ID.sub("", without_other_files(message))
    return FunctionError(redact(kind, 100) or "Error", redact(said, MESSAGE), *place)


def lambda_said(error: ClientError) -> FunctionError:
    """What Lambda says where it could not run the function."""
    said: Any = error.response.get("Error", {})
    code = redact(str(said.get("Code", "")), 100)
    return FunctionError(code, redact(str(said.get("Message", "")), MESSAGE))


def returned(payload: bytes) -> str:
    """What the function returned, as JSON; empty for ``null``, which is what returns nothing."""
    text = payload.decode("utf-8", "replace").strip()
    return "" if text == "null" else redact(text, RETURNED)


def timed_out(error: FunctionError) -> bool:
    """Lambda ended the function because its own timeout was over."""
    return bool(_TIMED_OUT.search(f"{error.kind}: {error.message}"))


def met_made_up_handle(payload: bytes, log: str) -> bool:
    """The function used its record's receipt handle, which SQS cannot know: ours was made up.

    It raised that, or caught it and told it: in its log, in what it returned or raised instead. Both are
    as Lambda gave them: what is kept of them is cut.
    """
    return _HANDLE.encode() in payload or _HANDLE in log


def reports_failure(payload: bytes) -> bool:
    """The function returned that it failed. What it names that is none of the event's fails the event.

    Source: AWS Lambda Developer Guide, "Handling errors for an SQS event source in Lambda".
    """
    failures = _object(payload).get("batchItemFailures")
    return isinstance(failures, list) and bool(failures)


def log_tail(log: str) -> str:
    """The log as it may be kept: whole lines, redacted."""
    if len(log.encode("utf-8", "replace")) >= LOG_TAIL:
        # The first line was cut: half a secret could stand there, and go on in the lines below, without
        # the name that betrays it.
        log = _CUT_LINES.sub("", log, count=1)
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
    """The sandbox's ``message`` is that of the exception whose traceback says ``first_line``.

    Python adds to some what was perhaps meant (“Did you mean: 'json'?”), in the traceback only.
    """
    message = message.strip()
    if not (message and first_line):
        return not message and not first_line
    if message.startswith(first_line):
        return True
    return first_line.startswith(message) and bool(_PERHAPS.match(first_line.removeprefix(message)))
