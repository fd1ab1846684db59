"""What changed since a batch was started, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from grader.model.batch import Student
from grader.results.changes import roster_changes, rubric_changes, stored_rubric
from grader.rubric.load import default_rubric_path, load_rubric
from tests.observations import lab_rubric, only

if TYPE_CHECKING:
    from pathlib import Path

CLASS = [Student("s1", account_id="1"), Student("s2", account_id="2"), Student("s3")]


@pytest.mark.parametrize(
    ("after", "says"),
    [
        (CLASS[:2], "removed s3"),
        ([CLASS[0], Student("s2", account_id="9"), CLASS[2]], "another account for s2"),
        ([Student("s1", account_id="1", group="a"), *CLASS[1:]], "another group for s1"),
        ([CLASS[0], Student("s4"), CLASS[2]], "removed s2"),
        ([Student("s1", account_id="7"), CLASS[1]], "removed s3; another account for s1"),
    ],
)
def test_who_changed_in_a_roster_is_named(after: list[Student], says: str) -> None:
    assert roster_changes(CLASS, after) == says


@pytest.mark.parametrize(
    "after",
    [
        [*CLASS, Student("s4"), Student("s5", group="a")],
        CLASS[::-1],
        [Student("s1", "Ann", "ann@example.org", account_id="1", extra={"a": "b"}), *CLASS[1:]],
    ],
    ids=["new rows", "another order", "other columns"],
)
def test_what_changes_nothing_for_whoever_was_graded_is_no_change(after: list[Student]) -> None:
    assert roster_changes(CLASS, after) == ""


def test_many_names_are_counted() -> None:
    before = [*CLASS, *(Student(f"n{number}") for number in range(500))]
    assert roster_changes(before, CLASS).endswith("n9, and 490 others")


def test_a_name_cannot_act_on_the_terminal() -> None:
    rubric = lab_rubric()
    criterion = msgspec.structs.replace(rubric.criteria[0], id="a\x1b[2J")
    after = msgspec.structs.replace(rubric, criteria=(*rubric.criteria, criterion))
    assert "\x1b" not in rubric_changes(rubric, after)


def test_what_changed_in_a_rubric_is_named() -> None:
    before = lab_rubric()
    memory, *others = only(before, "memory", "sums", "records").criteria
    dearer = msgspec.structs.replace(memory, points=4, expect=256)
    after = msgspec.structs.replace(before, criteria=(dearer, *others))
    fewer = "without function, runtime, timeout, environment, input-queue, output-queue, mapping"
    assert rubric_changes(before, after) == (
        f"{fewer}, handler, schedule; changed memory (points, expect)"
    )
    assert rubric_changes(after, before).startswith("new criteria function, ")
    assert rubric_changes(before, before) == "only its layout or its comments"


def test_a_rubric_that_is_not_the_batchs_tells_nothing(tmp_path: Path) -> None:
    path = tmp_path / "rubric.yaml"
    assert stored_rubric(path, "0") is None
    path.write_bytes(default_rubric_path().read_bytes())
    assert stored_rubric(path, "0") is None
    rubric = load_rubric(path, None)
    assert stored_rubric(path, rubric.sha256) == rubric
    assert rubric_changes(None, rubric) == ""
