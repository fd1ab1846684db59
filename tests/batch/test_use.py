"""Rows that lead to one account and name other resources of it: each is judged by its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from grader.engines import visit
from grader.model.report import read_report
from tests.class_rosters import COLUMNS
from tests.own_names import Lab
from tests.programs import grader_here

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.server import Sandbox

LOOKING = """schema: rubric/1
title: Looking
lab:
  region: us-east-1
  functions: {sum: {name: first_lambda, else: found}}
  queues: {input: found}
criteria:
  - {id: function, title: Function, check: function_exists, on: sum, points: 1}
  - {id: memory, title: Memory, check: function_memory, on: sum, expect: 128, points: 1}
  - {id: mapping, title: Mapping, check: mapping_enabled, on: input -> sum, points: 1}
"""


def batch(lab: Lab, folder: Path, *names: str) -> int:
    """``grader batch`` of rows that lead to the same account, each with another ``use.sum``."""
    (folder / "looking.yaml").write_text(LOOKING)
    lines = [f"{COLUMNS},use.sum"]
    for number, name in enumerate(names):
        keys = f"{lab.account},test"
        lines.append(f"s{number},,,{lab.sandbox.endpoint_url},{keys},,,{name}")
    (folder / "class.csv").write_text("\n".join(lines) + "\n")
    given = ["class.csv", "--rubric", "looking.yaml", "--quiet"]
    return grader_here("batch", *given, cwd=folder).returncode


@pytest.fixture
def lab(aws_sandbox: Sandbox, fresh_account: str) -> Lab:
    one = Lab(aws_sandbox, fresh_account)
    one.calculator()
    one.queues("queue3")
    one.function("first_lambda")
    one.feed("queue3", "first_lambda")
    return one


def test_each_row_is_judged_by_what_it_uses_and_one_after_the_other(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work: list[int] = []
    most: list[int] = []
    observe = visit.observe

    def watched(*given: Any, **how: Any) -> Any:
        at_work.append(1)
        most.append(len(at_work))
        try:
            return observe(*given, **how)
        finally:
            at_work.pop()

    monkeypatch.setattr(visit, "observe", watched)
    assert batch(lab, tmp_path, "calculatrice", "", "first_lambda", "calculatrice") == 0
    assert most == [1, 1, 1]  # the last row has the observation of the first
    judged: dict[str, Any] = {}
    for number in range(4):
        report = read_report(tmp_path / f"results/students/s{number}/report.json")
        used = {role: one.name for role, one in report.found_as.items()}
        judged[report.student_id] = (report.score, used.get("sum"), used["input"])
    assert judged == {
        "s0": (2, "calculatrice", "queue1"),
        "s1": (3, None, "queue3"),
        "s2": (3, "first_lambda", "queue3"),
        "s3": (2, "calculatrice", "queue1"),
    }
    stored = json.loads((tmp_path / "results/batch.json").read_text())
    assert [one.get("use", {}).get("sum") for one in stored["students"]] == [
        "calculatrice",
        None,
        "first_lambda",
        "calculatrice",
    ]


def test_a_name_that_is_not_there_costs_the_student_nothing(lab: Lab, tmp_path: Path) -> None:
    assert batch(lab, tmp_path, "calculatrix") == 3
    report = read_report(tmp_path / "results/students/s0/report.json")
    assert {one.status for one in report.criteria} == {"ungraded"}
    assert {one.open_by for one in report.criteria} == {"grader"}
    assert "--use sum=calculatrix: nothing was run." in report.criteria[0].message
