"""What the guides show of a terminal is what a terminal shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from grader.schemas.reference import DOCS
from tests.looking import hand_in
from tests.running import environment, grader

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.server import Sandbox

README = DOCS.parent / "README.md"
GUIDE = DOCS / "student.md"
LEFT_OUT = "…"


def sample(path: Path, words: str) -> list[str]:
    """The pieces of the block in which ``words`` stand, without what changes from run to run."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", path.read_text(encoding="utf-8"), re.M | re.S)
    (found,) = (block for block in blocks if words in block)
    return [plain(piece) for piece in found.split(LEFT_OUT)]


def plain(shown: str) -> str:
    """Without the numbers that were sent, which also change where a line ends."""
    return " ".join(re.sub(r"\b\d{4,5}\b", "N", shown).split())


@pytest.mark.parametrize(
    ("path", "words", "lang"),
    [
        (README, "Score: 13 of 20 points", "en"),
        (GUIDE, "Score: 13 of 20 points", "en"),
        (GUIDE, "Note : 13 sur 20", "fr"),
    ],
)
def test_a_failure_is_shown_as_the_guides_show_it(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path, path: Path, words: str, lang: str
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="wrong_keys")
    env = environment(aws_sandbox, fresh_account)
    done = grader("check", "--lang", lang, cwd=tmp_path, env=env)
    shown = plain(done.stdout)
    assert done.returncode == 1, done.stderr
    assert [piece for piece in sample(path, words) if piece not in shown] == []


@pytest.mark.parametrize(("words", "lang"), [("Not graded.", "en"), ("Non noté.", "fr")])
def test_missing_credentials_are_shown_as_the_guide_shows_them(
    tmp_path: Path, words: str, lang: str
) -> None:
    done = grader("check", "--lang", lang, cwd=tmp_path)
    assert done.returncode == 3
    assert [piece for piece in sample(GUIDE, words) if piece not in plain(done.stdout)] == []
