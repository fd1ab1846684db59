"""``grader lint --exam``: what a rubric's author is told before a class is graded by it."""

from __future__ import annotations

import io
import os
import re
import shlex
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader import cli
from grader.batch.pipeline import Pipeline
from grader.rehearsal.exam import Exam, is_of_exam, show_exam
from grader.rubric.load import default_rubric_path
from grader.sandbox.cohort import CALCULATORS, COHORT
from grader.terminal.console import console
from tests.export.results_folders import ANN, BO, a_report
from tests.labs import LABS
from tests.own_checks import write_checks
from tests.polling import until
from tests.processes import with_temporary_folder
from tests.programs import LIMIT_S, background, command, environment, grader, read_to

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from subprocess import CompletedProcess

    from grader.roster.load import RosterEntry

pytestmark = pytest.mark.sandbox

# One that cannot fail where there is a function, one that cannot fail at all, one that cannot say.
CHECKS = """
from grader.checks import ungrade

@check("is_there", on="function")
def test_there(function):
    '''There is code.'''

@check("is_anything", on="function")
def test_anything(function_fact):
    '''There is anything.'''

@check("is_open", on="function")
def test_open(function):
    '''Nobody knows.'''
    ungrade("unexpected", "nobody can tell")
"""

# Names that the demo cohort uses for what is wrong on purpose, and a region of another country.
RENAMED = {
    "region: us-east-1": "region: eu-west-3",
    "name: first_lambda": "name: first-lambda",
    "name: periodic_lambda": "name: ticker",
    "name: input_queue": "name: other_queue",
    "name: output_queue": "name: output-queue",
}

# Another lab of the same shape: what is wrong in the cohort's submissions is right here.
OTHERWISE = {
    "message: [number1, number2]": "message: [a, b]",
    "answer_keys: [body, result, sum]": "answer_keys: [total]",
    "expect: 128": "expect: 256",
    "expect: 60": "expect: 3",
    "at_least: python3.8": "at_least: python3.14",
    "expect: {foo: bar}": "expect: {stage: baz}",
}

# Without queues nothing is sent, so that these are quick.
SMALL = """schema: rubric/1
title: Small
lab:
  region: us-east-1
  functions: {sum: adder}
  queues: {}
criteria:
  - {id: function, title: It exists, check: function_exists, on: sum, points: 1}
  - {id: timeout, title: Time, check: function_timeout, on: sum, expect: 60, points: 1}
"""
# Nobody can have both.
CONTRADICTION = """
  - {id: memory, title: Memory, check: function_memory, on: sum, expect: 256, points: 1}
  - {id: memory-2, title: Again, check: function_memory, on: sum, expect: 512, points: 1}
"""
SCHEDULED = (
    SMALL.replace("{sum: adder}", "{sum: adder, periodic: ticker}")
    + """
  - id: schedule
    title: It is scheduled
    check: schedule_enabled
    on: periodic
    expect: {ways: [rule, scheduler]}
    points: 1
  - {id: runs, title: It has run, check: schedule_runs, on: periodic, points: 1}
"""
)


def criterion(check: str) -> str:
    return f"  - {{id: own, title: 'Own {check}', check: {check}, on: sum, points: 1}}\n"


def exam(
    folder: Path, rubric: str, *options: str, env: dict[str, str] | None = None
) -> CompletedProcess[str]:
    folder.mkdir(exist_ok=True)
    (folder / "rubric.yaml").write_text(rubric)
    write_checks(folder / "checks", CHECKS)
    return grader("lint", "--exam", *options, cwd=folder, env=env)


Exams = dict[str, "CompletedProcess[str]"]


def sat(folder: Path, **given: tuple[str, ...]) -> Exams:
    """Each rubric's exam, all at once: they wait more than they compute."""
    with ThreadPoolExecutor() as threads:
        done = {
            name: threads.submit(exam, folder / name, *rubric) for name, rubric in given.items()
        }
    return {name: one.result() for name, one in done.items()}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Exams:
    """Exams of rubrics with which nothing is sent."""
    return sat(
        tmp_path_factory.mktemp("exams"),
        wrong=(SMALL + CONTRADICTION + criterion("is_anything"),),
        open=(SMALL + criterion("is_open"),),
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Exams:
    """Exams of rubrics as long as the shipped one."""
    shipped = default_rubric_path().read_text()
    renamed = shipped
    for name, other in RENAMED.items():
        assert name in renamed
        renamed = renamed.replace(name, other)
    other = shipped
    for before, after in OTHERWISE.items():
        assert before in other
        other = other.replace(before, after)
    return sat(
        tmp_path_factory.mktemp("exams"),
        shipped=(shipped,),
        renamed=(renamed + criterion("is_there"), "--quiet", "--seed", "7", "--lang", "fr"),
        other=(other,),
    )


def lines(done: CompletedProcess[str]) -> list[str]:
    """What was said, with single spaces."""
    return [" ".join(line.split()) for line in done.stdout.splitlines()]


@pytest.mark.slow
def test_the_shipped_rubric_passes(whole: Exams) -> None:
    done = whole["shipped"]
    assert done.returncode == 0, done.stdout + done.stderr
    assert lines(done) == [
        "rubric.yaml: right, 12 criteria, 20 points.",
        "✓ The reference solution earns everything: 20/20.",
        "✓ An account in which nothing was deployed earns nothing: 0/20.",
        "✓ Each criterion is failed by a demo submission, and it alone.",
    ]


@pytest.mark.slow
def test_the_lab_is_deployed_under_the_rubrics_own_names(
    whole: Exams,
) -> None:
    done = whole["renamed"]
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✓ La solution de référence obtient tout : 21/21." in lines(done)


@pytest.mark.slow
def test_a_check_that_nobody_fails_is_named_and_costs_nothing(
    whole: Exams,
) -> None:
    said = lines(whole["renamed"])
    number = said.index(
        "! Aucun rendu de démonstration ne manque l'un de ces critères et lui seul :"
    )
    assert said[number + 1] == "own Own is_there"
    # Under any names, each criterion of the lab itself is failed by somebody.
    assert said[number + 2].startswith("Personne ne remarquerait")


@pytest.mark.slow
def test_quiet_gives_the_result_alone(whole: Exams) -> None:
    assert whole["renamed"].stderr == ""
    assert lines(whole["renamed"])[0].startswith("✓ La solution de référence")


def test_progress_is_told_where_it_is_not_quiet(small: Exams) -> None:
    assert "Deploying" in small["wrong"].stderr
    assert " reference (The reference solution): 4/5" in small["wrong"].stderr


def test_what_the_reference_loses_is_named_with_what_was_expected_and_found(
    small: Exams,
) -> None:
    done = small["wrong"]
    assert done.returncode == 1, done.stdout + done.stderr
    said = lines(done)
    number = said.index("✗ The reference solution earns 4/5. It loses:")
    assert said[number + 1] == "0/1 memory-2 Again — expected 512 MB, found 256 MB."
    assert said[number + 2].startswith("The exam's reference solution does what the rubric asks")


@pytest.mark.slow
def test_another_lab_has_a_reference_and_mistakes_of_its_own(
    whole: Exams,
) -> None:
    done = whole["other"]
    assert (done.returncode, lines(done)[1:]) == (
        0,
        [
            "✓ The reference solution earns everything: 20/20.",
            "✓ An account in which nothing was deployed earns nothing: 0/20.",
            "✓ Each criterion is failed by a demo submission, and it alone.",
        ],
    ), done.stderr


def test_what_an_untouched_account_gets_points_for_is_named(
    small: Exams,
) -> None:
    said = lines(small["wrong"])
    number = said.index("✗ An account in which nothing was deployed earns 1/5. It gets:")
    assert said[number + 1] == "1/1 own Own is_anything"


def test_what_the_reference_loses_hides_no_other_criterion(
    small: Exams,
) -> None:
    said = lines(small["wrong"])
    number = said.index("! No demo submission fails one of these and nothing else:")
    assert said[number + 1] == "own Own is_anything"
    assert any("grader sandbox --deploy reference --rubric" in line for line in said)
    assert not said[number + 2].startswith(("memory", "function", "timeout"))


def test_where_the_reference_loses_everything_nothing_is_said_to_be_noticed() -> None:
    out = io.StringIO()
    exam = Exam(a_report(ANN, 0), a_report(BO, 0), ())
    assert exam.unnoticed == ()
    show_exam(exam, Path("mine.yaml"), console(out))
    assert "and it alone" not in out.getvalue()


def test_the_command_that_is_advised_serves_the_rubric_with_its_own_checks() -> None:
    out = io.StringIO()
    exam = Exam(a_report(ANN, 20), a_report(BO, 0), ())
    show_exam(exam, Path("my lab.yaml"), console(out), [Path("own"), Path("others")])
    (advised,) = re.findall(r"grader (sandbox .*) serves one", out.getvalue())
    assert shlex.split(advised) == [
        *("sandbox", "--deploy", "reference", "--rubric", "my lab.yaml"),
        *("--checks", "own", "--checks", "others"),
    ]


def test_what_could_not_be_graded_is_named_with_its_reason(
    small: Exams,
) -> None:
    done = small["open"]
    assert done.returncode == 3, done.stdout + done.stderr
    said = lines(done)
    assert "? The reference solution could not be graded." in said
    # All that the exam deploys under the function's name, but for the two that are named.
    named = [s for s in COHORT if s.deployed and not s.function and "function" not in s.lacks]
    more = sum(map(is_of_exam, named)) - 2
    assert f"own reference, memory-256 and {more} more nobody can tell" in said
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("exams", ["small", pytest.param("whole", marks=pytest.mark.slow)])
def test_a_pipe_gets_plain_lines(exams: str, request: pytest.FixtureRequest) -> None:
    for done in request.getfixturevalue(exams).values():
        assert "\x1b" not in done.stdout + done.stderr
        # Nor lines as wide as the pipe is taken to be.
        assert max(map(len, done.stdout.splitlines())) < 200


@pytest.mark.slow
def test_where_the_rubric_looks_for_a_run_the_reference_is_given_the_time_to_make_one(
    tmp_path: Path,
) -> None:
    done = exam(tmp_path, SCHEDULED)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "this takes up to three minutes, for schedules to run" in done.stderr
    assert lines(done)[1:3] == [
        "✓ The reference solution earns everything: 4/4.",
        "✓ An account in which nothing was deployed earns nothing: 0/4.",
    ]


@pytest.mark.slow
def test_the_reference_is_graded_alone_with_all_the_time_the_rubric_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[tuple[float, list[str]]] = []

    class Watched(Pipeline):
        def run(self, entries: Iterable[RosterEntry]) -> None:
            given = [*entries]
            runs.append((self._rubric.exchange.deadline_s, [one.student_id for one in given]))
            super().run(given)

    monkeypatch.setattr("grader.rehearsal.exam.Pipeline", Watched)
    (tmp_path / "rubric.yaml").write_text(SMALL)
    assert cli.run(["lint", "--exam", "--quiet", str(tmp_path / "rubric.yaml")]) == 0
    (alone_s, reference), (others_s, others) = runs
    assert (alone_s, reference) == (120, ["reference"])
    assert others_s < alone_s
    assert "reference" not in others


# -- how it ends ----------------------------------------------------------------------------------


@pytest.fixture
def temporary(tmp_path: Path) -> Iterator[Path]:
    """Where the process puts its temporary folders: nothing may be left there, and nobody at work."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    yield folder
    until(lambda: not [*with_temporary_folder(folder)])  # killed, and ending
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("moment", ["Deploying", pytest.param("1/", marks=pytest.mark.slow)])
def test_an_interrupted_exam_leaves_no_process_and_no_folder(
    tmp_path: Path, temporary: Path, moment: str
) -> None:
    env = environment(TMPDIR=str(temporary))
    with background(command("lint", "--exam"), cwd=tmp_path, env=env) as running:
        read_to(running.stderr, moment)
        os.killpg(running.pid, signal.SIGINT)
        _, errors = running.communicate(timeout=LIMIT_S)
    assert running.returncode == 130
    assert "Traceback" not in errors


def test_without_the_sandbox_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ministack", None)
    assert cli.run(["lint", str(default_rubric_path()), "--exam"]) == 2
    assert "pip install '.[sandbox]'" in capsys.readouterr().err


def test_a_rubric_with_mistakes_is_not_examined(tmp_path: Path) -> None:
    done = exam(tmp_path, SMALL.replace("function_exists", "function_exist"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "rubric.yaml:8:" in done.stderr


def test_an_option_of_the_exam_alone_is_refused_without_it(tmp_path: Path) -> None:
    done = grader("lint", "--seed=1", cwd=tmp_path)
    assert done.returncode == 2
    assert "--seed: Only the exam has a use for it. Add --exam." in done.stderr


@pytest.mark.slow
def test_the_calculators_exam_is_sat_by_a_calculators_mistakes(tmp_path: Path) -> None:
    done = grader("lint", str(LABS / "calculator.yaml"), "--exam", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The reference solution earns everything: 20/20." in done.stdout
    for one in CALCULATORS:
        assert re.search(rf" {one.name} \(.*\): {one.points:g}/20\n", done.stderr), one.name
