"""The evidence of a finding: the pairs, and what the function returned, sent and logged."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from grader.model.evidence import Evidence
from grader.safety.redact import bounded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.model.observation import Exchange, Invocation, Pair

LINES = 10
"""Lines of a log that are shown."""

_LINE, _EXCERPT, _MOST = 300, 300, 3
_LAMBDAS_OWN = re.compile(
    r"(?:START|END|REPORT) RequestId:|INIT_(?:START|REPORT)\b|XRAY TraceId|Worker process died$"
)
_OF_RUNTIME = re.compile(r"\[ERROR\] [\w.]+(?::|$)")
"""Begins the line in which Lambda's runtime says what was raised; a traceback follows it."""

_TRACEBACK = "Traceback (most recent call last)"
_OF_TRACEBACK = re.compile(r"[ \t\u00a0]|(?:[\w.]+(?:Error|Exception|Exit|Interrupt)\b)")
_STAMP = re.compile(r"\s?\d{4}-\d\d-\d\dT[\d:.]+Z?\s+[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\s*")
_REQUEST = re.compile(r"(?:RequestId:?\s*)?[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}")


def of_invocation(invocation: Invocation, keys: Iterable[str]) -> Evidence:
    """What a direct invocation shows. A traceback is left out: the message has said what was raised."""
    return Evidence(
        sent=_sent(invocation.pairs, keys),
        returned=bounded(invocation.returned, _EXCERPT),
        instead=_instead(invocation.pairs, invocation.others),
        log=log_lines(invocation.log_tail, raised=invocation.failure == "raised"),
    )


def of_pair(pair: Pair, exchange: Exchange, keys: Iterable[str]) -> Evidence:
    """What a pair that went through the queues shows."""
    return Evidence(
        sent=_sent([pair], keys), instead=_instead([pair], came_instead(pair, exchange))
    )


def came_instead(pair: Pair, exchange: Exchange) -> tuple[str, ...]:
    """The messages that came instead of an answer to ``pair``, before those of the whole exchange."""
    return tuple(answer.body for answer in pair.unread) or exchange.others


def log_lines(tail: str, *, raised: bool) -> tuple[str, ...]:
    """The last lines of the student's own in a log, without request ids and what Lambda writes."""
    lines, within = [], False
    for line in map(_text_of, tail.splitlines()):
        if raised and (line.startswith(_TRACEBACK) or _OF_RUNTIME.match(line)):
            within = True
            continue
        within = within and bool(_OF_TRACEBACK.match(line))
        if within or _LAMBDAS_OWN.match(line) or not line.strip():
            continue
        lines.append(bounded(_REQUEST.sub("…", _STAMP.sub(" ", line)).strip(), _LINE))
    return tuple(lines[-LINES:])


def _text_of(line: str) -> str:
    """What a line says; of one in Lambda's JSON format, its message, and nothing of Lambda's own."""
    if not line.startswith("{"):
        return line
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return line
    if str(record.get("type", "")).startswith("platform."):
        return ""
    if "stackTrace" in record and "errorType" in record:
        return f"[ERROR] {record['errorType']}: {record.get('errorMessage', '')}"
    return str(record["message"]) if "timestamp" in record and "message" in record else line


def _sent(pairs: Iterable[Pair], keys: Iterable[str]) -> tuple[str, ...]:
    names = tuple(keys)
    return tuple(
        json.dumps(pair.message or dict(zip(names, (pair.number1, pair.number2), strict=False)))
        for pair in list(pairs)[:_MOST]
    )


def _instead(pairs: Iterable[Pair], others: Iterable[str]) -> tuple[str, ...]:
    wrong = [answer.body for pair in pairs for answer in pair.answers if answer.wrong is not None]
    return tuple(bounded(text, _EXCERPT) for text in [*wrong, *others][:_MOST])
