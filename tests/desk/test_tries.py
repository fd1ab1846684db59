"""What counts after a try: accounts that changed hands, a human's marks, a grader that fails."""

from __future__ import annotations

import re
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from grader.desk.pages import board_page, desk_student_page
from grader.desk.state import desk_state_of
from grader.i18n.message import said
from grader.judging.ungraded import all_ungraded
from grader.model.batch import Student
from grader.model.fact import Unknown
from grader.model.machine_limit import WorkerDied
from grader.model.report import Adjustment
from grader.results.directory import Results
from grader.results.overrides import Overrides
from tests.alike import alike
from tests.desk.tries import Tries, account, row
from tests.judges import Judge

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.model.observation import Observation
    from grader.model.outcome import CheckInfo
    from grader.model.report import Report
    from grader.rubric.rubric import Rubric

A, B = "111111111111", "222222222222"
ROWS = [row("s01"), row("t01"), row("p1", "g"), row("p2", "g")]


@pytest.fixture(scope="module")
def judge() -> Iterator[tuple[Judge, dict[str, CheckInfo]]]:
    with Judge(workers=1) as one:
        yield one, one.collect()


@pytest.fixture
def at(tmp_path: Path, judge: tuple[Judge, dict[str, CheckInfo]]) -> Tries:
    return Tries(tmp_path, *judge, ROWS)


@pytest.mark.parametrize("is_bound_again", [True, False])
def test_a_released_account_counts_for_its_group_no_more(at: Tries, is_bound_again: bool) -> None:
    assert at.tries("p1", account(A)).stage == "done"
    assert at.tries("t01", account(A)).stage == "refused"
    at.register.release(["p1", "p2"])
    if is_bound_again:
        assert at.tries("t01", account(A)).stage == "done"
    at.tries("p2", account(B, wrong=4))
    for name in ("p1", "p2"):
        report = at.report(name)
        assert (report.score, report.account_id, report.flags) == (16.0, B, ())
        assert at.seats.view(name).counting_report == report


def test_a_group_that_hands_in_again_what_was_released_has_its_best_try(at: Tries) -> None:
    at.tries("p1", account(A))
    at.register.release(["p1", "p2"])
    at.tries("p1", account(A, wrong=1))
    assert at.report("p2").score == 20.0
    assert at.register.owner(A) == "p1"
    # It is theirs again, beside another.
    at.tries("p2", account(B, wrong=4))
    assert at.report("p1").score == 20.0


def mark(kind: str, points: float, criterion: str | None = None) -> Adjustment:
    return Adjustment(kind=kind, points=points, criterion=criterion, why="Shown.")  # type: ignore[arg-type]


def test_a_new_try_is_shown_with_a_human_s_marks(
    tmp_path: Path, judge: tuple[Judge, dict[str, CheckInfo]]
) -> None:
    marks = {"s01": (mark("bonus", 2),), "t01": (mark("override", 4, "sums"),)}
    at = Tries(tmp_path, *judge, ROWS, Overrides(marks))
    view = at.tries("s01", account(A, wrong=2))
    assert view.report == view.counting_report == at.report("s01")
    assert desk_state_of(view, at.setup.rubric, "en").score == 20.0
    # A try that is worse than what counts has them too.
    view = at.tries("s01", account(A, wrong=4))
    assert view.counting_report == at.report("s01")
    state = desk_state_of(view, at.setup.rubric, "en")
    assert (state.score, state.message) == (
        18.0,
        "An earlier try was better, and counts: 20 of 20.",
    )
    # What is open and was settled by a human is graded, and so binds.
    view = at.tries("t01", account(B, exchange=Unknown("throttled", "why")))
    assert view.report == at.report("t01")
    assert view.report is not None
    assert (view.report.status, view.report.score) == ("graded", 20.0)
    assert at.register.owner(B) == "t01"


def test_a_total_lets_nothing_that_was_not_graded_bind_an_account(
    tmp_path: Path, judge: tuple[Judge, dict[str, CheckInfo]]
) -> None:
    at = Tries(tmp_path, *judge, ROWS, Overrides({"s01": (mark("total", 12),)}))
    open_yet = account(A, exchange=Unknown("throttled", "why"))
    assert at.tries("s01", open_yet).report == at.report("s01")
    assert (at.report("s01").status, at.report("s01").score) == ("graded", 12.0)
    # Nor when the desk is opened again.
    at.account_claims.bind_graded(at.class_run.reports)
    assert at.register.owner(A) is None
    assert at.tries("t01", account(A)).stage == "done"
    at.tries("s01", account(B))
    assert [at.register.owner(one) for one in (A, B)] == ["t01", "s01"]


def dies(*_given: Any, **_more: Any) -> Future[Any]:
    failed: Future[Any] = Future()
    failed.set_exception(WorkerDied())
    return failed


def unjudged(_judge: Judge, rubric: Rubric, seen: list[Observation], **_more: Any) -> Future[Any]:
    judged: Future[Any] = Future()
    judged.set_result([all_ungraded(rubric, ValueError("x")) for _one in seen])
    return judged


def crashes(*_given: Any, **_more: Any) -> Any:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("what", "fails"),
    alike(
        [
            ("grader.judging.pool.Judge.submit", dies),
            ("grader.judging.pool.Judge.submit", unjudged),
            ("grader.batch.pipeline.score", crashes),
            ("tests.desk.tries.account_shown", crashes),
        ]
    ),
)
@pytest.mark.parametrize("keep", ["best", "last"])
def test_a_grader_that_fails_takes_nothing_away(
    at: Tries, monkeypatch: pytest.MonkeyPatch, what: str, fails: Any, keep: Any
) -> None:
    at.grader.settings = replace(at.grader.settings, keep=keep)
    first = at.tries("p1", account(A, wrong=2)).counting_report
    kept = contents(at.results.root)
    with monkeypatch.context() as patch:
        patch.setattr(what, fails)
        view = at.tries("p1", account(A, wrong=1))
        assert (view.stage, view.report, view.counting_report) == ("refused", first, first)
        assert view.words is not None
        assert said(view.words).startswith("The grader failed, and told your instructor.")
        assert contents(at.results.root) == kept
        # Whoever had nothing before has what was seen: it can be judged again.
        at.tries("s01", account(B))
        assert at.report("s01").status == "ungraded"
    assert at.tries("p1", account(A, wrong=1)).report == at.report("p1")
    assert at.report("p2").score == 19.0


def test_a_sound_try_counts_whatever_an_earlier_one_is_to_the_judge(
    at: Tries, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("grader.judging.pool.Judge.submit", unjudged)
        at.tries("p1", account(A, wrong=1))
    (stored,) = (stored.observation for stored in at.results.each_stored([Student("p1")]))
    assert stored is not None
    real = Judge.submit

    def spoilt(judge: Judge, rubric: Rubric, seen: list[Observation], **more: Any) -> Future[Any]:
        judged: Future[Any] = Future()
        outcomes = real(judge, rubric, seen, **more).result()
        odd = all_ungraded(rubric, ValueError("x"))
        both = zip(seen, outcomes, strict=True)
        judged.set_result(
            [odd if one.started_at == stored.started_at else made for one, made in both]
        )
        return judged

    monkeypatch.setattr("grader.judging.pool.Judge.submit", spoilt)
    view = at.tries("p1", account(B, wrong=1))
    assert view.report is not None
    assert (view.stage, view.report.score) == ("done", 19.0)
    assert at.report("p1").score == 19.0


def test_a_group_s_grade_is_seen_when_it_is_everybody_s(
    at: Tries, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    write = Results.write_student

    def looked_at(results: Results, report: Report, *what: Any, **former: Any) -> None:
        assert [at.seats.view(name).stage for name in ("p1", "p2")] == ["looking", "idle"]
        write(results, report, *what, **former)
        written.append(report.student_id)

    monkeypatch.setattr(Results, "write_student", looked_at)
    at.tries("p1", account(A, wrong=1))
    views = [at.seats.view(name) for name in ("p1", "p2")]
    assert [(view.stage, view.report and view.report.score) for view in views] == [
        ("done", 19.0),
        ("done", 19.0),
    ]
    assert written == ["p1", "p2"]


def test_what_is_kept_of_a_group_is_shown_though_a_partner_s_is_not(
    at: Tries, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Results.write_student

    def full(results: Results, report: Report, *what: Any, **former: Any) -> None:
        if report.student_id == "p2":
            raise PermissionError(report.student_id)
        write(results, report, *what, **former)

    monkeypatch.setattr(Results, "write_student", full)
    view = at.tries("p1", account(A, wrong=1))
    assert view.words is not None
    assert said(view.words).startswith("Your result could not be written")
    assert (view.stage, view.report, view.counting_report) == (
        "refused",
        at.report("p1"),
        at.report("p1"),
    )
    assert at.seats.view("p2").stage == "idle"


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_page_that_loads_itself_again_is_loaded_from_where_it_is_got(at: Tries) -> None:
    """A form's answer may be the page too, and its address takes forms alone."""
    at.seats["s01"].stage = "looking"
    desk = at.desk
    student = desk_student_page(desk, at.seats.view("s01"), "en", "cookie", "It is under way.")
    for page, where in ((student, "/"), (board_page(desk, "en", "cookie"), "/board")):
        found = re.findall(r'http-equiv="refresh" content="(\d+)(?:;url=(.+?))?"', page.html)
        assert [address for _seconds, address in found] == [where]


def test_the_board_filters_by_the_roster_s_columns(
    tmp_path: Path, judge: tuple[Judge, dict[str, CheckInfo]]
) -> None:
    at = Tries(tmp_path, *judge, [replace(ROWS[0], extra={"section": "B2", "empty": ""}), ROWS[1]])
    at.tries("s01", account(A))
    html = board_page(at.desk, "en", "cookie").html
    assert re.findall(
        r'<option value="\d+">(\w+)</option>', html.partition('id="by-column"')[2]
    ) == ["section"]
    assert "B2" in html
