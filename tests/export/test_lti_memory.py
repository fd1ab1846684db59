"""What is remembered of a push, however it ends."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from grader.export.formats import earlier
from grader.export.lti_push import Memory, push
from grader.inputs.bounded_read import MOST_BYTES_OF_CLASS
from grader.inputs.problems import BadInput
from tests.export.lms import CLIENT, KEY_ID, Answer, Lms
from tests.export.pushing import AGAIN, GRADED, direct, pushed, regraded
from tests.export.results_folders import export_of
from tests.polling import wait_for
from tests.programs import background, command

if TYPE_CHECKING:
    from pathlib import Path


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
    line = command(
        *("push", "lti", results, "--line-item", platform.line_item, "--client-id", CLIENT),
        *("--token-url", platform.token_url, "--key", key, "--key-id", KEY_ID),
    )
    with background(line, cwd=results.parent) as killed:
        # Five are taken, and it waits for what the platform says to the sixth.
        wait_for(lambda: len(platform.asked) == 1 + 6 or killed.poll() is not None)
        killed.kill()
    assert len(platform.taken) == 5
    done = direct(results, platform, [])
    assert (len(done.known), len(platform.taken)) == (5, len(GRADED))


@pytest.mark.parametrize(
    "lost",
    [Answer(504, AGAIN, taken=True), Answer(204, AGAIN, taken=True, broken="close")],
    ids=["an error", "no answer"],
)
def test_a_score_that_may_have_arrived_is_not_there_already(
    results: Path, platform: Lms, lost: Answer
) -> None:
    direct(results, platform, [])
    report = results / "students/memory-256/report.json"
    before = report.read_bytes()
    regraded(results, "memory-256", 18)
    platform.first_scores.extend([lost] * 5)
    assert direct(results, platform, []).posted == []
    assert platform.scores["memory-256"] == 18
    report.write_bytes(before)
    done = direct(results, platform, [])
    assert [student for student, _score in done.posted] == ["memory-256"]
    assert platform.scores["memory-256"] == 19
    assert direct(results, platform, []).posted == []


def test_what_a_killed_push_had_sent_is_remembered(results: Path, platform: Lms, key: Path) -> None:
    direct(results, platform, [])
    report = results / "students/memory-256/report.json"
    before = report.read_bytes()
    regraded(results, "memory-256", 18)
    platform.first_scores.append(Answer(204, taken=True, broken="hang"))
    line = command(
        *("push", "lti", results, "--line-item", platform.line_item, "--client-id", CLIENT),
        *("--token-url", platform.token_url, "--key", key, "--key-id", KEY_ID),
    )
    with background(line, cwd=results.parent) as killed:
        wait_for(lambda: platform.scores["memory-256"] == 18 or killed.poll() is not None)
        killed.kill()
    report.write_bytes(before)
    done = direct(results, platform, [])
    assert ([student for student, _ in done.posted], done.refused) == (["memory-256"], [])
    assert platform.scores["memory-256"] == 19


def test_what_earlier_versions_kept_is_known(results: Path, platform: Lms) -> None:
    """They kept answers alone: a line for each score that was taken or refused."""
    direct(results, platform, [])
    kept = results / "lti-pushed.ndjson"
    taken = [line for line in kept.read_text().splitlines() if '"accepted":true' in line]
    of_one = next(line for line in taken if "memory-256" in line)
    refused = of_one.replace('"accepted":true', '"accepted":false')
    kept.write_text("".join(f"{line}\n" for line in [*taken, refused]))
    done = direct(results, platform, [])
    assert ([student for student, _ in done.posted], len(done.known)) == (
        ["memory-256"],
        len(GRADED) - 1,
    )


def test_without_a_token_nothing_counts_as_sent(results: Path, platform: Lms) -> None:
    platform.first_tokens.extend([Answer(500, AGAIN)] * 5)
    direct(results, platform, [])
    assert (results / "lti-pushed.ndjson").read_bytes() == b""


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


def test_a_file_that_is_no_memory_stays_as_it_is(tmp_path: Path) -> None:
    kept = tmp_path / "lti-pushed.ndjson"
    kept.write_text("something else\nwithout an end of its line")
    with pytest.raises(BadInput, match="damaged"):
        Memory(tmp_path, "https://lms.example.org/1")
    assert kept.read_text() == "something else\nwithout an end of its line"


def test_a_memory_with_another_name_is_not_written(tmp_path: Path) -> None:
    theirs, kept = tmp_path / "theirs", tmp_path / "lti-pushed.ndjson"
    theirs.write_text("no line end")
    kept.hardlink_to(theirs)
    with pytest.raises(BadInput, match="a hard link"):
        Memory(tmp_path, "https://lms.example.org/1")
    assert theirs.read_text() == "no line end"
    Memory(tmp_path, "https://lms.example.org/1", keeping=False)


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


def test_what_is_larger_than_any_memory_is_not_read(tmp_path: Path) -> None:
    kept = tmp_path / "lti-pushed.ndjson"
    kept.touch()
    os.truncate(kept, MOST_BYTES_OF_CLASS + 1)
    with pytest.raises(BadInput, match="File too large"):
        Memory(tmp_path, "https://lms.example.org/1", keeping=False)
    assert earlier(kept) == b""


def test_an_earlier_export_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "scores.ndjson")
    assert earlier(tmp_path / "scores.ndjson") == b""
