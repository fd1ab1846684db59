"""What a desk does not open with: one sentence, status 2, and nothing started."""

from __future__ import annotations

import signal
import socket
import ssl
from typing import TYPE_CHECKING

import pytest
import trustme

from tests.desk.desks import desk, roster
from tests.programs import grader_here, read_to
from tests.quick_run import first_only_when_quick

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

ONE = [{"student_id": "s01", "name": "Ada"}]


def refused(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    done = grader_here("desk", "class.csv", "--port", "0", *more, cwd=folder)
    assert done.returncode == 2, done
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert not (folder / "results").exists()
    assert not (folder / "desk-links.csv").exists()
    return done


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    roster(tmp_path, ONE)
    return tmp_path


@pytest.mark.parametrize(
    ("options", "said"),
    first_only_when_quick(
        [
            (["--host", "0.0.0.0"], "without TLS read what is handed in"),
            (["--host", "::"], "without TLS read what is handed in"),
            (["--host", "192.0.2.1", "--self-signed"], "Nothing can listen"),
            (["--self-signed", "--cert", "x"], "There are two certificates"),
            (["--key", "x"], "It has no certificate."),
            (["--cert", "nowhere.pem"], "It cannot be read"),
            (["--cert", "class.csv"], "This is not a certificate with its key"),
            (["--url", "http://desk.example.org"], "Without TLS others can read"),
            (["--url", "https://desk.example.org/x?y"], "It is not the address of a server."),
            (["--url", "https://[::1"], "It is not the address of a server."),
            (["--url", "https://desk.example.org:99999"], "It is not the address of a server."),
            (["--url", "https://me:secret@desk.example.org"], "It is not the address of a server."),
            (["--until", "2001-01-01T00:00Z"], "set the clock"),
            (["--until", "never"], "It is not a time."),
            (["--release", "s99"], "There is no student"),
            (["--new-link", "s99"], "There is no student"),
            (["--region", "nowhere at all"], "--region"),
        ]
    ),
)
def test_an_option_that_cannot_be(folder: Path, options: list[str], said: str) -> None:
    assert said in " ".join(refused(folder, *options).stderr.split())


def test_a_roster_without_rows_or_none_at_all(tmp_path: Path) -> None:
    (tmp_path / "class.csv").write_text("student_id,name\n")
    assert "class.csv" in refused(tmp_path).stderr
    none = grader_here("desk", cwd=tmp_path)
    assert none.returncode == 2
    assert "Name its roster, or give --demo." in none.stderr


def test_a_way_that_is_mistyped_though_nobody_goes_it(tmp_path: Path) -> None:
    (tmp_path / "class.csv").write_text("student_id,role_arn\ns01,arn:aws:iam::1:role/x\n")
    assert "class.csv:2: The role_arn is not the ARN of a role." in refused(tmp_path).stderr


def test_a_certificate_that_does_not_fit_its_key(folder: Path) -> None:
    one, other = (trustme.CA().issue_cert("localhost") for _ in range(2))
    one.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    other.private_key_pem.write_to_path(str(folder / "key.pem"))
    done = refused(folder, "--cert", "cert.pem", "--key", "key.pem")
    assert "The certificate does not fit the key key.pem." in done.stderr


def test_a_port_in_use(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = grader_here("desk", "class.csv", "--port", str(port), cwd=folder)
    assert done.returncode == 2
    assert f"port {port} of 127.0.0.1" in done.stderr
    assert not (folder / "results").exists()


def test_a_folder_in_use_by_another_grader(folder: Path) -> None:
    with desk(folder / "class.csv", None):
        done = grader_here("desk", "class.csv", "--port", "0", cwd=folder)
    assert done.returncode == 2
    assert "Another grader is at work in this folder." in done.stderr


def test_a_file_that_is_no_desk_s_is_not_written_over(folder: Path) -> None:
    (folder / "desk-links.csv").write_text("name,address\nAda,x\n")
    done = grader_here("desk", "class.csv", "--port", "0", cwd=folder)
    assert done.returncode == 2
    assert "would be written over" in done.stderr
    assert (folder / "desk-links.csv").read_text() == "name,address\nAda,x\n"


def test_links_that_cannot_be_written_are_made_again_and_missing_ones_are_told(
    folder: Path,
) -> None:
    links, missing = folder / "desk-links.csv", "But the link of 1 student is not"
    links.symlink_to(folder / "nowhere" / "desk-links.csv")
    done = grader_here("desk", "class.csv", "--port", "0", cwd=folder)
    assert (done.returncode, done.stdout) == (3, "")
    assert "Traceback" not in done.stderr
    links.unlink()
    for is_there, last in ((True, "Ctrl-C ends the desk."), (False, "--new-link STUDENT.")):
        with desk(folder / "class.csv", None) as opened:
            assert bool(opened.links["s01"]) == is_there
            told = read_to(opened.process.stderr, last)
            opened.process.send_signal(signal.SIGINT)
            told += opened.process.communicate(timeout=60)[1]
        assert (missing in told) != is_there
        links.unlink()


@pytest.mark.slow
def test_a_damaged_desk_file(folder: Path) -> None:
    with desk(folder / "class.csv", None) as opened:
        opened.process.kill()
        opened.process.wait()
    (folder / "results" / "desk.json").write_text("{")
    done = grader_here("desk", "class.csv", "--port", "0", cwd=folder)
    assert done.returncode == 2
    assert "Move it away: everybody gets a new link then." in done.stderr


def test_a_made_certificate_is_told_by_its_fingerprint(folder: Path) -> None:
    import hashlib

    options = ["--host", "0.0.0.0", "--self-signed"]
    with desk(folder / "class.csv", None, *options) as opened:
        assert opened.board.startswith("https://")
        port = int(opened.base.rpartition(":")[2])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with (
            socket.create_connection(("127.0.0.1", port)) as plain,
            context.wrap_socket(plain) as tls,
        ):
            given = tls.getpeercert(binary_form=True)
            assert given
            path = "/enter/" + opened.board.rpartition("/")[2]
            tls.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            head = b""
            while b"\r\n\r\n" not in head:
                head += tls.recv(4096)
        digest = hashlib.sha256(given).hexdigest().upper()
        assert ":".join(digest[at : at + 2] for at in range(0, 64, 2)) in opened.said
        assert b"Secure" in head.split(b"set-cookie", 1)[1].split(b"\r\n", 1)[0]


@pytest.mark.slow
def test_links_lead_to_where_the_reverse_proxy_is(folder: Path) -> None:
    with desk(folder / "class.csv", None, "--url", "https://desk.example.org/") as opened:
        assert opened.links["s01"].startswith("https://desk.example.org/enter/")
        assert opened.board.startswith("https://desk.example.org/enter/")
