from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.pages.classes_shown import demo, failing, french, hostile, report, synthetic, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

REQUIRED = "REQUIRE_BROWSER"
FAILING = [report(1, ("failed", "partial", "blocked")), report(2, ("ungraded",)), report(3)]
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def _missing(what: str) -> None:
    if os.environ.get(REQUIRED):
        pytest.fail(f"{what} is missing, and {REQUIRED} is set")
    pytest.skip(f"{what} is missing: the pages were not tried in a browser")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium without a window."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _missing("playwright (the extra “test”)")
    path = shutil.which("chromium")
    if path is None:
        _missing("chromium (apt-get install chromium)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


class Cohorts(dict[str, "Path"]):
    """Results directories with pages, by name, each made when it is asked for."""

    def __init__(self, place: Path) -> None:
        super().__init__()
        self._place = place

    def __missing__(self, name: str) -> Path:
        make: dict[str, Callable[[Path], Path]] = {
            "demo": demo,
            "french": french,
            "hostile": hostile,
            "thousand": lambda root: written(root, synthetic(1000)),
            "failing": lambda root: written(root, FAILING, failing()),
        }
        self[name] = make[name](self._place / name)
        return self[name]


@pytest.fixture(scope="module")
def cohorts(tmp_path_factory: pytest.TempPathFactory) -> Cohorts:
    """The demo, a thousand, hostile strings, and failures of every kind."""
    return Cohorts(tmp_path_factory.mktemp("cohorts"))
