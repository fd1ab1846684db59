"""``overrides.csv``, as people and spreadsheets write it: every problem at once, each with its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.inputs.csv_cell import cell, undefused
from grader.inputs.problems import BadInput
from grader.model.report import Adjustment
from grader.results.overrides import (
    OVERRIDES,
    Worth,
    points_of,
    read_overrides,
    with_override,
    write_overrides,
)
from grader.terminal.problems import MOST_PROBLEMS

if TYPE_CHECKING:
    from pathlib import Path

WORTH = Worth({"memory": 1.0, "sums": 4.0}, 20.0, frozenset({"weight"}))
HEADER = "student_id,criterion,points,why,by,at\n"


def read(root: Path, text: str, encoding: str = "utf-8") -> dict[str, list[tuple[object, ...]]]:
    (root / OVERRIDES).write_text(text, encoding=encoding)
    found = read_overrides(root, ["s1", "s2"], WORTH).marks
    return {
        name: [(one.kind, one.criterion, one.points, one.why) for one in marks]
        for name, marks in found.items()
    }


def problems(root: Path, text: str) -> list[str]:
    with pytest.raises(BadInput) as bad:
        read(root, text)
    return [f"{one.line}: {one.message}" for one in bad.value.problems]


def test_without_a_file_nobody_has_a_mark(tmp_path: Path) -> None:
    assert read_overrides(tmp_path, ["s1"], WORTH).marks == {}


def test_a_criterion_a_bonus_and_a_total(tmp_path: Path) -> None:
    text = HEADER + "s1,sums,2.5,Seen,me,now\ns1,bonus,-1,Late,,\nS2,total,20,Oral,,\n"
    assert read(tmp_path, text) == {
        "s1": [("override", "sums", 2.5, "Seen"), ("bonus", None, -1, "Late")],
        "s2": [("total", None, 20, "Oral")],
    }


def test_a_spreadsheet_writes_semicolons_decimal_commas_and_a_byte_order_mark(
    tmp_path: Path,
) -> None:
    text = 'criterion;student_id;points;note;why\nsums;s1;2,5;;"Vu; à l\'oral"\n'
    assert read(tmp_path, text, "utf-8-sig") == {"s1": [("override", "sums", 2.5, "Vu; à l'oral")]}


def test_every_problem_is_named_at_once_with_its_line(tmp_path: Path) -> None:
    text = HEADER + (
        "nobody,sums,1,Why,,\ns1,summs,1,Why,,\ns1,sums,4.5,Why,,\ns1,memory,-1,Why,,\n"
        "s1,total,21,Why,,\ns1,bonus,much,Why,,\ns2,sums,1,,,\n"
    )
    assert problems(tmp_path, text) == [
        "2: There is no student 'nobody' in the class.",
        "3: The rubric has no criterion “summs”.",
        "4: 4.5 points are not between 0 and 4, for “sums”.",
        "5: -1 points are not between 0 and 1, for “memory”.",
        "6: 21 points are not between 0 and 20, for “total”.",
        "7: “much” is not a number of points.",
        "8: There is no reason.",
    ]


@pytest.mark.parametrize(
    ("line", "message", "remedy"),
    [
        ("s1,sums,1,5,oral exam", "Did you mean 1,5?", "Write 1.5, or put quotes around it."),
        (
            "s1,bonus,-0,25,oral exam",
            "Did you mean -0,25?",
            "Write -0.25, or put quotes around it.",
        ),
    ],
)
def test_a_decimal_comma_makes_no_reason_of_the_decimals(
    tmp_path: Path, line: str, message: str, remedy: str
) -> None:
    with pytest.raises(BadInput) as bad:
        read(tmp_path, HEADER + line + "\n")
    (problem,) = bad.value.problems
    assert (problem.line, problem.message.startswith(message)) == (2, True)
    assert problem.remedy.startswith(remedy)
    assert read(tmp_path, HEADER + 's1,sums,"1,5",oral exam,me\n')["s1"][0][2] == 1.5


@pytest.mark.parametrize(
    ("points", "why", "delimiter"),
    [
        *(("1", why, ",") for why in ("12/20", "7 -> 9", "#42", "2024-05-01", "…")),
        ("1.5", "42", ","),
        ('"1,5"', "42", ","),
        ("1", "42", ";"),
    ],
)
def test_any_other_reason_is_the_instructors_own(
    tmp_path: Path, points: str, why: str, delimiter: str
) -> None:
    header = ["student_id", "criterion", "points", "why"]
    text = "".join(f"{delimiter.join(row)}\n" for row in (header, ["s1", "sums", points, why]))
    assert read(tmp_path, text)["s1"][0][3] == why


def test_columns_that_are_missing_are_named(tmp_path: Path) -> None:
    assert problems(tmp_path, "student_id,points\ns1,1\n") == [
        "1: There is no column 'criterion'.",
        "1: There is no column 'why'.",
    ]
    assert problems(tmp_path, "") == [
        f"1: There is no column '{name}'." for name in ("criterion", "points", "student_id", "why")
    ]


def test_of_two_marks_the_later_counts_and_both_are_told(tmp_path: Path) -> None:
    text = HEADER + "s1,sums,1,First,,\ns2,sums,1,Other,,\ns1,sums,3,Second,,\n"
    assert read(tmp_path, text)["s1"] == [("override", "sums", 3, "Second")]
    (note,) = read_overrides(tmp_path, ["s1", "s2"], WORTH).notes
    assert (note.line, "line 2" in note.message) == (4, True)


def test_a_mark_of_what_the_rubric_no_longer_has_stays_and_is_told(tmp_path: Path) -> None:
    assert read(tmp_path, HEADER + "s1,weight,7,Why,,\n") == {
        "s1": [("override", "weight", 7, "Why")]
    }
    (note,) = read_overrides(tmp_path, ["s1", "s2"], WORTH).notes
    assert "no longer has “weight”" in note.message


def test_a_mark_takes_the_place_of_an_earlier_one_and_leaves_the_rest_as_it_stands(
    tmp_path: Path,
) -> None:
    (tmp_path / OVERRIDES).write_text(
        "student_id;criterion;points;why;room\ns1;sums;1,5;Seen;A\ns2;sums;2;Seen;B\n"
    )
    mark = Adjustment(
        kind="override", criterion="sums", points=3.25, why="=1+1 shown", by="me", at="now"
    )
    write_overrides(tmp_path, with_override(tmp_path, "s1", "sums", mark))
    assert (tmp_path / OVERRIDES).read_text().splitlines() == [
        "student_id;criterion;points;why;room;by;at",
        "s2;sums;2;Seen;B;;",
        "s1;sums;3,25;'=1+1 shown;;me;now",
    ]
    assert read_overrides(tmp_path, ["s1", "s2"], WORTH).marks["s1"] == (mark,)
    assert (tmp_path / OVERRIDES).stat().st_mode & 0o077 == 0


@given(st.text(st.sampled_from("=+-@;'a1 "), max_size=8))
def test_what_a_cell_was_made_of_is_known_again(text: str) -> None:
    assert undefused(cell(text)) in {text, undefused(text)}


@given(st.text(st.sampled_from('=+-@;\t\r\n"a1 '), max_size=8))
def test_what_no_apostrophe_stands_in_is_read_back_as_it_was(text: str) -> None:
    assert undefused(cell(text)) == text


@pytest.mark.parametrize(
    ("text", "points"),
    [("2", 2), ("2,5", 2.5), ("-0", 0), ("+1.25", 1.25), ("0.33333", 0.3333)],
)
def test_points_as_people_write_them(text: str, points: float) -> None:
    assert points_of(text) == points


@pytest.mark.parametrize("text", ["", "nan", "inf", "1e3", "1.000,5", "½", "1" * 20])
def test_what_is_no_number_of_points(text: str) -> None:
    assert points_of(text) is None


@pytest.mark.parametrize("line", ["ss1,sums,1,Why,,", "s1,summs,1,Why,,"])
def test_near_names_are_looked_for_as_far_as_problems_are_shown(tmp_path: Path, line: str) -> None:
    """For each line of a whole class it would take minutes."""
    (tmp_path / OVERRIDES).write_text(HEADER + f"{line}\n" * 60)
    with pytest.raises(BadInput) as bad:
        read_overrides(tmp_path, ["s1", "s2"], WORTH)
    remedies = [one.remedy for one in bad.value.problems]
    assert len(remedies) == 60
    assert all(one.startswith("Did you mean") for one in remedies[:MOST_PROBLEMS])
    assert not any(one.startswith("Did you mean") for one in remedies[MOST_PROBLEMS:])
