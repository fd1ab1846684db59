"""Which answers of a platform take a score, and which are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.export.lti_answer import Extent, Meaning, PlatformAnswer
from tests.export.lms import Answer, Lms
from tests.export.pushing import GRADED, direct
from tests.quick_run import first_only_when_quick

if TYPE_CHECKING:
    from pathlib import Path

HTML = {"Content-Type": "text/html; charset=utf-8"}
JSON = {"Content-Type": "application/json"}
TEXT = {"Content-Type": "text/plain"}
LONG = b"x" * 70_000


@pytest.mark.parametrize(
    "answer",
    first_only_when_quick(
        [
            Answer(200, body=b"<!DOCTYPE html><p>Sign in</p>"),
            Answer(200, body=b"\n <html></html>"),
            Answer(200, HTML, b"Your session has expired. <a href=/login>Sign in</a>"),
            Answer(200, HTML, b"Warning: mysql has gone away\n{}"),
            Answer(200, {"Content-Type": "text/plain"}, b"<p>Sign in</p>"),
            Answer(200, body=b"\r\n<html>" + LONG),
            Answer(200, HTML, b"Your session has expired. " + LONG),
            Answer(201, body="<html>Sign in</html>".encode("utf-16")),
            Answer(200, body="<html>Sign in</html>".encode("utf-16-be")),
            Answer(200, JSON, body="\ufeff<html>Sign in</html>".encode()),
        ]
    ),
)
def test_a_web_page_is_no_answer_to_a_score(results: Path, platform: Lms, answer: Answer) -> None:
    platform.first_scores.append(answer)
    done = direct(results, platform, [])
    assert done.posted == []
    assert "web page" in str(done.ended)
    assert platform.asked == ["/token", "/courses/7/items/3/scores?type=lab"]


@pytest.mark.parametrize(
    "answer",
    first_only_when_quick(
        [
            Answer(200, HTML, taken=True),
            Answer(200, HTML, b"\r\n", taken=True),
            Answer(201, JSON, b' {"resultUrl": "https://lms.example.org/1"}\n', taken=True),
            Answer(200, body="\ufeffnull".encode(), taken=True),
            Answer(200, TEXT, b"OK", taken=True),
            Answer(202, TEXT, b"accepted", taken=True),
            Answer(200, body=b"Your session has expired.", taken=True),
            Answer(200, JSON, b'{"comment": "not\xe9"}', taken=True),
            Answer(200, JSON, b"1e999", taken=True),
            Answer(200, HTML, b' {"id": 1e999, "comment": "not\xe9"}', taken=True),
            Answer(200, body=LONG, taken=True),
            Answer(200, TEXT, b"a < b " + LONG, taken=True),
            Answer(200, HTML, b'{"results": "' + LONG + b'"}', taken=True),
        ]
    ),
)
def test_a_score_is_taken_by_any_2xx_that_is_no_web_page(
    results: Path, platform: Lms, answer: Answer
) -> None:
    platform.first_scores.append(answer)
    done = direct(results, platform, waits := [])
    assert (len(done.posted), len(platform.taken), waits) == (len(GRADED), len(GRADED), [])


@pytest.mark.parametrize("headers", [JSON, {"Content-Type": "application/x.y+json;v=1"}])
def test_a_score_that_was_taken_is_not_posted_again_for_half_an_answer(
    results: Path, platform: Lms, headers: dict[str, str]
) -> None:
    lost = Answer(200, headers, b'{"resultUrl": ""}', taken=True, broken="half")
    platform.first_scores.append(lost)
    done = direct(results, platform, waits := [])
    assert (len(done.posted), len(platform.taken), waits) == (len(GRADED), len(GRADED), [])


@pytest.mark.parametrize(
    ("headers", "body"),
    [({}, b"Your session has expired."), ({"Content-Type": "text/plain"}, b"{}"), (HTML, b"{}")],
)
def test_half_an_answer_that_may_be_a_page_is_asked_for_again(
    results: Path, platform: Lms, headers: dict[str, str], body: bytes
) -> None:
    platform.first_scores.append(Answer(200, headers, body, broken="half"))
    done = direct(results, platform, waits := [])
    assert (platform.scores, done.refused, len(waits)) == (GRADED, [], 1)


@pytest.mark.parametrize(
    ("media_type", "body", "meaning"),
    [
        ("", b"<html", Meaning.PAGE),
        ("application/json", b"<html", Meaning.PAGE),
        ("application/json", b'{"resu', Meaning.TAKEN),
        ("text/html", b'{"resu', Meaning.UNCLEAR),
        ("text/html", b"Your ses", Meaning.UNCLEAR),
        ("text/plain", b"accep", Meaning.UNCLEAR),
        ("", b"", Meaning.UNCLEAR),
    ],
)
def test_what_arrived_of_a_lost_answer_says_no_more_than_it_can(
    media_type: str, body: bytes, meaning: Meaning
) -> None:
    assert PlatformAnswer(200, media_type, body, Extent.CUT).meaning is meaning
