"""A human's mark: it counts at once, everywhere, and whatever becomes of the class."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from grader import cli
from grader.batch.plan import plan
from grader.batch.settings import Settings
from grader.inputs.problems import BadInput
from grader.model.history import Former
from grader.model.report import read_report
from grader.results.directory import Results
from grader.results.read_class import read_class
from grader.roster.load import load_roster
from grader.rubric.load import load_rubric
from tests.export.results_folders import ANN, BO, CY, RUBRIC, a_graded_class, a_report
from tests.observations import reference
from tests.quick_run import first_only_when_quick

if TYPE_CHECKING:
    from pathlib import Path

WHY = ["--why", "Shown at the desk."]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Ann has 18 points, Bo 12, and Cy could not be graded."""
    root = a_graded_class(tmp_path / "results", {ANN: 18, BO: 12, CY: None})
    assert cli.run(["regrade", str(root), "--quiet"]) == 3
    return root


def grader(*arguments: object) -> int:
    return cli.run([*map(str, arguments), "--quiet"])


def score(results: Path, student: str) -> float | None:
    return read_report(results / f"students/{student}/report.json").score


def edit(path: Path) -> None:
    """Give 20 points by hand, in the file itself."""
    text = path.read_text()
    assert '"score": 18,' in text
    path.write_text(text.replace('"score": 18,', '"score": 20,'))


def former(results: Path, student: str) -> list[tuple[str, float | None]]:
    found = sorted((results / "students" / student).glob("history/*.json"))
    read = [msgspec.json.decode(path.read_bytes(), type=Former) for path in found]
    return [(one.why, one.report.score) for one in read]


def cells(results: Path, student: str) -> dict[str, str]:
    head, *rows = (results / "grades.csv").read_text().splitlines()
    row = next(row for row in rows if row.startswith(f"{student},"))
    return dict(zip(head.split(","), row.split(","), strict=True))


def test_it_counts_at_once_in_report_summary_table_and_pages(results: Path) -> None:
    assert grader("override", results, "Ann Lee", "sums", "1,5", *WHY, "--by", "Dr. X") == 0
    report = read_report(results / "students/s1/report.json")
    assert (report.score, report.earned_score, report.flags) == (15.5, 18, ("overridden",))
    (one,) = report.adjusted
    assert (one.kind, one.criterion, one.points, one.by) == ("override", "sums", 1.5, "Dr. X")
    scores = json.loads((results / "summary.json").read_bytes())["scores"]
    assert scores[0]["score"] == 15.5
    assert {"score": "15.5", "sums": "1.5", "overridden": "sums"}.items() <= cells(
        results, "s1"
    ).items()
    page = (results / "students/s1/index.html").read_text()
    assert "Shown at the desk." in page
    assert "15.5" in page
    assert "marked by hand" in (results / "index.html").read_text()
    assert former(results, "s1") == [("override", 18)]


def test_a_bonus_may_be_below_0_and_is_no_option(results: Path) -> None:
    assert grader("override", results, "s2", "bonus", "-2", *WHY) == 0
    assert score(results, "s2") == 10
    assert (cells(results, "s2")["bonus"], cells(results, "s2")["overridden"]) == ("-2", "")


@pytest.mark.slow
def test_a_total_grades_whoever_could_not_be_graded(results: Path) -> None:
    assert grader("override", results, "cy@example.org", "total", "9", *WHY) == 0
    report = read_report(results / "students/s3/report.json")
    assert (report.status, report.score, report.earned_score) == ("graded", 9, None)
    assert grader("regrade", results) == 0


def test_what_is_wrong_is_said_all_at_once_and_nothing_is_written(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (results / "overrides.csv").write_text("student_id,criterion,points,why\ns9,sums,1,Why\n")
    before = {path: path.read_bytes() for path in results.rglob("*") if path.is_file()}
    assert grader("override", results, "Dora", "summs", "x", "--why", " ") == 2
    told = capsys.readouterr().err
    for part in ("'Dora'", "“summs”", "There is no reason", "overrides.csv:2: "):
        assert part in told
    assert {path: path.read_bytes() for path in results.rglob("*") if path.is_file()} == before


def test_a_reason_need_not_be_a_word_unless_the_file_would_read_it_as_decimals(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert grader("override", results, "s1", "sums", "1.0", "--why", " 42 ") == 2
    assert "--why: The reason has no word." in capsys.readouterr().err
    assert not (results / "overrides.csv").exists()
    assert grader("override", results, "s1", "sums", "1.5", "--why", "42") == 0
    assert grader("override", results, "s2", "sums", "1", "--why", "12/20") == 0


def test_a_line_of_a_spreadsheet_counts_in_an_export_and_in_all_that_follows(
    results: Path, tmp_path: Path
) -> None:
    (results / "overrides.csv").write_text("student_id;criterion;points;why\ns1;sums;0,5;Vu\n")
    out = tmp_path / "grades.csv"
    assert grader("export", results, "--to", "csv", "--out", out) == 0
    assert "s1,Ann Lee,ann@example.org,,graded,14.5,20" in out.read_text()
    assert score(results, "s1") == 18
    grader("override", results, "s2", "bonus", "1", *WHY)
    assert (score(results, "s1"), score(results, "s2")) == (14.5, 13)


@pytest.mark.slow
def test_a_wrong_line_ends_every_command_with_its_line(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (results / "overrides.csv").write_text("student_id,criterion,points,why\ns1,sums,5,Why\n")
    out = tmp_path / "grades.csv"
    for command in (
        ("regrade", results),
        ("export", results, "--to", "csv", "--out", out),
        ("override", results, "s2", "sums", "1", *WHY),
    ):
        assert grader(*command) == 2
        assert "overrides.csv:2: 5 points are not between 0 and 4" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.slow
def test_it_is_kept_when_the_class_is_judged_again_by_another_rubric(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = a_graded_class(tmp_path / "results", {ANN: 18, BO: 12})
    Results(root).write_student(a_report(ANN, 18), reference())
    for arguments in (("s1", "sums", "3"), ("s1", "memory", "1"), ("s2", "bonus", "2")):
        assert grader("override", root, *arguments, *WHY) == 0
    text = RUBRIC.source.replace("id: memory", "id: weight")
    rubric = tmp_path / "other.yaml"
    rubric.write_text(text)
    grader("regrade", root, "--rubric", rubric)
    told = capsys.readouterr().err
    assert "The rubric no longer has “memory”: this mark counts nothing." in told
    report = read_report(root / "students/s1/report.json")
    assert [(one.criterion, one.points) for one in report.adjusted] == [("sums", 3)]
    assert score(root, "s2") == 14
    assert "memory" in (root / "overrides.csv").read_text()
    assert Results(root).batch().former_criteria == ["memory"]
    grader("regrade", root)
    assert "no longer has “memory”" in capsys.readouterr().err
    assert read_class(root).notes


def test_a_mark_of_a_former_criterion_stops_no_export_where_the_rubric_cannot_be_read(
    tmp_path: Path,
) -> None:
    root = a_graded_class(tmp_path / "results", {ANN: 18}, former_criteria=["weight", "memory"])
    (root / "overrides.csv").write_text("student_id,criterion,points,why\ns1,weight,9,Why\n")
    (root / "rubric.yaml").write_text("schema: rubric/9\n")
    read = read_class(root)
    assert (read.rubric, [row.report.score for row in read.rows]) == (None, [18])
    assert "no longer has “weight”" in read.notes[0].message
    # What a report has is a criterion of the rubric, whatever was before it.
    (root / "overrides.csv").write_text("student_id,criterion,points,why\ns1,memory,9,Why\n")
    with pytest.raises(BadInput, match="9 points are not between 0 and 1"):
        read_class(root)


def test_regrading_as_a_trial_says_what_would_change_and_writes_nothing(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (results / "overrides.csv").write_text("student_id,criterion,points,why\ns1,sums,0,Why\n")
    before = {path: path.read_bytes() for path in results.rglob("*") if path.is_file()}
    assert cli.run(["regrade", str(results), "--dry-run"]) == 3
    told = capsys.readouterr()
    assert "s1 (Ann Lee): 18/20 -> 14/20 (-4)" in told.out
    assert "Nothing was written." in told.err
    assert {path: path.read_bytes() for path in results.rglob("*") if path.is_file()} == before
    assert cli.run(["regrade", str(results)]) == 3
    assert score(results, "s1") == 14
    assert former(results, "s1") == [("regrade", 18)]


@pytest.mark.parametrize(
    "command",
    first_only_when_quick(
        [
            ["regrade", "{}"],
            ["override", "{}", "s2", "sums", "1", *WHY],
            ["export", "{}", "--to", "csv", "--out", "{}/../out.csv"],
            ["export", "{}", "--to", "html"],
        ]
    ),
    ids=["regrade", "override", "export", "pages"],
)
def test_a_report_that_somebody_edited_is_refused_and_the_right_command_named(
    results: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = results / "students/s1/report.json"
    edit(path)
    assert grader(*(word.replace("{}", str(results)) for word in command)) in {2, 3}
    told = capsys.readouterr().err
    assert f"{path}: " in told
    assert "`grader override`" in told
    assert '"score": 20,' in path.read_text()
    out = results / "../out.csv"
    assert not out.exists() or "s1," not in out.read_text()


def test_an_edited_report_is_refused_before_a_batch_goes_on(results: Path, tmp_path: Path) -> None:
    path = results / "students/s1/report.json"
    edit(path)
    roster = tmp_path / "class.csv"
    roster.write_text("student_id,profile\ns1,a\ns2,b\ns3,c\n")
    with pytest.raises(BadInput, match="grader override"):
        plan(
            Results(results),
            load_roster(roster),
            RUBRIC,
            Settings(seed=1),
            resume=True,
            force=True,
        )


def test_a_batch_that_starts_over_moves_the_marks_aside(results: Path) -> None:
    grader("override", results, "s1", "bonus", "1", *WHY)
    there = Results(results)
    with there.locked():
        there.start_over(there.prepare_backup_folder())
    assert not (results / "overrides.csv").exists()
    (aside,) = results.parent.glob("results.before-*")
    assert "bonus" in (aside / "overrides.csv").read_text()
    assert list(aside.glob("students/s1/history/*.json"))


def test_what_0_1_0_kept_of_an_earlier_report_begins_the_history(results: Path) -> None:
    folder = results / "students/s1"
    (folder / "report.before.json").write_bytes((folder / "report.json").read_bytes())
    grader("override", results, "s1", "sums", "0", *WHY)
    assert former(results, "s1") == [("regrade", 18), ("override", 18)]
    assert [path.name for path in sorted(folder.glob("history/*"))] == ["001.json", "002.json"]
    assert not (folder / "report.before.json").exists()


STEPS: Any = st.lists(
    st.sampled_from(["override", "bonus", "regrade", "resume", "export", "pages", "trial"]),
    min_size=1,
    max_size=5,
)


@pytest.mark.slow
@settings(max_examples=6, deadline=None, suppress_health_check=[*HealthCheck])
@given(steps=STEPS)
@example(steps=["export", "override", "resume", "export", "regrade"])
def test_in_whatever_order_the_score_is_the_same(
    steps: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """It follows from the observation, the rubric, the marks and the times, and from nothing else; the
    class page says so of whoever has another one than was handed back."""
    folder = tmp_path_factory.mktemp("any")
    roster = folder / "class.csv"
    roster.write_text("student_id,name,email,profile\ns1,Ann Lee,ann@example.org,nobody\n")
    root = a_graded_class(folder / "results", {ANN: 20})
    Results(root).write_student(a_report(ANN, 20), reference(region="us-east-1"))
    assert grader("regrade", root) in {0, 3}
    earned = read_report(root / "students/s1/report.json").sure_points
    commands = {
        "override": ("override", root, "s1", "memory", "0", *WHY),
        "bonus": ("override", root, "s1", "bonus", "-1", *WHY),
        "regrade": ("regrade", root),
        "trial": ("regrade", root, "--dry-run"),
        "resume": ("batch", roster, "--out", root, "--resume"),
        "export": ("export", root, "--to", "gradescope", "--force"),
        "pages": ("export", root, "--to", "html"),
    }
    done: set[str] = set()
    handed_back = None
    for step in steps:
        assert grader(*commands[step]) == 0
        done.add(step)
        found = read_report(root / "students/s1/report.json")
        assert found.score == (earned or 0) - ("override" in done) - ("bonus" in done)
        assert read_class(root).rows[0].report == found
        handed_back = found.score if step == "export" else handed_back
        page = (root / "index.html").read_text()
        assert ('id="handed-back"' in page) == ("export" in done)
        assert ('class="change"' in page) == ("export" in done and handed_back != found.score)


def test_a_rubric_may_say_until_when_and_what_it_costs(tmp_path: Path) -> None:
    path = tmp_path / "rubric.yaml"
    late = "due: 2026-11-27T23:59:00+01:00\nlate: {per_day: 0.1, at_most: 0.5}\ncriteria:"
    path.write_text(RUBRIC.source.replace("criteria:", late, 1))
    rubric = load_rubric(path, None)
    assert (rubric.due, rubric.late and rubric.late.at_most) == ("2026-11-27T23:59:00+01:00", 0.5)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("due: 2026-11-27T23:59:00", "is not a time with its zone"),
        ("due: 2026-11-27", "is not a time with its zone"),
        ("late: {per_day: 1.5}", "must be at most 1"),
        ("late: {per_day: 0.5, at_most: 2}", "must be at most 1"),
        ("late: {at_most: 0.5}", "has no “per_day”"),
        ("late: {per_day: 0}", "must be more than 0"),
    ],
)
def test_a_due_time_without_zone_and_a_rule_over_1_are_refused_with_their_line(
    tmp_path: Path, line: str, said: str
) -> None:
    path = tmp_path / "rubric.yaml"
    path.write_text(f"{line}\n{RUBRIC.source}")
    with pytest.raises(BadInput) as bad:
        load_rubric(path, None)
    (problem,) = bad.value.problems
    assert problem.line == 1
    assert said in f"{problem.message} {problem.remedy}"


@pytest.mark.parametrize(
    ("criterion", "points", "said"),
    [
        ("memory", "500", "POINTS: 500 points are not between 0 and "),
        ("memory", "many", "POINTS: “many” is not a number of points."),
        ("total", "500", "POINTS: 500 points are not between 0 and 20"),
        ("memry", "1", "CRITERION: The rubric has no criterion “memry”."),
    ],
)
def test_the_word_that_is_wrong_is_named(
    results: Path, criterion: str, points: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert grader("override", results, "s1", criterion, points, *WHY) == 2
    assert said in capsys.readouterr().err
