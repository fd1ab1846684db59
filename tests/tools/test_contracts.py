"""The rooms of the package: the contracts are those of the table, and what runs keeps to them too."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

import grader.checks
from tools.generate_contracts import CONTRACTS, ROOT, TABLE, contracts, rows


def test_the_contracts_are_what_the_table_of_rooms_says() -> None:
    written = CONTRACTS.read_text(encoding="utf-8")
    wanted = contracts(TABLE.read_text(encoding="utf-8"))
    assert written == wanted, "run python -m tools.generate_contracts"


def test_a_row_of_the_table_makes_a_layer_and_a_contract() -> None:
    row = "| `attic/` | old things | `cellar`, `boto3` |\n| `cellar/`, `well.py` | below | – |\n"
    made = contracts(row)
    assert "layers =\n    attic\n    cellar | well\n" in made
    assert (
        "source_modules = grader.attic\nforbidden_modules =\n    grader.cellar\n    boto3\n" in made
    )


def test_the_table_names_every_entry_of_the_package_and_no_other() -> None:
    named = {room for row in rows(TABLE.read_text(encoding="utf-8")) for room in row.rooms}
    there = {
        path.stem
        for path in (ROOT / "grader").iterdir()
        if path.suffix in {"", ".py"} and path.name[0] != "."
    }
    assert named == there - {"__init__", "__main__", "__pycache__"}
    assert len(there) <= 30


@pytest.mark.parametrize(
    ("imported", "foreign"),
    [
        ("grader.judging.judge_session", "boto3"),  # a judge asks AWS nothing
        ("grader.judging.collection", "jsonschema"),  # is told what a rubric asks, and reads none
        ("grader.judging.collection", "tenacity"),  # and waits for nothing
        ("grader.engines.visit", "pytest"),  # nor does whoever asks AWS judge
        ("grader.checks", "boto3"),
    ],
)
def test_what_a_process_does_not_need_it_does_not_load(imported: str, foreign: str) -> None:
    code = f"import sys, {imported}; sys.exit({foreign!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_authors_of_checks_have_these_words_and_no_other() -> None:
    assert sorted(grader.checks.__all__) == [
        *(
            "CheckInfo",
            "Evidence",
            "Family",
            "Found",
            "Message",
            "Missing",
            "NotTried",
            "On",
            "Unknown",
        ),
        *("block", "check", "fail", "message", "observed", "required", "same", "shown", "ungrade"),
    ]
    assert all(getattr(grader.checks, name).__doc__ for name in ("block", "check", "fail", "same"))


def test_the_map_fits_a_page_and_every_module_it_names_is_there() -> None:
    text = TABLE.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 100
    paths = re.findall(r"`(\w+/[\w/]+\.py)`", text)
    assert len(paths) >= 10
    assert [path for path in paths if not (ROOT / "grader" / path).is_file()] == []


def test_every_decision_is_a_short_record_and_listed() -> None:
    folder = TABLE.parent / "decisions"
    records = sorted(folder.glob("[0-9]*.md"))
    listed = re.findall(r"^- \[(.+)\]\((.+)\)$", (folder / "README.md").read_text("utf-8"), re.M)
    titles = [path.read_text("utf-8").partition("\n")[0].removeprefix("# ") for path in records]
    assert listed == [(title, path.name) for title, path in zip(titles, records, strict=True)]
    assert [int(path.name[:4]) for path in records] == [*range(1, len(records) + 1)]
    for path in records:
        parts = re.findall(r"^## (.+)$", path.read_text("utf-8"), re.M)
        assert parts == ["Context", "Decision", "Consequence"], path
