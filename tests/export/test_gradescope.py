from __future__ import annotations

import json
import re
import shutil
import sys
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader import cli
from grader.export.gradescope import results_of
from grader.results.directory import Results
from grader.scoring.scale import scale_of
from tests.export.results_folders import ANN, BO, CY, RUBRIC, a_graded_class, a_report
from tests.observing import hand_in
from tests.programs import environment, grader, run
from tests.quick_run import first_only_when_quick

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from grader.rubric.rubric import Rubric
    from grader.sandbox.server import Sandbox


def told(score: float | None, rubric: Rubric | None = RUBRIC, scale: str | None = None) -> Any:
    made = results_of(a_report(ANN, score), rubric, scale_of(scale), "en")
    return json.loads(msgspec.json.encode(made))


def hiding(**visibility: str) -> Rubric:
    criteria = tuple(
        msgspec.structs.replace(one, visibility=visibility.get(one.id)) for one in RUBRIC.criteria
    )
    return msgspec.structs.replace(RUBRIC, criteria=criteria)


def test_each_criterion_is_a_numbered_test_with_its_points() -> None:
    tests = told(1.5)["tests"]
    assert [test["number"] for test in tests] == [str(n + 1) for n in range(len(RUBRIC.criteria))]
    assert [(test["status"], test["score"], test["max_score"]) for test in tests[:3]] == [
        ("passed", 1, 1),
        ("failed", 0.5, 1),
        ("failed", 0, 1),
    ]
    assert tests[1]["output"] == "expected <more>.\nDo it again."


def test_the_score_is_the_reports_even_where_rounded_tests_add_up_to_another() -> None:
    made = told(20, scale="100")
    assert (made["score"], made["tests"][0]["max_score"]) == (100, 5)
    odd = told(20, scale="3.33")
    assert odd["score"] == 3.33
    assert round(sum(test["score"] for test in odd["tests"]), 2) != 3.33


def test_an_ungraded_student_has_tests_and_no_score_anywhere() -> None:
    made = told(None)
    assert "score" not in made
    assert made["tests"]
    assert not any("score" in test or "max_score" in test for test in made["tests"])
    assert "status" not in made["tests"][0]
    assert made["tests"][1]["status"] == "passed"
    assert "Not graded" in made["output"]


def test_a_test_hides_the_total_that_gradescope_may_make_of_no_score() -> None:
    *criteria, last = told(None)["tests"]
    assert (last["number"], last["visibility"]) == (str(len(criteria) + 1), "hidden")
    assert last["name"].startswith("For the instructor: there is no score yet.")
    assert not any("visibility" in test for test in criteria)
    assert not any("visibility" in test for test in told(20)["tests"])


def test_visibility_is_the_rubrics() -> None:
    tests = told(20, hiding(function="hidden", memory="after_published"))["tests"]
    named = {test["name"]: test.get("visibility") for test in tests}
    assert (named["Function"], named["Memory"], named["Timeout"]) == (
        "hidden",
        "after_published",
        None,
    )


def test_without_the_rubric_everything_is_hidden() -> None:
    assert {test["visibility"] for test in told(20, None)["tests"]} == {"hidden"}


def without_function() -> Rubric:
    """Another rubric than the report was judged by, which may have hidden its first criterion."""
    return msgspec.structs.replace(RUBRIC, criteria=RUBRIC.criteria[1:])


def test_what_is_not_in_the_rubric_is_hidden() -> None:
    assert [test.get("visibility") for test in told(20, without_function())["tests"][:2]] == [
        "hidden",
        None,
    ]


def test_what_is_hidden_is_in_no_message_to_students() -> None:
    assert "expected <more>." in told(None)["output"]
    for rubric in (hiding(function="hidden"), without_function(), None):
        assert "expected <more>." not in told(None, rubric)["output"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("id: schedule\n", "id: schedule\n    visibility: hidden\n"),
        ("id: schedule\n", "id: timetable\n"),
        ("criteria:", "criteria: ["),
    ],
    ids=["hidden", "not in the rubric", "rubric unreadable"],
)
def test_a_criterion_that_students_may_not_see_is_in_no_comment_of_another_format(
    tmp_path: Path, before: str, after: str
) -> None:
    root = a_graded_class(tmp_path / "results", {ANN: 18.5})
    source = (root / "rubric.yaml").read_text()
    changed = source.replace(before, after)
    assert changed != source
    (root / "rubric.yaml").write_text(changed)
    assert cli.run(["export", str(root), "--to", "moodle"]) == 3  # another rubric than the batch's
    comment = (root / "exports/moodle.csv").read_text()
    assert "18.5 of 20 points." in comment
    assert "Schedule" not in comment


def naming_hidden(root: Path) -> None:
    """Ann's second criterion is blocked by the first, which students may not see."""
    report = a_report(ANN, 0)
    message = "Not checked: depends on “Function”, which did not pass."
    blocked = msgspec.structs.replace(
        report.criteria[1], status="blocked", message=message, because="function"
    )
    criteria = (report.criteria[0], blocked, *report.criteria[2:])
    Results(root).write_report(msgspec.structs.replace(report, criteria=criteria))
    source = (root / "rubric.yaml").read_text()
    hidden = source.replace("id: function\n", "id: function\n    visibility: hidden\n")
    (root / "rubric.yaml").write_text(hidden)


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "Not checked: depends on something that did not pass."),
        ("fr", "Non vérifié\u00a0: dépend d'un autre point, qui n'est pas validé."),
    ],
)
@pytest.mark.parametrize("to", ["moodle", "lti", "gradescope"])
def test_what_depends_on_a_hidden_criterion_does_not_name_it(
    tmp_path: Path, to: str, lang: str, said: str
) -> None:
    root = a_graded_class(tmp_path / "results", {ANN: 0})
    naming_hidden(root)
    out = tmp_path / "out"
    arguments = ["--out", str(out), "--lang", lang]
    # 3: the rubric is not the batch's any more.
    assert cli.run(["export", str(root), "--to", to, *arguments]) == 3
    made = "".join(
        path.read_text(encoding="utf-8") for path in [out, *out.rglob("*")] if path.is_file()
    )
    assert said in made
    assert "“Function”" not in made


@pytest.mark.parametrize(
    ("cause", "own", "named"),
    [
        ("hidden", None, False),
        ("after_published", "visible", False),
        ("after_published", "after_published", True),
        ("visible", "hidden", True),
    ],
)
def test_a_cause_is_named_to_whoever_sees_both(cause: str, own: str | None, named: bool) -> None:
    report = a_report(ANN, 0)
    blocked = msgspec.structs.replace(
        report.criteria[1], status="blocked", message="“Function”", because="function"
    )
    criteria = (report.criteria[0], blocked, *report.criteria[2:])
    report = msgspec.structs.replace(report, criteria=criteria)
    visibility = {"function": cause} | ({"runtime": own} if own else {})
    made = results_of(report, hiding(**visibility), scale_of(None), "en")
    assert (made.tests[1].output == "“Function”") is named


def test_there_is_a_folder_for_each_student_who_has_a_score(tmp_path: Path, capsys) -> None:
    root = a_graded_class(tmp_path / "results", {ANN: 20, CY: None})
    assert cli.run(["export", str(root), "--to", "gradescope"]) == 0
    made = {path.parent.name for path in (root / "exports/gradescope").glob("*/results.json")}
    assert made == {"s1"}
    assert "s3 (Cy Day) has no score" in capsys.readouterr().err


def test_who_is_gone_or_has_no_score_now_has_no_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ["--to", "gradescope", "--out", str(out)]
    before = a_graded_class(tmp_path / "before", {ANN: 20, BO: 10, CY: 15})
    assert cli.run(["export", str(before), *arguments]) == 0
    after = a_graded_class(tmp_path / "after", {BO: 10, CY: None})
    assert cli.run(["export", str(after), *arguments]) == 2
    assert (out / "s1/results.json").is_file()
    assert cli.run(["export", str(after), *arguments, "--force"]) == 0
    assert {path.name for path in out.iterdir()} == {"s2"}


@pytest.mark.parametrize("extra", [{}, {"extra_data": {"student_id": "s1"}}])
def test_the_results_of_another_autograder_stay(tmp_path: Path, extra: dict[str, Any]) -> None:
    out = tmp_path / "out"
    theirs = out / "s1/results.json"
    theirs.parent.mkdir(parents=True)
    theirs.write_text(json.dumps({"tests": [{"name": "One", "number": "1"}]} | extra))
    root = a_graded_class(tmp_path / "class", {BO: 10})
    arguments = ["--to", "gradescope", "--out", str(out), "--force"]
    assert cli.run(["export", str(root), *arguments]) == 0
    assert {path.name for path in out.iterdir()} == {"s1", "s2"}


@pytest.mark.parametrize("name", ["s1/notes.txt", "s9/results.json", "notes.txt"])
def test_what_no_export_made_stays(tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    arguments = ["--to", "gradescope", "--out", str(out), "--force"]
    assert cli.run(["export", str(a_graded_class(tmp_path / "before", {ANN: 20})), *arguments]) == 0
    theirs = out / name
    theirs.parent.mkdir(exist_ok=True)
    # Another autograder's, or of another student.
    theirs.write_bytes((out / "s1/results.json").read_bytes())
    assert cli.run(["export", str(a_graded_class(tmp_path / "after", {BO: 10})), *arguments]) == 0
    assert theirs.is_file()
    assert not (out / "s1/results.json").exists()


@pytest.mark.slow
def test_check_writes_it_directly(aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path) -> None:
    hand_in(aws_sandbox, fresh_account, memory_mb=256)
    env = environment(aws_sandbox, fresh_account)
    done = grader("check", "--gradescope", "results.json", cwd=tmp_path, env=env)
    made = json.loads((tmp_path / "results.json").read_bytes())
    assert (done.returncode, made["score"]) == (1, 19)
    assert (tmp_path / "results.json").stat().st_mode & 0o777 == 0o600


def test_check_refuses_to_write_it_to_standard_output(tmp_path: Path) -> None:
    done = grader("check", "--gradescope", "-", cwd=tmp_path)
    assert (done.returncode, "--gradescope" in done.stderr) == (2, True)


# -- the autograder in docs/gradescope ------------------------------------------------------------

BLOCK = """[default]
aws_access_key_id={key}
aws_secret_access_key=canary/secret+of/the/block
aws_session_token=canary-token-of-the-block
"""


@pytest.fixture
def autograder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """What Gradescope lays out: the scripts, an empty submission, a place for the results."""
    for name in ("source", "submission", "results"):
        (tmp_path / name).mkdir()
    scripts = request.config.rootpath / "docs" / "gradescope"
    for name in ("run_autograder", "setup.sh"):
        shutil.copy(scripts / name, tmp_path / "source")
    return tmp_path


def run_autograder(folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    given = {"AUTOGRADER": str(folder), "GRADER": f"{sys.executable} -m grader"}
    return run([folder / "source" / "run_autograder"], cwd=folder, env=env | given)


def sandboxed(aws_sandbox: Sandbox) -> dict[str, str]:
    env = environment(aws_sandbox)
    return {k: v for k, v in env.items() if not re.match("AWS_(ACCESS|SECRET|CONFIG|SHARED)", k)}


def test_the_autograder_grades_the_account_of_the_submitted_block(
    aws_sandbox: Sandbox, reference_account: str, autograder: Path
) -> None:
    (autograder / "submission" / "block.txt").write_text(BLOCK.format(key=reference_account))
    done = run_autograder(autograder, sandboxed(aws_sandbox))
    assert done.returncode == 0, done.stderr
    made = (autograder / "results/results.json").read_text()
    assert json.loads(made)["score"] == 20
    for text in (done.stdout, done.stderr, made):
        assert "canary" not in text


@pytest.mark.parametrize(
    ("files", "said"),
    first_only_when_quick(
        [
            ({}, "Nothing is in it"),
            ({"a.txt": "hello"}, "No credentials block is in it"),
            ({"a.png": "\x89PNG"}, "screenshot"),
            ({"a.txt": BLOCK, "b.txt": BLOCK.replace("{key}", "2" * 12)}, "2 different blocks"),
            ({"a.txt": BLOCK.replace("{key}", "SIAQWERTYUIOPASDFGH")}, "has lost its first letter"),
        ]
    ),
)
def test_a_submission_without_one_block_has_no_score_and_says_what_it_is(
    aws_sandbox: Sandbox, autograder: Path, files: dict[str, str], said: str
) -> None:
    for name, text in files.items():
        raw = text.format(key="1" * 12).encode("latin-1")
        (autograder / "submission" / name).write_bytes(raw)
    done = run_autograder(autograder, sandboxed(aws_sandbox))
    assert done.returncode == 0, done.stderr
    made = json.loads((autograder / "results/results.json").read_bytes())
    assert "score" not in made
    assert not any("score" in test for test in made["tests"])
    assert "hidden" in {test.get("visibility") for test in made["tests"]}
    assert "AWS Details" in made["output"]
    assert said in made["output"]
    assert "canary" not in done.stdout + done.stderr + json.dumps(made)


@pytest.mark.slow
def test_the_autograder_reads_a_block_as_a_roster_does(
    aws_sandbox: Sandbox, reference_account: str, autograder: Path
) -> None:
    # Spaces around the signs, a mail's quotation: what the AWS CLI's own reader refuses.
    quoted = "".join(
        f"> {line}\n"
        for line in BLOCK.format(key=reference_account).replace("=", " = ").splitlines()
    )
    (autograder / "submission/mail.txt").write_text(f"Here it is:\n{quoted}")
    (autograder / "submission/again.txt").write_text(BLOCK.format(key=reference_account))
    env = sandboxed(aws_sandbox)
    # The environment's own profile is nobody's: neither read nor missed.
    done = run_autograder(autograder, env | {"AWS_PROFILE": "nobody"})
    assert done.returncode == 0, done.stderr
    assert json.loads((autograder / "results/results.json").read_bytes())["score"] == 20


@pytest.mark.slow
def test_check_takes_one_way_to_the_account(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("x")
    done = grader("check", "--block", "b.txt", "--profile", "me", cwd=tmp_path)
    assert (done.returncode, "two ways" in done.stderr) == (2, True)
    done = grader("check", "--block", "absent", cwd=tmp_path)
    assert (done.returncode, "no such folder or file" in done.stderr) == (2, True)
