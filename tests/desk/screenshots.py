"""The pictures in ``docs/desk.md``, of a demo: ``python -m tests.desk.screenshots``."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from tests.desk.desks import OpenDesk
from tests.pages.conftest import ARGUMENTS
from tests.programs import background, command

IMAGES = Path(__file__).parents[2] / "docs" / "images"
WIDTH = 900
_LINK = re.compile(r"http\S+/enter/\S+")


def main() -> None:
    """Write ``desk-student.png`` and ``desk-board.png``."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory(prefix="desk-") as place, sync_playwright() as playwright:
        folder = Path(place) / "demo"
        line = command("desk", "--demo", "--port", "0", "--out", folder)
        with background(line, cwd=Path(place)) as process:
            if process.stdout is None:
                raise TypeError("its output is read")
            board = ""
            while not board:
                found = _LINK.search(process.stdout.readline())
                board = found[0] if found else ""
            opened = OpenDesk(process, folder, board, "")
            chromium = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=ARGUMENTS
            )
            page = chromium.new_page(viewport={"width": WIDTH, "height": 900}, locale="en-GB")
            page.goto(opened.links["wrong-keys"])
            page.get_by_role("button").click()
            page.locator("textarea").fill((folder / "blocks" / "wrong-keys.txt").read_text())
            page.get_by_role("button", name="Check my account").click()
            page.locator("#said.done").wait_for()
            (IMAGES / "desk-student.png").write_bytes(page.screenshot())
            for name in ("reference", "memory-256", "shared-account"):
                opened.graded(name, (folder / "blocks" / f"{name}.txt").read_text())
            page.goto(opened.board)
            page.get_by_role("button").click()
            page.locator("#desk").screenshot(path=IMAGES / "desk-board.png")
            chromium.close()


if __name__ == "__main__":
    main()
