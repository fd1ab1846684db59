"""A wrong name costs the criterion of that name and nothing else; ``--use`` says what is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from grader import cli
from grader.model.report import read_report
from grader.sandbox.deploy import deploy
from grader.sandbox.layout import Layout
from grader.sandbox.submission import DemoSubmission
from tests.quick_run import first_only_when_quick
from tests.resources.test_find import OWN, Account

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.server import Sandbox

COSTS = {
    "sum_function": {"function"},
    "input_queue": {"input-queue"},
    "output_queue": {"output-queue"},
    "periodic_function": set[str](),
}


def check(sandbox: Sandbox, account: str, monkeypatch: pytest.MonkeyPatch, *given: str) -> int:
    for name, value in sandbox.credentials(account).items():
        monkeypatch.setenv(name.upper(), value)
    return cli.run(["check", "--endpoint-url", sandbox.endpoint_url, "--quiet", *given])


@pytest.mark.slow
@pytest.mark.parametrize(
    "wrong",
    [
        ["sum_function"],
        *(
            pytest.param(some, marks=pytest.mark.slow)
            for some in (["input_queue"], ["output_queue"], ["periodic_function"], [*OWN])
        ),
    ],
    ids=" and ".join,
)
def test_a_wrong_name_costs_its_own_criterion_alone(
    aws_sandbox: Sandbox,
    fresh_account: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    wrong: list[str],
) -> None:
    names = {name: OWN[name] for name in wrong}
    submission = DemoSubmission(name="x", description="x", points=None)
    deploy(aws_sandbox, fresh_account, submission, Layout(**names))
    check(aws_sandbox, fresh_account, monkeypatch, "--out", str(tmp_path))
    report = read_report(next(tmp_path.rglob("report.json")))
    lost = {one.id for one in report.criteria if one.status != "passed"}
    assert lost == set().union(*(COSTS[name] for name in wrong))
    assert report.score == 20 - len(lost)
    assert len(report.found_as) == len(wrong)


def test_what_was_found_is_said_on_the_terminal(
    aws_sandbox: Sandbox,
    fresh_account: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    submission = DemoSubmission(name="x", description="x", points=None)
    deploy(aws_sandbox, fresh_account, submission, Layout(sum_function="calculatrice"))
    check(aws_sandbox, fresh_account, monkeypatch, "--no-exchange")
    said = " ".join(capsys.readouterr().out.split())
    assert "“sum” is calculatrice, which input_queue feeds." in said
    assert (
        "expected a function named first_lambda, found calculatrice, which input_queue feeds"
        in said
    )


def test_use_says_which_of_several_is_judged(
    aws_sandbox: Sandbox,
    fresh_account: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = Account(aws_sandbox, fresh_account)
    own.fed("lab2_function", "lab2_queue")
    given: list[Any] = ["--rubric", "own-names", "--no-exchange", "--out", str(tmp_path)]
    check(aws_sandbox, fresh_account, monkeypatch, *given)
    open_ = read_report(next(tmp_path.rglob("report.json")))
    assert {one.id: one.open_by for one in open_.criteria}["function"] == "student"
    check(aws_sandbox, fresh_account, monkeypatch, *given, "--use", "sum=calculatrice")
    report = read_report(next(tmp_path.rglob("report.json")))
    status = {one.id: one.status for one in report.criteria}
    assert (status["function"], status["mapping"]) == ("passed", "passed")


@pytest.mark.parametrize(
    ("given", "said"),
    first_only_when_quick(
        [
            ("sum", "does not say which resource plays which part"),
            ("som=first_lambda", "the rubric has no resource called “som”. Did you mean “sum”?"),
            ("sum=arn:aws:lambda:x", "is no name of a function or queue"),
            ("sum=nothing_like_it", "There is no function named nothing_like_it"),
            ("output=nothing_like_it", "There is no queue named nothing_like_it"),
        ]
    ),
)
def test_a_use_of_what_is_not_there_is_said_before_anything_is_run(
    aws_sandbox: Sandbox,
    reference_account: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: str,
    said: str,
) -> None:
    assert check(aws_sandbox, reference_account, monkeypatch, "--use", given) == 2
    shown = capsys.readouterr()
    assert said in " ".join(shown.err.split())
    assert not shown.out
