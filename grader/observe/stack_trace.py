"""Where an exception was raised: the student's own file, line and code, and the library beneath."""

from __future__ import annotations

import re
from typing import NamedTuple

from grader.safety.redact import redact

# Lambda writes `Line 12` without a comma for a syntax error. What stands in the line follows, if Python
# could read it; a frozen module has none, and the next frame follows at once.
_FRAME = re.compile(
    r"""File "(?P<file>[^"\n]{1,300})",? [Ll]ine (?P<line>\d{1,6})(?:, in (?P<name>\S{1,100}))?"""
    r"""(?:\r?\n[ \t\u00a0]+(?!File ")(?P<code>\S[^\n]{0,500}))?"""
)
_NOT_THEIRS = re.compile(
    r"""site-packages | dist-packages | ^<
        | /lib/python | Python3\d+[/\\]+Lib[/\\] | ^/var/(?:runtime|lang)/ | ^/opt/ | /usr/lib
        | ministack-lambda-[^/\\]*[/\\]_worker\.py$
        | [/\\](?:boto3|botocore|s3transfer|urllib3|requests|simplejson|dateutil|jmespath
                 |aws_xray_sdk|aws_lambda_powertools)[/\\]
    """,
    re.VERBOSE,
)
"""Files that the student did not write: Python's, Lambda's, a layer's, the sandbox's, and libraries
that were put into the package."""

_PACKAGES = re.compile(r".*(?:site-packages|dist-packages|python3[.\d]*|Lib)[/\\]")
_ELSEWHERE = re.compile(r" \((?:/[^()\s]{1,300}|[A-Z]:\\[^()]{1,300})\)")


class CodeLine(NamedTuple):
    """The student's own line that failed, and who raised there. Empty where it is not known."""

    file: str | None = None
    line: int | None = None
    code: str = ""
    raised_by: str = ""
    loading: bool = False


def place_in(trace: str) -> CodeLine:
    """The innermost frame of ``trace`` that is the student's own code. Never one of another's file."""
    frames = list(_FRAME.finditer(trace))
    if not frames:
        return CodeLine()
    theirs = [frame for frame in frames if not _NOT_THEIRS.search(frame["file"])]
    raised_by = "" if theirs and theirs[-1] is frames[-1] else _module(frames[-1]["file"])
    if not theirs:
        return CodeLine(raised_by=raised_by)
    last = theirs[-1]
    return CodeLine(
        redact(re.split(r"[/\\]", last["file"])[-1], 100),
        int(last["line"]),
        redact((last["code"] or "").strip(), 200),
        raised_by,
        # What a module says outside of its functions runs while it is imported.
        any(frame["name"] == "<module>" for frame in theirs),
    )


def without_other_files(message: str) -> str:
    """``message`` without the paths in brackets of files that are not the student's."""
    return _ELSEWHERE.sub(lambda m: "" if _NOT_THEIRS.search(m[0][2:-1]) else m[0], message)


def _module(file: str) -> str:
    """``json.decoder`` of ``/var/lang/lib/python3.13/json/decoder.py``, ``os`` of ``<frozen os>``."""
    name = file.removeprefix("<frozen ").rstrip(">")
    name = _PACKAGES.sub("", name).removesuffix(".py").removesuffix("__init__").strip("/\\")
    parts = re.split(r"[/\\]", name)
    return redact(".".join(parts if _PACKAGES.match(file) else parts[-1:]), 100)
