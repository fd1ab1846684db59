"""What the pages say of what only the student can settle, and of the points that are sure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from grader.pages.class_page import class_page
from grader.pages.speech import Speech
from grader.pages.student_page import student_page
from grader.scoring.summary import summarise
from tests.export.results_folders import (
    ANN,
    BO,
    CONSUMER,
    CY,
    REMEDY,
    RUBRIC,
    a_report,
    an_open_report,
)
from tests.pages.classes_shown import batch
from tests.pages.reading import Page, page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from grader.model.report import Report

GRADERS = an_open_report(CY, {"sums": "grader"})
WAITING = "Who can settle alone what is open"
COULD_NOT = "Who could not be graded, and why"


def of_class(tmp_path: Path, reports: Sequence[Report]) -> Page:
    summary = summarise(reports, RUBRIC, "en")
    path = tmp_path / "class.html"
    path.write_text(class_page(reports, summary, batch(reports), Speech("en")), encoding="utf-8")
    return page(path)


def of_student(tmp_path: Path, report: Report) -> str:
    path = tmp_path / "student.html"
    path.write_text(student_page(report, None, "Lab", Speech("en")), encoding="utf-8")
    return page(path).text


def test_a_students_page_says_that_it_is_theirs_what_is_sure_and_what_to_do(tmp_path: Path) -> None:
    text = of_student(tmp_path, an_open_report(BO, arrived=3))
    assert "You have no grade yet" in text
    assert "Only you can fix what is open: do what is named below." in text
    assert "Sure so far: 15.4 of 20 points; still open: 4.6." in text
    assert CONSUMER in text
    assert REMEDY in text
    assert text.count("not graded yet: only you can fix this") == 3
    assert "does not count against you" not in text
    assert "costs no points" not in text


def test_a_students_page_says_that_what_is_the_graders_costs_nothing(tmp_path: Path) -> None:
    text = of_student(tmp_path, GRADERS)
    assert "Something could not be checked. It does not count against you." in text
    assert "Sure so far: 16 of 20 points; still open: 4." in text
    assert "you can fix" not in text


@pytest.mark.parametrize("report", [a_report(BO, 12, sure_points=12), a_report(BO, None)])
def test_a_grade_and_a_report_of_before_say_nothing_of_it(tmp_path: Path, report: Report) -> None:
    text = of_student(tmp_path, report)
    assert "Sure so far" not in text
    assert "you can fix" not in text


def test_the_class_page_lists_whom_it_waits_for_apart(tmp_path: Path) -> None:
    made = of_class(tmp_path, [a_report(ANN, 20), an_open_report(BO), GRADERS])
    could_not, waiting = made.text.index(COULD_NOT), made.text.index(WAITING)
    assert could_not < made.text.index("Could not connect.") < waiting < made.text.index(CONSUMER)
    assert made.text.index(CONSUMER) < made.text.index("1 student: Bo Ray")


def test_the_class_page_has_no_list_that_is_empty(tmp_path: Path) -> None:
    only_theirs = of_class(tmp_path, [an_open_report(BO)]).text
    assert WAITING in only_theirs
    assert COULD_NOT not in only_theirs
    only_ours = of_class(tmp_path, [GRADERS]).text
    assert WAITING not in only_ours
    assert COULD_NOT in only_ours


def test_nobody_is_sent_anothers_words_not_even_where_a_number_differs(tmp_path: Path) -> None:
    reports = []
    for student, name in ((ANN, "printer1"), (BO, "printer2")):
        made = an_open_report(student)
        criteria = tuple(
            msgspec.structs.replace(one, message=one.message.replace("printer", name))
            for one in made.criteria
        )
        reports.append(msgspec.structs.replace(made, criteria=criteria))
    text = of_class(tmp_path, reports).text
    assert "the function printer1." in text
    assert "the function printer2." in text


def test_the_table_says_the_sure_points_below_the_missing_score(tmp_path: Path) -> None:
    made = of_class(tmp_path, [an_open_report(BO), a_report(ANN, None), a_report(CY, 12)])
    cells = [one.text for one in made.all("td") if one.attributes.get("class") == "num"]
    assert [text for text in cells if "sure" in text] == ["–13 sure"]
