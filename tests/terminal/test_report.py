"""What a terminal shows, and what hostile text cannot do to it."""

from __future__ import annotations

import io
import unicodedata

import msgspec
import pytest
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from grader.i18n.language import speak
from grader.inputs.problems import Problem
from grader.model.evidence import Evidence
from grader.model.report import Adjustment, CriterionResult, Report
from grader.scoring.summary import summarise
from grader.terminal.console import console
from grader.terminal.problems import show_problems
from grader.terminal.progress import progress
from grader.terminal.report import show_class, show_report
from tests.observations import lab_rubric

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
    show_report(report, console(terminal, quiet=quiet))
    return terminal.text


def test_a_lost_point_reads_as_the_style_says() -> None:
    lines = [line.rstrip() for line in shown(a_report(), quiet=True).splitlines()]
    assert lines[0] == "✗  0/1  Memory — expected 128 MB, found 256 MB."
    assert lines[1].strip() == "Set memory_size in your stack, then deploy again."


def of_handler(**changes: object) -> Report:
    (failed,) = a_report().criteria
    seen = Evidence(
        sent=('{"number1": 7848, "number2": 2853}',),
        returned='{"statusCode": 500}',
        instead=("hello",),
        log=("Message envoyé", *(f"line {number}" for number in range(5))),
    )
    changes = {"evidence": seen, "author_hint": 'Send {"body": sum}.', **changes}
    return a_report(criteria=(msgspec.structs.replace(failed, **changes),))


def said_below(report: Report) -> list[str]:
    return [line.strip() for line in shown(report, quiet=True).splitlines()[1:]]


def test_the_authors_hint_follows_the_next_step_and_then_comes_the_evidence() -> None:
    assert said_below(of_handler())[:11] == [
        "Set memory_size in your stack, then deploy again.",
        'Send {"body": sum}.',
        'Sent: {"number1": 7848, "number2": 2853}',
        'Your function returned: {"statusCode": 500}',
        "It sent: hello",
        "The last lines of its log:",
        *(f"line {number}" for number in range(5)),
    ]


def test_a_hint_that_is_the_authors_is_said_once() -> None:
    lines = said_below(of_handler(hint="Only this.", author_hint="Only this.", evidence=None))
    assert lines.count("Only this.") == 1


def test_what_the_message_quotes_is_not_said_again() -> None:
    quoted = of_handler(message='expected 7, found no answer. Found instead: "hello".')
    assert not any(line.startswith("It sent") for line in said_below(quoted))


@pytest.mark.parametrize("status", ["passed", "blocked", "ungraded"])
def test_only_what_failed_shows_its_evidence(status: str) -> None:
    assert "Sent:" not in shown(of_handler(status=status), quiet=True)


def test_evidence_cannot_act_on_a_terminal() -> None:
    evil = Evidence(sent=(EVIL,), returned=EVIL, instead=(EVIL,), log=(EVIL,))
    text = shown(of_handler(evidence=evil), quiet=True)
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_a_terminal_gets_colour_and_a_quiet_one_does_not() -> None:
    assert "\x1b[" in shown(a_report())
    assert "\x1b[" not in shown(a_report(), quiet=True)


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in shown(a_report())


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
    show_problems([Problem("class.csv", 2, EVIL)], console(terminal, quiet=True))
    assert "\x1b" not in terminal.text
    assert "[bold red]" in terminal.text


def test_progress_is_a_bar_on_a_terminal_and_a_line_a_student_elsewhere() -> None:
    terminal, pipe = Terminal(), io.StringIO()
    two = [a_report(), a_report(student_id="s02")]
    with progress(two, console(terminal), quiet=False) as tell:
        tell(two[0])
        tell(msgspec.structs.replace(two[1], status="ungraded", score=None))
    assert "2/2" in terminal.text
    assert "1 not graded" in terminal.text
    with progress(two, console(pipe), quiet=False) as tell:
        tell(a_report())
        tell(a_report(student_id=EVIL, status="ungraded", score=None))
    assert pipe.getvalue().splitlines()[0] == "1/2 s01: 0/1"
    assert "\x1b" not in pipe.getvalue()


def test_quiet_shows_no_progress() -> None:
    pipe = io.StringIO()
    with progress([a_report()], console(pipe), quiet=True) as tell:
        tell(a_report())
    assert pipe.getvalue() == ""


# -- 80 columns, two languages, any encoding ------------------------------------------------------

FLAGS = (
    "answers-left-behind",
    "direct-inconclusive",
    "earlier-answers",
    "foreign-messages",
    "pair-left-behind",
    "raises-after-answer",
)
ENCODINGS = ["utf-8", "cp1252", "cp437", "cp850", "ascii"]


@pytest.fixture(params=["en", "fr"])
def lang(request: pytest.FixtureRequest) -> str:
    speak(request.param)
    return str(request.param)


def class_that_lost_much() -> list[Report]:
    """Students who lost much, with much to note, under long names."""
    results = tuple(
        CriterionResult(id=one.id, title=one.id, status="failed", points=0, max_points=1)
        for one in lab_rubric().criteria
    )
    unasked = msgspec.structs.replace(
        results[0], status="ungraded", points=None, message="Could not connect: " + "x" * 90
    )
    everything = a_report(
        student_id="a-long.identifier@students.university.example.org",
        criteria=results,
        flags=FLAGS,
    )
    return [
        everything,
        msgspec.structs.replace(
            everything, student_id="s02", status="ungraded", score=None, criteria=(unasked,)
        ),
        a_report(student_id="s03", score=2.5, max_score=20),
    ]


def shown_class(encoding: str = "utf-8", *, quiet: bool = True) -> str:
    terminal, reports = Terminal(encoding), class_that_lost_much()
    summary = summarise(reports, lab_rubric(), "en")
    show_class(reports, summary, console(terminal, quiet=quiet))
    return terminal.text


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_no_line_is_wider_than_the_terminal(lang: str, encoding: str) -> None:
    text = shown_class(encoding) + shown(a_report(), encoding, quiet=True)
    assert max(cell_len(line) for line in text.splitlines()) <= 80


def test_points_that_a_human_gave_back_are_not_lost() -> None:
    (memory,) = a_report().criteria
    lost = [memory, msgspec.structs.replace(memory, id="timeout")]
    given = Adjustment(kind="override", criterion="memory", points=1.0, why="Seen.")
    report = a_report(criteria=tuple(lost), adjustments=(given,))
    terminal = Terminal("utf-8")
    summary = summarise([report], lab_rubric(), "en")
    show_class([report], summary, console(terminal, quiet=True))
    (row,) = (line for line in terminal.text.splitlines() if line.startswith("s01"))
    assert "timeout" in row
    assert "memory" not in row


def test_long_columns_wrap_between_words(lang: str) -> None:
    text = " ".join(shown_class().split())
    flags = {"en": "decided,", "fr": "décidé,"}
    for word in ("output-queue,", "environment,", flags[lang]):
        assert word in text


def test_numbers_are_set_as_the_language_sets_them(lang: str) -> None:
    text = shown_class()
    assert {"en": "2.5/20", "fr": "2,5/20"}[lang] in text
    assert {"en": "mean 1.25, median 1.25", "fr": "moyenne 1,25\u00a0; médiane 1,25"}[lang] in text
    assert {"en": "3 students, 2 graded, 1 not graded", "fr": "3 étudiants, 2 notés, 1 non noté"}[
        lang
    ] in text


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_french_is_readable_in_any_encoding(encoding: str) -> None:
    speak("fr")
    text = shown_class(encoding)
    assert "?" not in text
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    assert "etudiant" in letters
    assert "mediane" in letters


@pytest.mark.parametrize("status", ["passed", "partial", "failed", "blocked", "ungraded"])
def test_a_mark_is_one_column_and_tells_without_colour(status: str) -> None:
    others = ["passed", "partial", "failed", "blocked", "ungraded"]
    marks = {}
    for one in others:
        points = None if one == "ungraded" else 0
        criterion = msgspec.structs.replace(a_report().criteria[0], status=one, points=points)
        report = a_report(criteria=(criterion,))
        marks[one] = [shown(report, code, quiet=True)[0] for code in ("utf-8", "ascii")]
    assert [mark for name, mark in marks.items() if mark == marks[status]] == [marks[status]]
    plain = dict(zip(others, "+~x-?", strict=True))
    assert marks[status][1] == plain[status]


def test_no_colour_vanishes_on_a_light_or_a_dark_terminal() -> None:
    """Black, white and the yellows and whites of either theme are nobody's colour."""
    everything = [
        msgspec.structs.replace(a_report().criteria[0], id=one, status=one)
        for one in ("passed", "partial", "failed", "blocked")
    ]
    text = shown(a_report(criteria=tuple(everything), flags=FLAGS)) + shown_class(quiet=False)
    assert "\x1b[" in text
    for unreadable in ("30", "33", "37", "90", "93", "97"):
        assert f"\x1b[{unreadable}m" not in text
        assert f";{unreadable}m" not in text


def test_a_line_never_ends_before_a_sign_that_belongs_to_it() -> None:
    terminal = Terminal()
    out = console(terminal, quiet=True)
    for width in range(60, 90):
        out.print(Text("x" * width + " «\u00a0ici\u00a0»\u00a0: non"), soft_wrap=False)
    for line in terminal.text.splitlines():
        assert not line.startswith((":", "»", "ici"))
        assert not line.rstrip(" ").endswith("«")
    assert "\u00a0:" in terminal.text


def test_hostile_text_in_a_class_does_nothing() -> None:
    terminal = Terminal()
    reports = [a_report(student_id=EVIL, flags=(EVIL,))]
    summary = summarise(reports, lab_rubric(), "en")
    show_class(reports, summary, console(terminal, quiet=True))
    assert "\x1b" not in terminal.text
    assert "\u202e" not in terminal.text
    assert "[bold" in terminal.text


def test_no_line_of_a_pipe_ends_in_spaces() -> None:
    pipe = io.StringIO()
    show_report(a_report(), console(pipe))
    lines = pipe.getvalue().splitlines()
    assert len(lines) > 1
    assert [line for line in lines if line.endswith(" ")] == []


@pytest.mark.parametrize("acts", ["\x1b[2J", "\x9b2J", "\u202e", "\x07", "\r"])
def test_what_is_said_without_care_does_nothing_to_a_terminal_either(acts: str) -> None:
    terminal = Terminal()
    out = console(terminal)
    table = Table()
    table.add_column(f"head{acts}")
    table.add_row(f"cell{acts}")
    out.print(f"before{acts}after", Text.assemble((f"bold{acts}", "bold")), table)
    assert acts not in terminal.text
    assert "\x1b[1m" in terminal.text
