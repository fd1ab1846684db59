"""A desk that is killed, and started again with the same command; and what is nowhere afterwards."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader.sandbox.deploy import deploy
from grader.sandbox.submission import DemoSubmission
from tests.desk.desks import Browser, block, desk, roster
from tests.observing import EMPTY, hand_in, messages
from tests.polling import wait_for
from tests.processes import children
from tests.programs import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.sandbox.server import Sandbox
    from tests.desk.desks import OpenDesk

CANARY = "CANARYcanaryCANARYcanaryCANARYcanaryCANA"


def class_of(folder: Path, students: int) -> Path:
    return roster(folder, [{"student_id": f"s{n:02}", "name": f"S {n}"} for n in range(students)])


def written(folder: Path) -> Iterator[Path]:
    """The files in a folder, and what a process of ours wrote elsewhere: its temporary folder."""
    yield from (path for path in folder.rglob("*") if path.is_file())


def assert_nowhere(canary: str, folder: Path, *texts: str) -> None:
    for path in written(folder):
        assert canary.encode() not in path.read_bytes(), path
    for text in texts:
        assert canary not in text


def said_by_processes(pid: int) -> str:
    """The arguments and the environment of a process and of those it started."""
    said = ""
    for one in (pid, *children(pid)):
        for name in ("cmdline", "environ"):
            said += (Path("/proc") / str(one) / name).read_text(errors="replace")
    return said


@pytest.mark.slow
@pytest.mark.parametrize("students", [3, pytest.param(10, marks=pytest.mark.slow)])
def test_killed_in_the_middle_of_runs_it_goes_on_when_started_again(
    tmp_path: Path, aws_sandbox: Sandbox, students: int
) -> None:
    """One has a grade, the others are being looked at, each with a block that must be nowhere."""
    (tmp_path / "tmp").mkdir()
    env = environment(TMPDIR=str(tmp_path / "tmp"))
    accounts = [aws_sandbox.new_account() for _ in range(students)]
    hand_in(aws_sandbox, accounts[0])
    for account in accounts[1:]:
        slow = DemoSubmission(name="x", description="x", points=None, handler="slow")
        deploy(aws_sandbox, account, slow)
    class_csv = class_of(tmp_path, students)
    with desk(class_csv, aws_sandbox, env=env) as opened:
        browsers = [opened.student(f"s{number:02}") for number in range(students)]
        browsers[0].hand_in(block(accounts[0], CANARY))
        assert browsers[0].over()["score"] == 20.0
        for browser, account in zip(browsers[1:], accounts[1:], strict=True):
            assert browser.hand_in(block(account, CANARY)).status == 303
        wait_for(lambda: all(one.state()["account_id"] for one in browsers))
        assert CANARY not in said_by_processes(opened.process.pid)
        board = opened.instructor()
        pages = [*(one.get("/").text for one in browsers), board.get("/board").text]
        assert_nowhere(CANARY, tmp_path, *pages)
        os.killpg(opened.process.pid, signal.SIGKILL)
        output, errors = opened.process.communicate(timeout=30)
        assert_nowhere(CANARY, tmp_path, output, errors)
        links, old_board = opened.links, opened.board
    with desk(class_csv, aws_sandbox, env=env) as again:
        assert {n: link.rpartition("/")[2] for n, link in again.links.items()} == {
            n: link.rpartition("/")[2] for n, link in links.items()
        }
        # Whoever has a page open need not come again by the link.
        for browser in (*browsers, board):
            browser.base = again.base
        assert browsers[0].state()["score"] == 20.0
        assert browsers[0].get("/report").status == 200
        assert {one.state()["state"] for one in browsers[1:]} == {"idle"}
        assert board.get("/board").status == 200
        assert Browser(again.base).get("/enter/" + old_board.rpartition("/")[2]).status == 200
        assert "S 0" in again.instructor().get("/board").text
        fresh = aws_sandbox.new_account()
        hand_in(aws_sandbox, fresh)
        assert again.graded("s01", block(fresh, CANARY))["score"] == 20.0
        again.process.send_signal(signal.SIGINT)
        output, errors = again.process.communicate(timeout=60)
        assert_nowhere(CANARY, tmp_path, output, errors)


@pytest.mark.slow
def test_ctrl_c_gives_the_queues_back(tmp_path: Path, aws_sandbox: Sandbox) -> None:
    """The function never answers: its messages would lie hidden for as long as it is waited for."""
    account = aws_sandbox.new_account()
    silent = DemoSubmission(name="x", description="x", points=None, handler="prints_only")
    deploy(aws_sandbox, account, silent)
    sqs = aws_sandbox.client("sqs", account)
    url = sqs.get_queue_url(QueueName="output_queue")["QueueUrl"]
    for number in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=f"mine {number}")
    with desk(class_of(tmp_path, 2), aws_sandbox) as opened:
        student = opened.student("s00")
        student.hand_in(block(account))
        wait_for(lambda: messages(aws_sandbox, account, "output_queue")["in flight"] == 3)
        opened.process.send_signal(signal.SIGINT)
        _output, errors = opened.process.communicate(timeout=100)  # its deadline is after 120
        assert opened.process.returncode == 130
        assert "1 check had no end; its queues are given back." in errors
        assert "Traceback" not in errors
    wait_for(lambda: messages(aws_sandbox, account, "output_queue") == {**EMPTY, "visible": 3})


@pytest.mark.slow
def test_the_board_s_links_end_with_the_desk(tmp_path: Path, aws_sandbox: Sandbox) -> None:
    class_csv = class_of(tmp_path, 1)

    def ended(opened: OpenDesk) -> str:
        opened.process.send_signal(signal.SIGTERM)
        opened.process.communicate(timeout=60)
        return opened.board

    with desk(class_csv, aws_sandbox) as opened:
        old = ended(opened)
    with desk(class_csv, aws_sandbox) as again:
        assert Browser(again.base).get("/enter/" + old.rpartition("/")[2]).status == 404
