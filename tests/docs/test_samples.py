"""What the guides show of a terminal is what a terminal shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.docs.terminal_samples import not_shown
from tests.observing import hand_in
from tests.programs import environment, grader
from tools.generate_reference import DOCS

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.server import Sandbox

README = DOCS.parent / "README.md"
GUIDE = DOCS / "student.md"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lang", "words", "paths"),
    [("en", "Score: 13 of 20 points", [README, GUIDE]), ("fr", "Note : 13 sur 20", [GUIDE])],
)
def test_a_failure_is_shown_as_the_guides_show_it(
    aws_sandbox: Sandbox,
    fresh_account: str,
    tmp_path: Path,
    lang: str,
    words: str,
    paths: list[Path],
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="wrong_keys")
    env = environment(aws_sandbox, fresh_account)
    done = grader("check", "--lang", lang, cwd=tmp_path, env=env)
    assert done.returncode == 1, done.stderr
    for path in paths:
        assert not_shown(path, words, done.stdout) == []


@pytest.mark.parametrize(("words", "lang"), [("Not graded.", "en"), ("Non noté.", "fr")])
def test_missing_credentials_are_shown_as_the_guide_shows_them(
    tmp_path: Path, words: str, lang: str
) -> None:
    done = grader("check", "--lang", lang, cwd=tmp_path)
    assert done.returncode == 3
    assert not_shown(GUIDE, words, done.stdout) == []
