"""What the guides show of a terminal and of a page is what these show."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from babel.messages.pofile import read_po

from grader.i18n.language import language
from grader.pages.words import STATUSES
from tests.docs.terminal_samples import not_shown
from tests.observing import hand_in
from tests.programs import environment, grader
from tools.former_wordings import read_former
from tools.generate_reference import DOCS
from tools.update_catalogues import place

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.server import Sandbox

README = DOCS.parent / "README.md"
GUIDE = DOCS / "student.md"
TEMPLATE = DOCS.parent / "student_template/README.md"
ADVICE = re.compile(r"^✗ .*\.\n((?:^ {8,}\S.*\n)+)", re.M)
"""Below a failure that ends in one line: what to do."""

ON_THE_PAGE = re.compile(r"^\| `.` \| `\S+` \| (\w[^|]*?) \|", re.M)
"""The third cell of a row of a guide's table of marks."""


def sentences() -> re.Pattern[str]:
    """What the beginning of an advice may be: today's sentences, whatever is filled in."""
    with place("fr", "po").open("rb") as file:
        catalogue = read_po(file, locale="fr")
    texts = [text for entry in catalogue for text in (entry.id, entry.string)]
    now = {text.replace("\xa0", " ") for text in texts if isinstance(text, str) and text}
    # What begins with what is filled in may be anything.
    now = {text for text in now if not re.match(r".?\{", text)}
    former = read_former()
    return re.compile(
        "|".join(
            re.sub(r"\\\{\w+\\\}", ".+", re.escape(text)) for text in now if text not in former
        )
    )


def test_an_advice_that_the_template_shows_is_one_that_is_given_today() -> None:
    known = sentences()
    advices = [" ".join(part.split()) for part in ADVICE.findall(TEMPLATE.read_text("utf-8"))]
    assert advices
    assert [text for text in advices if text[0] != "…" and not known.match(text)] == []


def test_the_words_of_the_marks_are_those_of_the_page() -> None:
    words = [language(lang).say(word) for lang in ("fr", "en") for word in STATUSES.values()]
    assert ON_THE_PAGE.findall(GUIDE.read_text("utf-8")) == words


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
    file = tmp_path / ".aws/credentials"
    env = environment(HOME=str(tmp_path), AWS_SHARED_CREDENTIALS_FILE=str(file))
    done = grader("check", "--lang", lang, cwd=tmp_path, env=env)
    assert done.returncode == 3
    assert not_shown(GUIDE, words, done.stdout) == []
