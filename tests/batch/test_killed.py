"""A batch that is killed at a random moment, while it begins and while it resumes, and is resumed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.batch.killed_batches import SUBMISSIONS, Disturbed

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.server import Sandbox

pytestmark = pytest.mark.slow

KILLS = 5


def test_killed_at_any_moment_and_resumed_it_gives_the_grades_of_an_undisturbed_batch(
    aws_sandbox: Sandbox, tmp_path: Path
) -> None:
    disturbed = Disturbed(aws_sandbox, tmp_path)
    scores = {name: score for name, (score, _) in disturbed.undisturbed.items()}
    assert scores == {submission.name: submission.points for submission in SUBMISSIONS}
    for _ in disturbed.rounds(KILLS):
        disturbed.start_killed()
        disturbed.left_behind()
        resumed = disturbed.resumed()
        assert not disturbed.silenced()
        assert resumed == disturbed.undisturbed


def test_killed_again_while_it_resumes_it_gives_the_grades_of_an_undisturbed_batch(
    aws_sandbox: Sandbox, tmp_path: Path
) -> None:
    disturbed = Disturbed(aws_sandbox, tmp_path)
    for _ in disturbed.rounds(KILLS):
        disturbed.start_killed()
        disturbed.left_behind()
        while disturbed.kills < KILLS and disturbed.resume_killed():
            disturbed.left_behind()
        resumed = disturbed.resumed()
        assert not disturbed.silenced()
        assert resumed == disturbed.undisturbed
