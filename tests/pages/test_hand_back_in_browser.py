"""The class page after a hand-back, in Chromium, in both languages: its line, rows and filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.model.handed_back import HandedBack
from grader.results.directory import Results
from grader.results.handed_back import write_handed_back
from grader.scoring.handed_back import grade_of_report
from tests.pages.classes_shown import failing, report, synthetic, written
from tests.pages.test_accessibility import serious
from tests.pages.test_in_browser import ALL_SHOWN, column, opened

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from playwright.sync_api import Browser

    from grader.model.report import Report

pytestmark = pytest.mark.slow

LINE = {
    "en": "Last handed back: May 3, 2024, 10:00:00 AM UTC, to moodle. "
    "The marks of 3 students are new or changed since.",
    "fr": "Rendu en dernier : 3 mai 2024, 10:00:00 TU, vers moodle. "
    "Les notes de 3 étudiants sont nouvelles ou ont changé depuis.",
}
CHANGES = {
    "en": ["was 20, now 19.5", "was 20, now not graded", "not handed back yet"],
    "fr": [
        "avant : 20, maintenant : 19,5",
        "avant : 20, maintenant : non noté",
        "pas encore rendu",
    ],
}
FILTER = {
    "en": "Only marks that are new or changed since the hand-back",
    "fr": "Seulement les notes nouvelles ou changées depuis qu'elles ont été rendues",
}


def handed_back(root: Path, reports: Sequence[Report]) -> None:
    grades = {one.student_id: grade_of_report(one) for one in reports}
    there = HandedBack(at="2024-05-03T10:00:00.000Z", to=("moodle",), students=grades)
    Results(root).root.mkdir(exist_ok=True)
    write_handed_back(root, there)


def a_class(root: Path, lang: str = "en") -> Path:
    """Of four who had all points one has fewer now, one none; one is new, two have what they had."""
    handed_back(root, [report(number) for number in range(1, 5)])
    reports = [report(1, ("partial",)), report(2, ("ungraded",)), report(3), report(4), report(5)]
    return written(root, reports, failing(), lang=lang)


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_what_changed_is_said_marked_and_filtered(
    browser: Browser, tmp_path: Path, lang: str, width: int
) -> None:
    root = a_class(tmp_path / "results", lang)
    with opened(browser, root / "index.html", width) as page:
        assert plain(page.locator("#handed-back").inner_text()) == LINE[lang]
        notes = page.locator("#heat small.change")
        assert [plain(text) for text in notes.all_inner_texts()] == CHANGES[lang]
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        tick = page.get_by_label(FILTER[lang])
        tick.check()
        assert [text.split()[1] for text in column(page, 1)] == ["1", "2", "5"]
        assert page.locator("#shown").inner_text().rsplit(" ", 3)[-3:] in (
            ["3", "of", "5"],
            ["3", "sur", "5"],
        )
        page.locator("#by-name").fill("Student 2")
        assert len(column(page, 1)) == 1
        page.locator("#by-name").fill("")
        tick.press("Space")
        assert len(column(page, 1)) == 5
        page.get_by_role("columnheader", name="Score" if lang == "en" else "Note").get_by_role(
            "button"
        ).first.click()
        assert [text.split()[1] for text in column(page, 1)] == ["2", "1", "3", "4", "5"]


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_it(
    browser: Browser, tmp_path: Path, scheme: str, lang: str
) -> None:
    root = a_class(tmp_path / "results", lang)
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto((root / "index.html").as_uri())
    assert serious(page) == []
    page.locator("#changed").check()
    assert serious(page) == []
    context.close()


def test_without_script_the_changes_are_there_and_no_filter(
    browser: Browser, tmp_path: Path
) -> None:
    root = a_class(tmp_path / "results")
    with opened(browser, root / "index.html", java_script_enabled=False) as page:
        assert page.locator("#handed-back").is_visible()
        assert page.locator("#heat small.change").count() == 3
        assert page.locator("input:visible").count() == 0


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_on_paper_the_changes_are_there_and_nothing_is_cut(
    browser: Browser, tmp_path: Path, lang: str
) -> None:
    across = 1031  # A4 with the page's margins
    with opened(browser, a_class(tmp_path / "results", lang) / "index.html", across) as page:
        page.emulate_media(media="print")
        assert page.locator("#heat small.change:visible").count() == 3
        right = "document.querySelector('#heat').getBoundingClientRect().right"
        assert page.evaluate(right) <= across + 1


def test_of_a_thousand_students_the_changed_are_found(browser: Browser, tmp_path: Path) -> None:
    reports = synthetic(1000)
    before = [report(n) for n in range(1, 1001)]
    handed_back(tmp_path / "results", before)
    root = written(tmp_path / "results", reports)
    expected = sum(old.score != new.score for old, new in zip(before, reports, strict=True))
    assert 500 < expected < 1000
    with opened(browser, root / "index.html") as page:
        page.wait_for_function(ALL_SHOWN)
        page.locator("#changed").check()
        rows = "document.querySelectorAll('#heat tbody tr:not([hidden])')"
        page.wait_for_function(f"() => {rows}.length === {expected}")
