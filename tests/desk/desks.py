"""A desk at work in a process of its own, and a browser that is as plain as can be."""

from __future__ import annotations

import csv
import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from grader.model.access import Keys
from grader.roster.credentials_block import block_text
from grader.safety.secret import Secret
from tests.polling import wait_for
from tests.programs import LIMIT_S, background, command, environment, read_to

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from grader.sandbox.server import Sandbox

UNDER_WAY = frozenset({"queued", "looking"})
"""The states of a student whose account is visited, or is to be."""

BETWEEN_S = 2000
"""How long nobody may try again at the desk without AWS: longer than any test takes."""

CSRF = re.compile(r'name="csrf_token" value="(\w+)"')


def block(account: str, secret: str = "test") -> str:
    """The block of an account of the sandbox, as AWS Academy shows one."""
    return block_text(Keys(Secret(account), Secret(secret), None))


def roster(folder: Path, rows: list[dict[str, str]]) -> Path:
    """A class that hands in at the desk: no column says how an account is reached."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    path = folder / "class.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    return path


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    cookies: list[str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Browser:
    """Keeps cookies, follows nothing, runs no script."""

    base: str
    cookies: dict[str, str] = field(default_factory=dict)
    csrf: str = ""

    def ask(
        self,
        method: str,
        path: str,
        fields: dict[str, str] | None = None,
        body: bytes | None = None,
        **headers: str,
    ) -> Answer:
        parts = urlsplit(self.base)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=LIMIT_S)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if fields is not None:
            body = urlencode(fields).encode()
            given.setdefault("Content-Type", "application/x-www-form-urlencoded")
        if self.cookies:
            given["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            connection.request(method, path, body, given)
            got = connection.getresponse()
            text = got.read().decode()
        finally:
            connection.close()
        set_cookies = got.headers.get_all("Set-Cookie") or []
        for one in set_cookies:
            name, _, value = one.partition(";")[0].partition("=")
            self.cookies[name] = value
        if found := CSRF.search(text):
            self.csrf = found[1]
        return Answer(got.status, {k.lower(): v for k, v in got.getheaders()}, set_cookies, text)

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def post(self, path: str, **fields: str) -> Answer:
        return self.ask("POST", path, {"csrf_token": self.csrf, **fields})

    def enter(self, link: str) -> Answer:
        """Open a link, press its button, and look at the page that it leads to."""
        path = urlsplit(link).path
        assert self.get(path).status == 200
        there = self.post(path)
        assert there.status == 303, there.text
        return self.get(there.headers["location"])

    def hand_in(self, text: str) -> Answer:
        self.get("/")
        return self.post("/check", block=text)

    def state(self, **headers: str) -> Any:
        return self.get("/state", Accept="application/json", **headers).json

    def over(self, limit_s: float = 1200) -> Any:
        """The state once nothing is under way any more."""

        def ended() -> Any:
            now = self.state()
            return None if now["state"] in UNDER_WAY else now

        return wait_for(ended, within_s=limit_s)


@dataclass
class OpenDesk:
    """A desk that answers. ``board`` is the instructor's link, ``said`` what it said before."""

    process: subprocess.Popen[str]
    folder: Path
    board: str
    said: str

    @property
    def base(self) -> str:
        parts = urlsplit(self.board)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def links(self) -> dict[str, str]:
        """Each student's link, by the file for a mail merge."""
        with (self.folder / "desk-links.csv").open(encoding="utf-8", newline="") as file:
            return {row["student_id"]: row["link"] for row in csv.DictReader(file)}

    def student(self, name: str) -> Browser:
        """A browser that has entered by a student's link."""
        browser = Browser(self.base)
        assert browser.enter(self.links[name]).status == 200
        return browser

    def instructor(self) -> Browser:
        """A browser that has entered by the instructor's link."""
        browser = Browser(self.base)
        assert browser.enter(self.board).status == 200
        return browser

    def graded(self, name: str, text: str) -> Any:
        """The state that a student's block comes to."""
        browser = self.student(name)
        answer = browser.hand_in(text)
        assert answer.status == 303, answer.text
        return browser.over()


@contextmanager
def desk(
    class_csv: Path,
    sandbox: Sandbox | None,
    *more: str | Path,
    env: dict[str, str] | None = None,
) -> Iterator[OpenDesk]:
    """``grader desk`` on a free port, from its first answer to the end of the block."""
    folder = class_csv.parent
    where = ["--endpoint-url", sandbox.endpoint_url] if sandbox is not None else []
    options = ["--port", "0", "--out", folder / "results", "--confirm-silence", "0", *where]
    line = command("desk", class_csv, *options, *more)
    with background(line, cwd=folder, env=env or environment()) as process:
        assert process.stdout is not None
        said = ""
        while "/enter/" not in said:
            text = process.stdout.readline()
            assert text, process.stderr.read() if process.stderr else ""
            said += text
        found = re.search(r"\S+/enter/\S+", said)
        assert found
        if "--self-signed" in more:
            said += read_to(process.stdout, "fingerprint")
        yield OpenDesk(process, folder, found[0], said)


def waits_for(what: Any) -> None:
    """Wait until ``what`` is true."""
    wait_for(what)
