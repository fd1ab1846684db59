from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.inputs.csv_cell import cell
from grader.model.report import CriterionResult, Report
from grader.results.grades_csv import ADJUSTED, grades_csv, points_cell
from grader.roster.table import GRADE_COLUMNS, KNOWN_COLUMNS
from grader.safety.printable import printable, printable_lines

FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r")
INSIDE = re.compile(r"([;\t])([=+@\uff1d\uff0b\uff0d\uff20-])")
COLUMNS = ["student_id", "name", "email", "group", "status", "score", "max_score"]


def a_report(student_id: str, points: dict[str, float | None], **changes: Any) -> Report:
    known = [one for one in points.values() if one is not None]
    graded = len(known) == len(points)
    fields: dict[str, Any] = {
        "student_id": student_id,
        "name": "Ada",
        "email": "",
        "group": None,
        "account_id": None,
        "region": "eu-west-3",
        "status": "graded" if graded else "ungraded",
        "score": round(sum(known), 4) if graded else None,
        "max_score": 20.0,
        "criteria": tuple(
            CriterionResult(
                id=name,
                title=name,
                status="ungraded" if one is None else "partial",
                points=one,
                max_points=20.0,
            )
            for name, one in points.items()
        ),
        "seed": 1,
        "rubric_sha256": "",
        "grader_version": "",
        "started_at": "",
        "finished_at": "",
        "duration_s": 0.0,
    }
    return Report(**(fields | changes))


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def written(text: str) -> str:
    """What a reader finds of ``text``: NUL is dropped, a formula has an apostrophe before it, and what
    could act on a terminal is written out."""
    text = INSIDE.sub(r"\1'\2", printable_lines(text.replace("\0", "")))
    return f"'{text}" if text.startswith((*FORMULA, "\n")) else text


HOSTILE = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("=+-@\t\r\n\",;\0'é"), max_size=12
)
POINTS = st.none() | st.integers(0, 200_000).map(lambda one: one / 10_000)
CRITERIA = ("function", "sums")
OTHERS = HOSTILE.filter(lambda name: name not in {*COLUMNS, *CRITERIA, *ADJUSTED})


@st.composite
def classes(draw: st.DrawFn) -> tuple[list[Report], dict[str, dict[str, str]]]:
    columns = draw(st.lists(OTHERS, unique=True, max_size=3))
    reports, extra = [], {}
    for place in range(draw(st.integers(0, 4))):
        student = f"{draw(HOSTILE)}{place}"
        points = {name: draw(POINTS) for name in CRITERIA}
        hostile = {name: draw(HOSTILE) for name in ("name", "email")}
        reports.append(a_report(student, points, group=draw(st.none() | HOSTILE), **hostile))
        extra[student] = {column: draw(HOSTILE) for column in columns}
    return reports, extra


@given(classes())
def test_it_reads_back_as_what_was_written(
    given_class: tuple[list[Report], dict[str, dict[str, str]]],
) -> None:
    reports, extra = given_class
    others = list(next(iter(extra.values()), {}))
    header, *rows = read(grades_csv(reports, CRITERIA, extra))
    assert header == [*COLUMNS, *CRITERIA, *ADJUSTED, *map(written, others)]
    assert len(rows) == len(reports)
    for row, report in zip(rows, reports, strict=True):
        texts = (report.student_id, report.name, report.email, report.group or "")
        assert row[:4] == [written(text) for text in texts]
        assert row[4] == report.status
        values = (report.score, report.max_score, *(one.points for one in report.criteria))
        assert [float(found) if found else None for found in row[5:9]] == list(values)
        assert row[9:12] == ["", "", ""]
        assert row[12:] == [written(text) for text in extra[report.student_id].values()]


@given(classes())
def test_no_cell_starts_a_formula(
    given_class: tuple[list[Report], dict[str, dict[str, str]]],
) -> None:
    for row in read(grades_csv(given_class[0], CRITERIA, given_class[1])):
        assert not [found for found in row if found.startswith(FORMULA)]


@pytest.mark.parametrize("acts", ["\x1b[2J", "\x9b2J", "\x85", "\u202e", "\u2066", "\r", "\x07"])
def test_no_cell_acts_on_a_terminal_that_shows_the_file(acts: str) -> None:
    hostile = {"name": f"Ada{acts}", "email": acts, "group": f"a{acts}b"}
    reports = [a_report(f"s{acts}", {"sums": 3}, **hostile)]
    text = grades_csv(reports, ("sums",), {f"s{acts}": {f"section{acts}": f"A\n{acts}"}})
    assert acts not in text.replace("\r\n", "\n")
    _, row = read(text)
    assert (row[1], row[-1]) == (f"Ada{printable(acts)}", f"A\n{printable(acts)}")


@given(st.dictionaries(st.sampled_from(CRITERIA), st.none() | st.floats(0, 20), min_size=2))
def test_an_ungraded_cell_is_empty_and_never_0(points: dict[str, float | None]) -> None:
    _, row = read(grades_csv([a_report("s01", points)], CRITERIA, {}))
    ungraded = None in points.values()
    assert (row[4], row[5] == "") == ("ungraded" if ungraded else "graded", ungraded)
    assert [found == "" for found in row[7:9]] == [points[name] is None for name in CRITERIA]


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (0, "0"), (20.0, "20"), (100, "100"), (17.5, "17.5"), (2.6667, "2.6667")],
)
def test_points_are_written_without_needless_zeros(value: float | None, text: str) -> None:
    assert points_cell(value) == text


@given(st.floats(0, 1e6))
def test_points_are_written_to_four_decimals(value: float) -> None:
    assert float(points_cell(value)) == pytest.approx(value, abs=5e-5)
    assert not points_cell(value).startswith(FORMULA)


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t1",
        "\r=1",
        "\0=1",
        "\uff1d1",
        "\uff0b1",
        "\uff0d1",
        "\uff201",
    ],
)
def test_what_a_spreadsheet_would_calculate_is_defused(text: str) -> None:
    assert cell(text) == "'" + text.replace("\0", "")


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("a;=1+1", "a;'=1+1"),
        ("a\t@b", "a\t'@b"),
        ("\t=1", "'\t'=1"),
        ("a;\uff1d1", "a;'\uff1d1"),
        ('a;"=1+1', "a;'\"=1+1"),
        ('a\t""@b', 'a\t\'""@b'),
        ('a;"b"', 'a;"b"'),
        ("a-b; c", "a-b; c"),
    ],
)
def test_what_would_be_a_cell_to_a_reader_of_other_separators_is_defused(
    text: str, safe: str
) -> None:
    assert cell(text) == safe


def test_a_student_without_other_columns_has_empty_cells() -> None:
    reports = [a_report("s01", {}), a_report("s02", {})]
    header, first, second = read(grades_csv(reports, (), {"s01": {"section": "A"}}))
    assert (header[-1], first[-1], second[-1]) == ("section", "A", "")


def test_a_column_of_the_roster_never_has_the_name_of_ours() -> None:
    extra = {"sums": "a", "roster_sums": "b", "sco\0re": "c", "section": "d", "name": "e"}
    header, row = read(grades_csv([a_report("s01", {"sums": 3})], ("sums",), {"s01": extra}))
    others = ["roster_roster_sums", "roster_sums", "roster_score", "section", "roster_name"]
    assert header == [*COLUMNS, "sums", *ADJUSTED, *others]
    assert len({*header}) == len(header)
    assert dict(zip(header, row, strict=True))["sums"] == "3"
    assert row[-5:] == ["a", "b", "c", "d", "e"]


def test_a_criterion_keeps_its_name_before_a_column_about_adjustments() -> None:
    header, row = read(grades_csv([a_report("s01", {"late": 3})], ("late",), {}))
    assert header == [*COLUMNS, "late", "adjusted_late", "bonus", "overridden"]
    assert row[-4:] == ["3", "", "", ""]


def test_a_roster_cannot_have_a_column_of_the_grades() -> None:
    assert {*COLUMNS} <= {*KNOWN_COLUMNS, *GRADE_COLUMNS}
