"""What a report said before it changed stays, whatever lies beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from grader.model.history import Former
from grader.results.history import keep_former
from tests.model.test_report import a_report

if TYPE_CHECKING:
    from pathlib import Path


def test_nothing_that_lies_in_a_history_is_written_over(tmp_path: Path) -> None:
    history = tmp_path / "history"
    history.mkdir()
    (history / "999999999.json").write_text("{}")
    for score in (1.0, 2.0):
        keep_former(tmp_path, a_report(score=score), "regrade", None)
    kept = [history / f"{number}.json" for number in (10**9, 10**9 + 1)]
    formers = [msgspec.json.decode(path.read_bytes(), type=Former) for path in kept]
    assert [former.report.score for former in formers] == [1.0, 2.0]
    assert (history / "999999999.json").read_text() == "{}"
