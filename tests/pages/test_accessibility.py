"""axe-core finds nothing serious on the pages, in either colour scheme, wide or narrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.pages.reading import every_page

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow

SERIOUS = {"serious", "critical"}


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("cohort", ["demo", "failing", "hostile"])
def test_axe_finds_nothing_serious(
    browser: Browser, cohorts: dict[str, Path], cohort: str, scheme: Any, width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    # axe is a script of ours from outside: the policy is set aside for it, and for it alone.
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    for path in every_page(cohorts[cohort])[:6]:
        page.goto(path.as_uri())
        found = Axe().run(page).response["violations"]
        told = [
            (one["id"], one["help"], [node["html"][:200] for node in one["nodes"][:3]])
            for one in found
            if one["impact"] in SERIOUS
        ]
        assert told == [], path
    context.close()
