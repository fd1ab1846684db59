"""``docs/mistakes.md``: every sentence about a mistake, as the checks and the catalogue have it now."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from grader.checks.next_step import RULES
from grader.checks.steps_of_lambda import BROKEN
from grader.i18n.language import language
from tools import failing_checks, generate_mistakes
from tools.failing_checks import Function, sites
from tools.generate_contracts import ROOT
from tools.generate_mistakes import PAGE, page
from tools.update_catalogues import extract

if TYPE_CHECKING:
    from pathlib import Path

CHECKS = ROOT / "grader" / "checks"
OF_MISTAKES = (
    *(path.name for path in sorted(CHECKS.glob("steps_of_*.py"))),
    *("failure_words.py", "named_mistakes.py", "naming.py", "next_step.py", "other_form.py"),
    *("replies.py", "routing.py"),
)
"""Modules in which every sentence is about a mistake."""


@pytest.fixture(scope="module")
def text() -> str:
    return page()


def filled(template: str) -> str:
    """A sentence as the page writes it."""
    escaped = template.replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;")
    return re.sub(r"\{(\w+)\}", lambda name: f"*{name[1].replace('_', ' ')}*", escaped)


def sentences(path: Path) -> list[str]:
    with path.open("rb") as file:
        return [text for _, _, text, _ in extract(file, (), (), {}) if isinstance(text, str)]


def test_the_page_is_what_its_sources_say(text: str) -> None:
    assert text == PAGE.read_text(encoding="utf-8"), "run python -m tools.generate_mistakes"


@pytest.mark.parametrize("name", OF_MISTAKES)
def test_every_sentence_about_a_mistake_stands_on_it_in_both_languages(
    text: str, name: str
) -> None:
    said, french = sentences(CHECKS / name), language("fr")
    assert said
    assert [one for one in said if filled(one) not in text] == []
    translated = [words for one in said if (words := french.translated(one))]
    assert [words for words in translated if filled(words) not in text] == []


def test_every_rule_has_its_line(text: str) -> None:
    assert len(re.findall(r"^\| (?:`[^`]+`|\*whatever .*?\*)<br>→ ", text, re.M)) == len(
        [*RULES, *BROKEN]
    )


def test_every_heading_is_of_one_section_and_every_link_leads_to_one(text: str) -> None:
    headings = re.findall(r"^## (.+)$", text, re.M)
    assert len(headings) == len(set(headings))
    assert set(re.findall(r"\[([^]]+)\]\(#", text)) <= set(headings)


def test_a_finding_stands_beside_the_steps_that_follow_from_it_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "grader" / "checks").mkdir(parents=True)
    (tmp_path / "grader" / "checks" / "made.py").write_text(
        "def test_made(one):\n"
        '    hint = N_("Do the first.")\n'
        "    if one:\n"
        '        hint = N_("Do the second.")\n'
        '        fail(N_("found one."), hint=hint)\n'
        '    fail(N_("found none."), hint=hint)\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(failing_checks, "_ROOT", tmp_path)
    first, second = sites(Function("grader.checks.made", "test_made"), set())
    assert [word.english for word in (*first.found, *first.steps)] == [  # type: ignore[union-attr]
        "found one.",
        "Do the second.",
    ]
    assert [word.english for word in (*second.found, *second.steps)] == [  # type: ignore[union-attr]
        "found none.",
        "Do the first.",
    ]


def test_a_sentence_that_is_not_translated_yet_has_a_dash() -> None:
    assert generate_mistakes._words("No such sentence.") == ("No such sentence.", "–")
