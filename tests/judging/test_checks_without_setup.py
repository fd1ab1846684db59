"""Checks that are run without pytest's set-up: what they give is what pytest gives."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader.checks import lab
from grader.judging.checks_without_setup import needs_no_setup
from grader.judging.pytest_session import run_pytest
from grader.model.fact import Found, Unknown
from tests.judges import Judge
from tests.judging.test_pool import rubric_for
from tests.observations import a_function, reference, sum_function

if TYPE_CHECKING:
    from grader.model.observation import Observation
    from grader.model.outcome import Outcome
    from tests.own_checks import Write


class Collected:
    """Whether each test of a session needs no set-up, by its name."""

    def __init__(self) -> None:
        self.needs_none: dict[str, bool] = {}

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        self.needs_none[metafunc.function.__name__] = needs_no_setup(metafunc.definition)


def without_setup_of(*files: Path) -> dict[str, bool]:
    collected = Collected()
    run_pytest(files, collected, "--collect-only")
    return collected.needs_none


def seen_in_all_ways() -> list[Observation]:
    """The reference, a wrong memory, and a function of which nothing is known."""
    denied = Unknown.saying("permission", "denied")
    small = Found(a_function(memory_mb=64))
    return [
        reference(),
        reference(functions=sum_function(small)),
        reference(functions=sum_function(denied), handler=denied, records=denied, exchange=denied),
    ]


def test_every_check_of_the_lab_needs_no_setup() -> None:
    found = without_setup_of(Path(lab.__file__))
    assert len(found) > 10
    assert {name for name, is_it in found.items() if not is_it} == set()


@pytest.mark.parametrize(
    "written",
    [
        "def test_it(function, request): pass",
        "@pytest.mark.skipif(False, reason='never')\n{check}\ndef test_it(function): pass",
        "@pytest.mark.parametrize('least', [1])\n{check}\ndef test_it(function, least): pass",
        "@pytest.fixture\ndef own(): return 1\n{check}\ndef test_it(function, own): pass",
        "@pytest.fixture\ndef function(): return 1\n{check}\ndef test_it(function): pass",
        "@pytest.fixture\ndef function_fact(): return 1\n{check}\ndef test_it(function): pass",
        "@pytest.fixture(autouse=True)\ndef own(): pass\n{check}\ndef test_it(function): pass",
        "pytestmark = pytest.mark.usefixtures('case')\n{check}\ndef test_it(function): pass",
        "def setup_function(): pass\n{check}\ndef test_it(function): pass",
        "def setup_module(): pass\n{check}\ndef test_it(function): pass",
        "class TestIt:\n    {check}\n    def test_it(self, function): pass",
    ],
)
def test_what_pytest_has_to_set_up_is_left_to_pytest(write: Write, written: str) -> None:
    check = '@check("it", on="function")'
    text = written.replace("{check}", check) if "{check}" in written else f"{check}\n{written}"
    (file,) = write("\n" + text + "\n").glob("*.py")
    assert without_setup_of(file) == {"test_it": False}


def test_checks_without_setup_and_others_say_the_same(write: Write) -> None:
    body = '''
@check("{name}", on="function")
def test_{name}({asked}):
    """The function {{function}} is right."""
    assert rubric.exchange.pairs and criterion.id == "{name}" and observation.region
    if function.memory_mb != expect_mb:
        fail("expected {{a}}, found {{b}}", a=128, b=function.memory_mb, hint="Set it.")
    assert function_fact.value is function
'''
    asked = "rubric, criterion, observation, function, function_fact"
    folder = write(
        "expect_mb = 128\n"
        + body.format(name="without", asked=asked)
        + body.format(name="with_setup", asked=f"request, {asked}")
    )
    with Judge([folder], workers=1) as judge:
        outcomes = judge.judge(rubric_for("without", "with_setup"), seen_in_all_ways())

    def said(outcome: Outcome) -> tuple[object, ...]:
        return (
            *(outcome.outcome, outcome.message, outcome.hint, outcome.because),
            *(outcome.actual, outcome.template, outcome.values, outcome.named),
        )

    assert [said(without) for _, without, _ in outcomes] == [said(other) for *_, other in outcomes]
    assert [without.outcome for _, without, _ in outcomes] == ["passed", "failed", "ungraded"]
