"""What a screen reader is told, and what axe-core finds: nothing serious, in either colour scheme."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.pages.classes_shown import failing, report, written
from tests.pages.conftest import FAILING
from tests.pages.reading import every_page

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow

SERIOUS = {"serious", "critical"}


def serious(page: Page) -> list[Any]:
    """What axe-core finds on a page, and where."""
    from axe_playwright_python.sync_playwright import Axe

    return [
        (one["id"], one["help"], [node["html"][:200] for node in one["nodes"][:3]])
        for one in Axe().run(page).response["violations"]
        if one["impact"] in SERIOUS
    ]


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("cohort", ["demo", "failing", "hostile", "thousand"])
def test_axe_finds_nothing_serious(
    browser: Browser, cohorts: dict[str, Path], cohort: str, scheme: Any, width: int
) -> None:
    # axe is a script of ours from outside: the policy is set aside for it, and for it alone.
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    for path in every_page(cohorts[cohort])[: 2 if cohort == "thousand" else 6]:
        page.goto(path.as_uri())
        assert serious(page) == [], path
    page.goto((cohorts[cohort] / "index.html").as_uri())
    page.locator("#by-status").select_option("f")
    page.get_by_role("columnheader", name="Score").get_by_role("button").click()
    assert serious(page) == []
    page.get_by_role("button", name="Show in the table").first.click()
    for folded in page.locator("details > summary").all()[:5]:
        folded.click()
    assert serious(page) == []
    context.close()


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_what_is_read_aloud_is_named_once_and_counted_right(
    browser: Browser, tmp_path: Path, lang: str
) -> None:
    root = written(tmp_path / "results", [*FAILING, report(4)], failing(), lang=lang)
    page = browser.new_page()
    for path in every_page(root):
        page.goto(path.as_uri())
        heard = page.locator("body").aria_snapshot()
        regions = re.findall(r'- region "(.*)"', heard)
        assert len(regions) == len(set(regions)), regions
        assert not re.findall(r"\b1 (?:points|students|étudiants|validés)\b", heard)
    page.goto((root / "students/s0001/index.html").as_uri())
    heard = page.locator("body").aria_snapshot()
    for said in {"en": ("0.5 of 1", "3 of 3"), "fr": ("0,5 sur 1", "3 sur 3")}[lang]:
        assert f"- paragraph: {said}\n" in heard
    page.goto((root / "index.html").as_uri())
    cell = {
        "en": "passed: 2 failed: 1 not graded: 1",
        "fr": "validé : 2 non validé : 1 non noté : 1",
    }
    assert cell[lang] in page.locator("table.criteria").aria_snapshot().replace("\u00a0", " ")
    page.close()
