"""The desk in Chromium: from a link on another site to the grade, without script too, and the board."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from tests.desk.desks import block, desk, roster
from tests.observing import hand_in
from tests.pages.conftest import browser
from tests.pages.test_accessibility import serious

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from grader.sandbox.server import Sandbox

__all__ = ["browser"]

LIMIT_MS = 60_000
ROWS = [
    {"student_id": "s01", "name": "Ada", "email": "a@x.org"},
    {"student_id": "s02", "name": "Béla", "email": "b@x.org"},
]
WORDS = {
    "en-GB": ("Go to my page", "Your credentials block", "Check my account", "checked"),
    "fr-FR": (
        "Aller à ma page",
        "Votre bloc d'identifiants",
        "Vérifier mon compte",
        "vérifié",
    ),
}


@contextmanager
def window(browser: Browser, *, complains: bool = False, **options: Any) -> Iterator[Page]:
    """A window of its own. What it complains of, or asks of any other host, fails the test."""
    context = browser.new_context(**options)
    context.set_default_timeout(LIMIT_MS)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complains or complaints == []


@contextmanager
def mail(link: str) -> Iterator[str]:
    """Another site, with the link on it: a mail program in the browser."""

    class Mail(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f'<link rel="icon" href="data:,"><a href="{link}">lab</a>'.encode())

        def log_message(self, *_given: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Mail)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        # Another name is another site for a browser.
        yield f"http://localhost:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def paste(page: Page, link: str, text: str, locale: str = "en-GB") -> None:
    """From the link to the block handed in, by keyboard alone."""
    go, label, check, _checked = WORDS[locale]
    page.goto(link)
    page.get_by_role("button", name=go).press("Enter")
    page.get_by_label(label).fill(text)
    page.get_by_label(label).press("Tab")
    assert page.evaluate("document.activeElement.textContent") == check
    page.keyboard.press("Enter")


@pytest.mark.slow
@pytest.mark.parametrize(
    "locale",
    ["en-GB", pytest.param("fr-FR", marks=pytest.mark.slow)],
)
def test_a_student_comes_from_another_site_to_20_of_20(
    browser: Browser, tmp_path: Path, aws_sandbox: Sandbox, reference_account: str, locale: str
) -> None:
    go, label, check, checked = WORDS[locale]
    with (
        desk(roster(tmp_path, ROWS), aws_sandbox) as opened,
        mail(opened.links["s01"]) as site,
        window(browser, locale=locale) as page,
    ):
        page.goto(site)
        page.get_by_role("link", name="lab").click()
        page.get_by_role("button", name=go).click()
        page.get_by_label(label).fill(block(reference_account))
        page.get_by_role("button", name=check).click()
        # It streams: nobody loads the page again.
        page.evaluate("window.same = true")
        page.locator("#live .mark.waiting").first.wait_for()
        page.locator("#said.done").wait_for()
        assert page.evaluate("window.same") is True
        assert page.locator("#said").inner_text().startswith(checked)
        assert page.locator(".score strong").inner_text() == "20"
        assert page.locator("html").get_attribute("lang") == locale[:2]
        assert page.locator(".asked > li.passed").count() == 12
        page.locator('a[href="/report"]').click()
        assert page.locator(".score strong").inner_text() == "20"


@pytest.mark.slow
def test_without_script_the_page_loads_itself_again(
    browser: Browser, tmp_path: Path, aws_sandbox: Sandbox, reference_account: str
) -> None:
    with (
        desk(roster(tmp_path, ROWS), aws_sandbox) as opened,
        window(browser, locale="en-GB", java_script_enabled=False) as page,
    ):
        page.goto(opened.links["s01"])
        page.get_by_role("button", name="Go to my page").click()
        page.get_by_label("Your credentials block").fill(block(reference_account))
        page.get_by_role("button", name="Check my account").click()
        page.locator("#said.done").wait_for()
        assert page.locator(".score strong").inner_text() == "20"
        assert page.locator("textarea").input_value() == ""


@pytest.mark.slow
def test_what_is_being_typed_stays_when_the_page_changes(browser: Browser, tmp_path: Path) -> None:
    with (
        desk(roster(tmp_path, ROWS), None) as opened,
        window(browser, locale="en-GB", viewport={"width": 360, "height": 700}) as page,
    ):
        page.goto(opened.links["s01"])
        page.get_by_role("button", name="Go to my page").click()
        page.locator("textarea").fill("half a block")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        instructor = opened.instructor()
        instructor.post("/board/close")
        page.get_by_role("heading", name="The desk is closed").wait_for()
        assert page.locator("textarea").count() == 0
        instructor.post("/board/open")
        page.locator("textarea").wait_for()
        assert page.locator("textarea").input_value() == "half a block"


@pytest.mark.slow
def test_what_is_wrong_with_a_block_is_said_of_its_field(browser: Browser, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    help_text = "Start the lab; then AWS Details, AWS CLI, Show: copy everything,"
    with (
        desk(roster(tmp_path, ROWS), None) as opened,
        window(browser, locale="en-GB") as page,
    ):
        page.goto(opened.links["s01"])
        page.get_by_role("button", name="Go to my page").click()
        field = page.get_by_label("Your credentials block")
        expect(field).to_have_accessible_description(re.compile(f"^{help_text}.*end\\.$"))
        assert field.get_attribute("aria-invalid") is None
        field.fill("hello")
        page.get_by_role("button", name="Check my account").click()
        page.locator("#said.refused").wait_for()
        said = page.locator("#said span").inner_text()
        assert said
        expect(field).to_have_accessible_description(
            re.compile(f"^{help_text}.*{re.escape(said)}$")
        )
        assert field.get_attribute("aria-invalid") == "true"


@pytest.mark.slow
def test_the_board_is_live_and_releases(
    browser: Browser, tmp_path: Path, aws_sandbox: Sandbox, reference_account: str
) -> None:
    with (
        desk(roster(tmp_path, ROWS), aws_sandbox) as opened,
        window(browser, locale="en-GB") as page,
    ):
        page.goto(opened.board)
        page.get_by_role("button", name="Go to the board").click()
        row = page.locator(".seats tr", has_text="Ada")
        assert "not here yet" in row.inner_text()
        student = opened.student("s01")
        student.hand_in(block(reference_account))
        page.locator(".seats tr", has_text="Ada").locator(".stage.looking").wait_for()
        page.locator(".seats tr", has_text="Ada").locator(".stage.done").wait_for()
        assert "20" in row.inner_text()
        # The class page below has it too, and can be sorted.
        page.locator("#heat thead button").first.wait_for()
        opened.graded("s02", block(reference_account))
        page.get_by_text("Béla handed in account").wait_for()
        page.locator(".claims").get_by_role("button", name="Release: Ada").click()
        page.get_by_role("button", name="Close the desk").wait_for()
        assert page.locator(".claims").count() == 0
        page.locator("#heat").get_by_role("link", name="Ada").click()
        assert page.locator("h1").inner_text() == "Ada"


@pytest.mark.slow
def test_nobody_loses_their_place_when_the_board_changes(
    browser: Browser, tmp_path: Path, aws_sandbox: Sandbox
) -> None:
    account = aws_sandbox.new_account()
    hand_in(aws_sandbox, account, memory_mb=256)
    others = [{"student_id": f"t{n}", "name": f"Student {n}"} for n in range(40)]
    with (
        desk(roster(tmp_path, [*ROWS, *others]), aws_sandbox) as opened,
        window(browser, locale="en-GB") as page,
    ):
        opened.graded("s01", block(account))
        instructor = opened.instructor()
        page.goto(opened.board)
        # What happens before the stream begins is not told by it.
        with page.expect_response("**/board/events"):
            page.get_by_role("button", name="Go to the board").click()

        # What is unfolded and how far it is scrolled: another page comes in the place of this one.
        page.evaluate("document.querySelector('main').old = true")
        page.locator("figure summary").press("Enter")
        page.locator("#desk .scroll").evaluate("scroll => scroll.scrollTop = 40")
        instructor.post("/board/close")
        page.get_by_text("The desk is closed.").wait_for()
        assert page.evaluate("document.querySelector('main').old") is None
        assert page.locator("figure details").get_attribute("open") == ""
        assert page.locator("figure summary:focus").count() == 1
        assert page.locator("#desk .scroll").evaluate("scroll => scroll.scrollTop") == 40

        # A button, whatever comes before it: Enter is pressed for the same student.
        instructor.post("/board/open")
        page.get_by_text("The desk is open.").wait_for()
        page.locator(".seats").get_by_role("button", name="Release: Ada").focus()
        assert opened.graded("s02", block(account))["state"] == "refused"
        page.get_by_text("Béla handed in account").wait_for()
        assert page.locator(".seats tbody tr").first.inner_text().startswith("Béla")
        assert page.locator(".seats button:focus").get_attribute("aria-label") == "Release: Ada"

        # Who is filtering the table goes on, and the findings still lead to it.
        name = page.get_by_label("Name contains")
        name.press_sequentially("A")
        instructor.post("/board/close")
        page.get_by_text("The desk is closed.").wait_for()
        page.keyboard.type("da")
        assert name.input_value() == "Ada"
        assert page.get_by_role("button", name="Show in the table").count() == 1


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_serious_and_nothing_is_too_wide(
    browser: Browser,
    tmp_path: Path,
    aws_sandbox: Sandbox,
    reference_account: str,
    scheme: Any,
    width: int,
) -> None:
    other = aws_sandbox.new_account()
    hand_in(aws_sandbox, other, memory_mb=256)
    options = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}

    def looked_at(page: Page) -> None:
        assert serious(page) == [], page.url
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url

    with (
        desk(roster(tmp_path, ROWS), aws_sandbox) as opened,
        # axe is a script of ours from outside: the policy is set aside for it, and for it alone.
        window(browser, locale="en-GB", bypass_csp=True, complains=True, **options) as page,
    ):
        page.goto(opened.links["s01"])
        looked_at(page)
        page.get_by_role("button", name="Go to my page").click()
        page.wait_for_url(opened.base + "/")
        looked_at(page)
        page.get_by_label("Your credentials block").fill(block(other))
        page.get_by_role("button", name="Check my account").click()
        page.locator("#live .mark.waiting").first.wait_for()
        looked_at(page)
        page.locator("#said.done").wait_for()
        looked_at(page)
        assert "refused" in opened.graded("s02", block(other))["state"]
        page.goto(opened.board)
        page.get_by_role("button", name="Go to the board").click()
        page.wait_for_url(opened.base + "/board")
        looked_at(page)
        page.goto(opened.base + "/nothing")
        looked_at(page)


@pytest.mark.slow
def test_forty_students_at_once(browser: Browser, tmp_path: Path, aws_sandbox: Sandbox) -> None:
    """Four of them are real browsers: forty would measure the machine."""
    rows = [{"student_id": f"s{number:02}", "name": f"Student {number}"} for number in range(40)]
    accounts = {row["student_id"]: aws_sandbox.new_account() for row in rows}
    for account in accounts.values():
        hand_in(aws_sandbox, account)
    names = [*accounts]
    with desk(roster(tmp_path, rows), aws_sandbox) as opened, ThreadPoolExecutor(36) as others:
        contexts = [browser.new_context(locale="en-GB") for _ in range(4)]
        pages = {name: one.new_page() for name, one in zip(names, contexts, strict=False)}
        for name, page in pages.items():
            page.set_default_timeout(20 * LIMIT_MS)
            page.goto(opened.links[name])
            page.get_by_role("button", name="Go to my page").click()
            page.get_by_label("Your credentials block").fill(block(accounts[name]))
        ended = [
            others.submit(opened.graded, name, block(accounts[name]))
            for name in names[len(pages) :]
        ]
        for page in pages.values():
            page.get_by_role("button", name="Check my account").click(no_wait_after=True)
        for name, page in pages.items():
            page.locator("#said.done").wait_for()
            assert page.locator(".score strong").inner_text() == "20"
            # Everybody sees their own.
            assert page.locator("h1").inner_text() == f"Student {names.index(name)}"
            assert accounts[name] in page.locator(".account").inner_text()
        for name, one in zip(names[len(pages) :], ended, strict=True):
            assert (one.result()["score"], one.result()["account_id"]) == (20.0, accounts[name])
        for context in contexts:
            context.close()
