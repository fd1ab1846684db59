"""Students at the desk, from their links to their grades, in the sandbox."""

from __future__ import annotations

import json
import re
import signal
from typing import TYPE_CHECKING, Any

import pytest

from grader.model.report import read_report
from grader.sandbox.deploy import deploy
from grader.sandbox.submission import DemoSubmission
from tests.class_rosters import read_json
from tests.desk.desks import UNDER_WAY, Browser, block, desk, roster
from tests.observing import hand_in
from tests.polling import wait_for
from tests.programs import environment, grader_here, with_constants

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.server import Sandbox
    from tests.desk.desks import OpenDesk

NAMES = ("s01", "s02", "s03")
ROWS = [{"student_id": name, "name": f"Student {name}", "email": f"{name}@x.org"} for name in NAMES]


def statuses(state: Any) -> dict[str, str]:
    return {one["id"]: one["status"] for one in state["criteria"]}


def score_of(opened: OpenDesk, name: str) -> float | None:
    return read_report(opened.folder / "results" / "students" / name / "report.json").score


def end(opened: OpenDesk) -> tuple[int, str]:
    """Ctrl-C: the exit status, and what it says then."""
    opened.process.send_signal(signal.SIGINT)
    _output, errors = opened.process.communicate(timeout=60)
    return opened.process.returncode, errors


@pytest.fixture
def wait_no_longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a desk at which a student may try again at once: twenty seconds are played."""
    site = with_constants(tmp_path / "site", "desk", "grader.desk.runs", BETWEEN_S=0)
    return environment(PYTHONPATH=site)


def test_a_student_comes_by_a_link_and_sees_the_criteria_in_two_portions(
    tmp_path: Path, aws_sandbox: Sandbox, reference_account: str
) -> None:
    with desk(roster(tmp_path, ROWS), aws_sandbox) as opened:
        student = opened.student("s01")
        assert student.state() == {
            "state": "idle",
            "account_id": None,
            "score": None,
            "max_score": 20.0,
            "criteria": [],
            "message": "",
        }
        assert student.hand_in(block(reference_account)).headers["location"] == "/"
        seen: list[Any] = []

        def ended() -> bool:
            seen.append(student.state())
            page = student.get("/").text
            assert ('http-equiv="refresh"' in page) == ('data-busy="yes"' in page)
            return seen[-1]["state"] not in UNDER_WAY

        wait_for(ended)
        assert seen[0]["state"] in UNDER_WAY
        first = next(one for one in seen if one["criteria"])
        assert (first["state"], first["account_id"], first["score"]) == (
            "looking",
            reference_account,
            None,
        )
        assert statuses(first)["memory"] == "passed"
        assert {statuses(first)[one] for one in ("handler", "records", "sums")} == {"waiting"}
        last = seen[-1]
        assert (last["state"], last["score"], last["message"]) == ("done", 20.0, "")
        assert {*statuses(last).values()} == {"passed"}
        assert [*last["criteria"][0]] == [
            *("id", "title", "status", "points", "max_points", "message", "hint")
        ]
        page = student.get("/report")
        assert page.status == 200
        assert "Everything passed." in page.text
        # What is kept is what a batch keeps, and says waiting nowhere.
        assert score_of(opened, "s01") == 20.0
        assert end(opened)[0] == 0
    results = tmp_path / "results"
    assert read_json(results / "batch.json")["state"] == "finished"
    summary = read_json(results / "summary.json")
    assert (summary["graded"], summary["absent"]) == (1, 2)
    assert '"waiting"' not in (results / "students" / "s01" / "report.json").read_text()


@pytest.mark.slow
def test_what_changes_is_streamed(
    tmp_path: Path, aws_sandbox: Sandbox, reference_account: str
) -> None:
    from http.client import HTTPConnection
    from urllib.parse import urlsplit

    with desk(roster(tmp_path, ROWS), aws_sandbox) as opened:
        student = opened.student("s01")
        parts = urlsplit(opened.base)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        cookie = f"desk={student.cookies['desk']}"
        connection.request("GET", "/events", headers={"Cookie": cookie})
        stream = connection.getresponse()
        student.hand_in(block(reference_account))
        told: list[Any] = []
        while not told or told[-1]["state"] != "done":
            line = stream.readline()
            if line.startswith(b"data: "):
                told.append(json.loads(line[6:]))
        connection.close()
    assert told[0]["state"] == "idle"
    assert any("waiting" in statuses(one).values() for one in told)
    assert told[-1]["score"] == 20.0


def test_wrong_blocks_are_told_in_one_sentence_with_what_to_do(
    tmp_path: Path, aws_sandbox: Sandbox
) -> None:
    with desk(roster(tmp_path, ROWS), aws_sandbox) as opened:
        student = opened.student("s01")
        student.hand_in(block("1" * 12).replace("aws_access_key_id", "x"))
        told = student.get("/").text
        assert "Its block has no aws_access_key_id." in told
        assert "Copy the whole block again" in told
        student.ask(
            *("POST", "/check"),
            {"csrf_token": student.csrf, "block": "bonjour"},
            Accept_Language="fr-CA,en;q=0.5",
        )
        assert "Il ne contient aucun bloc" in student.get("/", Accept_Language="fr").text
        student.hand_in(block("1" * 12) + block("2" * 12))
        assert "It holds 2 different blocks." in student.get("/").text
        expired = Browser(opened.base).get("/enter/nobodys-token")
        assert expired.status == 404
        assert "ask your instructor" in expired.text


@pytest.mark.slow
def test_a_second_claimant_is_told_and_released(
    tmp_path: Path, aws_sandbox: Sandbox, reference_account: str, wait_no_longer: dict[str, str]
) -> None:
    other = aws_sandbox.new_account()
    hand_in(aws_sandbox, other)
    with desk(roster(tmp_path, ROWS), aws_sandbox, env=wait_no_longer) as opened:
        assert opened.graded("s01", block(reference_account))["score"] == 20.0
        refused = opened.graded("s02", block(reference_account))
        assert (refused["state"], refused["score"]) == ("refused", None)
        assert "Call your instructor" in refused["message"]
        # Nothing was run for it, and nothing kept.
        assert score_of(opened, "s02") is None
        assert "yours is" in opened.graded("s01", block(other))["message"]
        instructor = opened.instructor()
        board = instructor.get("/board").text
        assert (
            f"Student s02 handed in account {reference_account}, which is bound to Student s01"
            in board
        )
        assert instructor.post("/board/release", student="s01").status == 303
        assert "which is bound to" not in instructor.get("/board").text
        assert opened.graded("s02", block(reference_account))["score"] == 20.0
        assert opened.graded("s01", block(other))["score"] == 20.0


@pytest.mark.slow
def test_the_roster_s_account_decides(
    tmp_path: Path, aws_sandbox: Sandbox, reference_account: str
) -> None:
    rows = [{**ROWS[0], "account_id": "9" * 12}, {**ROWS[1], "account_id": reference_account}]
    with desk(roster(tmp_path, rows), aws_sandbox) as opened:
        assert (
            "handed in by somebody else"
            in opened.graded("s01", block(reference_account))["message"]
        )
        board = opened.instructor().get("/board").text
        given = f"handed in account {reference_account}, which the roster gives to Student s02"
        assert f"Student s01 {given}" in board
        assert opened.graded("s02", block(reference_account))["score"] == 20.0


def test_the_board_says_whose_account_was_claimed_and_lets_a_claim_be_dismissed(
    tmp_path: Path,
) -> None:
    rows = [ROWS[0], *({**one, "account_id": "1" * 12} for one in ROWS[1:])]
    class_csv, claimed = roster(tmp_path, rows), "which is bound to|which the roster gives to"
    with desk(class_csv, None) as opened:
        end(opened)
    kept = tmp_path / "results" / "desk.json"
    at, free = "2026-05-01T10:00:00Z", "4" * 12
    whose = {"1" * 12: "gone", "2" * 12: "s02", "3" * 12: "s01", free: "gone"}
    claims = [{"student_id": "s01", "account_id": account, "at": at} for account in whose]
    kept.write_text(json.dumps({**read_json(kept), "accounts": whose, "claims": claims}))
    with desk(class_csv, None) as opened:
        instructor = opened.instructor()

        def told() -> list[str]:
            found = re.findall(
                rf"account (\d+), (?:{claimed}) (.+?) \(", instructor.get("/board").text
            )
            return [f"{account} {owner}" for account, owner in found]

        # What is theirs by now, or nobody's any more, is settled.
        assert told() == ["2" * 12 + " Student s02", "1" * 12 + " Student s02, Student s03"]
        assert instructor.get("/board").text.count("Release: Student") == 1  # not of the roster's
        wrong = instructor.post("/board/dismiss", student="s03", account="1" * 12)
        assert (wrong.status, len(told())) == (303, 2)
        assert instructor.post("/board/dismiss", student="s01", account="1" * 12).status == 303
        assert told() == ["2" * 12 + " Student s02"]
        assert read_json(kept)["accounts"] == whose


@pytest.mark.slow
@pytest.mark.parametrize("keep", ["best", pytest.param("last", marks=pytest.mark.slow)])
def test_the_best_or_the_last_try_counts(
    tmp_path: Path,
    aws_sandbox: Sandbox,
    reference_account: str,
    wait_no_longer: dict[str, str],
    keep: str,
) -> None:
    options = ["--keep", keep]
    with desk(roster(tmp_path, ROWS), aws_sandbox, *options, env=wait_no_longer) as opened:
        assert opened.graded("s01", block(reference_account))["score"] == 20.0
        lambda_ = aws_sandbox.client("lambda", reference_account)
        lambda_.update_function_configuration(FunctionName="first_lambda", MemorySize=256)
        worse = opened.graded("s01", block(reference_account))
        assert (worse["state"], worse["score"]) == ("done", 19.0)
        assert ("An earlier try was better" in worse["message"]) == (keep == "best")
        assert score_of(opened, "s01") == (20.0 if keep == "best" else 19.0)
        lambda_.update_function_configuration(FunctionName="first_lambda", MemorySize=128)
        assert opened.graded("s01", block(reference_account))["score"] == 20.0
        assert score_of(opened, "s01") == 20.0


@pytest.mark.slow
def test_a_group_has_the_best_of_its_accounts(
    tmp_path: Path, aws_sandbox: Sandbox, reference_account: str
) -> None:
    worse = aws_sandbox.new_account()
    hand_in(aws_sandbox, worse, memory_mb=256)
    rows = [{**ROWS[0], "group": "g"}, {**ROWS[1], "group": "g"}, ROWS[2]]
    with desk(roster(tmp_path, rows), aws_sandbox) as opened:
        assert "Graded together with you: Student s02." in opened.student("s01").get("/").text
        assert opened.graded("s01", block(worse))["score"] == 19.0
        assert opened.student("s02").state()["score"] == 19.0
        assert opened.graded("s02", block(reference_account))["score"] == 20.0
        assert [score_of(opened, name) for name in ("s01", "s02")] == [20.0, 20.0]
        # Both are the group's, and nobody else's.
        bound = read_json(opened.folder / "results" / "desk.json")["accounts"]
        assert {*bound} == {reference_account, worse}
        assert "somebody else" in opened.graded("s03", block(worse))["message"]
        assert end(opened)[0] == 0
    folder = tmp_path / "results" / "students" / "s01"
    assert [one.name for one in (folder / "accounts").iterdir()] == [f"{worse}.json"]
    again = grader_here("regrade", tmp_path / "results", "--json", tmp_path / "x", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert "0 of them changed" in again.stderr
    assert read_report(folder / "report.json").score == 20.0


def test_the_instructor_closes_and_opens_the_desk(
    tmp_path: Path, aws_sandbox: Sandbox, reference_account: str
) -> None:
    with desk(roster(tmp_path, ROWS), aws_sandbox) as opened:
        student, instructor = opened.student("s01"), opened.instructor()
        assert instructor.post("/board/close").status == 303
        assert "The desk is closed." in instructor.get("/board").text
        page = student.get("/").text
        assert "<textarea" not in page
        assert "The desk is closed" in page
        assert student.post("/check", block=block(reference_account)).status == 403
        late = Browser(opened.base).get("/enter/" + opened.links["s02"].rpartition("/")[2])
        assert late.status == 410
        assert instructor.post("/board/open").status == 303
        assert student.hand_in(block(reference_account)).status == 303


@pytest.mark.slow
def test_until_closes_it_by_itself(tmp_path: Path, aws_sandbox: Sandbox) -> None:
    from datetime import UTC, datetime, timedelta

    soon = (datetime.now(UTC) + timedelta(seconds=90)).isoformat()
    with desk(roster(tmp_path, ROWS), aws_sandbox, "--until", soon) as opened:
        student = opened.student("s01")
        assert "Until " in student.get("/").text
        wait_for(lambda: "<textarea" not in student.get("/").text, within_s=300)
        assert student.post("/check", block=block("1" * 12)).status == 403
        # The instructor may give more time.
        instructor = opened.instructor()
        instructor.post("/board/open")
        assert "<textarea" in student.get("/").text


@pytest.mark.slow
def test_a_batch_goes_on_in_a_desks_folder_by_the_desks_roster(tmp_path: Path) -> None:
    (tmp_path / "class.csv").write_text("student_id,profile\ns1,\n")
    assert grader_here("batch", "class.csv", cwd=tmp_path).returncode == 0
    (tmp_path / "class.csv").write_text("student_id\ns1\n")
    refused = grader_here("batch", "class.csv", "--resume", cwd=tmp_path)
    assert (refused.returncode, "No column says how" in refused.stderr) == (2, True)
    (tmp_path / "results/desk.json").write_text("{}")
    for how in ("--resume", "--only=s1"):
        assert grader_here("batch", "class.csv", how, cwd=tmp_path).returncode == 0
    assert grader_here("batch", "class.csv", "--force", cwd=tmp_path).returncode == 2


@pytest.mark.slow
def test_a_desk_goes_on_from_a_batch_and_a_batch_from_a_desk(
    tmp_path: Path, aws_sandbox: Sandbox, reference_account: str
) -> None:
    other = aws_sandbox.new_account()
    hand_in(aws_sandbox, other, memory_mb=256)
    keys = {"aws_access_key_id": reference_account, "aws_secret_access_key": "test"}
    rows = [{**ROWS[0], **keys}, ROWS[1], ROWS[2]]
    class_csv = roster(tmp_path, rows)
    where = ["--endpoint-url", aws_sandbox.endpoint_url]
    due = "2026-11-27T23:59:00Z"
    kept = ["--due", due, "--absent", "zero", "--open-by-student", "sure", "--jobs", "3"]
    batch = grader_here("batch", class_csv, "--out", "results", *where, *kept, cwd=tmp_path)
    assert batch.returncode == 0, batch.stderr
    begun = read_json(tmp_path / "results" / "batch.json")
    with desk(class_csv, aws_sandbox) as opened:
        assert opened.student("s01").state()["score"] == 20.0
        assert "somebody else" in opened.graded("s02", block(reference_account))["message"]
        assert opened.graded("s03", block(other))["score"] == 19.0
        assert end(opened)[0] == 0
    ended = read_json(tmp_path / "results" / "batch.json")
    options = ("seed", "due", "absent", "open_by_student", "jobs", "endpoint_url")
    assert [ended[name] for name in options] == [begun[name] for name in options]
    before = {
        name: (tmp_path / "results" / "students" / name / "report.json").read_bytes()
        for name in ("s01", "s03")
    }
    again = ["--out", "results", "--resume", *where]
    third = aws_sandbox.new_account()
    hand_in(aws_sandbox, third)
    roster(tmp_path, [rows[0], {**ROWS[1], **keys, "aws_access_key_id": third}, ROWS[2]])
    resumed = grader_here("batch", class_csv, *again, cwd=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    exported = grader_here("export", "results", "--to", "csv", "--out", "x.csv", cwd=tmp_path)
    assert exported.returncode == 0, exported.stderr
    assert "s03" in (tmp_path / "x.csv").read_text()
    for name, report in before.items():
        path = tmp_path / "results" / "students" / name / "report.json"
        assert path.read_bytes() == report
    # What the batch graded in between is bound as well.
    with desk(class_csv, aws_sandbox) as opened:
        assert opened.student("s02").state()["score"] == 20.0
        assert "somebody else" in opened.graded("s03", block(third))["message"]


@pytest.mark.slow
def test_names_of_students_are_text_and_nothing_else(tmp_path: Path, aws_sandbox: Sandbox) -> None:
    hostile = "<script>alert(1)</script>\u202e{why}%s[red]"
    rows = [{"student_id": "s01", "name": hostile, "email": "=1+1", "group": hostile}, ROWS[1]]
    with desk(roster(tmp_path, rows), aws_sandbox) as opened:
        pages = [opened.student("s01").get("/").text, opened.instructor().get("/board").text]
        for page in pages:
            assert "<script>alert" not in page
            assert "\u202e" not in page
        assert "'=1+1" in (tmp_path / "desk-links.csv").read_text()


@pytest.mark.slow
def test_blocks_wait_their_turn_and_see_how_long(tmp_path: Path, aws_sandbox: Sandbox) -> None:
    accounts = {name: aws_sandbox.new_account() for name in NAMES}
    slow = DemoSubmission(name="x", description="x", points=None, handler="slow")
    for account in accounts.values():
        deploy(aws_sandbox, account, slow)
    with desk(roster(tmp_path, ROWS), aws_sandbox, "--jobs", "1") as opened:
        students = {name: opened.student(name) for name in NAMES}
        for name, student in students.items():
            assert student.hand_in(block(accounts[name])).status == 303
        assert students["s01"].state()["state"] == "looking"
        assert students["s02"].state()["message"] == "It is your turn next."
        assert students["s03"].state()["message"] == "1 student is before you."
        assert students["s03"].post("/check", block=block(accounts["s03"])).status == 409
        status, said = end(opened)
    assert status == 130
    assert "3 checks had no end; their queues are given back." in said
    assert "Go on with: grader desk" in said
