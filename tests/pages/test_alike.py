"""Who has the same finding stands together, and the table can be asked for them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from grader.model.batch import Student
from grader.pages.alike import MOST_NAMES_SHOWN, alike_findings, open_reasons
from grader.pages.class_page import class_page
from grader.pages.speech import Speech
from grader.scoring.absent import absent_report
from grader.scoring.summary import summarise
from tests.export.results_folders import BO, BY_STUDENT, CY, an_open_report
from tests.observations import lab_rubric
from tests.pages.classes_shown import batch, graded, report, result
from tests.pages.reading import Page, page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from grader.model.report import Report

FIRST, *OTHERS = lab_rubric().criteria
RAISED = "Your function raised {error} ({file}, line {line})."


def finding(number: int, message: str, *, values: dict[str, Any] | None = None) -> Report:
    """The report of a student with this finding in the first criterion, and nothing else."""
    first = result(FIRST, "failed", message=message, hint="", values=values or {})
    results = [first, *(result(other, "passed") for other in OTHERS)]
    return graded(results, student_id=f"s{number}", name=f"Student {number}")


def raised(number: int, line: int, file: str = "lambda_function.py") -> Report:
    inner = {"message_id": RAISED, "values": {"error": "KeyError: 'a'", "file": file, "line": line}}
    said = f"expected {number}, found nothing. Your function raised KeyError ({file}, line {line})."
    return finding(number, said, values={"reason": inner})


def groups(reports: Sequence[Report]) -> list[set[str]]:
    return [{*one.ids} for one in alike_findings(reports)]


def shown(tmp_path: Path, reports: Sequence[Report], **changes: Any) -> Page:
    text = class_page(
        reports, summarise(reports, lab_rubric(), "en"), batch(reports, **changes), Speech("en")
    )
    path = tmp_path / "class.html"
    path.write_text(text, encoding="utf-8")
    return page(path)


def row_of(made: Page, number: int) -> dict[str, str]:
    return [one for one in made.all("tr") if "data-k" in one.attributes][number].attributes


def test_the_same_words_but_for_the_numbers_are_one_finding() -> None:
    reports = [finding(n, f"expected 128 MB, found {n} MB.") for n in (256, 512, 1024)]
    assert groups([*reports, finding(9, "expected 128 MB, found nothing.")]) == [
        {"s256", "s512", "s1024"},
        {"s9"},
    ]


def test_another_line_or_another_file_is_another_finding() -> None:
    reports = [raised(1, 16), raised(2, 16), raised(3, 17), raised(4, 16, "other.py")]
    assert groups(reports) == [{"s1", "s2"}, {"s3"}, {"s4"}]


def test_the_same_words_of_another_criterion_are_another_finding() -> None:
    second = graded([result(OTHERS[0], "failed", message="nothing.", hint="")], student_id="s2")
    assert groups([finding(1, "nothing."), second]) == [{"s1"}, {"s2"}]


def test_a_large_group_says_how_many_are_not_named(tmp_path: Path) -> None:
    reports = [finding(n, "nothing.") for n in range(MOST_NAMES_SHOWN + 5)]
    (one,) = alike_findings(reports)
    assert (len(one.people), one.more, len(one.ids)) == (MOST_NAMES_SHOWN, 5, MOST_NAMES_SHOWN + 5)
    text = shown(tmp_path, reports).text
    assert "Student 59 and 5 more" in text


def test_a_class_of_sixty_reads_as_a_dozen_with_names_and_the_rest_folded(tmp_path: Path) -> None:
    reports = [finding(n, f"word{'x' * (n % 15)}.") for n in range(60)]
    made = shown(tmp_path, reports)
    listed = [one.attributes["id"] for one in made.all("li") if "data-n" in one.attributes]
    assert listed == [f"a{n}" for n in range(15)]
    folded = made.one("details", class_="rarer")
    assert "3 rarer findings" in folded.text
    assert "Student 0, Student 15, Student 30, Student 45" in made.text


def test_a_row_knows_its_findings_its_state_and_what_is_noted(tmp_path: Path) -> None:
    reports = [
        finding(1, "alone."),
        msgspec.structs.replace(finding(2, "both."), flags=("foreign-messages",)),
        finding(3, "both."),
    ]
    made = shown(tmp_path, reports)
    assert [row_of(made, n)["data-k"] for n in range(3)] == ["g a1", "g f0 a0", "g a0"]
    options = {one.attributes["value"]: one.text for one in made.all("option")}
    assert options["f0"] == "foreign messages"
    assert options["g"] == "graded"
    assert "y" not in options


def test_who_is_open_and_by_whom_and_who_is_missing_can_be_asked_for(tmp_path: Path) -> None:
    theirs, ours = an_open_report(BO), an_open_report(CY, {**BY_STUDENT, "memory": "grader"})
    gone = absent_report(Student("s9", "Zoe Zed"), lab_rubric(), seed=1, region="x", lang="en")
    reports = [report(1), theirs, ours, gone]
    made = shown(
        tmp_path,
        reports,
        students=[Student(one.student_id, one.name) for one in reports]
        + [Student("s8", "New Boy")],
    )
    assert [row_of(made, n)["data-k"].split()[0] for n in range(4)] == ["g", "y", "t", "n"]
    options = {one.attributes["value"]: one.text for one in made.all("option")}
    assert options["t"] == "not graded, to be tried again"
    assert options["y"] == "not graded, theirs to settle"
    assert options["n"] == "handed in nothing"
    assert "Who has no report yet New Boy" in made.text
    assert [one.ids for one in open_reasons(reports, "student")] == [{"s2"}]


def test_the_group_and_the_roster_s_columns_are_there_to_filter_by(tmp_path: Path) -> None:
    reports = [report(1, group="red"), report(2)]
    rows = [
        Student("s0001", "A", extra={"section": '"A"</script>', "empty": "", "tutor": "Øye"}),
        Student("s0002", "B", extra={"section": "", "empty": " ", "tutor": ""}),
    ]
    made = shown(tmp_path, reports, students=rows)
    assert made.one("select", id="by-column").text == "any columnGroupsectiontutor"
    assert json.loads(row_of(made, 0)["data-r"]) == ["red", '"A"</script>', "Øye"]
    assert "data-r" not in row_of(made, 1)


def test_every_column_that_a_roster_may_have_filters(tmp_path: Path) -> None:
    extra = {f"c{number}": "x" for number in range(199)}
    made = shown(tmp_path, [report(1, group="red")], students=[Student("s0001", extra=extra)])
    assert made.one("select", id="by-column").text.endswith("c197c198")


def test_a_class_without_groups_or_columns_has_no_such_control(tmp_path: Path) -> None:
    made = shown(tmp_path, [report(1)])
    assert [one for one in made.all("select") if one.attributes["id"] == "by-column"] == []
    assert [one for one in made.all("select") if one.attributes["id"] == "by-finding"] == []
