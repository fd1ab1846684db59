"""Pushing the demo cohort's scores to a platform on loopback, and what comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from grader import cli
from grader.export.lti_platform import Client, Platform
from grader.export.lti_push import Memory, PostOutcome, push
from grader.model.report import encode_report, read_report
from grader.results.atomic_write import write_json
from grader.safety.secret import Secret
from tests.export.golden_files import EXPECTED
from tests.export.lms import CLIENT, KEY_ID, Lms
from tests.export.results_folders import export_of

if TYPE_CHECKING:
    from pathlib import Path


GRADED = {name: points for name, points in EXPECTED.items() if points is not None}
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
AGAIN = {"Retry-After": "0"}


def pushed(results: Path, platform: Lms, key: Path, *more: str) -> int:
    return cli.run(
        [
            *("push", "lti", str(results), "--line-item", platform.line_item),
            *("--client-id", CLIENT, "--token-url", platform.token_url),
            *("--key", str(key), "--key-id", KEY_ID, *more),
        ]
    )


def regraded(results: Path, student: str, points: float) -> None:
    """A report as a new judgement would leave it: same times, and a criterion failed."""
    path = results / "students" / student / "report.json"
    report = read_report(path)
    criteria = list(report.criteria)
    lost = report.score - points
    first = next(n for n, one in enumerate(criteria) if one.points == lost)
    tests = tuple(msgspec.structs.replace(one, outcome="failed") for one in criteria[first].tests)
    criteria[first] = msgspec.structs.replace(
        criteria[first], points=0.0, status="failed", tests=tests
    )
    changed = msgspec.structs.replace(report, score=points, criteria=tuple(criteria))
    write_json(path, encode_report(changed), "report")


def direct(
    results: Path, platform: Lms, waits: list[float], *, timeout_s: float = 30, **changes: Any
) -> PostOutcome:
    """A push whose waiting is written down instead."""
    client = Client(CLIENT, platform.token_url, Secret(PEM.decode()), KEY_ID)
    export = export_of(results)
    at = Platform(client, platform.line_item, waits.append, timeout_s)
    try:
        return push(export, Memory(results, platform.line_item), at, **changes)
    finally:
        at.close()
