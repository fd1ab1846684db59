"""The references in ``docs/``: equal to what they are generated from, with examples that hold."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import jsonschema
import msgspec
import pytest

import grader.checks
from grader.model.report import SUSPICION, Report
from grader.pages.words import SHORT_FLAGS, YOUR_FLAGS
from grader.rubric.exchange import ExchangeRules
from grader.rubric.load import load_rubric
from grader.schemas import load
from tests.judges import Judge
from tools.generate_reference import DOCS, REFERENCES, parts, rendered, schema_reference, sections

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from grader.model.outcome import CheckInfo

GENERATED_PARTS = {
    "rubric.md": [("schema", "rubric"), ("checks", "shipped")],
    "report.md": [
        ("schema", "report"),
        ("schema", "handed-back"),
        ("schema", "summary"),
        ("schema", "batch"),
    ],
    "checks.md": [
        ("words", "declaring"),
        *((part, "shipped") for part in ("fixtures", "run-fixtures", "case-fixtures", "fields")),
        ("words", "verdicts"),
    ],
    "permissions.md": [("policy", "whole"), ("policy", "looking")],
}


@pytest.fixture(scope="module")
def checks() -> Mapping[str, CheckInfo]:
    with Judge(workers=1) as judge:
        return judge.collect()


def reference(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def example(name: str, language: str) -> str:
    return examples(name, language)[0]


def examples(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", reference(name), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", REFERENCES)
def test_a_reference_is_what_its_sources_say(name: str) -> None:
    text = reference(name)
    assert parts(text) == GENERATED_PARTS[name]
    assert rendered(text) == text, "run python -m tools.generate_reference"


def test_a_change_of_the_source_is_seen() -> None:
    text = reference("rubric.md").replace(
        "How many messages are sent", "How many massages are sent"
    )
    assert rendered(text) == reference("rubric.md") != text, (
        "run python -m tools.generate_reference"
    )


@pytest.mark.parametrize("name", ["rubric", "report", "batch", "summary"])
def test_every_key_is_described(name: str) -> None:
    schema = load(name)
    undescribed = [
        f"{title}.{key}"
        for title, part in sections(schema)
        for key, value in part["properties"].items()
        if not value.get("description")
    ]
    assert undescribed == []
    assert all(part.get("description") for _, part in sections(schema))


def test_every_key_of_a_schema_has_a_row() -> None:
    text = schema_reference("report")
    assert all(f"| `{field}` |" in text for field in Report.__struct_fields__)


def test_the_defaults_that_are_described_are_those_that_are_used() -> None:
    described: dict[str, Any] = load("rubric")["$defs"]["exchange"]["properties"]
    used = json.loads(msgspec.json.encode(ExchangeRules()))
    assert {key: part.get("default") for key, part in described.items()} == used


def test_the_reference_has_every_check_and_no_other(checks: Mapping[str, CheckInfo]) -> None:
    rows = re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", reference("rubric.md"), re.MULTILINE)
    listed = {name: on for name, on in rows if on in {check.on for check in checks.values()}}
    every = {name: check.on for name, check in checks.items()}
    assert listed == every, "run python -m tools.generate_reference"


def test_everything_that_authors_import_is_in_their_guide() -> None:
    text = reference("checks.md")
    named = {*re.findall(r"`(\w+)`", text), *re.findall(r"^### (\w+)$", text, re.MULTILINE)}
    assert {*grader.checks.__all__} - named == set()


def test_the_example_of_a_rubric_loads(checks: Mapping[str, CheckInfo], tmp_path: Path) -> None:
    path = tmp_path / "rubric.yaml"
    path.write_text(example("rubric.md", "yaml"), encoding="utf-8")
    assert load_rubric(path, checks).max_score == 10


def test_the_example_of_an_exchange_is_one(checks: Mapping[str, CheckInfo], tmp_path: Path) -> None:
    whole, exchange = examples("rubric.md", "yaml")
    assert "exchange:\n  pairs: 3\n" in whole
    text = whole.replace("exchange:\n  pairs: 3\n", exchange)
    for old, new in {"sum: adder": "calculator: adder", "on: sum": "on: calculator"}.items():
        text = text.replace(old, new)
    path = tmp_path / "rubric.yaml"
    path.write_text(text.replace("input -> sum", "input -> calculator"), encoding="utf-8")
    assert load_rubric(path, checks).exchange.variants == 4


def test_the_example_of_a_report_is_one() -> None:
    text = example("report.md", "json")
    jsonschema.Draft202012Validator(load("report")).validate(json.loads(text))
    report = msgspec.json.decode(text, type=Report)
    assert {result.status for result in report.criteria} == {"passed", "failed", "blocked"}


def test_every_flag_is_explained_in_both_languages() -> None:
    french, english = reference("student.md").split("\n# Reading your result\n")
    for text in (reference("report.md"), french, english):
        assert [flag for flag in YOUR_FLAGS if f"`{flag}`" not in text] == []
    guide = (DOCS / "instructor.md").read_text(encoding="utf-8")
    for text in (reference("report.md"), guide):
        assert [flag for flag in SHORT_FLAGS if f"`{flag}`" not in text] == []


def test_a_students_guide_says_nothing_of_what_is_the_instructors() -> None:
    assert [flag for flag in SUSPICION if flag in reference("student.md")] == []
