"""What a terminal shows, and what hostile text cannot do to it."""

from __future__ import annotations

import io

import msgspec
import pytest

from grader import show
from grader.problems import Problem
from grader.report import CriterionResult, Report

EVIL = "\x1b[2J\x07[bold red]x[/]\u202eabc"


class Terminal(io.TextIOWrapper):
    """A terminal of a given encoding that remembers what was written."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(), encoding=encoding, write_through=True)

    def isatty(self) -> bool:
        return True

    @property
    def text(self) -> str:
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode(self.encoding)


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)


def a_report(**changes: object) -> Report:
    failed = CriterionResult(
        id="memory",
        title="Memory",
        status="failed",
        points=0,
        max_points=1,
        message="expected 128 MB, found 256 MB.",
        hint="Set memory_size in your stack, then deploy again.",
    )
    report = Report(
        student_id="s01",
        name="",
        email="",
        group=None,
        account_id=None,
        region="us-east-1",
        status="graded",
        score=0,
        max_score=1,
        criteria=(failed,),
        seed=1,
        rubric_sha256="",
        grader_version="0",
        started_at="",
        finished_at="",
        duration_s=0,
    )
    return msgspec.structs.replace(report, **changes)


def shown(report: Report, encoding: str = "utf-8", *, quiet: bool = False) -> str:
    terminal = Terminal(encoding)
    show.show_report(report, show.console(terminal, quiet=quiet))
    return terminal.text


def test_a_lost_point_reads_as_the_style_says() -> None:
    lines = [line.rstrip() for line in shown(a_report(), quiet=True).splitlines()]
    assert lines[0] == "✗  0/1  Memory — expected 128 MB, found 256 MB."
    assert lines[1].strip() == "Set memory_size in your stack, then deploy again."


def test_a_terminal_gets_colour_and_a_quiet_one_does_not() -> None:
    assert "\x1b[" in shown(a_report())
    assert "\x1b[" not in shown(a_report(), quiet=True)


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[31m" not in shown(a_report())


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437"])
def test_a_terminal_that_cannot_show_a_mark_gets_another(encoding: str) -> None:
    line = shown(a_report(), encoding, quiet=True).splitlines()[0].rstrip()
    assert line[0] in "x✗"
    assert "?" not in line
    assert "expected 128 MB, found 256 MB." in line


@pytest.mark.parametrize("field", ["title", "message", "hint"])
def test_hostile_text_is_shown_and_does_nothing(field: str) -> None:
    evil = msgspec.structs.replace(a_report().criteria[0], **{field: EVIL})
    text = shown(a_report(criteria=(evil,)), quiet=True)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\u202e" not in text
    assert "[bold red]x[/]" in text


def test_hostile_text_in_a_problem_does_nothing() -> None:
    terminal = Terminal()
    show.show_problems([Problem("class.csv", 2, EVIL)], show.console(terminal, quiet=True))
    assert "\x1b" not in terminal.text
    assert "[bold red]" in terminal.text


def test_progress_is_a_bar_on_a_terminal_and_a_line_a_student_elsewhere() -> None:
    terminal, pipe = Terminal(), io.StringIO()
    with show.progress(2, show.console(terminal), quiet=False) as tell:
        tell(a_report())
        tell(a_report(status="ungraded", score=None))
    assert "2/2" in terminal.text
    assert "1 not graded" in terminal.text
    with show.progress(2, show.console(pipe), quiet=False) as tell:
        tell(a_report())
        tell(a_report(student_id=EVIL, status="ungraded", score=None))
    assert pipe.getvalue().splitlines()[0] == "1/2 s01: 0/1"
    assert "\x1b" not in pipe.getvalue()


def test_quiet_shows_no_progress() -> None:
    pipe = io.StringIO()
    with show.progress(1, show.console(pipe), quiet=True) as tell:
        tell(a_report())
    assert pipe.getvalue() == ""
