from __future__ import annotations

import re
from typing import TYPE_CHECKING, get_args

import pytest

from grader.i18n.language import language
from grader.model.report import SUSPICION, Status
from grader.pages import document
from grader.pages.speech import Speech
from grader.pages.words import FLAGS, SHORT_FLAGS, STATUSES, YOUR_FLAGS

if TYPE_CHECKING:
    from pathlib import Path

NOTED = {
    "account-mismatch",
    "group-accounts",
    "group-account-open",
    "earlier-answers",
    "foreign-messages",
    "direct-inconclusive",
    "raises-after-answer",
    "pair-left-behind",
    "answers-left-behind",
    "several-answers",
    "modified-after-due",
    "due-unknown",
    "overridden",
}
TEMPLATES = sorted(document._FOLDER.glob("*.html"))


@pytest.mark.parametrize("words", [FLAGS, SHORT_FLAGS])
def test_every_flag_has_words(words: dict[str, str]) -> None:
    assert words.keys() == NOTED | SUSPICION


def test_a_student_is_told_nothing_of_others_submissions() -> None:
    assert YOUR_FLAGS.keys() == NOTED


def test_every_status_has_words() -> None:
    assert STATUSES.keys() == set(get_args(Status))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_words_that_are_not_marked_for_the_catalogues(path: Path) -> None:
    marked = re.sub(r"\{[{%#].*?[%#}]\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert re.findall(r">[^<]*[^\W\d_][^<]*<", marked) == []
    assert re.findall(r'(?:aria-label|title|alt|placeholder)="[^"]*\w', marked) == []


def test_what_is_counted_is_in_the_language_s_own_form() -> None:
    said = [
        [Speech(lang).plural(n, "{count} student", "{count} students") for n in (0, 1, 1234)]
        for lang in ("en", "fr")
    ]
    assert said == [
        ["0 students", "1 student", "1,234 students"],
        ["0 étudiant", "1 étudiant", "1\u202f234 étudiants"],
    ]


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


def test_points_are_shown_as_a_report_has_them_and_means_shorter() -> None:
    assert Speech("en").number(0.3333) == language("en").number(0.3333) == "0.3333"
    assert Speech("fr").mean(14.8333) == "14,83"
    assert Speech("en").mean(2.675) == "2.68"
    assert Speech("en").mean(None) == "–"
