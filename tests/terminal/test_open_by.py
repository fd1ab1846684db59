"""What a terminal shows of what only the student can settle, and of the points that are sure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
import pytest
from rich.cells import cell_len

from grader.i18n.language import speak
from grader.i18n.message import as_message, said
from grader.scoring.phrases import what_next
from grader.terminal.console import console
from grader.terminal.ungraded import not_graded, show_ungraded, show_waiting
from tests.export.results_folders import (
    ANN,
    BO,
    BY_STUDENT,
    CONSUMER,
    CY,
    REMEDY,
    a_report,
    a_student,
    an_open_report,
)
from tests.terminal.test_report import EVIL, Terminal, shown

if TYPE_CHECKING:
    from grader.model.report import OpenBy, Report

MIXED: dict[str, OpenBy] = {"memory": "student", "schedule": "grader"}
YOURS = "Only you can fix what is open: do what is said above, then check again."
FREE = "Something could not be checked; it does not count against you."

TODAYS = said(as_message(what_next("credentials").values["next"]) or what_next("credentials"))


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")


def listed(*reports: Report) -> tuple[str, str]:
    """What is said of whom the grader could not grade, and of whom it waits for, in one line each."""
    could_not, waiting = Terminal(), Terminal()
    show_ungraded(reports, console(could_not, quiet=True))
    show_waiting(reports, console(waiting, quiet=True))
    return " ".join(could_not.text.split()), " ".join(waiting.text.split())


@pytest.mark.parametrize(
    ("by", "whose", "sure"),
    [
        (BY_STUDENT, YOURS, "Sure so far: 13 of 20 points; still open: 7."),
        (MIXED, FREE, "Sure so far: 16 of 20 points; still open: 4."),
        ({"sums": "grader"}, FREE, "Sure so far: 16 of 20 points; still open: 4."),
    ],
)
def test_a_check_says_whose_it_is_and_what_is_sure(
    by: dict[str, OpenBy], whose: str, sure: str
) -> None:
    text = " ".join(shown(an_open_report(ANN, by), quiet=True).split())
    assert text.endswith(f"Not graded. {whose} {sure}")


def test_an_open_criterion_says_what_to_do_and_not_that_it_is_free() -> None:
    text = " ".join(shown(an_open_report(ANN), quiet=True).split())
    assert f"{CONSUMER} This stays open until you settle it. {REMEDY}" in text
    assert "costs no points" not in text


def test_a_report_of_before_says_no_sure_points() -> None:
    text = shown(msgspec.structs.replace(an_open_report(ANN), sure_points=None), quiet=True)
    assert "Not graded." in text
    assert "Sure" not in text


@pytest.mark.parametrize(
    ("remedy", "kind"),
    [
        (TODAYS, "credentials"),
        (
            "Get new credentials (in AWS Academy: AWS Details, Show) and try again.",
            "credentials",
        ),
        ("Say which one is meant (--use), or remove the others.", "ambiguous"),
    ],
)
def test_the_kind_of_fault_is_told_by_todays_remedy_and_by_one_that_was_reworded(
    remedy: str, kind: str
) -> None:
    report = an_open_report(ANN)
    hint = {"next": {"message_id": remedy, "values": {}}}
    criteria = tuple(msgspec.structs.replace(one, hint_values=hint) for one in report.criteria)
    assert not_graded(msgspec.structs.replace(report, criteria=criteria)) == f"not graded: {kind}"


def test_several_that_could_be_meant_are_settled_without_a_command_line_too() -> None:
    assert "else tell your instructor its name" in said(what_next("ambiguous"))


def test_a_graded_report_says_its_score_alone() -> None:
    text = shown(a_report(ANN, 17.5, sure_points=17.5), quiet=True)
    assert "Score: 17.5 of 20 points" in text
    assert "Sure" not in text


def test_whom_the_grader_waits_for_is_listed_apart_with_the_words_to_send() -> None:
    could_not, waiting = listed(
        a_report(ANN, 20), an_open_report(BO), an_open_report(CY, {"sums": "grader"})
    )
    assert could_not == (
        "1 could not be graded: s3 (Cy Day): Could not connect. This costs no points. "
        "Check the network and the address, then try again."
    )
    assert waiting == (
        "Waiting for 1 student, who alone can settle what is open; send them these words: "
        f"s2 (Bo Ray) (13 sure): {CONSUMER} This stays open until you settle it. {REMEDY}"
    )


def test_what_is_the_graders_too_is_listed_for_the_graders_reason() -> None:
    could_not, waiting = listed(an_open_report(BO, MIXED))
    assert "s2 (Bo Ray): Could not connect." in could_not
    assert waiting == ""


def test_who_is_sent_the_same_is_in_one_line_and_nobody_is_sent_anothers_words() -> None:
    other = an_open_report(a_student("s9"))
    criteria = tuple(
        msgspec.structs.replace(one, message=one.message.replace("printer", "printer2"))
        for one in other.criteria
    )
    other = msgspec.structs.replace(other, criteria=criteria)
    _, waiting = listed(an_open_report(ANN), an_open_report(BO, arrived=3), other)
    assert f"s1 (Ann Lee) (13 sure), s2 (Bo Ray) (15.4 sure): {CONSUMER}" in waiting
    assert "s9 (13 sure): Something else reads the output queue: the function printer2." in waiting


def test_of_many_the_first_are_named() -> None:
    many = [an_open_report(a_student(f"s{number}")) for number in range(25)]
    _, waiting = listed(*many)
    assert "Waiting for 25 students" in waiting
    assert "s9 (13 sure) and 15 more: " in waiting


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_nothing_is_wider_than_the_terminal(lang: str) -> None:
    speak(lang)
    terminal = Terminal()
    reports = [an_open_report(a_student("a-long.identifier@students.university.example.org" * 2))]
    show_waiting(reports, console(terminal, quiet=True))
    text = terminal.text + shown(an_open_report(ANN), quiet=True)
    assert max(cell_len(line) for line in text.splitlines()) <= 80


def test_hostile_text_is_shown_and_does_nothing() -> None:
    report = an_open_report(ANN)
    criteria = tuple(msgspec.structs.replace(one, message=EVIL) for one in report.criteria)
    _, waiting = listed(msgspec.structs.replace(report, criteria=criteria, student_id=EVIL))
    assert not re.search("[\x1b\x07\u202e]", waiting)
    assert "[bold red]x[/]" in waiting
