"""How long a class page takes in Chromium: until the first rows are seen, and until all are."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

BUDGET_S = 2
"""Until the first rows are seen, of loading and of sorting."""

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

_SORTED = """async () => {
    const began = performance.now();
    document.querySelector('#heat thead th:nth-child(2) button').click();
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
    const seen = performance.now() - began;
    while (document.querySelector('#heat tbody tr[hidden]'))
        await new Promise((resolve) => setTimeout(resolve, 10));
    return [seen, performance.now() - began];
}"""
"""By the score, which is the second column; the first rows are painted by the frame that follows."""


@dataclass(frozen=True)
class Shown:
    """Seconds until the first rows were seen, and until all were: of loading, of sorting by score."""

    megabytes: float
    loaded_s: float
    all_loaded_s: float
    sorted_s: float
    all_sorted_s: float


def shown_in_browser(path: Path) -> Shown | None:
    """Open the class page at ``path`` and sort it; ``None`` where there is no Chromium, or nothing that
    drives it."""
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
        browser.close()
    return Shown(
        path.stat().st_size / 2**20,
        loaded_s,
        all_loaded_s,
        sorted_ms / 1000,
        all_sorted_ms / 1000,
    )
