"""A class from the command line: files, flags, judging again."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.observing import hand_in
from tests.programs import grader, grader_here

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.server import Sandbox

from grader.rubric.load import default_rubric_path
from tests.class_rosters import CANARY, read_json, reports, roster


def suspicion(folder: Path) -> dict[str, Any]:
    scores = read_json(folder / "results/summary.json")["scores"]
    return {one["student_id"]: one["suspicion"] for one in scores if "suspicion" in one}


def test_a_class_is_graded_and_its_files_are_written(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    empty = aws_sandbox.new_account()
    path = roster(
        tmp_path, aws_sandbox, f"s1,Ann,,{reference_account}", f"s2,@evil,,{empty}", "s3,Cy,,-"
    )
    done = grader("batch", path, "--seed", "4", "--json", "all.json", cwd=tmp_path)
    assert done.returncode == 3
    found = {name: report.score for name, report in reports(tmp_path).items()}
    assert found == {"s1": 20, "s2": 0, "s3": None}
    assert "3 students, 2 graded, 1 not graded" in done.stdout
    assert "1/3 " in done.stderr
    assert read_json(tmp_path / "all.json") == read_json(tmp_path / "results/summary.json")
    batch = read_json(tmp_path / "results/batch.json")
    assert (batch["state"], batch["seed"], batch["counts"]["graded"]) == ("finished", 4, 2)
    with (tmp_path / "results/grades.csv").open(newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert rows["s3"]["score"] == ""
    assert rows["s2"]["name"] == "'@evil"
    assert rows["s1"]["section"] == "'=cmd()"
    assert list(rows["s1"])[7:19] == [c["id"] for c in read_json(tmp_path / "all.json")["criteria"]]
    assert CANARY not in done.stdout + done.stderr
    assert not any(
        CANARY.encode() in file.read_bytes()
        for file in (tmp_path / "results").rglob("*")
        if file.is_file()
    )


@pytest.mark.slow
def test_a_group_is_observed_once_and_reported_for_each(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    path = roster(
        tmp_path, aws_sandbox, f"s1,Ann,pair,{reference_account}", f"s2,Bo,pair,{reference_account}"
    )
    assert grader_here("batch", path, cwd=tmp_path).returncode == 0
    one, two = (reports(tmp_path)[name] for name in ("s1", "s2"))
    assert one.started_at == two.started_at
    assert one.criteria == two.criteria
    assert one.flags == two.flags == ()


@pytest.mark.slow
def test_an_account_of_two_groups_is_observed_once_and_flagged(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    path = roster(
        tmp_path, aws_sandbox, f"s1,Ann,one,{reference_account}", f"s2,Bo,two,{reference_account}"
    )
    grader_here("batch", path, cwd=tmp_path)
    one, two = (reports(tmp_path)[name] for name in ("s1", "s2"))
    assert one.started_at == two.started_at
    assert one.flags == two.flags == ()
    assert suspicion(tmp_path) == {
        "s1": [{"flag": "account-shared", "with": ["s2"], "account_id": reference_account}],
        "s2": [{"flag": "account-shared", "with": ["s1"], "account_id": reference_account}],
    }
    assert one.score == two.score == 20


@pytest.mark.slow
def test_the_same_code_in_two_accounts_is_flagged(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    other = aws_sandbox.new_account()
    hand_in(aws_sandbox, other)
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{reference_account}", f"s2,Bo,,{other}")
    done = grader_here("batch", path, cwd=tmp_path)
    told = suspicion(tmp_path)
    digest = told["s1"][0].pop("code_sha256")
    assert told["s1"] == [{"flag": "same-code", "with": ["s2"], "function": "first_lambda"}]
    assert told["s2"][0] == {**told["s1"][0], "with": ["s1"], "code_sha256": digest}
    # The periodic function, which both have from the console, is not told of.
    assert len(told["s2"]) == 1
    assert done.stdout.count("same code") == 2
    assert "same code" in (tmp_path / "results/index.html").read_text()
    for folder in (tmp_path / "results/students").iterdir():
        for path in folder.iterdir():
            if path.name != "observation.json":
                assert not re.search("same.code|account.shared", path.read_text())


@pytest.mark.slow
def test_regrade_judges_again_and_changes_nothing(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{reference_account}", "s2,Bo,,-")
    grader_here("batch", path, cwd=tmp_path)
    files = sorted((tmp_path / "results").glob("students/*/*.json"))
    before = [file.read_bytes() for file in files]
    done = grader_here("regrade", "results", cwd=tmp_path)
    assert (done.returncode, "0 of them changed" in done.stderr) == (3, True)
    assert [file.read_bytes() for file in files] == before


@pytest.mark.slow
def test_a_damaged_observation_is_named_and_nothing_is_written(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{reference_account}")
    grader_here("batch", path, cwd=tmp_path)
    damaged = tmp_path / "results/students/s1/observation.json"
    damaged.write_bytes(damaged.read_bytes()[:100])
    done = grader_here("regrade", "results", cwd=tmp_path)
    assert (done.returncode, "students/s1/observation.json" in done.stderr) == (2, True)


@pytest.mark.slow
def test_regrading_elsewhere_uses_the_checks_of_the_batch(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    for folder, name in ((here, "lambda_function.lambda_handler"), (elsewhere, "other")):
        (folder / "checks").mkdir(parents=True)
        (folder / "checks/test_mine.py").write_text(
            "from grader.checks import check, same\n\n"
            '@check("named", on="function")\n'
            "def test_named(function):\n"
            f'    """It is named."""\n    same(function.handler, {name!r})\n'
        )
    (here / "rubric.yaml").write_text(
        default_rubric_path().read_text()
        + "  - {id: named, title: Named, check: named, on: sum, points: 1}\n"
    )
    grader("batch", roster(here, aws_sandbox, f"s1,Ann,,{reference_account}"), cwd=here)
    assert reports(here)["s1"].score == 21
    done = grader("regrade", here / "results", "--checks", here / "checks", cwd=elsewhere)
    assert (done.returncode, "0 of them changed" in done.stderr) == (0, True)


@pytest.mark.slow
def test_an_id_that_climbs_out_of_the_folder_is_refused(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    grader_here(
        "batch", roster(tmp_path, aws_sandbox, f"s1,Ann,,{reference_account}"), cwd=tmp_path
    )
    batch = tmp_path / "results/batch.json"
    batch.write_text(batch.read_text().replace('"student_id": "s1"', '"student_id": "../s1"'))
    assert grader_here("regrade", "results", cwd=tmp_path).returncode == 2
