"""What is said to a platform, and what becomes of what it answers: tokens, keys, lost connections."""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from grader import cli
from grader.export.lti_platform import retry_after, scores_url
from tests.export.lms import Answer, Lms, lms
from tests.export.pushing import AGAIN, GRADED, KEY, PEM, direct, pushed
from tests.quick_run import first_only_when_quick

if TYPE_CHECKING:
    from pathlib import Path


def test_an_answer_is_asked_for_as_it_is_and_not_packed(results: Path, platform: Lms) -> None:
    direct(results, platform, [])
    assert platform.encodings == {"identity"}


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


BUSY = Answer(429, {"Retry-After": "300"})
TOOK = Answer(204, taken=True)


def test_waits_after_which_scores_are_taken_do_not_add_up(results: Path, platform: Lms) -> None:
    platform.first_scores.extend([BUSY, TOOK] * len(GRADED))
    done = direct(results, platform, waits := [])
    assert (platform.scores, done.ended, done.left) == (GRADED, "", [])
    assert waits == [300] * len(GRADED)


def test_half_an_hour_of_waits_without_a_score_taken_ends_the_push(
    results: Path, platform: Lms
) -> None:
    broken = Answer(503, {"Retry-After": "86400"})
    platform.first_scores.extend([broken, broken, TOOK, *[broken] * 9])
    done = direct(results, platform, waits := [])
    assert waits == [300] * (2 + 6)
    assert done.ended == (
        "HTTP 503, 3 times. No score was taken in 30 min of waiting; "
        "the same command goes on with the rest"
    )
    assert (len(done.posted), len(done.refused), len(done.left)) == (1, 1, len(GRADED) - 2)
    platform.first_scores.clear()
    assert len(direct(results, platform, []).posted) == len(GRADED) - 1


def test_a_platform_that_stays_busy_ends_the_push_and_how_long_is_told(
    results: Path, platform: Lms
) -> None:
    platform.first_scores.extend([BUSY] * 5)
    done = direct(results, platform, [])
    assert done.ended.startswith("HTTP 429, 5 times. No score was taken in 20 min of waiting; ")
    assert (done.refused, len(done.left)) == ([], len(GRADED))


@pytest.mark.parametrize(
    "when",
    [
        "Thu, 01 Jan 99999999999999999999 12:00:05 GMT",
        "Thu, 01 Jan 2026 12:00:05 +99999999999999999999",
        "Fri, 31 Dec 9999 23:59:59 -9959",
        "9" * 5000,
    ],
)
def test_a_date_that_no_clock_knows_does_not_end_the_push(
    results: Path, platform: Lms, when: str
) -> None:
    platform.first_scores.append(Answer(503, {"Retry-After": when}))
    done = direct(results, platform, waits := [])
    assert (platform.scores, done.left, len(waits)) == (GRADED, [], 1)


@pytest.mark.parametrize("how", first_only_when_quick(["close", "hang", "half"]))
def test_an_answer_that_does_not_come_is_asked_for_again(
    results: Path, platform: Lms, how: Literal["hang", "close", "half"]
) -> None:
    platform.first_tokens.append(Answer(200, body=b"{}" * 9, broken=how))
    platform.first_scores.extend([Answer(500, body=b"x" * 9, broken=how)] * 2)
    done = direct(results, platform, waits := [], timeout_s=10 if how == "hang" else 30)
    assert (platform.scores, done.refused, done.left) == (GRADED, [], [])
    assert len(waits) == 3


@pytest.mark.slow
def test_a_platform_that_dribbles_is_not_waited_for_without_end(
    results: Path, platform: Lms
) -> None:
    dribbles = Answer(200, broken="dribble")
    platform.first_tokens.append(dribbles)
    platform.first_scores.append(dribbles)
    began = time.monotonic()
    done = direct(results, platform, waits := [], timeout_s=10)
    assert time.monotonic() - began < 300  # it would dribble for a day
    assert (platform.scores, len(waits), done.left) == (GRADED, 2, [])


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


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")
def test_a_key_may_come_through_the_pipe_of_a_program(
    results: Path, platform: Lms, key: Path, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    # A daemon: it would wait for ever if nobody opened the pipe.
    pipe = tmp_path / "pipe"
    threading.Thread(target=lambda: pipe.write_bytes(key.read_bytes()), daemon=True).start()
    assert pushed(results, platform, pipe) == 0
    assert platform.scores == GRADED


def test_a_key_that_is_not_there_is_named(
    results: Path, platform: Lms, tmp_path: Path, capsys
) -> None:
    assert pushed(results, platform, tmp_path / "none.pem") == 2
    assert (
        "none.pem: The key cannot be read (No such file or directory)." in capsys.readouterr().err
    )


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
