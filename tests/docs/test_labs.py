"""The guide from a lab's text to its rubric: what it shows is the shipped rubric, and what lint says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

from tests.labs import LABS, calculator_text
from tests.rubric.test_exchange_rules import CALCULATOR, problems_of
from tools.generate_reference import DOCS

if TYPE_CHECKING:
    from pathlib import Path

GUIDE = (DOCS / "labs.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", GUIDE, re.M | re.S)
RUBRIC: dict[str, Any] = YAML(typ="safe").load(LABS / "calculator.yaml")


def holds(whole: Any, part: Any) -> bool:
    """Each value of ``part`` stands in the same place of ``whole``."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            name in whole and holds(whole[name], value) for name, value in part.items()
        )
    return bool(whole == part)


@pytest.mark.parametrize("block", BLOCKS)
def test_what_the_guide_shows_of_the_rubric_stands_in_it(block: str) -> None:
    shown = YAML(typ="safe").load(block.replace(", …}", "}"))
    if isinstance(shown, list):
        by_id = {one["id"]: one for one in RUBRIC["criteria"]}
        assert all(holds(by_id[one["id"]], one) for one in shown)
    else:
        assert holds(RUBRIC, shown) or holds(RUBRIC["exchange"], shown)


def test_every_criterion_of_the_rubric_is_explained() -> None:
    shown = " ".join(BLOCKS)
    assert all(f"id: {one['id']}," in shown for one in RUBRIC["criteria"])


def test_the_shipped_rubric_is_the_lab_of_twenty_points_in_two_languages(tmp_path: Path) -> None:
    assert problems_of(tmp_path, calculator_text()) == []
    points = {one["id"]: one["points"] for one in RUBRIC["criteria"]}
    assert list(points.values()) == [1, 1, 2, 1, 1, 3, 2, 2, 7]
    for text in (
        RUBRIC["title"],
        *(one[key] for one in RUBRIC["criteria"] for key in ("title", "hint")),
    ):
        assert text.keys() == {"en", "fr"}


def test_hints_name_the_property_and_not_the_tool() -> None:
    hints = " ".join(text for one in RUBRIC["criteria"] for text in one["hint"].values())
    tools = "terraform|tofu|cdk|aws_sqs|aws_lambda|_seconds|function_name|SqsQueue|LambdaFunction"
    assert not re.search(tools, hints, re.IGNORECASE)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "number1 + number2",
            "str(number1)",
            "it gives text or true/false, and an answer is a number",
        ),
        (
            "number1: {whole: [100, 9999]}\n    number2: {whole: [100, 9999]}",
            "number1: 1\n    number2: 2",
            "Every message would be the same: no field is a number that is drawn.",
        ),
        ("number1 + number2", "max(number1, number2)", "can be told apart by their answers"),
    ],
)
def test_lint_says_in_the_guides_words_what_a_rubric_cannot_say(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    assert says in " ".join(GUIDE.split())
    assert any(says in text for _line, text in problems_of(tmp_path, CALCULATOR.replace(old, new)))
