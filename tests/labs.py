"""The shipped labs, under names that are written out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from grader.rubric.load import load_rubric
from grader.sandbox.deploy import deploy
from grader.sandbox.layout import Layout
from grader.sandbox.submission import DemoSubmission
from tests.known_checks import known_checks, needs_of_rubric

if TYPE_CHECKING:
    from typing import Any

    from grader.rubric.rubric import Rubric
    from grader.sandbox.server import Sandbox

LABS = Path(__file__).parents[1] / "labs"

NAMES = {
    "calculator: found": "calculator: calculatrice",
    "input: found": "input: queue1",
    "output: found": "output: queue2",
}


def calculator_text() -> str:
    """The calculator's rubric, its names written out."""
    text = (LABS / "calculator.yaml").read_text(encoding="utf-8")
    for found, name in NAMES.items():
        assert found in text
        text = text.replace(found, name)
    return text


def calculator_rubric(folder: Path, **exchange: Any) -> Rubric:
    """The same as it is loaded, with another exchange."""
    path = folder / "calculator.yaml"
    path.write_text(calculator_text(), encoding="utf-8")
    rubric = load_rubric(path, known_checks())
    rules = msgspec.structs.replace(rubric.exchange, **exchange)
    return msgspec.structs.replace(rubric, exchange=rules)


RIGHT = DemoSubmission(name="x", description="x", points=None)


def hand_in_for(
    sandbox: Sandbox,
    account: str,
    rubric: Rubric,
    submission: DemoSubmission = RIGHT,
    **differences: Any,
) -> None:
    """Deploy what ``rubric`` asks for as ``submission`` has it, but for ``differences``."""
    layout = Layout.of(rubric, needs_of_rubric(rubric))
    given = msgspec.structs.replace(submission, **differences)
    deploy(sandbox, account, given, layout)
