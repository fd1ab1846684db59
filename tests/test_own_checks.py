"""A rubric with checks of one's own alone: what they ask for is what is looked at, and nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader.batch.setup import GradingSetup, load_setup
from grader.model.fact import Found
from grader.rubric.rubric import Criterion
from grader.sandbox.layout import Layout
from tests.judges import Judge
from tests.observations import a_function, lab_rubric, reference, sum_function
from tests.own_checks import GENEROUS_S, write_checks
from tests.programs import environment, grader
from tests.quick_run import first_only_when_quick

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.model.observation import Observation
    from grader.model.outcome import Outcome
    from grader.sandbox.server import Sandbox
    from tests.own_checks import Write

RUBRIC = """schema: rubric/1
title: Own
lab:
  region: us-east-1
  functions: {sum: first_lambda, periodic: periodic_lambda}
  queues: {input: input_queue, output: output_queue}
criteria:
"""
LOOKING = """
@check("ticks", on="function")
def test_ticks(schedule):
    assert [trigger.enabled for trigger in schedule.triggers] == [True]

@check("stage", on="function", environment=["foo"])
def test_stage(function):
    assert function.environment.value["foo"] == "bar"
"""
RUNNING = """
@check("answers", on="function")
def test_answers(invocation):
    assert invocation.answered
"""


def with_variables(variables: dict[str, str | None]) -> dict[str, Any]:
    """Functions of an observation, of whose environments this was looked at."""
    return sum_function(Found(a_function(environment=Found(variables))))


def judged(folder: Path, seen: Observation) -> Outcome:
    """What the one own check in ``folder``, called ``stage``, says of an observation."""
    asked = Criterion(id="stage", title="stage", check="stage", on="sum", points=1)
    rubric = msgspec.structs.replace(lab_rubric(), criteria=(asked,))
    with Judge([folder], workers=1, limit_s=GENEROUS_S) as judge:
        ((found,),) = judge.judge(rubric, [seen])
    return found


def setup(folder: Path, checks: str, *criteria: str) -> Path:
    """A folder with own checks and a rubric of ``check,on`` criteria, each of 1 point."""
    write_checks(folder / "checks", checks)
    lines = [
        f"  - {{id: c{number}, title: c{number}, check: {check}, on: {on}, points: 1}}\n"
        for number, (check, on) in enumerate(criterion.split(",") for criterion in criteria)
    ]
    path = folder / "rubric.yaml"
    path.write_text(RUBRIC + "".join(lines))
    return path


@pytest.fixture
def looking(tmp_path: Path) -> Iterator[GradingSetup]:
    rubric = setup(tmp_path, LOOKING, "ticks,periodic", "stage,sum")
    with load_setup(rubric, None) as found:
        yield found


def lint(folder: Path) -> tuple[int, str]:
    done = grader("lint", "rubric.yaml", cwd=folder)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def test_a_right_account_passes_checks_that_ask_for_a_schedule_and_a_variable(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    setup(tmp_path, LOOKING, "ticks,periodic", "stage,sum")
    done = grader(
        "check", "--json", "-", cwd=tmp_path, env=environment(aws_sandbox, reference_account)
    )
    report = json.loads(done.stdout)
    assert [one["status"] for one in report["criteria"]] == ["passed", "passed"], done.stdout
    assert done.returncode == 0
    assert "runs your function" not in done.stderr


def test_checks_that_only_look_need_nothing_but_that(looking: GradingSetup) -> None:
    needs = looking.needs
    assert not needs.exercise
    assert needs.facts["schedules"] == ("periodic",)
    assert needs.facts["mappings"] == needs.facts["runs"] == needs.facts["redrive"] == ()
    assert needs.variables == {"sum": ("foo",), "periodic": ()}


@pytest.mark.slow
def test_a_check_that_asks_what_the_function_does_has_it_run_and_says_so(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    setup(tmp_path, RUNNING, "answers,sum")
    done = grader(
        "check", "--json", "-", cwd=tmp_path, env=environment(aws_sandbox, reference_account)
    )
    assert json.loads(done.stdout)["score"] == 1
    assert "runs your function" in done.stderr


def test_a_fixture_of_ones_own_asks_for_what_it_is_made_of(tmp_path: Path) -> None:
    made_of = """
@pytest.fixture
def expressions(schedule):
    return [trigger.expression for trigger in schedule.triggers]

@check("often", on="function")
def test_often(expressions):
    assert expressions
"""
    with load_setup(setup(tmp_path, made_of, "often,periodic"), None) as found:
        assert found.needs.facts["schedules"] == ("periodic",)


def test_the_whole_observation_is_everything_but_what_waits_for_minutes(tmp_path: Path) -> None:
    whole = '@check("all", on="function")\ndef test_all(observation):\n    pass\n'
    with load_setup(setup(tmp_path, whole, "all,sum"), None) as found:
        needs = found.needs
    assert needs.exercise
    assert needs.facts["schedules"] == ("sum", "periodic")
    assert needs.facts["mappings"] == ("input", "output")
    assert needs.facts["runs"] == ()


READING = {
    "by get": ("function", 'function.environment.value.get("foo")'),
    "by index": ("function", 'function.environment.value["foo"]'),
    "by in": ("function", '"foo" in function.environment.value'),
    "all there are": ("function", 'dict(function.environment.value.items()) == {"foo": "bar"}'),
    "compared": ("function", 'function.environment.value == {"foo": "bar"}'),
    "counted": ("function", "len(function.environment.value)"),
    "of the observation": (
        "observation",
        'observation.functions["sum"].value.environment.value.get("foo")',
    ),
    "of the case": ("case", 'case.fact("functions", "sum").value.environment.value.get("foo")'),
}


@pytest.mark.parametrize(
    ("fixture", "read"),
    [
        pytest.param(*asked, id=name, marks=[] if name == "by get" else pytest.mark.slow)
        for name, asked in READING.items()
    ],
)
def test_a_variable_that_nobody_asked_for_costs_nothing(
    fixture: str, read: str, write: Write
) -> None:
    folder = write(
        f'@check("stage", on="function")\ndef test_stage({fixture}):\n    assert {read}\n'
    )
    found = judged(folder, reference(functions=with_variables({})))
    assert (found.outcome, found.because) == ("ungraded", "not-observed")
    assert "looked at in this run" in found.message


@pytest.mark.slow
def test_a_variable_that_is_not_set_reads_as_absent(write: Write) -> None:
    unset = """
@check("stage", on="function", environment="foo")
def test_stage(function):
    variables = function.environment.value
    assert "foo" not in variables
    assert variables.get("foo", "none") == "none"
"""
    assert (
        judged(write(unset), reference(functions=with_variables({"foo": None}))).outcome == "passed"
    )


UNOBSERVABLE = {
    "a schedule of a queue": ('on="queue"', "schedule", "input", "which has no “schedule”"),
    "a queue of a function": ('on="function"', "queue", "sum", "which has no “queue”"),
    "mappings of a function": ('on="function"', "mappings_fact", "sum", "has no “mappings”"),
    "a function between queues": (
        'on="queue -> queue"',
        "function",
        "input -> output",
        "which has no “function”",
    ),
    "variables of a queue": ('on="queue", environment=["a"]', "queue", "input", "“environment”"),
    "something nobody knows": ('on="bucket"', "expect", "input", "No check judges a “bucket”"),
    "no word": ('on=["function"]', "expect", "input", "No check judges a “['function']”"),
    "what is known too late": ('on="function"', "request", "sum", "takes “request”"),
}


@pytest.mark.parametrize(
    ("declared", "fixture", "on", "said"),
    first_only_when_quick(UNOBSERVABLE.values(), keep=2),
    ids=UNOBSERVABLE,
)
def test_what_nobody_can_observe_is_refused_with_the_checks_file_and_line(
    tmp_path: Path, declared: str, fixture: str, on: str, said: str
) -> None:
    line = "\n\n\n" + f'@check("own", {declared})\ndef test_own({fixture}):\n    pass\n'
    setup(tmp_path, line, f"own,{on}")
    status, told = lint(tmp_path)
    assert status == 2
    assert said in told
    assert "check_own.py:8: " in told


@pytest.mark.parametrize(
    ("lab", "on", "said"),
    [
        ("functions: {adder: first_lambda}", "adder", "“sum: …” to lab.functions"),
        ("functions: {sum: first_lambda, other: x}", "other", "judges the exchange"),
    ],
)
def test_an_exchange_that_the_lab_has_no_way_for_is_refused_with_both_places(
    tmp_path: Path, lab: str, on: str, said: str
) -> None:
    path = setup(tmp_path, RUNNING, f"answers,{on}")
    path.write_text(
        path.read_text().replace("functions: {sum: first_lambda, periodic: periodic_lambda}", lab)
    )
    status, told = lint(tmp_path)
    assert (status, said in told) == (2, True), told
    assert "rubric.yaml:8: " in told
    assert "check_own.py:6)" in told


@pytest.mark.slow
def test_a_runs_check_of_ones_own_does_not_take_the_function_that_the_grader_runs(
    tmp_path: Path,
) -> None:
    ran = RUNNING + '@check("ran", on="function")\ndef test_ran(runs):\n    pass\n'
    setup(tmp_path, ran, "ran,sum", "answers,sum")
    status, told = lint(tmp_path)
    assert (status, "its log does not tell what a schedule ran" in told) == (2, True), told


@pytest.mark.slow
def test_a_fixture_of_ones_own_stands_in_the_place_of_ours(tmp_path: Path) -> None:
    own = """
@pytest.fixture
def exchange():
    return 3

@pytest.fixture
def schedule(schedule):
    return schedule.triggers

@check("own", on="function")
def test_own(exchange, schedule):
    assert exchange == 3
"""
    with load_setup(setup(tmp_path, own, "own,periodic"), None) as found:
        assert not found.needs.exercise
        assert found.needs.facts["schedules"] == ("periodic",)


@pytest.mark.slow
def test_runs_of_a_function_that_the_grader_does_not_run_may_be_asked_for(tmp_path: Path) -> None:
    ran = '@check("ran", on="function")\ndef test_ran(runs):\n    pass\n'
    with load_setup(setup(tmp_path, ran, "ran,sum"), None) as found:
        assert found.needs.facts["runs"] == ("sum",)


def test_the_whole_observation_of_a_lab_without_an_exchange_runs_nothing(tmp_path: Path) -> None:
    path = setup(
        tmp_path,
        '@check("all", on="function")\ndef test_all(observation):\n    pass\n',
        "all,adder",
    )
    path.write_text(path.read_text().replace("{sum: first_lambda, ", "{adder: first_lambda, "))
    with load_setup(path, None) as found:
        assert not found.needs.exercise


@pytest.mark.slow
def test_the_exam_runs_periodically_what_a_check_asks_the_schedule_of(tmp_path: Path) -> None:
    both = LOOKING + '\n@check("all", on="function")\ndef test_all(observation):\n    pass\n'
    path = setup(tmp_path, both, "all,sum", "ticks,periodic")
    path.write_text(
        path.read_text().replace("{sum: first_lambda, ", "{sum: first_lambda, other: second, ")
    )
    with load_setup(path, None) as found:
        assert Layout.of(found.rubric, found.needs).periodic_function == "periodic_lambda"


def test_variables_are_named_as_text(tmp_path: Path) -> None:
    setup(
        tmp_path,
        '@check("own", on="function", environment=[1])\ndef test_own():\n    pass\n',
        "own,sum",
    )
    status, told = lint(tmp_path)
    assert (status, "name the variables as text" in told) == (2, True), told


def test_the_doctor_asks_for_no_permission_that_looking_does_not_take(
    aws_sandbox: Sandbox, reference_account: str, looking: GradingSetup, tmp_path: Path
) -> None:
    from grader.aws.clients import Clients
    from grader.doctor.permissions import ask_everything
    from grader.model.access import Keys
    from grader.safety.secret import Secret
    from tests.wire_faults import Wire

    wire = Wire()
    way: Any = (
        Keys(Secret(reference_account), Secret("test")),
        reference_account,
        "us-east-1",
        aws_sandbox.endpoint_url,
    )
    seen = ask_everything(Clients(wire.session), looking.rubric, looking.needs, *way)
    assert seen.unknown == {}
    assert seen.untold == ()
    asked = {name for name in wire.requests if name.startswith(("lambda.", "sqs.", "logs."))}
    assert asked == {
        "lambda.GetFunctionConfiguration",
        "lambda.GetPolicy",
        "sqs.GetQueueUrl",
        "sqs.GetQueueAttributes",
    }
