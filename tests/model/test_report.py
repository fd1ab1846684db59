from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.model.report import CriterionResult, Report, TestResult, encode_report, read_report
from grader.results.atomic_write import write_json
from grader.schemas import load, path_of
from tools.generate_schemas import GENERATED, schema_text

if TYPE_CHECKING:
    from pathlib import Path


def a_report(**changes: Any) -> Report:
    fields: dict[str, Any] = {
        "student_id": "s01",
        "name": "Ada",
        "email": "ada@example.org",
        "group": None,
        "account_id": "111111111111",
        "region": "us-east-1",
        "status": "graded",
        "score": 17.5,
        "max_score": 20,
        "criteria": (
            CriterionResult(
                id="memory",
                title="Memory",
                status="failed",
                points=0,
                max_points=1,
                message="expected 128 MB, found 256 MB.",
                hint="Set memory_size.",
                expected=128,
                actual=256,
                tests=(TestResult(name="Memory is 128 MB.", outcome="failed", message="no"),),
            ),
        ),
        "seed": 1234,
        "rubric_sha256": "0" * 64,
        "grader_version": "0.1.0",
        "started_at": "2024-05-01T10:00:00.000Z",
        "finished_at": "2024-05-01T10:00:04.200Z",
        "duration_s": 4.2,
    }
    return Report(**(fields | changes))


@pytest.mark.parametrize("name", GENERATED)
def test_the_shipped_schema_is_what_the_type_says(name: str) -> None:
    kind, title = GENERATED[name]
    assert path_of(name).read_text(encoding="utf-8") == schema_text(kind, title)
    jsonschema.Draft202012Validator.check_schema(load(name))


def test_a_report_is_json_in_the_order_of_its_contract() -> None:
    text = encode_report(a_report())
    assert text.endswith(b"}\n")
    assert list(json.loads(text)) == [
        *("schema", "student_id", "name", "email", "group", "account_id", "region"),
        *("status", "score", "max_score", "sure_points", "criteria", "found_as", "flags", "seed"),
        *("rubric_sha256",),
        *("grader_version", "started_at", "finished_at", "duration_s"),
    ]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    write_json(path, encode_report(a_report()), "report")
    assert read_report(path) == a_report()


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_never_gets_in(number: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        a_report(score=number)
    with pytest.raises(ValueError, match="finite"):
        msgspec.structs.replace(a_report().criteria[0], points=number)


SCHEMA = jsonschema.Draft202012Validator(load("report"))
TEXTS = st.text(max_size=10)
LEAVES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS
JSON = LEAVES | st.lists(LEAVES, max_size=2) | st.dictionaries(TEXTS, LEAVES, max_size=2)
CRITERIA = st.builds(
    CriterionResult,
    id=TEXTS,
    title=TEXTS,
    status=st.sampled_from(["passed", "partial", "failed", "blocked", "ungraded"]),
    points=st.none() | st.floats(0, 20),
    max_points=st.floats(0, 20),
    message=TEXTS,
    hint=TEXTS,
    expected=JSON,
    actual=JSON,
    because=st.none() | TEXTS,
    tests=st.just(()),
)


@given(st.lists(CRITERIA, max_size=3), TEXTS, st.lists(TEXTS, max_size=2))
def test_any_report_survives_the_round_trip(
    criteria: list[CriterionResult], name: str, flags: list[str]
) -> None:
    written = a_report(criteria=tuple(criteria), name=name, flags=tuple(flags))
    data = encode_report(written)
    assert msgspec.json.decode(data, type=Report) == written
    SCHEMA.validate(json.loads(data))
