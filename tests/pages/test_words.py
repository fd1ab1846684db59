from __future__ import annotations

import re
from string import Formatter
from typing import TYPE_CHECKING, get_args

import pytest

from grader.language import LANGUAGES
from grader.pages import document
from grader.pages.plural import Plural
from grader.pages.speech import Speech
from grader.pages.words import WORDS
from grader.report import Status

if TYPE_CHECKING:
    from pathlib import Path

FLAGS = (
    "account-shared",
    "same-code",
    "account-mismatch",
    "foreign-messages",
    "direct-inconclusive",
    "raises-after-answer",
    "pair-left-behind",
    "answers-left-behind",
)
MISTAKES = ("joined", "multiplied", "subtracted", "first-number", "second-number", "nearly")


def fields(words: str | Plural) -> set[str]:
    """The names filled into a text, in all its forms."""
    forms = words if isinstance(words, Plural) else (words,)
    return {name for form in forms for _, name, _, _ in Formatter().parse(form) if name}


def test_the_pages_speak_the_languages_of_the_grader() -> None:
    assert WORDS.keys() == set(LANGUAGES)


@pytest.mark.parametrize("lang", [name for name in WORDS if name != "en"])
def test_a_language_has_every_word_and_fills_in_the_same(lang: str) -> None:
    assert WORDS[lang].keys() == WORDS["en"].keys()
    for name, words in WORDS[lang].items():
        counting = Plural in {type(words), type(WORDS["en"][name])}
        assert fields(words) - {"n"} == fields(WORDS["en"][name]) - {"n"}, name
        assert counting or fields(words) == fields(WORDS["en"][name]), name
        assert all(words) if isinstance(words, Plural) else words


@pytest.mark.parametrize("lang", [name for name in WORDS if name != "en"])
def test_a_language_says_nothing_in_english_by_oversight(lang: str) -> None:
    same = {name for name, words in WORDS[lang].items() if words == WORDS["en"][name]}
    assert same == {"student.verdict", "student.tests"}


@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize("kind", ["flag", "short", "yours"])
def test_every_flag_has_words(kind: str, flag: str) -> None:
    assert f"{kind}.{flag}" in WORDS["en"]


def test_every_status_state_and_mistake_has_words() -> None:
    wanted = [f"status.{name}" for name in get_args(Status)]
    wanted += [f"state.{name}" for name in ("starting", "running", "interrupted")]
    wanted += [f"answer.{name}" for name in MISTAKES]
    assert set(wanted) <= WORDS["en"].keys()


def test_templates_use_every_word_there_is_and_no_other() -> None:
    folder: Path = document._FOLDER
    sources = "".join(path.read_text() for path in folder.glob("*.html"))
    sources += "".join(path.read_text() for path in folder.parent.glob("*_page.py"))
    said = set(re.findall(r'"((?:[a-z]+[.-])*[a-z-]+)"', sources)) & WORDS["en"].keys()
    families = ("status.", "state.", "answer.", "flag.", "short.", "yours.", "failed.")
    assert {name for name in WORDS["en"] if not name.startswith(families)} - said == set()
    asked = set(re.findall(r'say\("([^"]+)"[,)]', sources))
    assert asked <= WORDS["en"].keys()


def test_plural_forms_are_the_language_s_own() -> None:
    english, french = Speech("en"), Speech("fr")
    assert [english.say("class.students", n=n) for n in (0, 1, 2)] == [
        "0 students",
        "1 student",
        "2 students",
    ]
    assert [french.say("class.students", n=n) for n in (0, 1, 2)] == [
        "0 étudiant",
        "1 étudiant",
        "2 étudiants",
    ]
    assert [french.say("class.graded", n=n) for n in (1, 2)] == ["1 noté", "2 notés"]
    assert [french.say("class.ungraded", n=n) for n in (1, 2)] == ["1 non noté", "2 non notés"]
    assert french.say("filter.shown", n=1, shown=1, all=13) == "1 étudiant affiché sur 13"
    assert english.say("filter.shown", n=1, shown=1, all=13) == "1 of 13 students shown"


def test_numbers_times_and_durations_are_in_the_language_s_form() -> None:
    english, french = Speech("en"), Speech("fr")
    assert (english.number(1234.5), french.number(1234.5)) == ("1,234.5", "1\u202f234,5")
    assert (english.percent(0.5), french.percent(0.5)) == ("50%", "50\xa0%")
    when = "2024-05-01T10:00:00.000Z"
    assert english.moment(when).startswith("May 1, 2024")
    assert french.moment(when).startswith("1 mai 2024")
    assert [french.duration(s).replace("\xa0", " ") for s in (4.25, 185, 7800, 60, 59.97)] == [
        "4,2 s",
        "3 min 5 s",
        "2 h 10 min",
        "1 min",
        "1 min",
    ]


@pytest.mark.parametrize("odd", ["", "yesterday", "\u202e", "9" * 100, None])
def test_a_time_that_is_none_is_shown_as_it_is_written(odd: str | None) -> None:
    assert len(Speech("en").moment(odd)) <= 40
    assert len(Speech("en").clock(odd)) <= 40


@pytest.mark.parametrize("odd", [1e300, -1e300, 1e-300])
def test_a_number_out_of_all_bounds_is_shown(odd: float) -> None:
    assert Speech("fr").number(odd)
    assert Speech("fr").duration(odd)


def test_an_unknown_language_is_english() -> None:
    assert Speech("tlh").lang == "en"
