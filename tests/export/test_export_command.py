from __future__ import annotations

import html
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from grader import cli
from grader.commands.formats import FORMATS
from grader.export.comment import comment_text
from grader.i18n.message import Message
from grader.i18n.message import said as told
from grader.model.report import TestResult
from grader.results.directory import Results
from grader.safety.printable import printable
from tests.export import importers
from tests.export.results_folders import (
    ANN,
    BO,
    CY,
    RUBRIC,
    a_graded_class,
    a_report,
    a_student,
    export_of,
    ids,
    in_moodle,
)
from tests.quick_run import first_only_when_quick

ASSIGNMENT = ["--assignment", "Lab 3 (4711)"]
NEEDED = {"canvas": ASSIGNMENT}
UNSCALED = {"html", "moodle-feedback"}
"""Pages: they show the rubric's own points."""
KNOWN = "Add {name} to the function's environment variables."


@pytest.fixture
def root(tmp_path: Path) -> Path:
    scores = dict(zip(map(in_moodle, (ANN, BO, CY)), (17.5, 2.675, None), strict=True))
    return a_graded_class(tmp_path / "results", scores)


def export(root: Path, to: str, *more: str) -> int:
    return cli.run(["export", str(root), "--to", to, *NEEDED.get(to, []), *more])


def csv_of(root: Path, *more: str) -> tuple[int, dict[str, Any]]:
    out = root.parent / "out.csv"
    status = export(root, "csv", "--out", str(out), "--force", *more)
    return status, importers.grades_csv(out) if out.exists() else {}


# -- words ----------------------------------------------------------------------------------------


def test_a_comment_is_in_the_language_asked_for(root: Path) -> None:
    export = export_of(root, "fr")
    comment = comment_text(export.rows[0].report, export)
    assert comment.startswith("17,5 sur 20.\n")


def test_a_comment_has_the_score_of_the_grade_beside_it(root: Path) -> None:
    # 8 of 21 for 1 point of 20 are 1.9047… of 100, and 0.381 in the report.
    report = a_report(ANN, 0)
    outcomes = ["passed"] * 8 + ["failed"] * 13
    tests = tuple(TestResult(name="", outcome=outcome) for outcome in outcomes)
    first = msgspec.structs.replace(report.criteria[0], status="partial", points=0.381, tests=tests)
    changed = msgspec.structs.replace(report, score=0.381, criteria=(first, *report.criteria[1:]))
    Results(root).write_report(changed)
    assert export(root, "moodle", "--scale", "100") == 0
    row = importers.table((root / "exports/moodle.csv").read_bytes())[0]
    assert row["Score"] == "1.9"
    assert row["Feedback"].startswith("1.9 of 100 points.<br>Function: 1.9 of 5 — ")


def test_a_batch_is_exported_in_another_language(root: Path) -> None:
    first = RUBRIC.criteria[0]
    assert isinstance(first.title, dict)
    assert isinstance(first.hint, dict)
    values = {"name": "NUMBERS"}
    report = a_report(ANN, 0.0)
    result = msgspec.structs.replace(
        report.criteria[0],
        title=first.title["en"],
        hint=first.hint["en"],
        message=told(Message(KNOWN, values)),
        message_id=KNOWN,
        values=values,
    )
    mine = msgspec.structs.replace(report.criteria[1], message="My own words.", message_id="My own")
    naming = {"name": first.title["en"]}
    depends = msgspec.structs.replace(report.criteria[2], message_id=KNOWN, values=naming)
    criteria = (result, mine, depends, *report.criteria[3:])
    changed = msgspec.structs.replace(report, criteria=criteria)
    Results(root).write_report(changed)
    assert export(root, "moodle", "--lang", "fr") == 0
    (row,) = [
        row
        for row in importers.table((root / "exports/moodle.csv").read_bytes())
        if row["ID number"] == "s1"
    ]
    lines = row["Feedback"].split("<br>")
    for text in (
        first.title["fr"],
        first.hint["fr"],
        told(Message(KNOWN, values), "fr"),
    ):
        assert html.escape(printable(text), quote=False) in lines[1]
    assert "My own words." in lines[2]
    assert html.escape(printable(first.title["fr"]), quote=False) in lines[3]


def test_control_characters_do_not_get_into_a_comment(root: Path) -> None:
    report = a_report(ANN, 0.0)
    first = msgspec.structs.replace(report.criteria[0], message="\x1b[2J\u202eevil\nline")
    report = msgspec.structs.replace(report, criteria=(first, *report.criteria[1:]))
    comment = comment_text(report, export_of(root))
    assert "\\x1b[2J\\u202eevil line" in comment


# -- where it goes --------------------------------------------------------------------------------


@pytest.mark.parametrize("to", first_only_when_quick(FORMATS, keep=3))
def test_every_format_has_a_place_of_its_own_that_only_its_owner_reads(root: Path, to: str) -> None:
    before = {*root.rglob("*")}
    assert export(root, to) == 0
    made = {*root.rglob("*")} - before
    assert {path.stat().st_mode & 0o777 for path in made if path.is_file()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in made if path.is_dir()} <= {0o700}


@pytest.mark.parametrize("to", [to for to in FORMATS if to not in UNSCALED])
def test_what_is_there_is_replaced_only_when_told(root: Path, to: str, capsys) -> None:
    there = {*root.rglob("*")}
    assert export(root, to) == 0
    made = {*root.rglob("*")} - there
    before = {path: path.read_bytes() for path in made if path.is_file()}
    assert export(root, to, "--scale", "100") == 2
    assert "--force" in capsys.readouterr().err
    assert all(path.read_bytes() == data for path, data in before.items())
    assert export(root, to, "--scale", "100", "--force") == 0
    assert any(path.read_bytes() != data for path, data in before.items())


def test_a_score_of_before_does_not_stay_when_the_student_has_none_now(
    root: Path,
) -> None:
    export(root, "lti")
    Results(root).write_report(a_report(ANN, None))
    assert export(root, "lti", "--force") == 0
    assert {path.name for path in (root / "exports/lti").iterdir()} == {
        "s2.json",
        "scores.ndjson",
    }


def linked(how: str, path: Path, to: Path) -> Path:
    if how == "same":
        return to
    (path.symlink_to if how == "symlink" else path.hardlink_to)(to)
    return path


@pytest.mark.parametrize("how", ["same", "symlink", "hard link"])
@pytest.mark.parametrize(
    "of",
    first_only_when_quick(
        ["worksheet", "batch.json", "grades.csv", "students/s1/report.json"], keep=2
    ),
)
def test_an_input_is_never_the_output(root: Path, how: str, of: str, capsys) -> None:
    sheet = root.parent / "sheet.csv"
    sheet.write_text(
        "Identifier,Full name,Grade,Last modified (grade)\n1,Ann Lee,,-\n2,Bo Ray,,-\n"
    )
    (root / "grades.csv").write_text("x")
    given = sheet if of == "worksheet" else root / of
    before = given.read_bytes()
    out = linked(how, root.parent / "link.csv", given)
    arguments = ["--worksheet", str(sheet), "--out", str(out), "--force"]
    assert export(root, "moodle", *arguments) == 2
    assert "made from" in capsys.readouterr().err
    assert given.read_bytes() == before


KEPT = [
    *("batch.json", "summary.json", "grades.csv", "rubric.yaml", "overrides.csv", "desk.json"),
    *("handed-back.json", "lti-pushed.ndjson", ".lock", "students/s1/accounts/1.json"),
    *("students/s1/observation.json", "students/s1/history/1.json"),
]


@pytest.mark.parametrize("of", KEPT)
def test_no_export_replaces_a_file_that_the_grader_keeps(root: Path, of: str, capsys) -> None:
    kept = root / of
    kept.parent.mkdir(parents=True, exist_ok=True)
    if of == "handed-back.json":
        assert export(root, "moodle") == 0
    elif not kept.exists():
        kept.write_text("student_id,criterion,points,why,by,at\n")
    before = kept.read_bytes()
    assert export(root, "csv", "--out", str(kept), "--force") == 2
    assert "made from" in capsys.readouterr().err
    assert kept.read_bytes() == before


def test_a_folder_of_results_is_not_written_into(root: Path) -> None:
    before = (root / "students/s1/report.json").read_bytes()
    (root / "students/s1/results.json").symlink_to("report.json")
    assert export(root, "gradescope", "--out", str(root / "students"), "--force") == 2
    assert (root / "students/s1/report.json").read_bytes() == before


@pytest.mark.parametrize(
    "what", ["index.html", "students", "students/s1", "students/s1/index.html"]
)
@pytest.mark.parametrize("force", [True, False])
def test_nothing_is_written_through_a_link_below_the_place(
    root: Path, what: str, force: bool, capsys
) -> None:
    elsewhere, out = root.parent / "elsewhere", root.parent / "site"
    (out / what).parent.mkdir(parents=True)
    if what.endswith(".html"):
        elsewhere.write_text("mine")
    else:
        elsewhere.mkdir()
    (out / what).symlink_to(elsewhere)
    (root.parent / "site-link").symlink_to(out)
    for place in (out, root.parent / "site-link"):
        given = ["--out", str(place), *(["--force"] if force else [])]
        assert export(root, "html", *given) == 2
        assert f"{place / what}: This is a link" in " ".join(capsys.readouterr().err.split())
    assert elsewhere.read_text() == "mine" if elsewhere.is_file() else not [*elsewhere.iterdir()]
    (out / what).unlink()
    assert export(root, "html", "--out", str(root.parent / "site-link"), "--force") == 0


@pytest.mark.parametrize(("to", "there"), [("csv", "folder"), ("lti", "file")])
def test_a_place_of_another_kind_is_refused(root: Path, to: str, there: str) -> None:
    out = root.parent / "there"
    out.mkdir() if there == "folder" else out.write_text("kept")
    assert export(root, to, "--out", str(out), "--force") == 2
    assert out.is_dir() or out.read_text() == "kept"


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="no such device")
def test_an_export_can_be_read_from_a_pipe(root: Path) -> None:
    reading, writing = os.pipe()
    out = f"/dev/fd/{writing}"
    try:
        assert export(root, "csv", "--out", out, "--quiet") == 0
    finally:
        os.close(writing)
    with os.fdopen(reading) as pipe:
        assert pipe.readline().startswith("student_id,")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_device_in_a_folder_of_somebody_elses_can_be_written_to(root: Path) -> None:
    assert export(root, "csv", "--out", "/dev/null", "--quiet") == 0


# -- what is asked --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "moodel"], "Did you mean “moodle”?"),
        (["--to", "xls"], "Did you mean “xlsx”?"),
        (["--to", "pdf"], "Known here: canvas, "),
        (["--to", "csv", "--worksheet", "x.csv"], "--worksheet: csv has no use for it"),
        (["--to", "moodle", "--ids", "sis"], "--ids: moodle has no use for it"),
        (["--to", "csv", "--scale", "0"], "--scale: This is not a number of points"),
        (["--to", "moodle", "--worksheet", "missing.csv"], "no such file"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_written(
    root: Path, arguments: list[str], said: str, capsys
) -> None:
    assert cli.run(["export", str(root), *arguments]) == 2
    assert said in capsys.readouterr().err
    assert not (root / "exports").exists()


def test_the_ungraded_are_named_with_the_reason(root: Path, capsys) -> None:
    assert csv_of(root)[0] == 0
    assert "s3 (Cy Day) has no score: expected <more>." in capsys.readouterr().err


def test_what_comes_from_an_account_does_not_rule_the_terminal(root: Path, capsys) -> None:
    report = a_report(CY, None)
    first = msgspec.structs.replace(report.criteria[0], message="\x1b[2J[red]gone\u202e\nagain")
    report = msgspec.structs.replace(report, criteria=(first, *report.criteria[1:]))
    Results(root).write_report(report)
    assert csv_of(root)[0] == 0
    error = capsys.readouterr().err
    assert "s3 (Cy Day) has no score: \\x1b[2J[red]gone\\u202e again" in error
    assert "\x1b" not in error


def test_the_csv_on_a_scale_is_rounded_and_blank_where_there_is_no_score(
    root: Path,
) -> None:
    _, scores = csv_of(root, "--scale", "100")
    assert {name: score and str(score) for name, score in scores.items()} == {
        "s1": "87.5",
        "s2": "13.38",
        "s3": None,
    }


ROUNDED: dict[str, tuple[float, bool]] = {
    "by rounding": (0.0002, True),
    "by hand": (0.0009, False),
}


@pytest.mark.parametrize("how", ROUNDED)
def test_a_score_may_be_off_by_what_rounding_does_and_no_more(root: Path, how: str) -> None:
    more, taken = ROUNDED[how]
    assert len(a_report(ANN, 0).criteria) < 17
    edited(root, score=17.5 + more)
    assert ("s1" in csv_of(root)[1]) == taken


# -- damaged results ------------------------------------------------------------------------------


def edited(root: Path, **changes: Any) -> None:
    """Ann's report as somebody left it who edited the file."""
    path = root / "students/s1/report.json"
    report = msgspec.json.decode(path.read_bytes())
    criteria = changes.pop("criteria", {})
    report |= changes
    report["criteria"][0] |= criteria
    path.write_bytes(msgspec.json.encode(report))


DAMAGED: dict[str, Any] = {
    "another version": {"schema": "report/2"},
    "unknown field": {"bonus": 3},
    "score raised": {"score": 20.0},
    "score removed": {"score": None},
    "status changed": {"status": "ungraded"},
    "another student's": {"student_id": "s2"},
    "points above the maximum": {"score": 18.5, "criteria": {"points": 2.0}},
    "points that its tests do not earn": {
        "criteria": {"tests": [{"name": "It exists.", "outcome": "failed"}]}
    },
    "negative points": {"score": 15.5, "criteria": {"points": -1.0}},
    "maximum changed": {"max_score": 40.0},
    "out of nothing": {"max_score": 0.0},
    "criterion twice": {"criteria": {"id": "memory"}},
    "no time": {"finished_at": "yesterday"},
    "judged by another rubric": {"rubric_sha256": "0" * 64},
    "another name": {"name": "Bo Ray"},
    "another address": {"email": "bo@example.org"},
}


@pytest.mark.parametrize("how", first_only_when_quick(DAMAGED, keep=5))
def test_a_report_edited_by_hand_is_named_and_the_rest_is_exported(
    root: Path, how: str, capsys
) -> None:
    edited(root, **dict(DAMAGED[how]))
    status, scores = csv_of(root)
    assert (status, scores.keys()) == (3, {"s2", "s3"})
    assert "students/s1/report.json: " in capsys.readouterr().err


def test_points_too_great_to_add_up_are_damage(root: Path, capsys) -> None:
    path = root / "students/s1/report.json"
    report = msgspec.json.decode(path.read_bytes())
    for result in report["criteria"][:2]:
        result |= {"points": 1.7e308, "max_points": 1.7e308, "status": "passed"}
    path.write_bytes(msgspec.json.encode(report))
    status, scores = csv_of(root)
    assert (status, scores.keys()) == (3, {"s2", "s3"})
    assert "students/s1/report.json: This file is damaged" in capsys.readouterr().err
    assert cli.run(["regrade", str(root)]) in {0, 1, 2, 3}
    assert "Traceback" not in capsys.readouterr().err


BYTES = {
    "cut short": b'{"schema": "report/1", "stu',
    "empty": b"",
    "not text": b"\xff\xfe\x00",
    "not UTF-8 inside": b'{"schema": "\xff"}',
    "nested": b"[" * 100_000,
    "not a number": b'{"score": NaN}',
}


@pytest.mark.parametrize("how", BYTES)
def test_a_report_that_cannot_be_read_is_named_and_the_rest_is_exported(
    root: Path, how: str, capsys
) -> None:
    (root / "students/s1/report.json").write_bytes(BYTES[how])
    status, scores = csv_of(root)
    assert (status, scores.keys()) == (3, {"s2", "s3"})
    error = capsys.readouterr().err
    assert "students/s1/report.json: " in error
    assert "Traceback" not in error


def test_a_missing_report_is_named(root: Path, capsys) -> None:
    (root / "students/s1/report.json").unlink()
    status, scores = csv_of(root)
    assert (status, scores.keys()) == (3, {"s2", "s3"})
    assert "students/s1/report.json: It cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("state", ["running", "interrupted"])
def test_an_unfinished_batch_is_exported_and_named(tmp_path: Path, state: str, capsys) -> None:
    root = a_graded_class(tmp_path / "results", state=state)
    status, scores = csv_of(root)
    assert (status, len(scores)) == (3, 3)
    assert f"batch.json: The batch is {state}" in capsys.readouterr().err


def test_results_that_are_about_to_be_replaced_are_nobodys(tmp_path: Path) -> None:
    assert csv_of(a_graded_class(tmp_path / "results", state="starting")) == (2, {})


@pytest.mark.parametrize(
    "data", [None, b"{}", b'{"schema": "batch/9"}', b'{"schema": "\xeb"}', b"[" * 100_000]
)
def test_without_its_batch_the_students_found_are_exported(
    root: Path, data: bytes | None, capsys
) -> None:
    (root / "batch.json").unlink() if data is None else (root / "batch.json").write_bytes(data)
    status, scores = csv_of(root)
    assert (status, scores.keys()) == (3, {"s1", "s2", "s3"})
    assert "batch.json: " in capsys.readouterr().err


def test_what_is_no_folder_of_results_is_refused(tmp_path: Path) -> None:
    assert csv_of(tmp_path / "nothing") == (2, {})
    assert csv_of(tmp_path) == (2, {})


@pytest.mark.parametrize("source", [None, "not: a rubric", "other"])
def test_a_rubric_that_is_not_the_classs_is_named(root: Path, source: str | None, capsys) -> None:
    path = root / "rubric.yaml"
    if source is None:
        path.unlink()
    else:
        path.write_text(path.read_text() + "\n# changed\n" if source == "other" else source)
    status, scores = csv_of(root)
    assert (status, len(scores)) == (3, 3)
    assert "rubric.yaml" in capsys.readouterr().err


def test_ids_that_lead_elsewhere_are_named_and_not_followed(root: Path, capsys) -> None:
    batch = msgspec.json.decode((root / "batch.json").read_bytes())
    batch["students"] += [{"student_id": "../../x"}, {"student_id": "S1"}]
    (root / "batch.json").write_bytes(msgspec.json.encode(batch))
    status, scores = csv_of(root)
    assert (status, scores.keys()) == (3, {"s1", "s2", "s3"})
    said = capsys.readouterr().err
    assert "'../../x' is not a student's id" in said
    assert "The student 'S1' is in it twice." in said


@pytest.mark.parametrize("to", FORMATS)
def test_hostile_names_are_exported_by_every_format(tmp_path: Path, to: str) -> None:
    odd = a_student("s1", '=cmd()|"\x1b[2J\n</x>', "\u202e+x@example.org", **ids("s1"))
    root = a_graded_class(tmp_path / "results", {in_moodle(odd): 20, in_moodle(BO): 10})
    assert export(root, to) == 0


def test_a_class_of_which_nobody_is_graded_is_exported(tmp_path: Path) -> None:
    for to in FORMATS:
        assert export(a_graded_class(tmp_path / to, {in_moodle(CY): None}), to) == 0


@pytest.mark.parametrize("name", ["summary.json", "lti-pushed.ndjson"])
def test_the_place_of_a_result_that_is_not_there_yet_is_kept_free(root: Path, name: str) -> None:
    assert export(root, "csv", "--out", str(root / "students" / ".." / name), "--force") == 2
    assert not (root / name).exists()
