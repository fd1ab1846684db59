"""What a stored file may hold is bounded where it is read: what goes down into it ends half-way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader.i18n.message import message
from grader.model.fact import Found, Unknown
from grader.model.observation import Exchange, Pair, decode, encode_observation
from grader.model.report import Adjustment, FoundResource, read_report
from grader.observe.scope import scope_of
from grader.results.read_class import read_class
from tests.export.results_folders import ANN, BO, a_graded_class
from tests.model.test_report import a_report
from tests.observations import lab_rubric, reference

if TYPE_CHECKING:
    from pathlib import Path


def nested(levels: int) -> Any:
    """A list in a list, and so on."""
    return json.loads("[" * levels + "]" * levels)


def with_value(data: Any, path: tuple[str | int, ...], value: Any) -> bytes:
    """``data`` as JSON, with ``value`` at ``path``."""
    inside = whole = msgspec.to_builtins(data)
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = value
    return json.dumps(whole).encode()


@pytest.mark.parametrize(
    "path",
    [
        ("criteria", 0, "values"),
        ("criteria", 0, "hint_values"),
        ("criteria", 0, "expected"),
        ("criteria", 0, "actual"),
        ("criteria", 0, "tests", 0, "values"),
        ("criteria", 0, "tests", 0, "name_values"),
        ("found_as", "sum", "how_values"),
        ("adjustments", 0, "why_values"),
    ],
    ids=str,
)
def test_a_report_has_no_value_nested_deeper_than_any_that_is_kept(
    tmp_path: Path, path: tuple[str | int, ...]
) -> None:
    late = Adjustment(kind="late", points=-1)
    whole = a_report(found_as={"sum": FoundResource("f", "by")}, adjustments=(late,))
    file = tmp_path / "report.json"
    file.write_bytes(with_value(whole, path, {"a": nested(24)}))
    read_report(file)
    file.write_bytes(with_value(whole, path, {"a": nested(450)}))
    with pytest.raises(msgspec.ValidationError, match="nested too deeply"):
        read_report(file)


@pytest.mark.parametrize(
    "path",
    [("exchange", "said", "values", "a"), ("further", "x", "y", "value"), ("asked", "fields", "a")],
)
def test_nor_has_an_observation(path: tuple[str, ...]) -> None:
    seen = reference(
        exchange=Unknown.saying("unexpected", "{a}", a=1),
        further={"x": {"y": Found(1)}},
        asked=msgspec.structs.replace(scope_of(lab_rubric()), fields={"a": 1}),
    )
    decode(with_value(seen, path, nested(24)))
    with pytest.raises(msgspec.ValidationError, match="nested too deeply"):
        decode(with_value(seen, path, nested(450)))


def test_a_message_that_the_grader_makes_is_never_too_deep() -> None:
    made: Any = nested(100)
    for _each in range(100):
        made = message("{a}", a=[made], b={"c": made})
    json.loads(msgspec.json.encode(made))
    str(msgspec.json.decode(msgspec.json.encode(made), type=type(made)))


def test_a_number_that_was_sent_can_be_added_and_written_out() -> None:
    pair = Pair(1, 2, "2024-05-01T10:00:00.000Z", message={"number1": 1})
    seen = reference(exchange=Found(Exchange((pair,))))
    long = 10**4299
    for path in [("number1",), ("number2",), ("message", "number1")]:
        where = ("exchange", "value", "pairs", 0, *path)
        decode(with_value(seen, where, 10**100))
        with pytest.raises(msgspec.ValidationError, match="too many digits"):
            decode(with_value(seen, where, long))


def test_a_run_lasts_no_longer_than_a_report_may_say() -> None:
    decode(encode_observation(reference(duration_s=1e9)))
    with pytest.raises(msgspec.ValidationError, match="at most"):
        decode(with_value(reference(), ("duration_s",), 1e10))


def test_a_report_that_is_nested_too_deeply_is_named_and_everybody_else_is_read(
    tmp_path: Path,
) -> None:
    root = a_graded_class(tmp_path / "results", {ANN: 20, BO: 10})
    file = root / "students/s1/report.json"
    file.write_bytes(with_value(read_report(file), ("criteria", 0, "values"), {"a": nested(450)}))
    read = read_class(root)
    assert [problem.file for problem in read.problems if "deeply" in problem.message] == [str(file)]
    assert [row.student.student_id for row in read.told_in("fr")] == ["s2"]
