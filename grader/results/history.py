"""What a report said before it changed: ``history/001.json`` and so on, in a student's folder."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from grader.model.history import Former, encode_former
from grader.model.timestamps import iso, now
from grader.results.atomic_write import write_json

if TYPE_CHECKING:
    from pathlib import Path

    from grader.model.history import Why
    from grader.model.report import Report

HISTORY = "history"
BEFORE = "report.before.json"
"""The file in which version 0.1.0 kept the one report that a regrade had replaced."""

_NAME = re.compile(r"([0-9]{3,9})\.json")


def keep_former(folder: Path, report: Report, why: Why, before: Report | None) -> None:
    """Keep ``report``, of the student whose ``folder`` it is, which is about to be replaced.

    ``before`` is what :data:`BEFORE` holds, if it is there: it takes its place in the history first.
    """
    history = folder / HISTORY
    history.mkdir(mode=0o700, exist_ok=True)
    if before is not None:
        replaced = datetime.fromtimestamp((folder / BEFORE).stat().st_mtime, UTC)
        _write(history, Former(at=iso(replaced), why="regrade", report=before))
        (folder / BEFORE).unlink()
    _write(history, Former(at=now(), why=why, report=report))


def _write(history: Path, former: Former) -> None:
    found = (_NAME.fullmatch(path.name) for path in history.iterdir())
    number = max((int(name[1]) for name in found if name), default=0) + 1
    # Beyond nine digits nobody counted: what somebody put there is not written over.
    while os.path.lexists(path := history / f"{number:03}.json"):
        number += 1
    write_json(path, encode_former(former), "history")
