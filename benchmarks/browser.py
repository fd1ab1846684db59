"""How long a class page takes in Chromium: until the first rows are seen, and until all are."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

BUDGET_S = 2
"""Until the first rows are seen, of loading, of sorting and of filtering."""

_LONGEST_MS = 600_000
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

_ALL_SHOWN = """async () => {
    while (document.querySelector('#heat tbody tr[hidden]'))
        await new Promise((resolve) => setTimeout(resolve, 10));
}"""

_DONE = """async (does) => {
    const began = performance.now();
    does();
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
    const seen = performance.now() - began;
    while (document.querySelector('#heat tbody tr[hidden]'))
        await new Promise((resolve) => setTimeout(resolve, 10));
    return [seen, performance.now() - began];
}"""
"""The first rows are painted by the frame that follows."""

_SORTED = (
    f"() => ({_DONE})(() => document.querySelector('#heat thead th:nth-child(2) button').click())"
)
"""By the score, which is the second column."""

_FILTERED = f"""() => ({_DONE})(() => {{
    const name = document.querySelector('#by-name');
    name.value = '1';
    name.dispatchEvent(new Event('input', {{ bubbles: true }}));
    name.value = '';
    name.dispatchEvent(new Event('input', {{ bubbles: true }}));
}})"""
"""By a name, and by none: whoever was filtered out is shown again."""


@dataclass(frozen=True)
class Shown:
    """Seconds until the first rows were seen, and until all were: of loading, of sorting by score, of
    filtering by a name and by none again."""

    megabytes: float
    loaded_s: float
    all_loaded_s: float
    sorted_s: float
    all_sorted_s: float
    filtered_s: float
    all_filtered_s: float


def shown_in_browser(path: Path) -> Shown | None:
    """Open the class page at ``path``, sort and filter it; ``None`` where there is no Chromium, or
    nothing that drives it."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    chromium = shutil.which("chromium")
    if chromium is None:
        return None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(_LONGEST_MS)
        began = time.monotonic()
        page.goto(path.as_uri())
        loaded_s = time.monotonic() - began
        page.evaluate(_ALL_SHOWN)
        all_loaded_s = time.monotonic() - began
        sorted_ms, all_sorted_ms = page.evaluate(_SORTED)
        filtered_ms, all_filtered_ms = page.evaluate(_FILTERED)
        browser.close()
    return Shown(
        path.stat().st_size / 2**20,
        loaded_s,
        all_loaded_s,
        sorted_ms / 1000,
        all_sorted_ms / 1000,
        filtered_ms / 1000,
        all_filtered_ms / 1000,
    )
