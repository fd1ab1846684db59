"""A class to grade: its roster, and what stands in its results."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from grader.model.report import read_report

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.server import Sandbox

CANARY = "canary-secret-of-the-roster"
COLUMNS = (
    "student_id,name,group,endpoint_url,aws_access_key_id,aws_secret_access_key,account_id,section"
)


def roster(folder: Path, sandbox: Sandbox, *rows: str) -> Path:
    """A roster of ``student_id,name,group,account`` rows; the account ``-`` is unreachable."""
    lines = [COLUMNS]
    for row in rows:
        student, name, group, account = row.split(",")
        url = "http://127.0.0.1:9" if account == "-" else sandbox.endpoint_url
        key = "1" * 12 if account == "-" else account
        lines.append(f"{student},{name},{group},{url},{key},{CANARY},,=cmd()")
    path = folder / "class.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def reports(folder: Path) -> dict[str, Any]:
    return {f.parent.name: read_report(f) for f in folder.glob("results/students/*/report.json")}


def read_json(path: Path) -> Any:
    return json.loads(path.read_bytes())
