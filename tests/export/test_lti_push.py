from __future__ import annotations

import os
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from grader import cli
from grader.export.lti_platform import Client, Platform, retry_after, scores_url
from grader.export.lti_push import Memory, Outcome, push
from grader.report import encode, read_report
from grader.secret import Secret
from grader.whole_file import write_json
from tests.export.classes import export_of
from tests.export.cohort import EXPECTED, RESULTS
from tests.export.lms import CLIENT, KEY_ID, Answer, Lms, lms
from tests.running import command, environment
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GRADED = {name: points for name, points in EXPECTED.items() if points is not None}
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
AGAIN = {"Retry-After": "0"}


@pytest.fixture
def platform() -> Iterator[Lms]:
    with lms(KEY.public_key()) as running:
        yield running


@pytest.fixture
def results(tmp_path: Path) -> Path:
    shutil.copytree(RESULTS, tmp_path / "results")
    return tmp_path / "results"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "tool.pem"
    path.touch(mode=0o600)
    path.write_bytes(PEM)
    return path


def pushed(results: Path, platform: Lms, key: Path, *more: str) -> int:
    return cli.run(
        [
            *("push", "lti", str(results), "--line-item", platform.line_item),
            *("--client-id", CLIENT, "--token-url", platform.token_url),
            *("--key", str(key), "--key-id", KEY_ID, *more),
        ]
    )


def regraded(results: Path, student: str, points: float) -> None:
    """A report as a new judgement would leave it: same times, and a criterion failed."""
    path = results / "students" / student / "report.json"
    report = read_report(path)
    criteria = list(report.criteria)
    lost = report.score - points
    first = next(n for n, one in enumerate(criteria) if one.points == lost)
    tests = tuple(msgspec.structs.replace(one, outcome="failed") for one in criteria[first].tests)
    criteria[first] = msgspec.structs.replace(
        criteria[first], points=0.0, status="failed", tests=tests
    )
    changed = msgspec.structs.replace(report, score=points, criteria=tuple(criteria))
    write_json(path, encode(changed), "report")


def direct(
    results: Path, platform: Lms, waits: list[float], *, timeout_s: float = 30, **changes: Any
) -> Outcome:
    """A push whose waiting is written down instead."""
    client = Client(CLIENT, platform.token_url, Secret(PEM.decode()), KEY_ID)
    export = export_of(results)
    at = Platform(client, platform.line_item, waits.append, timeout_s)
    try:
        return push(export, Memory(results, platform.line_item), at, **changes)
    finally:
        at.close()


def test_every_score_is_posted_and_nobody_without_one(
    results: Path, platform: Lms, key: Path, capsys
) -> None:
    assert pushed(results, platform, key) == 0
    assert platform.scores == GRADED
    assert platform.tokens_given == 1
    said = capsys.readouterr()
    assert "12 posted, 0 there already." in said.out
    assert "unreachable has no score" in said.err


def test_a_second_push_posts_nothing_and_asks_for_no_token(
    results: Path, platform: Lms, key: Path, capsys
) -> None:
    pushed(results, platform, key)
    before = list(platform.asked)
    assert pushed(results, platform, key) == 0
    assert platform.asked == before
    assert "0 posted, 12 there already." in capsys.readouterr().out


def test_a_changed_score_alone_is_posted_again_with_a_later_time(
    results: Path, platform: Lms, key: Path
) -> None:
    pushed(results, platform, key)
    regraded(results, "reference", 18)
    assert pushed(results, platform, key) == 0
    assert len(platform.taken) == len(GRADED) + 1
    assert platform.scores["reference"] == 18


def test_another_scale_is_another_score(results: Path, platform: Lms, key: Path) -> None:
    pushed(results, platform, key)
    assert pushed(results, platform, key, "--scale", "100") == 0
    assert platform.scores["memory-256"] == 95
    assert platform.taken[-1]["scoreMaximum"] == 100


def test_times_rise_even_when_the_clock_stands_or_runs_back(results: Path, platform: Lms) -> None:
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    direct(results, platform, [], now=lambda: moment)
    regraded(results, "reference", 18)
    done = direct(results, platform, [], now=lambda: moment - timedelta(days=1))
    assert [student for student, _ in done.posted] == ["reference"]
    assert platform.scores["reference"] == 18


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_busy_platform_is_asked_again(results: Path, platform: Lms, status: int) -> None:
    platform.first_scores.extend([Answer(status, AGAIN), Answer(status, AGAIN)])
    platform.first_tokens.append(Answer(status, AGAIN))
    waits: list[float] = []
    done = direct(results, platform, waits)
    assert (platform.scores, done.left, done.refused) == (GRADED, [], [])
    assert waits == [0, 0, 0]


def test_the_platforms_word_on_when_is_kept(results: Path, platform: Lms) -> None:
    platform.first_scores.append(Answer(429, {"Retry-After": "7"}))
    waits: list[float] = []
    direct(results, platform, waits)
    assert waits == [7]


def test_a_platform_that_asks_to_wait_for_hours_is_not_obeyed(results: Path, platform: Lms) -> None:
    platform.first_scores.append(Answer(503, {"Retry-After": "86400"}))
    waits: list[float] = []
    direct(results, platform, waits)
    assert waits == [300]


def test_a_score_whose_answer_was_lost_is_posted_with_a_later_time(
    results: Path, platform: Lms
) -> None:
    platform.first_scores.append(Answer(502, AGAIN, taken=True))
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    done = direct(results, platform, [], now=lambda: moment)
    assert done.refused == []
    first, second = [score for score in platform.taken if score["userId"] == "reference"]
    assert first["timestamp"] < second["timestamp"]


def test_a_platform_that_stays_away_is_not_asked_for_everybody(
    results: Path, platform: Lms, key: Path, capsys
) -> None:
    platform.first_scores.extend([Answer(204, taken=True), *[Answer(503, AGAIN)] * 15])
    assert pushed(results, platform, key) == 3
    said = capsys.readouterr()
    assert "not asked any more: HTTP 503, 5 times" in said.err
    assert "untouched was refused: HTTP 503, 5 times" in said.err
    assert "Not posted: mapping-disabled," in said.err
    assert pushed(results, platform, key) == 0
    assert len(platform.taken) == len(GRADED)


@pytest.mark.parametrize("status", [403, 404])
def test_users_whom_the_platform_does_not_know_cost_nobody_else(
    results: Path, platform: Lms, key: Path, status: int, capsys
) -> None:
    platform.known, platform.unknown = {*GRADED} - {"untouched", "memory-256"}, Answer(status)
    assert pushed(results, platform, key) == 3
    assert platform.scores.keys() == platform.known
    assert f"memory-256 was refused: HTTP {status}" in capsys.readouterr().err


@pytest.mark.parametrize("status", [403, 404, 500])
def test_those_who_are_refused_do_not_stand_in_the_way_for_ever(
    results: Path, platform: Lms, status: int
) -> None:
    first = [row.student_id for row in export_of(results).rows if row.report.score is not None]
    platform.known = {*first[5:]}
    platform.unknown = Answer(status, AGAIN)
    done = direct(results, platform, [])
    assert ([student for student, _ in done.refused], done.posted) == (first[:3], [])
    # They come last now, and the fourth and fifth are not enough to call it the platform's fault.
    again = direct(results, platform, [])
    assert platform.scores.keys() == platform.known
    assert {student for student, _ in again.refused} == {*first[:5]}


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_line_item_that_takes_nobodys_score_is_not_tried_for_everybody(
    results: Path, platform: Lms, status: int
) -> None:
    platform.known, platform.unknown = set(), Answer(status, AGAIN)
    done = direct(results, platform, [])
    assert (len(done.refused), len(done.left)) == (3, len(GRADED) - 3)
    assert done.ended.startswith(f"HTTP {status}")


@pytest.mark.parametrize("how", ["hang", "close", "half"])
def test_an_answer_that_does_not_come_is_asked_for_again(
    results: Path, platform: Lms, how: Literal["hang", "close", "half"]
) -> None:
    platform.first_tokens.append(Answer(200, body=b"{}" * 9, broken=how))
    platform.first_scores.extend([Answer(500, body=b"x" * 9, broken=how)] * 2)
    done = direct(results, platform, waits := [], timeout_s=0.5)
    assert (platform.scores, done.refused, done.left) == (GRADED, [], [])
    assert len(waits) == 3


def test_a_score_that_was_taken_is_not_posted_again_for_half_an_answer(
    results: Path, platform: Lms
) -> None:
    platform.first_scores.append(Answer(200, body=b"x" * 9, taken=True, broken="half"))
    done = direct(results, platform, waits := [])
    assert (len(done.posted), len(platform.taken), waits) == (len(GRADED), len(GRADED), [])


def test_a_score_that_breaks_the_platform_costs_nobody_else(
    results: Path, platform: Lms, key: Path, capsys
) -> None:
    platform.first_scores.extend([Answer(204, taken=True), *[Answer(500, AGAIN)] * 5])
    assert pushed(results, platform, key) == 3
    said = capsys.readouterr().err
    assert "untouched was refused: HTTP 500, 5 times" in said
    assert platform.scores.keys() == {*GRADED} - {"untouched"}


def test_scores_apart_that_break_the_platform_do_not_end_the_push(
    results: Path, platform: Lms
) -> None:
    broken = [Answer(500, AGAIN)] * 5
    platform.first_scores.extend([*broken, Answer(204, taken=True), *broken])
    done = direct(results, platform, [])
    assert [student for student, _ in done.refused] == ["reference", "memory-256"]
    assert (done.left, done.ended) == ([], "")


@pytest.mark.parametrize("status", [429, 500])
def test_a_platform_that_gives_no_token_is_not_asked_for_everybody(
    results: Path, platform: Lms, status: int
) -> None:
    platform.first_tokens.extend([Answer(status, AGAIN)] * 5)
    done = direct(results, platform, [])
    assert (done.refused, len(done.left)) == ([], len(GRADED))
    assert platform.asked == ["/token"] * 5


def test_an_answer_in_pieces_is_read_whole(results: Path, platform: Lms, key: Path) -> None:
    platform.chunk = 7
    assert pushed(results, platform, key) == 0
    assert platform.scores == GRADED


def test_an_answer_without_end_is_not_read_to_it(results: Path, platform: Lms) -> None:
    platform.chunk = 1000
    platform.first_tokens.append(Answer(200, body=b" " * 150_000 + b'{"access_token": "x"}'))
    assert direct(results, platform, []).ended == "No token: the answer holds none"


def test_an_answer_that_cannot_be_decoded_is_named(
    results: Path, platform: Lms, key: Path, capsys
) -> None:
    platform.first_tokens.append(Answer(200, {"Content-Encoding": "gzip"}, b"canary"))
    assert pushed(results, platform, key) == 3
    said = capsys.readouterr().err
    assert "No conversation with 127.0.0.1 (ContentDecodingError)" in said
    assert platform.asked == ["/token"]


def test_a_token_that_ended_early_is_replaced(results: Path, platform: Lms) -> None:
    moments = iter(range(10_000))

    def now() -> datetime:
        number = next(moments)
        if number == 3:
            platform.tokens.clear()
        return datetime(2030, 1, 1, tzinfo=UTC) + timedelta(seconds=number)

    done = direct(results, platform, [], now=now)
    assert (platform.scores, done.left) == (GRADED, [])
    assert platform.tokens_given == 2


def test_an_expired_token_is_not_used(results: Path, platform: Lms) -> None:
    platform.token_lasts_s = 1
    direct(results, platform, [])
    assert platform.tokens_given == len(GRADED)


@pytest.mark.parametrize("lasts", [None, "soon", "3600"])
def test_a_token_without_a_number_of_seconds_serves_until_it_is_refused(
    results: Path, platform: Lms, lasts: str | None
) -> None:
    platform.token_lasts_s = lasts
    direct(results, platform, [])
    assert platform.tokens_given == 1


def test_a_token_that_no_header_can_carry_is_none(results: Path, platform: Lms) -> None:
    platform.first_tokens.append(Answer(200, body='{"access_token": "ключ"}'.encode()))
    assert direct(results, platform, []).ended == "No token: the answer holds none"
    platform.first_tokens.append(Answer(200, body=b"[" * 60_000))
    assert direct(results, platform, []).ended == "No token: the answer holds none"


def test_a_token_that_never_serves_ends_the_push(
    results: Path, platform: Lms, key: Path, capsys
) -> None:
    platform.first_scores.extend([Answer(401)] * 3)
    assert pushed(results, platform, key) == 3
    assert "HTTP 401" in capsys.readouterr().err
    assert platform.taken == []


def test_a_token_without_the_scope_is_not_used(
    results: Path, platform: Lms, key: Path, capsys
) -> None:
    platform.scope = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
    assert pushed(results, platform, key) == 3
    assert "not for posting scores" in capsys.readouterr().err
    assert platform.asked == ["/token"]


def test_an_unknown_key_is_the_platforms_to_explain(
    results: Path, platform: Lms, key: Path, capsys
):
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    key.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    assert pushed(results, platform, key) == 3
    said = capsys.readouterr().err
    assert "invalid_client Signature verification failed" in said
    assert "Traceback" not in said


def test_one_student_the_platform_does_not_know_costs_nobody_else(
    results: Path, platform: Lms, key: Path, capsys
) -> None:
    platform.known = {*GRADED} - {"memory-256"}
    assert pushed(results, platform, key) == 3
    assert platform.scores.keys() == platform.known
    said = capsys.readouterr().err
    assert "memory-256 was refused: HTTP 422: \\x1b[31mno such user" in said


def test_a_redirect_does_not_take_the_token_along(
    results: Path, platform: Lms, key: Path, capsys
) -> None:
    with lms(KEY.public_key()) as elsewhere:
        platform.first_scores.append(Answer(307, {"Location": f"{elsewhere.url}/scores"}))
        assert pushed(results, platform, key) == 3
        assert elsewhere.asked == []
    assert "HTTP 307" in capsys.readouterr().err


def test_no_secret_is_shown_or_kept(results: Path, platform: Lms, key: Path, capsys) -> None:
    platform.first_scores.append(Answer(422, body=b"x"))
    pushed(results, platform, key)
    said = capsys.readouterr()
    kept = (results / "lti-pushed.ndjson").read_text()
    body = PEM.decode().splitlines()[1]
    for secret in [body, *platform.tokens]:
        assert secret not in said.out + said.err + kept


def test_an_answer_that_repeats_the_token_is_shown_without(
    results: Path, platform: Lms, key: Path, capsys
) -> None:
    # The platform forgets its tokens, and says which one it was given.
    platform.tokens = type("Forgetful", (set,), {"__contains__": lambda *_: False})()
    assert pushed(results, platform, key) == 3
    said = capsys.readouterr().err
    assert "Bearer ***" in said
    assert not any(token in said for token in platform.tokens)


def test_a_dry_run_connects_to_nothing(results: Path, platform: Lms, capsys) -> None:
    arguments = ["push", "lti", str(results), "--line-item", platform.line_item, "--dry-run"]
    assert cli.run(arguments) == 0
    said = capsys.readouterr().out
    assert "memory-256: 19/20 for the user memory-256" in said
    assert "12 would be posted, 0 there already." in said
    assert platform.asked == []
    assert not (results / "lti-pushed.ndjson").exists()
    assert not (results / ".lock").exists()


def test_what_was_taken_is_kept_when_the_push_is_interrupted(results: Path, platform: Lms) -> None:
    def now() -> datetime:
        if len(platform.taken) == 3:
            raise KeyboardInterrupt
        return datetime.now(UTC)

    with pytest.raises(KeyboardInterrupt):
        direct(results, platform, [], now=now)
    done = direct(results, platform, [])
    assert (len(done.known), len(platform.taken)) == (3, len(GRADED))


def test_a_push_that_is_killed_posts_nothing_twice(results: Path, platform: Lms, key: Path) -> None:
    answers = [Answer(204, taken=True)] * 5
    platform.first_scores.extend([*answers, Answer(204, broken="hang")])
    killed = subprocess.Popen(
        command(
            *("push", "lti", results, "--line-item", platform.line_item, "--client-id", CLIENT),
            *("--token-url", platform.token_url, "--key", key, "--key-id", KEY_ID),
        ),
        cwd=results.parent,
        env=environment(),
    )
    with killed:
        # Five are taken, and it waits for what the platform says to the sixth.
        until(lambda: len(platform.asked) == 1 + 6 or killed.poll() is not None)
        killed.kill()
    assert len(platform.taken) == 5
    done = direct(results, platform, [])
    assert (len(done.known), len(platform.taken)) == (5, len(GRADED))


def test_a_line_that_a_killed_push_left_unfinished_is_dropped(results: Path, platform: Lms) -> None:
    direct(results, platform, [])
    kept = results / "lti-pushed.ndjson"
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-9])
    done = direct(results, platform, [])
    assert (len(done.known), len(done.posted)) == (len(GRADED) - 1, 1)
    # What comes after it stands on a line of its own, and can be read.
    assert kept.read_bytes().startswith(whole[: whole.rindex(b"\n", 0, -1) + 1])
    assert len(direct(results, platform, []).known) == len(GRADED)


def test_the_memory_is_its_owners_alone(results: Path, platform: Lms, key: Path) -> None:
    pushed(results, platform, key)
    assert (results / "lti-pushed.ndjson").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"lti-pushed/1", b"lti-pushed/2"),
        (b'"reference"', b'"\xe9"'),
        (b'"timestamp":"20', b'"timestamp":"x20'),
        (b"-", b"-99-"),
    ],
)
def test_a_damaged_memory_is_named_and_nothing_is_posted(
    results: Path, platform: Lms, key: Path, before: bytes, after: bytes, capsys
) -> None:
    direct(results, platform, [])
    asked = len(platform.asked)
    kept = results / "lti-pushed.ndjson"
    kept.write_bytes(kept.read_bytes().replace(before, after))
    assert pushed(results, platform, key) == 2
    assert "lti-pushed.ndjson:1: This file is damaged" in capsys.readouterr().err
    assert len(platform.asked) == asked


def test_a_time_that_nothing_can_follow_is_damage(
    results: Path, platform: Lms, key: Path, capsys
) -> None:
    direct(results, platform, [])
    kept = results / "lti-pushed.ndjson"
    kept.write_text(
        re.sub(r'"timestamp":"[^"]*"', '"timestamp":"9999-12-31T23:59:59.999Z"', kept.read_text())
    )
    assert pushed(results, platform, key) == 2
    assert "lti-pushed.ndjson:1: This file is damaged" in capsys.readouterr().err


def test_a_folder_for_a_memory_is_named(results: Path, platform: Lms, key: Path, capsys) -> None:
    (results / "lti-pushed.ndjson").mkdir()
    assert pushed(results, platform, key) == 2
    assert "lti-pushed.ndjson: It cannot be read and written" in capsys.readouterr().err
    assert platform.asked == []


def test_each_line_item_is_remembered_apart(results: Path, platform: Lms, tmp_path: Path) -> None:
    direct(results, platform, [])
    export = export_of(results)
    done = push(export, Memory(results, "https://lms.example.org/other"), None)
    assert len(done.posted) == len(GRADED)


def roster_column(results: Path, column: str, values: dict[str, str]) -> None:
    batch = msgspec.json.decode((results / "batch.json").read_bytes())
    for student in batch["students"]:
        if student["student_id"] in values:
            student["extra"][column] = values[student["student_id"]]
    (results / "batch.json").write_bytes(msgspec.json.encode(batch))


def test_the_roster_names_the_platforms_user(results: Path, platform: Lms, key: Path) -> None:
    roster_column(results, "lti_user_id", {"reference": "a1b2"})
    assert pushed(results, platform, key) == 0
    assert platform.scores == {
        "a1b2" if name == "reference" else name: points for name, points in GRADED.items()
    }


def test_two_students_with_one_user_are_left_out_and_named(
    results: Path, platform: Lms, key: Path, capsys
) -> None:
    roster_column(results, "lti_user_id", {"reference": "a1b2", "untouched": "a1b2"})
    assert pushed(results, platform, key) == 3
    assert "a1b2" not in platform.scores
    said = capsys.readouterr().err
    assert "reference is left out" in said
    assert "untouched is left out" in said


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://lms.example.org/items/1", "could be read on the way"),
        ("ftp://lms.example.org/items/1", "not an address"),
        ("https://me:secret@lms.example.org/1", "not an address"),
        ("lms.example.org", "not an address"),
        ("https://[::1", "not an address"),
    ],
)
def test_an_address_that_a_token_must_not_go_to_is_refused(
    results: Path, key: Path, url: str, said: str, capsys
) -> None:
    arguments = ["--client-id", "c", "--token-url", url, "--key", str(key)]
    line_item = ["--line-item", "https://lms.example.org/1"]
    assert cli.run(["push", "lti", str(results), *line_item, *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith("--token-url: ")
    assert said in error
    assert "secret" not in error
    assert cli.run(["push", "lti", str(results), "--line-item", url, "--dry-run"]) == 2


def an_ec_key() -> bytes:
    made = ec.generate_private_key(ec.SECP256R1())
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


KEYS = {
    "not a private key": b"canary-secret",
    "protected by a password": KEY.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")
    ),
    "RSA key of 2,048 bits": an_ec_key(),
}


@pytest.mark.parametrize("said", KEYS)
def test_a_key_that_cannot_sign_is_refused_and_not_shown(
    results: Path, platform: Lms, key: Path, said: str, capsys
) -> None:
    key.write_bytes(KEYS[said])
    assert pushed(results, platform, key) == 2
    error = capsys.readouterr().err
    assert said in error
    assert not any(line in error for line in KEYS[said].decode().splitlines()[:3])
    assert platform.asked == []


@pytest.mark.skipif(os.name != "posix", reason="Windows has other permissions")
def test_a_key_that_others_can_read_is_used_and_named(
    results: Path, platform: Lms, key: Path, capsys
) -> None:
    key.chmod(0o644)
    assert pushed(results, platform, key) == 0
    assert "chmod 600" in capsys.readouterr().err


def test_a_netrc_does_not_replace_the_token(
    results: Path, platform: Lms, key: Path, tmp_path: Path, monkeypatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password canary\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert pushed(results, platform, key) == 0
    assert platform.scores == GRADED


def test_scores_are_posted_below_the_line_items_path() -> None:
    assert scores_url("https://x/a/1?b=c") == "https://x/a/1/scores?b=c"
    assert scores_url("https://x/a/1/") == "https://x/a/1/scores"


def test_both_forms_of_retry_after_are_read() -> None:
    now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert retry_after("120", now) == 120
    assert retry_after("Thu, 01 Jan 2026 12:00:05 GMT", now) == 5
    assert retry_after("Thu, 01 Jan 2026 11:00:00 GMT", now) == 0
    assert retry_after("soon", now) is None
    assert retry_after(None, now) is None
