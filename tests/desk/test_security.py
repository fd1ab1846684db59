"""What the desk keeps to itself, and what it does with clients that mean no good."""

from __future__ import annotations

import re
import signal
import socket
import time
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import pytest
from starlette.applications import Starlette

from grader.desk import runs, server
from grader.desk.tls import tls_of
from tests.desk.desks import BETWEEN_S, Browser, block, desk, roster
from tests.polling import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.desk.tls import Tls
    from tests.desk.desks import OpenDesk

pytestmark = pytest.mark.xdist_group("desk_without_aws")


def test_every_answer_is_kept_by_nobody_and_frames_nowhere(desk_without_aws: OpenDesk) -> None:
    student, instructor = desk_without_aws.student("s00"), desk_without_aws.instructor()
    asked = [
        student.get("/"),
        student.get("/state"),
        student.get("/report"),
        student.get("/nothing"),
        student.post("/check", block="x"),
        student.ask("POST", "/check", {}),
        student.ask("PUT", "/check", {}),
        Browser(desk_without_aws.base).get("/"),
        Browser(desk_without_aws.base).get("/enter/x"),
        instructor.get("/board"),
        instructor.get("/students/s00/index.html"),
    ]
    assert [one.status for one in asked] == [200, 200, 404, 404, 303, 403, 405, 401, 404, 200, 200]
    for one in asked:
        assert one.headers["cache-control"] == "no-store"
        assert one.headers["x-content-type-options"] == "nosniff"
        assert one.headers["referrer-policy"] == "no-referrer"
        policy = one.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "server" not in one.headers


def test_a_page_s_policy_is_the_same_in_its_head_and_before_it(desk_without_aws: OpenDesk) -> None:
    student, instructor = desk_without_aws.student("s01"), desk_without_aws.instructor()
    for one in (student.get("/"), instructor.get("/board"), student.get("/nothing")):
        inside = re.search(r'Content-Security-Policy" content="([^"]+)"', one.text)
        assert inside
        said = inside[1].replace("&#39;", "'")
        assert one.headers["content-security-policy"] == f"{said}; frame-ancestors 'none'"


def test_a_link_changes_nothing_until_its_button_is_pressed(desk_without_aws: OpenDesk) -> None:
    link = urlsplit(desk_without_aws.links["s02"]).path
    scanner = Browser(desk_without_aws.base)
    for _ in range(3):
        page = scanner.get(link)
        assert page.status == 200
        assert page.text.count("<button") == 1
        assert "Student 2" in page.text
    assert [*scanner.cookies] == ["desk-visit"]
    assert scanner.get("/").status == 401
    # Any number of times, and in several browsers.
    for _ in range(2):
        assert Browser(desk_without_aws.base).enter(desk_without_aws.links["s02"]).status == 200


def test_cookies_are_for_this_site_alone_and_no_script_s(desk_without_aws: OpenDesk) -> None:
    browser = Browser(desk_without_aws.base)
    for link in (desk_without_aws.links["s03"], desk_without_aws.board):
        path = urlsplit(link).path
        got = [*browser.get(path).cookies, *browser.post(path).cookies]
        assert len(got) == 2
        for cookie in got:
            attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
            assert {"httponly", "samesite=strict"} <= attributes
            # Without TLS, on this machine alone, a browser would not keep it.
            assert "secure" not in attributes


def test_a_cookie_is_not_the_link_and_not_what_is_stored(desk_without_aws: OpenDesk) -> None:
    student = desk_without_aws.student("s04")
    kept = (desk_without_aws.folder / "results" / "desk.json").read_text()
    assert student.cookies["desk"] not in desk_without_aws.links["s04"]
    assert student.cookies["desk"] not in kept
    stored = re.search(r'"s04": "(\w+)"', kept)
    assert stored
    thief = Browser(desk_without_aws.base, {"desk": stored[1]})
    assert thief.get("/").status == 401


@pytest.mark.parametrize("path", ["/", "/state", "/events", "/report"])
def test_nobody_without_a_link_sees_a_student_s_pages(
    desk_without_aws: OpenDesk, path: str
) -> None:
    instructor = desk_without_aws.instructor()
    for browser in (
        Browser(desk_without_aws.base),
        Browser(desk_without_aws.base, {"desk": "x"}),
        Browser(desk_without_aws.base, {"desk": instructor.cookies["desk-board"]}),
    ):
        assert browser.get(path).status == 401


@pytest.mark.parametrize("path", ["/board", "/board/events", "/students/s05/index.html"])
def test_the_board_is_the_instructor_s(desk_without_aws: OpenDesk, path: str) -> None:
    student = desk_without_aws.student("s05")
    student.cookies["desk-board"] = student.cookies["desk"]
    assert student.get(path).status == 401


def test_no_form_is_taken_that_another_site_sends(desk_without_aws: OpenDesk) -> None:
    student, other = desk_without_aws.student("s06"), desk_without_aws.student("s07")
    for token in ("", "x", other.csrf, "0" * 64):
        student.csrf = token
        assert student.post("/check", block=block("1" * 12)).status == 403
    assert student.ask("POST", "/check", {"block": block("1" * 12)}).status == 403
    assert student.state()["state"] == "idle"
    instructor = desk_without_aws.instructor()
    instructor.csrf = other.csrf
    for path in ("/board/close", "/board/open", "/board/release", "/board/dismiss"):
        assert instructor.post(path, student="s06").status == 403
    # Nor makes one somebody enter by a link of its own.
    path = urlsplit(desk_without_aws.links["s07"]).path
    stranger = Browser(desk_without_aws.base)
    token = Browser(desk_without_aws.base)
    token.get(path)
    stranger.csrf = token.csrf
    assert stranger.post(path).status == 403
    assert "desk" not in stranger.cookies


def test_only_a_form_is_read(desk_without_aws: OpenDesk) -> None:
    student = desk_without_aws.student("s08")
    for kind in ("application/json", "multipart/form-data; boundary=x", "text/plain", ""):
        answer = student.ask("POST", "/check", body=b"block=x", Content_Type=kind)
        assert answer.status == 415
    many = {str(number): "x" for number in range(100)}
    assert student.ask("POST", "/check", {**many, "csrf_token": student.csrf}).status == 400


def test_a_body_has_16_kib_at_most(desk_without_aws: OpenDesk) -> None:
    student = desk_without_aws.student("s09")
    most = 16 * 1024
    room = most - len(urlencode({"csrf_token": student.csrf, "block": ""}))
    assert student.post("/check", block="x" * (room + 1)).status == 413
    # Without a length before it, too, and before all of it has come.
    parts = urlsplit(desk_without_aws.base)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    cookie = "; ".join(f"{name}={value}" for name, value in student.cookies.items())
    connection.putrequest("POST", "/check")
    connection.putheader("Cookie", cookie)
    connection.putheader("Content-Type", "application/x-www-form-urlencoded")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    for _ in range(most // 1024 + 2):
        connection.send(b"400\r\n" + b"x" * 1024 + b"\r\n")
    assert connection.getresponse().status == 413
    connection.close()
    assert student.state()["state"] == "idle"
    assert student.post("/check", block="x" * room).status == 303
    assert student.state()["state"] == "refused"


def test_at_most_one_try_in_20_s(desk_without_aws: OpenDesk) -> None:
    assert runs.BETWEEN_S == 20  # this desk's is longer: the next try may come late
    student = desk_without_aws.student("s10")
    # What is no block at all is told at once, and costs nobody a wait.
    for text in ("", "hello", "[default]\naws_access_key_id=ASIAXXXXXXXXXXXXXXXX"):
        assert student.post("/check", block=text).status == 303
        assert student.state()["state"] == "refused"
    assert student.post("/check", block=block("1" * 12)).status == 303
    student.over()
    answer = student.post("/check", block=block("1" * 12))
    assert answer.status == 429
    assert 0 < int(answer.headers["retry-after"]) <= BETWEEN_S
    assert "Try again in" in answer.text
    json = student.ask(
        "POST", "/check", {"csrf_token": student.csrf, "block": "x"}, Accept="application/json"
    )
    assert (json.status, json.json["state"]) == (429, "refused")


def test_a_block_is_sent_back_nowhere(desk_without_aws: OpenDesk) -> None:
    canary = "CANARYcanaryCANARYcanaryCANARYcanaryCANA"
    student = desk_without_aws.student("s11")
    text = f"aws_access_key_id=ASIAXXXXXXXXXXXXXXXX\naws_secret_access_key={canary}"
    answers = [student.post("/check", block=text), student.get("/"), student.get("/state")]
    assert answers[0].status == 303
    assert "aws_session_token" in answers[1].text
    answers.append(desk_without_aws.instructor().get("/board"))
    assert not any(canary in one.text or "ASIAXXX" in one.text for one in answers)


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>document.title='owned'</script>",
        "\0\x1b[2J" * 100,
        "{}{why}%s" * 50,
        "[default]\n" * 1000,
        "\ud7ff\ufffe" * 100,
        "aws_secret_access_key=" * 500,
        "%PDF-1.4",
        '{"AccessKeyId":' * 300,
    ],
)
def test_a_hostile_block_is_a_block_that_cannot_be_read(
    desk_without_aws: OpenDesk, hostile: str
) -> None:
    student = desk_without_aws.student("s12")
    answer = student.ask(
        "POST", "/check", {"csrf_token": student.csrf, "block": hostile}, Accept="application/json"
    )
    assert answer.status == 422
    assert "owned" not in answer.text + student.get("/").text
    assert student.state()["state"] == "refused"


@pytest.mark.parametrize(
    "path", ["/enter/..%2f..%2fdesk.json", "/students/..%2f..%2fdesk/index.html", "/%00", "//x"]
)
def test_a_path_leads_nowhere_else(desk_without_aws: OpenDesk, path: str) -> None:
    assert desk_without_aws.instructor().get(path).status == 404


@pytest.mark.slow
def test_who_says_nothing_or_never_ends_is_cut_off(desk_without_aws: OpenDesk) -> None:
    """Meanwhile everybody else is answered."""
    parts = urlsplit(desk_without_aws.base)
    began = time.monotonic()
    slow = [socket.create_connection((parts.hostname, parts.port)) for _ in range(60)]
    for number, one in enumerate(slow):
        one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n" if number % 2 else b"")
    assert desk_without_aws.student("s13").get("/").status == 200
    for one in slow:
        one.settimeout(server.REQUEST_S + 15)
        with suppress(ConnectionResetError):
            assert one.recv(100) == b""
        assert time.monotonic() - began > server.REQUEST_S - 1, "nobody is cut off sooner"
        one.close()


@pytest.mark.slow
def test_a_body_that_does_not_come_is_not_waited_for(desk_without_aws: OpenDesk) -> None:
    student = desk_without_aws.student("s14")
    parts = urlsplit(desk_without_aws.base)
    cookie = "; ".join(f"{name}={value}" for name, value in student.cookies.items())
    head = (
        f"POST /check HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\nContent-Length: 100\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\nblock="
    )
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as slow:
        slow.sendall(head.encode())
        assert slow.recv(100).startswith(b"HTTP/1.1 408")


def test_a_handshake_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "REQUEST_S", 1)
    tls = tls_of("127.0.0.1", None, None, self_signed=True, names=["127.0.0.1"])
    with serving(tls) as address, socket.create_connection(address, timeout=30) as silent:
        assert silent.recv(1) == b""


def test_what_comes_while_too_many_are_connected_is_closed_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "most_open_files", lambda: 0)
    monkeypatch.setattr(server, "REQUEST_S", 600)
    most = server._most_served() + server._TOLD_TO_WAIT

    def is_answered(one: socket.socket) -> bool:
        with suppress(ConnectionError):
            one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            return one.recv(8) == b"HTTP/1.1"
        return False

    with serving(None) as address, ExitStack() as stack:

        def comes() -> socket.socket:
            return stack.enter_context(socket.create_connection(address, timeout=30))

        crowd = [comes() for _each in range(most)]
        assert not is_answered(comes())
        assert is_answered(crowd[-1])
        for one in crowd:
            one.close()
        wait_for(lambda: is_answered(comes()))


@contextmanager
def serving(tls: Tls | None) -> Iterator[tuple[str, int]]:
    """A desk's server with nothing behind it: where it is."""
    with server.listen("127.0.0.1", 0) as listening:
        it = server.Server(Starlette(), listening, tls)
        it.start()
        try:
            yield listening.getsockname()
        finally:
            it.end()


def test_a_head_that_never_ends_is_refused(desk_without_aws: OpenDesk) -> None:
    parts = urlsplit(desk_without_aws.base)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as one:
        one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 40_000)
        assert one.recv(100).startswith(b"HTTP/1.1 4")


def test_of_many_streams_of_one_student_the_newest_are_kept(desk_without_aws: OpenDesk) -> None:
    student = desk_without_aws.student("s15")
    parts = urlsplit(desk_without_aws.base)
    streams = []
    for _ in range(7):
        one = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        cookie = f"desk={student.cookies['desk']}"
        one.request("GET", "/events", headers={"Cookie": cookie})
        got = one.getresponse()
        assert got.getheader("Content-Type", "").startswith("text/event-stream")
        assert b"retry" in got.readline()
        streams.append((one, got))
    assert b'"state":"idle"' in streams[0][1].read()  # to its end
    assert student.post("/check", block="x").status == 303
    for _one, got in streams[1:]:
        assert any(b'"state":"refused"' in line for line in iter(got.readline, b""))
    for one, _got in streams:
        one.close()


def test_the_links_file_is_its_owner_s_alone_and_nothing_tells_a_token(
    desk_without_aws: OpenDesk,
) -> None:
    folder = desk_without_aws.folder
    assert (folder / "desk-links.csv").stat().st_mode & 0o777 == 0o600
    tokens = [link.rpartition("/")[2] for link in desk_without_aws.links.values()]
    tokens.append(desk_without_aws.board.rpartition("/")[2])
    for path in folder.rglob("*"):
        if path.is_file() and path.name != "desk-links.csv":
            text = path.read_text(errors="replace")
            assert not any(token in text for token in tokens), path


@pytest.mark.slow
def test_what_the_desk_says_while_it_is_open_tells_no_token_and_no_block(tmp_path: Path) -> None:
    canary = "CANARYcanaryCANARYcanaryCANARYcanaryCANA"
    class_csv = roster(tmp_path, [{"student_id": "s01", "name": "Ann"}])
    with desk(class_csv, None, "--endpoint-url", "http://127.0.0.1:9") as opened:
        student, instructor = opened.student("s01"), opened.instructor()
        for text in (f"aws_secret_access_key={canary}", block("1" * 12, canary)):
            assert student.hand_in(text).status == 303
            assert student.over()["state"] == "refused"
        for browser in (student, instructor):
            for path in ("/", "/state", "/report", "/board", "/students/s01/index.html", "/x"):
                browser.get(path)
        links = [*opened.links.values(), opened.board]
        opened.process.send_signal(signal.SIGINT)
        output, errors = opened.process.communicate(timeout=100)
    secrets = [canary, student.csrf, instructor.csrf, *(link.rpartition("/")[2] for link in links)]
    secrets += [*student.cookies.values(), *instructor.cookies.values()]
    assert all(secrets)
    assert not [secret for secret in secrets if secret in output + errors]
    assert "/enter/" not in opened.said.replace(opened.board, "")
