from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.model.batch import Student
from grader.model.fact import Found
from grader.pages.class_page import class_page
from grader.pages.speech import Speech
from grader.pages.writing import write_pages
from grader.results.directory import Results
from grader.scoring.absent import absent_report
from grader.scoring.summary import summarise, summarise_class
from grader.scoring.suspicion import KeptResult
from tests.observations import a_function, lab_rubric, reference
from tests.pages.classes_shown import batch, graded, report, result, synthetic, written
from tests.pages.reading import Page, page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from grader.model.report import Report

LAB = lab_rubric()


@pytest.fixture(scope="module")
def of_the_demo(cohorts: dict[str, Path]) -> Page:
    return page(cohorts["demo"] / "index.html")


def made(
    tmp_path: Path,
    reports: Sequence[Report],
    lang: str = "en",
    **changes: object,
) -> Page:
    """The page of these reports."""
    summary = summarise_class([KeptResult(one) for one in reports], LAB, lang)
    text = class_page(reports, summary, batch(reports, **changes), Speech(lang))
    path = tmp_path / "class.html"
    path.write_text(text, encoding="utf-8")
    return page(path)


def test_it_gives_counts_mean_median_and_time(of_the_demo: Page) -> None:
    text = of_the_demo.text
    assert "13 students · 12 graded · 1 not graded" in text
    for said in ("Mean 16 of 20", "Median 19 of 20", "0 to 20 of 20"):
        assert said in text
    assert "Time taken" in text


def test_every_student_has_a_row_and_every_criterion_a_column(of_the_demo: Page) -> None:
    heat = of_the_demo.one("table", id="heat")
    assert heat.attributes["aria-labelledby"]
    rows = of_the_demo.all("th", scope="row", class_="who") or [
        one for one in of_the_demo.all("th", scope="row") if one.attributes.get("class") == "who"
    ]
    assert len(rows) == 13
    turned = [one for one in of_the_demo.all("th") if one.attributes.get("class") == "turned"]
    assert [one.attributes["scope"] for one in turned] == ["col"] * 12


def test_a_cell_says_its_status_in_words(tmp_path: Path) -> None:
    statuses = ("passed", "partial", "failed", "blocked", "ungraded")
    one = made(tmp_path, [report(1, statuses)])
    cells = [e for e in one.all("td") if e.attributes.get("class") in {"o", "a", "f", "b", "u"}]
    assert [cell.text for cell in cells[:5]] == [
        "passed 1",
        "partly passed 0.5",
        "failed 0",
        "not checked 0",
        "not graded ",
    ]


def test_an_ungraded_student_has_no_score_in_the_table(tmp_path: Path) -> None:
    one = made(tmp_path, [report(1, ("ungraded",))])
    score = next(e for e in one.all("td") if e.attributes.get("data-v") == "-1.0")
    assert score.text == "–"


def test_the_commonest_mistake_comes_first_with_its_hint(tmp_path: Path) -> None:
    reports = [
        report(1, ("failed",)),
        report(2, ("passed", "failed")),
        report(3, ("passed", "failed")),
    ]
    text = made(tmp_path, reports).text
    assert "Runtime 2 students, 67%" in text
    assert "Next step: Look at runtime." in text
    assert text.index("Look at runtime.") < text.index("Look at function.")


def test_mistakes_that_differ_in_numbers_only_are_one(tmp_path: Path) -> None:
    first, *others = LAB.criteria
    reports = [
        graded(
            [
                result(first, "failed", message=f"expected {n}, found {n + 1}."),
                *(result(other, "passed") for other in others),
            ],
            student_id=f"s{n}",
        )
        for n in (1, 22, 333)
    ]
    text = made(tmp_path, reports).text
    assert "3 students, 100%" in text
    assert text.count("Expected ") == 1


def test_a_shared_account_is_told_in_words_with_who_shares_it(tmp_path: Path) -> None:
    accounts = ("1" * 12, "2" * 12, "1" * 12, "2" * 12, "3" * 12)
    reports = [report(n, account_id=account) for n, account in enumerate(accounts, 1)]
    text = made(tmp_path, reports).text
    assert "The same AWS account was handed in by students of different groups. 4 students" in text
    assert f"Account {'1' * 12}: Student 1, Student 3" in text
    assert f"Account {'2' * 12}: Student 2, Student 4" in text
    assert "3" * 12 not in text


def test_who_has_the_same_code_stands_together_with_function_and_hash(tmp_path: Path) -> None:
    reports = [report(n, account_id=str(n)) for n in (1, 2, 3, 4, 5)]
    digests = ("x" * 44, "y" * 44, "x" * 44, "y" * 44, "z" * 44)
    root = tmp_path / "results"
    for one, digest in zip(reports, digests, strict=True):
        function = a_function(name="adder", code_sha256=digest)
        written(root, [one], reference(functions={"sum": Found(function)}))
    write_pages(Results(root), reports, summarise(reports, LAB, "en"), LAB, lang="en")
    text = page(root / "index.html").text
    assert "Function adder, code xxxxxxxxxxxx: Student 1, Student 3" in text
    assert "Function adder, code yyyyyyyyyyyy: Student 2, Student 4" in text
    assert "zzz" not in text
    assert text.count("same code") >= 4
    for one in reports:
        alone = page(root / "students" / one.student_id / "index.html").text
        assert "same code" not in alone
        assert "Noted" not in alone


def test_whoever_handed_in_nothing_is_listed_and_counted_apart(tmp_path: Path) -> None:
    gone = absent_report(Student("s9", "Zoe Zed"), LAB, seed=1, region="us-east-1", lang="en")
    text = made(tmp_path, [report(1), report(2, ("ungraded",)), gone]).text
    assert "3 students · 1 graded · 1 not graded · 1 handed in nothing" in text
    assert "Who handed in nothing Zoe Zed" in text
    assert "1 student: Student 2" in text
    assert "nothing handed in" in text
    assert "0 sure" not in text


def test_why_students_could_not_be_graded_is_said_once_with_who(tmp_path: Path) -> None:
    reports = [report(n, ("ungraded",)) for n in (1, 2)]
    text = made(tmp_path, reports).text
    assert "Who could not be graded, and why" in text
    assert "2 students: Student 1, Student 2" in text
    root = written(tmp_path / "french", reports, lang="fr")
    assert "2 étudiants\u00a0: <a" in (root / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("interrupted", "This batch was interrupted."),
        ("running", "This batch is not finished"),
        ("starting", "This batch is not finished"),
    ],
)
def test_a_batch_that_is_not_finished_says_so(tmp_path: Path, state: str, said: str) -> None:
    assert said in made(tmp_path, [report(1)], state=state, finished_at=None).text
    assert said not in made(tmp_path, [report(1)]).text


def test_students_without_a_report_are_counted(tmp_path: Path) -> None:
    from grader.model.batch import Counts

    one = made(tmp_path, [report(1)], counts=Counts(4, 1, 3))
    assert "3 students of the roster have no report yet." in one.text


def test_a_class_in_which_nobody_lost_a_point_says_so(tmp_path: Path) -> None:
    assert "Nobody lost a point." in made(tmp_path, [report(1), report(2)]).text


@pytest.mark.parametrize("reports", [[], [report(1, ("ungraded",) * 12)]])
def test_a_class_without_any_grade_has_a_page(tmp_path: Path, reports: list[Report]) -> None:
    one = made(tmp_path, reports)
    assert "Nobody has a grade yet." in one.text
    assert not [e for e in one.all("div") if e.attributes.get("class") == "plot"]


def test_a_report_of_another_rubric_leaves_cells_empty(tmp_path: Path) -> None:
    one = made(tmp_path, [graded([result(LAB.criteria[3], "passed")])])
    cells = [e for e in one.all("td") if not e.attributes and not e.text]
    assert len(cells) == 11


@pytest.mark.slow
def test_the_page_of_a_thousand_students_is_under_three_megabytes(
    cohorts: dict[str, Path],
) -> None:
    path = cohorts["thousand"] / "index.html"
    assert path.stat().st_size < 3_000_000
    rows = [e for e in page(path).all("th") if e.attributes.get("class") == "who"]
    assert len(rows) == 1001


def test_it_speaks_french(tmp_path: Path) -> None:
    one = made(tmp_path, synthetic(5), lang="fr")
    assert one.one("html").attributes["lang"] == "fr"
    assert "Moyenne 13 sur 20" in one.text
    assert "9 à 15,5 sur 20" in one.text
    assert "1 mai 2024" in one.text
