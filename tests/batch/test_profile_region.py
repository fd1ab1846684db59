"""A class whose accounts are looked at in the region of each row's profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from grader.batch.plan import plan
from grader.batch.regrade import regrade
from grader.batch.run import ClassRun
from grader.batch.settings import Settings
from grader.batch.setup import load_setup_and_roster
from grader.results.directory import Results
from grader.rubric.load import default_rubric_path

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from grader.model.report import Report
    from grader.sandbox.server import Sandbox


def test_it_is_judged_there_again_and_what_stands_in_the_labs_region_is_said(
    aws_sandbox: Sandbox, right: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = f"aws_access_key_id = {right}\naws_secret_access_key = test\n"
    (tmp_path / "config").write_text(f"[profile lab]\nregion = eu-west-3\n{keys}")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    path = tmp_path / "class.csv"
    path.write_text(f"student_id,profile,endpoint_url\ns1,lab,{aws_sandbox.endpoint_url}\n")
    results = Results(tmp_path / "results")

    with load_setup_and_roster(default_rubric_path(), None, path, workers=1) as (setup, students):

        def grade(**how: Any) -> Report:
            planned = plan(results, students, setup.rubric, Settings(seed=1), **how)
            run = ClassRun(setup, results, students, planned)
            run.run(lambda _graded: None)
            (report,) = run.reports
            return report

        first = grade()
        assert (first.status, first.region, first.score) == ("graded", "eu-west-3", 0)
        assert first.criteria[0].message.endswith("there is one of that name in us-east-1.")
        assert first.criteria[0].hint == (
            "That is the lab's region: check there, with --region us-east-1."
        )
        assert regrade(results, setup, lang="en").reports == [first]
        results.write_batch(msgspec.structs.replace(results.batch(), state="interrupted"))
        assert grade(resume=True) == first
