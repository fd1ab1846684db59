"""Each format read as its importer reads it: the scores by who they are for, of how many points."""

from __future__ import annotations

import csv
import io
import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING

from junitparser import JUnitXml
from openpyxl import load_workbook

from tests.export.php_csv import as_moodle_reads

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Scores = dict[str, Decimal | None]


def gradescope(folder: Path) -> Scores:
    """The score of the file, else the sum of the tests', else none."""
    found: Scores = {}
    for path in folder.glob("*/results.json"):
        told = json.loads(path.read_bytes())
        assert told.get("tests") or "score" in told
        tests = [test["score"] for test in told["tests"] if "score" in test]
        given = told.get("score", sum(tests) if tests else None)
        found[path.parent.name] = None if given is None else Decimal(str(given))
    return found


def rows(data: bytes, delimiter: str = ",") -> list[list[str]]:
    text = io.StringIO(data.decode("utf-8-sig"), newline="")
    return list(csv.reader(text, delimiter=delimiter, strict=True))


def table(data: bytes, delimiter: str = ",") -> list[dict[str, str]]:
    header, *body = rows(data, delimiter)
    return [dict(zip(header, row, strict=True)) for row in body]


def moodle_table(data: bytes, delimiter: str = ",") -> list[dict[str, str]]:
    header, *body = as_moodle_reads(data, delimiter)
    return [dict(zip(header, row, strict=True)) for row in body]


def moodle_gradebook(path: Path, user: str = "Email address") -> Scores:
    """One bad row stops the whole import: every user is known once, every grade a number."""
    found: Scores = {}
    for row in moodle_table(path.read_bytes()):
        assert row[user] not in found
        found[row[user]] = Decimal(row["Score"])
    return found


def moodle_worksheet(path: Path) -> Scores:
    """By the number at the end of the identifier; an empty grade changes nothing.

    Three columns are asked for by name, or the whole file is refused.
    """
    found: Scores = {}
    given = path.read_bytes()
    assert {"Identifier", "Grade", "Last modified (grade)"} <= {*rows(given)[0]}
    for row in moodle_table(given):
        number = row["Identifier"].removeprefix("Participant ")
        found[number] = Decimal(row["Grade"]) if row["Grade"] else None
    return found


def canvas(path: Path, assignment: str, by: str = "SIS User ID") -> tuple[Decimal, Scores]:
    """The points possible, and each SIS user's score. A blank cell takes a score away.

    ``by``: the column of the id by which students are told.
    """
    header, *body = rows(path.read_bytes())
    assert "Student" in header[0]
    assert "ID" in header[1]
    assert "Section" in header[4]
    column = header.index(assignment)
    possible, found = Decimal(0), Scores()
    for row in body:
        if "Points Possible" in row[0]:
            possible = Decimal(row[column])
        elif not all(re.fullmatch(r"\s*(Muted|Manual Posting.*)?\s*", cell) for cell in row):
            found[row[header.index(by)]] = Decimal(row[column]) if row[column] else None
    return possible, found


def lti(folder: Path) -> Scores:
    """Every line of the NDJSON, which says what the single files say."""
    lines = (folder / "scores.ndjson").read_text().splitlines()
    found = {}
    for line in lines:
        score = json.loads(line)
        assert json.loads((folder / f"{score['userId']}.json").read_bytes()) == score
        assert (score["activityProgress"], score["gradingProgress"]) == ("Completed", "FullyGraded")
        found[score["userId"]] = Decimal(str(score["scoreGiven"]))
    assert len(list(folder.iterdir())) == len(found) + 1
    return {**found}


def junit(path: Path) -> Scores:
    """The suites' property ``score``; a suite with an error has none."""
    found: Scores = {}
    for suite in JUnitXml.fromfile(str(path)):
        given = {one.name: one.value for one in suite.properties()}
        assert bool(suite.errors) != ("score" in given) or given.get("score") == "0"
        found[suite.name] = Decimal(given["score"]) if "score" in given else None
    return found


def grades_csv(path: Path) -> Scores:
    return {
        row["student_id"]: Decimal(row["score"]) if row["score"] else None
        for row in table(path.read_bytes())
    }


def xlsx(path: Path) -> Scores:
    """The workbook's first sheet, as a spreadsheet reads it: scores are numbers, or there is none."""
    header, *body = (
        load_workbook(io.BytesIO(path.read_bytes())).worksheets[0].iter_rows(values_only=True)
    )
    found: Scores = {}
    for row in body:
        student = dict(zip(header, row, strict=True))
        assert isinstance(student["score"], int | float | None)
        found[str(student["student_id"])] = (
            None if student["score"] is None else Decimal(str(student["score"]))
        )
    return found


ASSIGNMENT = "Lab 3 (4711)"
READERS: dict[str, Callable[[Path], Scores]] = {
    "csv": grades_csv,
    "xlsx": xlsx,
    "gradescope": gradescope,
    "moodle": lambda made: moodle_gradebook(made, "ID number"),
    "canvas": lambda made: canvas(made, ASSIGNMENT)[1],
    "lti": lti,
    "junit": junit,
}
"""How the importer of each format reads the scores."""
