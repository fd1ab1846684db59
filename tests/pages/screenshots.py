"""The README's pictures of the pages, of what ``grader demo`` leaves:

grader demo --force && python -m tests.pages.screenshots demo-results
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

IMAGES = Path(__file__).parents[2] / "docs" / "images"
WIDTH = 1100


def main(root: Path) -> None:
    """Write ``class.png``, ``heat-map.png`` and ``student.png``, of the results in ``root``."""
    from playwright.sync_api import sync_playwright

    from tests.pages.conftest import ARGUMENTS

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=ARGUMENTS
        )
        page = chromium.new_page(viewport={"width": WIDTH, "height": 900})
        page.goto((root / "index.html").as_uri())
        top = page.screenshot(clip={"x": 0, "y": 0, "width": WIDTH, "height": 760})
        (IMAGES / "class.png").write_bytes(top)
        page.locator(".heat").screenshot(path=IMAGES / "heat-map.png")
        page.goto((root / "students/wrong-keys/index.html").as_uri())
        whole = {"x": 0, "y": 0, "width": WIDTH, "height": 1390}
        (IMAGES / "student.png").write_bytes(page.screenshot(full_page=True, clip=whole))
        chromium.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
