"""The commands, their output and their exit statuses, as a user meets them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest

from grader import cli
from grader.rubric.load import default_rubric_path
from grader.schemas import load
from tests.observing import hand_in
from tests.programs import environment, grader, grader_here, run
from tests.quick_run import first_only_when_quick

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox


def test_help_imports_nothing_that_a_command_needs() -> None:
    heavy = "boto3 botocore pytest jsonschema ruamel msgspec tenacity ministack"
    code = f"import sys, grader.cli; print(*(set({heavy.split()!r}) & set(sys.modules)))"
    done = run([sys.executable, "-c", code])
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "grader: No space left on device.\n"),
        ("fr", "grader\u00a0: plus de place sur le disque.\n"),
    ],
)
def test_a_full_disk_is_said_without_the_number_of_its_error(lang: str, said: str) -> None:
    with Path("/dev/full").open("w") as full:
        line = [sys.executable, "-m", "grader", "--lang", lang, "--help"]
        done = subprocess.run(
            line, stdout=full, stderr=subprocess.PIPE, encoding="utf-8", check=False
        )
    assert (done.returncode, done.stderr) == (3, said)


@pytest.mark.slow
def test_check_gives_full_marks_to_the_reference(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    hand_in(aws_sandbox, fresh_account)
    env = environment(aws_sandbox, fresh_account)
    done = grader("check", "--json", "mine.json", "--out", "kept", cwd=tmp_path, env=env)
    assert (done.returncode, "Score: 20 of 20 points" in done.stdout) == (0, True), done.stderr
    assert "about 7 invocations" in done.stderr
    assert "Traceback" not in done.stderr
    report = json.loads((tmp_path / "mine.json").read_bytes())
    jsonschema.Draft202012Validator(load("report")).validate(report)
    kept = json.loads((tmp_path / "kept/students/me/report.json").read_bytes())
    assert kept == report


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--json", "rubric.yaml"], "Give --json another place"),
        (["--gradescope", "rubric.yaml"], "Give --gradescope another place"),
        (["--gradescope", "link.json"], "Give --gradescope another place"),
        (["--gradescope", "checks/test_own.py"], "Give --gradescope another place"),
        (["--json", "both.json", "--gradescope", "./both.json"], "Give --gradescope another"),
        (["--json", "nowhere/x.json"], "No file can be written there. Give --json"),
        (["--gradescope", "nowhere/x.json"], "No file can be written there. Give --gradescope"),
    ],
)
def test_a_result_is_never_written_over_what_it_is_made_from(
    tmp_path: Path, arguments: list[str], named: str, capsys, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rubric.yaml").write_bytes(default_rubric_path().read_bytes())
    (tmp_path / "link.json").symlink_to("rubric.yaml")
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks/test_own.py").write_text("kept")
    assert cli.run(["check", *arguments]) == 2
    assert named in capsys.readouterr().err
    assert (tmp_path / "rubric.yaml").read_bytes() == default_rubric_path().read_bytes()
    assert (tmp_path / "checks/test_own.py").read_text() == "kept"


@pytest.mark.parametrize("name", ["roster.csv", "results/batch.json", "results/students/x"])
def test_a_summary_is_never_written_over_what_a_batch_keeps(
    tmp_path: Path, name: str, capsys, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results/students").mkdir(parents=True)
    (tmp_path / "roster.csv").write_text("student_id,profile\ns1,x\n")
    assert cli.run(["batch", "roster.csv", "--json", name]) == 2
    assert "Give --json another place" in capsys.readouterr().err
    assert (tmp_path / "roster.csv").read_text() == "student_id,profile\ns1,x\n"


@pytest.mark.slow
def test_check_says_what_was_expected_what_was_found_and_what_to_do(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    hand_in(aws_sandbox, fresh_account, memory_mb=256)
    done = grader("check", cwd=tmp_path, env=environment(aws_sandbox, fresh_account))
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    (number,) = (n for n, line in enumerate(lines) if "Memory" in line)
    assert "0/1" in lines[number]
    assert "expected 128 MB, found 256 MB." in lines[number]
    assert "memory_size" in lines[number + 1]


@pytest.mark.slow
def test_two_checks_with_one_seed_agree(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="multiplies")
    env = environment(aws_sandbox, fresh_account)
    first, second = (
        json.loads(grader("check", "--seed", "3", "--json", "-", cwd=tmp_path, env=env).stdout)
        for _ in range(2)
    )
    assert first["criteria"] == second["criteria"]
    assert first["score"] == second["score"] == 13


@pytest.mark.slow
def test_check_without_credentials_says_so_once_and_grades_nothing(tmp_path: Path) -> None:
    done = grader("check", cwd=tmp_path)
    assert done.returncode == 3
    assert done.stdout.count("No AWS credentials were found.") == 1
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_check_without_a_network_grades_nothing(tmp_path: Path) -> None:
    env = environment(AWS_ACCESS_KEY_ID="1" * 12, AWS_SECRET_ACCESS_KEY="x")
    done = grader_here("check", "--endpoint-url", "http://127.0.0.1:9", cwd=tmp_path, env=env)
    assert done.returncode == 3
    assert "Could not connect" in done.stdout


def test_looking_only_leaves_the_rest_ungraded(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    hand_in(aws_sandbox, fresh_account)
    env = environment(aws_sandbox, fresh_account)
    done = grader("check", "--no-exchange", "--json", "-", cwd=tmp_path, env=env)
    report = json.loads(done.stdout)
    assert done.returncode == 0, "everything that was looked at is right"
    ungraded = {c["id"] for c in report["criteria"] if c["status"] == "ungraded"}
    assert ungraded == {"handler", "records", "sums"}


@pytest.mark.slow
def test_titles_and_hints_are_french_on_request(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    hand_in(aws_sandbox, fresh_account)
    env = environment(aws_sandbox, fresh_account)
    done = grader_here("check", "--no-exchange", "--lang", "fr", cwd=tmp_path, env=env)
    assert "Mémoire" in done.stdout


def test_the_output_of_a_pipe_has_no_escape_sequences(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    env = environment(aws_sandbox, fresh_account)
    done = grader("check", cwd=tmp_path, env=env)
    assert "\x1b" not in done.stdout + done.stderr


# -- bad input ------------------------------------------------------------------------------------


def test_lint_tells_every_problem_of_both_files_at_once(tmp_path: Path) -> None:
    rubric = default_rubric_path().read_text()
    rubric = rubric.replace("check: function_memory", "check: function_memry")
    rubric = rubric.replace("id: timeout", "id: runtime")
    (tmp_path / "mine.yaml").write_text(rubric)
    (tmp_path / "class.csv").write_text("student_id,profile\n../up,a\ns1,a\nS1,a\n")
    done = grader_here("lint", "mine.yaml", "class.csv", cwd=tmp_path)
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert [line.split(":")[0] for line in lines] == ["class.csv"] * 2 + ["mine.yaml"] * 2
    assert all(line.split(":")[1].isdigit() for line in lines)
    assert "function_memory" in done.stderr


def test_lint_says_that_files_are_right(tmp_path: Path) -> None:
    (tmp_path / "class.csv").write_text("student_id,profile\ns1,a\n")
    done = grader_here("lint", default_rubric_path(), "class.csv", cwd=tmp_path)
    assert done.returncode == 0
    assert "12 criteria, 20 points" in done.stdout
    assert "right, 1 student." in done.stdout


@pytest.mark.parametrize("command", first_only_when_quick(["check", "batch", "lint"]))
def test_a_check_file_with_a_syntax_error_stops_before_any_account(
    tmp_path: Path, command: str
) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own/test_mine.py").write_text("def broken(:\n")
    (tmp_path / "class.csv").write_text("student_id,profile\ns1,a\n")
    roster = [] if command == "check" else ["class.csv"]
    done = grader_here(command, *roster, "--checks", "own", cwd=tmp_path)
    assert done.returncode == 2
    assert "test_mine.py:1:" in done.stderr
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    first_only_when_quick(
        [
            (["batch", "absent.csv"], "absent.csv"),
            (["batch"], "ROSTER"),
            (["check", "--rubric", "absent.yaml"], "absent.yaml"),
            (["check", "--checks", "absent"], "absent"),
            (["regrade", "absent"], "absent"),
            (["bacth"], "batch"),
            (["batch", "class.csv", "--only", "s9"], "s9"),
            (["batch", "class.csv", "--jobs", "0"], "--jobs"),
            (["sandbox", "--deploy", "nobody"], "reference"),
            (["sandbox", "--deploy", "rounds"], "no submission “rounds”"),
            (["sandbox", "--deploy", "nobody", "--rubric", "calculator"], "rounds-down"),
            (["sandbox", "--rubric", "calculator"], "--deploy reference"),
            (["sandbox", "--checks", "own"], "--rubric"),
            (["demo", "--checks", "own"], "--rubric"),
            (["demo", "--rubric", "absent.yaml"], "absent.yaml"),
            (["demo", "--lab", "calculator", "--rubric", "lambda-sqs"], "at a time"),
            (["check", "--endpoint-url", "localhost:4566"], "--endpoint-url"),
            (["check", "--endpoint-url", "http://me:hunter2@localhost"], "password"),
            (["check", "--region", "us east"], "--region"),
            (["check", "--json", "absent/mine.json"], "absent/mine.json"),
            (["check", "--out", "class.csv"], "class.csv"),
            (["batch", "class.csv", "--out", "class.csv/results"], "class.csv"),
        ],
        keep=6,
    ),
)
def test_a_mistake_on_the_command_line_is_named(
    tmp_path: Path, arguments: list[str], said: str, capsys, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "class.csv").write_text("student_id,profile\ns1,a\n")
    status, err = cli.run(arguments), capsys.readouterr().err
    assert (status, said in err) == (2, True), err
    assert "Traceback" not in err
    assert "hunter2" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["class.csv"]


@pytest.mark.slow
def test_a_rubric_with_checks_of_ones_own_is_graded_by_them(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    hand_in(aws_sandbox, fresh_account)
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks/test_handler_name.py").write_text(
        "from grader.checks import check, same\n\n"
        '@check("handler_is_named", on="function", expect=str)\n'
        "def test_name(function, expect):\n"
        '    """The handler is {expect}."""\n'
        "    print('a check that prints')\n"
        '    same(function.handler, expect, hint="Rename it.")\n'
    )
    rubric = default_rubric_path().read_text() + (
        "  - id: named\n    title: Named\n    check: handler_is_named\n    on: sum\n"
        "    expect: main.run\n    points: 2\n"
    )
    (tmp_path / "rubric.yaml").write_text(rubric)
    env = environment(aws_sandbox, fresh_account, PYTEST_ADDOPTS="-k nothing")
    done = grader("check", "--json", "-", cwd=tmp_path, env=env)
    report = json.loads(done.stdout)
    (named,) = (c for c in report["criteria"] if c["id"] == "named")
    assert (done.returncode, report["score"], report["max_score"]) == (1, 20, 22)
    assert named["expected"] == "main.run"
    assert named["actual"] == "lambda_function.lambda_handler"


def test_a_crash_of_ours_is_a_traceback_and_says_that_something_was_not_graded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def crash(*_given: object, **_more: object) -> None:
        raise ZeroDivisionError("a bug of ours")

    monkeypatch.setattr(cli, "app", crash)
    assert cli.run([]) == 3
    assert "ZeroDivisionError" in capsys.readouterr().err


@pytest.mark.parametrize("kind", [ValueError, RuntimeError, OSError])
def test_what_ends_a_command_is_printable_and_holds_no_key(
    kind: type[Exception], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key = "wJalrXUtnFEMI" + "K7MDENG" * 4

    def crash(*_given: object, **_more: object) -> None:
        raise kind(f"\x1b]0;owned\x07 {key if kind is not OSError else ''}\nsecond")

    monkeypatch.setattr(cli, "app", crash)
    assert cli.run([]) == 3
    said = capsys.readouterr().err
    assert "\\x1b]0;owned" in said
    assert "\x1b" not in said
    assert key not in said
    assert "\nsecond" not in said
