"""Whom the terminal speaks of: names beside ids, who is waited for, who handed in nothing."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import msgspec
import pytest

from grader.i18n.language import speak
from grader.model.batch import Student
from grader.scoring.absent import absent_report
from grader.scoring.summary import summarise_class
from grader.scoring.suspicion import Code, KeptResult
from grader.terminal.console import console
from grader.terminal.progress import progress
from grader.terminal.report import show_class
from grader.terminal.student_label import label
from grader.terminal.ungraded import show_absent
from tests.export.results_folders import ANN, BO, CY, RUBRIC, a_report, a_student
from tests.terminal.test_report import EVIL, Terminal

if TYPE_CHECKING:
    from grader.model.report import Report

ZOE = absent_report(Student("s9", "Zoe Zed"), RUBRIC, seed=1, region="us-east-1", lang="en")


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "110")
    monkeypatch.setenv("TERM", "xterm-256color")


def shown_class(*known: KeptResult) -> str:
    terminal = Terminal()
    reports = [one.report for one in known]
    show_class(reports, summarise_class(known, RUBRIC, "en"), console(terminal, quiet=True))
    return terminal.text


def line_of(text: str, student_id: str) -> str:
    (line,) = [line for line in text.splitlines() if line.startswith(f"{student_id} ")]
    return " ".join(line.split())


def test_a_name_stands_beside_the_id_in_the_table() -> None:
    text = shown_class(KeptResult(a_report(ANN, 20)), KeptResult(a_report(BO, 19)))
    assert line_of(text, "student") == "student points name lost on noted"
    assert line_of(text, "s1") == "s1 20/20 Ann Lee"
    assert line_of(text, "s2") == "s2 19/20 Bo Ray schedule"


def test_a_class_without_names_has_no_column_of_them() -> None:
    text = shown_class(
        KeptResult(a_report(a_student("s1"), 20)), KeptResult(a_report(a_student("x", "x"), 20))
    )
    assert line_of(text, "student") == "student points lost on noted"


def test_a_name_stands_beside_the_id_where_there_is_no_room_for_a_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    assert "s1 (Ann Lee)  20/20" in shown_class(KeptResult(a_report(ANN, 20)))


def test_what_is_suspicious_is_noted_in_the_table_and_in_no_report() -> None:
    code = frozenset({Code("sum", "f", "hash")})
    both = [a_report(one, 20, account_id=one.student_id) for one in (ANN, BO)]
    text = shown_class(*(KeptResult(one, code) for one in both), KeptResult(a_report(CY, 20)))
    assert line_of(text, "s1") == "s1 20/20 Ann Lee same code"
    assert line_of(text, "s3") == "s3 20/20 Cy Day"
    assert {one.flags for one in both} == {()}


def test_whoever_handed_in_nothing_is_told_in_the_table_and_counted_apart() -> None:
    text = shown_class(
        KeptResult(a_report(ANN, 20)), KeptResult(a_report(BO, None)), KeptResult(ZOE)
    )
    assert line_of(text, "s9") == "s9 -/20 Zoe Zed nothing handed in"
    assert "3 students, 1 graded, 1 not graded, 1 handed in nothing" in text


def test_those_who_handed_in_nothing_are_listed() -> None:
    terminal = Terminal()
    show_absent([], console(terminal, quiet=True))
    assert terminal.text == ""
    show_absent([ZOE], console(terminal, quiet=True))
    assert terminal.text == "1 student handed in nothing: s9 (Zoe Zed).\n"
    many = [Student(f"s{number}") for number in range(130)]
    show_absent(many, console(terminal, quiet=True))
    assert "130 students handed in nothing: s0, s1, " in terminal.text
    assert "s99 and 30 more." in terminal.text


def class_of(students: int) -> list[Report]:
    return [a_report(a_student(f"s{n}", f"Name {n}"), 20) for n in range(students)]


def waited_for(reports: list[Report], done: int) -> str:
    terminal = Terminal()
    with progress(reports, console(terminal), quiet=False) as tell:
        for one in reports[:done]:
            tell(one)
    return terminal.text


def test_the_bar_names_the_last_few_it_waits_for() -> None:
    reports = class_of(5)
    assert "waiting for" not in waited_for(reports, 1)
    text = waited_for(reports, 3)
    assert "waiting for s3 (Name 3), s4 (Name 4)" in text
    last = waited_for(reports, 5).split("5/5")[-1]
    assert "waiting for" not in last


def test_long_names_leave_room_for_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    reports = [
        msgspec.structs.replace(report, name="Reads only Records[0] of its event")
        for report in class_of(13)
    ]
    last = waited_for(reports, 11)
    assert "11/13" in last
    shown = [line for line in last.split("\r") if "11/13" in line]
    assert any("done, waiting for s11 (Re" in line and "…" in line for line in shown)


def test_the_bar_says_so_from_the_start_where_few_are_graded() -> None:
    assert "waiting for s0 (Name 0)" in waited_for(class_of(1), 0)


def test_a_hostile_name_does_nothing_to_the_bar() -> None:
    reports = [msgspec.structs.replace(one, name=EVIL) for one in class_of(2)]
    text = waited_for(reports, 1)
    assert "[bold red]x[/]" in text
    assert "\x1b[2J\x07" not in text
    assert "\u202e" not in text


def test_elsewhere_each_line_has_the_name() -> None:
    pipe, reports = io.StringIO(), class_of(2)
    with progress(reports, console(pipe), quiet=False) as tell:
        tell(reports[1])
    assert pipe.getvalue() == "1/2 s1 (Name 1): 20/20\n"


def test_a_long_name_is_cut_and_one_that_is_the_id_is_not_said_again() -> None:
    assert label(Student("s1", "s1")) == label(Student("s1")) == "s1"
    assert len(label(Student("s1", "a" * 500))) < 80


def test_it_speaks_french_when_the_catalogue_does() -> None:
    speak("fr")
    terminal = Terminal()
    show_absent([ZOE], console(terminal, quiet=True))
    assert "s9 (Zoe Zed)" in terminal.text
