"""The pages in Chromium: sorting, filtering, the keyboard, no script, no network, every width, paper."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from grader.model.batch import Student
from grader.pages.words import SHORT_FLAGS
from grader.scoring.absent import absent_report
from tests.observations import lab_rubric
from tests.pages.classes_shown import HOSTILE, report, synthetic, written
from tests.pages.reading import every_page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow

COHORTS = ["demo", "french", "failing", "hostile", "thousand"]
WIDTHS = [1280, 390]
ALL_SHOWN = "() => !document.querySelector('#heat tbody tr[hidden]')"


@contextmanager
def opened(browser: Browser, path: Path, width: int = 1280, **options: Any) -> Iterator[Page]:
    """The page in a window of its own. What it asks of the network or complains of fails the test."""
    context = browser.new_context(viewport={"width": width, "height": 900}, **options)
    asked: list[str] = []
    complaints: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.goto(path.as_uri())
    yield page
    context.close()
    assert asked
    assert all(url.startswith("file://") for url in asked), asked
    assert complaints == []


def column(page: Page, number: int) -> list[str]:
    """The shown texts of one column of the heat map."""
    cells = page.locator(f"#heat tbody tr:not([hidden]) > :nth-child({number})")
    return [" ".join(text.split()) for text in cells.all_inner_texts()]


def click(page: Page, name: str) -> None:
    """Sort by the column called ``name``, and wait until every row is shown again."""
    page.get_by_role("columnheader", name=name).get_by_role("button").click()
    page.wait_for_function(ALL_SHOWN)


def some(root: Path) -> list[Path]:
    """The class page and the pages of up to nine students."""
    return every_page(root)[:10]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("cohort", COHORTS)
def test_nothing_is_asked_complained_of_or_too_wide(
    browser: Browser, cohorts: dict[str, Path], cohort: str, width: int
) -> None:
    for path in some(cohorts[cohort]):
        with opened(browser, path, width) as page:
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, path


def test_a_click_on_a_column_s_head_sorts_it_and_another_turns_it_round(
    browser: Browser, cohorts: dict[str, Path]
) -> None:
    with opened(browser, cohorts["demo"] / "index.html") as page:
        head = page.get_by_role("columnheader", name="Score")
        before = column(page, 2)
        head.get_by_role("button").click()
        rising = sorted(before, key=lambda text: -1 if text.startswith("–") else float(text))
        assert (head.get_attribute("aria-sort"), column(page, 2)) == ("ascending", rising)
        head.get_by_role("button").click()
        assert (head.get_attribute("aria-sort"), column(page, 2)) == ("descending", rising[::-1])
        page.get_by_role("columnheader", name="Student").get_by_role("button").click()
        assert head.get_attribute("aria-sort") is None
        names = [text.casefold() for text in column(page, 1)]
        assert names == sorted(names)


def test_a_criterion_sorts_from_not_graded_to_passed(
    browser: Browser, cohorts: dict[str, Path]
) -> None:
    with opened(browser, cohorts["thousand"] / "index.html") as page:
        click(page, "Mapping")
        words = [text.rsplit(" ", 1)[0] for text in column(page, 10)]
        order = ["not", "not checked", "failed", "partly passed", "passed"]
        assert list(dict.fromkeys(words)) == order


def test_a_large_class_is_all_there_after_sorting_and_filtering(
    browser: Browser, cohorts: dict[str, Path]
) -> None:
    with opened(browser, cohorts["thousand"] / "index.html") as page:
        page.locator("#by-name").fill("Student 99")
        assert len(column(page, 1)) == 11
        page.locator("#by-name").fill("")
        click(page, "Score")
        scores = [-1.0 if text.startswith("–") else float(text) for text in column(page, 2)]
        assert len(scores) == 1000
        assert scores == sorted(scores)


def test_paper_waits_for_no_row(browser: Browser, cohorts: dict[str, Path]) -> None:
    with opened(browser, cohorts["thousand"] / "index.html") as page:
        left = page.evaluate("""() => {
            document.querySelector('#heat thead button').click();
            const before = document.querySelectorAll('#heat tbody tr[hidden]').length;
            dispatchEvent(new Event('beforeprint'));
            return [before, document.querySelectorAll('#heat tbody tr[hidden]').length];
        }""")
        assert left == [900, 0]


def test_a_result_is_seen_without_its_colour(browser: Browser, cohorts: dict[str, Path]) -> None:
    with opened(browser, cohorts["demo"] / "index.html") as page:
        seen = page.evaluate(
            """() => Object.fromEntries([...document.querySelectorAll('#heat tbody td[class]')]
                .map(cell => [cell.className, getComputedStyle(cell, '::before').content])
                .filter(([name]) => /^[oafbu]$/.test(name)))"""
        )
    marks = {name: content.split('"')[1] for name, content in seen.items() if '"' in content}
    assert marks == {"o": "✓", "f": "✗", "b": "–", "u": "?"}


def test_a_filtered_french_class_is_counted_in_french(browser: Browser, tmp_path: Path) -> None:
    root = written(tmp_path / "results", [report(1), report(2)], lang="fr")
    with opened(browser, root / "index.html") as page:
        assert page.locator("#shown").inner_text() == "Étudiants affichés\u00a0: 2 sur 2"
        page.locator("#by-name").fill("Student 1")
        assert page.locator("#shown").inner_text() == "Étudiants affichés\u00a0: 1 sur 2"


def test_the_keyboard_alone_sorts_and_filters(browser: Browser, cohorts: dict[str, Path]) -> None:
    with opened(browser, cohorts["demo"] / "index.html") as page:
        page.locator("#by-name").focus()
        page.keyboard.type("réference")
        assert page.locator("#shown").inner_text() == "Students shown: 2 of 13"
        reached = []
        for _ in range(12):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.textContent.trim()"))
            if reached[-1] == "Score":
                break
        assert reached[-1] == "Score"
        page.keyboard.press("Enter")
        head = page.get_by_role("columnheader", name="Score")
        assert head.get_attribute("aria-sort") == "ascending"
        assert page.evaluate("document.activeElement.textContent.trim()") == "Score"


def test_filters_show_who_has_that_result_there(browser: Browser, cohorts: dict[str, Path]) -> None:
    with opened(browser, cohorts["demo"] / "index.html") as page:
        page.get_by_role("combobox", name="Students with").select_option(label="✗ failed")
        failed = column(page, 1)
        assert len(failed) == 9
        page.locator("#by-criterion").select_option(label="Memory")
        assert column(page, 1) == ["Memory of 256 MB memory-256"]
        page.get_by_role("combobox", name="Students with").select_option("")
        assert len(column(page, 1)) == 13
        page.get_by_label("Only students with something noted").check()
        assert len(column(page, 1)) == 3


def a_class_with_findings(root: Path, lang: str = "en") -> Path:
    """Three with one finding, in two sections and two groups; one right; one with nothing handed in."""
    reports = [report(n, ("failed",), group="red" if n == 1 else "blue") for n in (1, 2, 3)]
    gone = absent_report(Student("s9", "Zoe"), lab_rubric(), seed=1, region="x", lang=lang)
    reports = [*reports, report(4), gone]
    rows = [
        Student(one.student_id, one.name, extra={"section": "A" if n % 2 else "Bé"})
        for n, one in enumerate(reports)
    ]
    return written(root, reports, lang=lang, students=rows)


def test_a_finding_leads_to_those_who_have_it(browser: Browser, tmp_path: Path) -> None:
    root = a_class_with_findings(tmp_path / "results")
    with opened(browser, root / "index.html") as page:
        page.get_by_role("button", name="Show in the table").click()
        assert [text.partition(" s0")[0] for text in column(page, 1)] == [
            "Student 1",
            "Student 2",
            "Student 3",
        ]
        assert page.evaluate("document.activeElement.id") == "by-finding"
        chosen = page.locator("#by-finding option:checked").inner_text()
        assert chosen.endswith("(3)")
        page.get_by_role("combobox", name="Finding").select_option("")
        assert len(column(page, 1)) == 5


def test_the_roster_s_columns_filter_by_what_they_say(browser: Browser, tmp_path: Path) -> None:
    root = a_class_with_findings(tmp_path / "results")
    with opened(browser, root / "index.html") as page:
        values = page.get_by_role("combobox", name="that says")
        assert values.is_disabled()
        page.get_by_role("combobox", name="Column of the roster").select_option(label="Group")
        assert values.locator("option").all_inner_texts() == [
            "anything",
            "nothing (2)",
            "blue (2)",
            "red (1)",
        ]
        values.select_option(label="nothing (2)")
        assert [text.partition(" s")[0] for text in column(page, 1)] == ["Student 4", "Zoe"]
        page.get_by_role("combobox", name="Column of the roster").select_option(label="section")
        assert len(column(page, 1)) == 5
        values.select_option(label="Bé (3)")
        page.get_by_role("combobox", name="Finding").select_option(index=1)
        assert [text.partition(" s")[0] for text in column(page, 1)] == ["Student 1", "Student 3"]


def test_a_state_shows_who_handed_in_nothing(browser: Browser, tmp_path: Path) -> None:
    root = a_class_with_findings(tmp_path / "results", "fr")
    with opened(browser, root / "index.html") as page:
        page.locator("#by-state").select_option("n")
        assert [text.partition(" s")[0] for text in column(page, 1)] == ["Zoe"]


def test_a_thousand_students_are_all_sorted_and_filtered(
    browser: Browser, cohorts: dict[str, Path]
) -> None:
    """What it costs is measured in `benchmarks/browser.py`."""
    flags = [one.flags for one in synthetic(1000)]
    with opened(browser, cohorts["thousand"] / "index.html") as page:
        page.wait_for_function(ALL_SHOWN)
        before = column(page, 2)
        click(page, "Score")
        after = column(page, 2)
        assert sorted(after) == sorted(before)
        scores = [float(text) for text in after if text[0].isdigit()]
        assert scores == sorted(scores, reverse=scores[0] > scores[-1])
        assert 0 < len(scores) < 1000
        for flag in ("direct-inconclusive", "foreign-messages"):
            page.locator("#by-state").select_option(label=SHORT_FLAGS[flag])
            rows = "document.querySelectorAll('#heat tbody tr:not([hidden])')"
            page.wait_for_function(f"() => {rows}.length === {sum(flag in one for one in flags)}")
        page.locator("#by-state").select_option("")
        page.wait_for_function(ALL_SHOWN)


def test_rows_come_into_sight_before_the_rest_is_laid_out(
    browser: Browser, cohorts: dict[str, Path]
) -> None:
    with opened(browser, cohorts["thousand"] / "index.html") as page:
        page.wait_for_function(ALL_SHOWN)
        steps = page.evaluate("""() => new Promise(done => {
            const left = () => document.querySelectorAll('#heat tbody tr[hidden]').length;
            document.querySelector('#heat thead button').click();
            const steps = [left()];
            const look = () => {
                if (left() !== steps.at(-1)) steps.push(left());
                steps.at(-1) ? setTimeout(look) : done(steps);
            };
            look();
        })""")
        assert steps == [900, 700, 300, 0]


def test_what_is_filtered_out_stays_out_when_sorted(
    browser: Browser, cohorts: dict[str, Path]
) -> None:
    with opened(browser, cohorts["demo"] / "index.html") as page:
        page.locator("#by-name").fill("memory")
        page.get_by_role("columnheader", name="Score").get_by_role("button").click()
        assert column(page, 1) == ["Memory of 256 MB memory-256"]


@pytest.mark.parametrize("cohort", ["demo", "hostile"])
def test_without_javascript_everything_is_there_and_no_dead_control(
    browser: Browser, cohorts: dict[str, Path], cohort: str
) -> None:
    for path in some(cohorts[cohort]):
        with opened(browser, path, java_script_enabled=False) as page:
            assert page.locator("h1").is_visible()
            assert page.locator("button:visible, input:visible, select:visible").count() == 0
    with opened(browser, cohorts[cohort] / "index.html", java_script_enabled=False) as page:
        assert page.locator("#heat tbody tr:visible").count() in {13, len(HOSTILE)}


def test_a_link_leads_to_the_student_s_page(browser: Browser, cohorts: dict[str, Path]) -> None:
    with opened(browser, cohorts["demo"] / "index.html") as page:
        page.locator("#heat").get_by_role("link", name="Memory of 256 MB").click()
        assert page.locator("h1").inner_text() == "Memory of 256 MB"


def test_hostile_texts_do_nothing_and_are_seen(browser: Browser, cohorts: dict[str, Path]) -> None:
    for path in every_page(cohorts["hostile"]):
        with opened(browser, path) as page:
            assert page.title() != "owned"
            assert page.evaluate("document.querySelectorAll('img, iframe, object').length") == 0
    with opened(browser, cohorts["hostile"] / "index.html") as page:
        shown = page.locator("#heat tbody").inner_text()
        assert "<script>document.title='owned'</script>" in shown
        for button in page.locator("#heat thead button").all():
            button.click()


def test_the_table_s_region_can_be_scrolled_by_keyboard(
    browser: Browser, cohorts: dict[str, Path]
) -> None:
    with opened(browser, cohorts["thousand"] / "index.html", 390) as page:
        region = page.get_by_role("region", name="Students and criteria").last
        region.focus()
        page.keyboard.press("End")
        page.wait_for_function("node => node.scrollTop > 0", arg=region.element_handle())
        head = page.get_by_role("columnheader", name="Student").bounding_box()
        box = region.bounding_box()
        assert head
        assert box
        assert abs(head["y"] - box["y"]) < 3


@pytest.mark.parametrize("cohort", ["demo", "thousand"])
def test_paper_has_everything_on_white_and_no_controls(
    browser: Browser, cohorts: dict[str, Path], cohort: str
) -> None:
    with opened(browser, cohorts[cohort] / "index.html", color_scheme="dark") as page:
        page.emulate_media(media="print")
        assert page.locator("input:visible, select:visible, legend:visible").count() == 0
        assert page.locator("#shown").is_visible()
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert background == "rgb(255, 255, 255)"
        region = page.locator(".heat .scroll")
        whole = "node => node.scrollHeight <= node.clientHeight + 1"
        assert region.evaluate(whole)
        if cohort == "demo":
            assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


@pytest.mark.parametrize("media", ["screen", "print"])
@pytest.mark.parametrize("cohort", ["demo", "french"])
def test_no_column_s_head_runs_into_the_next(
    browser: Browser, cohorts: dict[str, Path], cohort: str, media: Any
) -> None:
    outside = """() => [...document.querySelectorAll('#heat thead th')].filter(head => {
        const cell = head.getBoundingClientRect(), inside = document.createRange();
        inside.selectNodeContents(head);
        return [...inside.getClientRects()].some(text => text.left < cell.left - 1
            || text.right > cell.right + 1 || text.top < cell.top - 1 || text.bottom > cell.bottom + 1);
    }).map(head => head.textContent)"""
    with opened(browser, cohorts[cohort] / "index.html", 1031) as page:
        page.emulate_media(media=media)
        # The student, the score, the criteria, what is noted.
        assert page.locator("#heat thead th").count() == 3 + len(lab_rubric().criteria)
        assert page.evaluate(outside) == []


@pytest.mark.parametrize("cohort", ["demo", "french", "failing", "hostile"])
def test_no_table_is_cut_on_paper(browser: Browser, cohorts: dict[str, Path], cohort: str) -> None:
    """A4 with the page's margins: 180 mm upright, 273 mm across for the heat map."""
    portrait, landscape = 680, 1031
    cut = """width => [...document.querySelectorAll('table')]
        .filter(table => (table.id === 'heat') === (width > 1000))
        .filter(table => table.getBoundingClientRect().right > width + 1)
        .map(table => table.outerHTML.slice(0, 100))"""
    for path in some(cohorts[cohort]):
        for width in (portrait, landscape):
            with opened(browser, path, width) as page:
                page.emulate_media(media="print")
                hostile = cohort == "hostile" and path.parent.parent.name == "students"
                assert hostile or page.evaluate(cut, width) == [], path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_the_reader_s_colour_scheme(
    browser: Browser, cohorts: dict[str, Path], scheme: Any
) -> None:
    with opened(browser, cohorts["demo"] / "index.html", color_scheme=scheme) as page:
        read = "parseInt(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])"
        assert (page.evaluate(read) < 128) is (scheme == "dark")
