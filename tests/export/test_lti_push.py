"""Whose scores are posted, and whose are not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest

from grader import cli
from grader.results.handed_back import read_handed_back
from tests.export.lms import Answer, Lms
from tests.export.pushing import AGAIN, GRADED, direct, pushed, regraded
from tests.export.results_folders import export_of

if TYPE_CHECKING:
    from pathlib import Path


def handed_back(results: Path) -> dict[str, float | None]:
    there = read_handed_back(results)
    assert there is not None
    assert there.to == ("push lti",)
    return {name: mark.score for name, mark in there.students.items()}


def test_every_score_is_posted_and_nobody_without_one(
    results: Path, platform: Lms, key: Path, capsys
) -> None:
    assert pushed(results, platform, key) == 0
    assert platform.scores == GRADED
    assert platform.tokens_given == 1
    said = capsys.readouterr()
    assert "12 posted, 0 there already." in said.out
    assert "unreachable (An endpoint at which nothing answers) has no score" in said.err


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


def test_what_the_platform_took_is_handed_back_and_nothing_else(
    results: Path, platform: Lms, key: Path
) -> None:
    platform.known, platform.unknown = {*GRADED} - {"untouched"}, Answer(404)
    assert pushed(results, platform, key, "--dry-run") == 0
    assert read_handed_back(results) is None
    assert pushed(results, platform, key) == 3
    assert handed_back(results) == {name: GRADED[name] for name in platform.known}
    regraded(results, "reference", 18)
    platform.known, platform.unknown = {*GRADED} - {"memory-256"}, Answer(404)
    assert pushed(results, platform, key) == 0
    assert handed_back(results) == GRADED | {"reference": 18}


def test_what_the_platform_had_already_is_handed_back(
    results: Path, platform: Lms, key: Path
) -> None:
    """A push that was killed, or one of another version, left it unsaid."""
    pushed(results, platform, key)
    (results / "handed-back.json").unlink()
    assert pushed(results, platform, key) == 0
    assert handed_back(results) == GRADED


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


def test_one_student_the_platform_does_not_know_costs_nobody_else(
    results: Path, platform: Lms, key: Path, capsys
) -> None:
    platform.known = {*GRADED} - {"memory-256"}
    assert pushed(results, platform, key) == 3
    assert platform.scores.keys() == platform.known
    said = capsys.readouterr().err
    assert "memory-256 was refused: HTTP 422: \\x1b[31mno such user" in said


def test_a_dry_run_connects_to_nothing(results: Path, platform: Lms, capsys) -> None:
    arguments = ["push", "lti", str(results), "--line-item", platform.line_item, "--dry-run"]
    assert cli.run(arguments) == 0
    said = capsys.readouterr().out
    assert "memory-256: 19/20 for the user memory-256" in said
    assert "12 would be posted, 0 there already." in said
    assert platform.asked == []
    assert not (results / "lti-pushed.ndjson").exists()
    assert not (results / ".lock").exists()


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
