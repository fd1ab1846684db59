"""Columns ``use.ROLE`` of a roster: which resource plays a part, and what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec import UNSET

from grader import cli
from grader.inputs.problems import BadInput
from grader.roster.load import load_roster, student_of

if TYPE_CHECKING:
    from pathlib import Path


def roster(folder: Path, text: str) -> Path:
    path = folder / "class.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_column_says_which_resource_plays_a_part(tmp_path: Path) -> None:
    text = "student_id,profile,use.sum,use.input\ns1,a,calculatrice,\ns2,b,,\n"
    found = load_roster(roster(tmp_path, text))
    assert [account.use for account in found.entries] == [{"sum": "calculatrice"}, {}]
    assert [account.extra for account in found.entries] == [{}, {}]


def test_what_no_resource_is_called_is_refused_with_its_line(tmp_path: Path) -> None:
    path = roster(tmp_path, "student_id,profile,use.sum\ns1,a,ok\ns2,b,my function\n")
    with pytest.raises(BadInput) as bad:
        load_roster(path)
    (problem,) = bad.value.problems
    assert problem.line == 3
    assert "“my function” is no name of a function or queue" in problem.message


def test_a_part_that_the_rubric_does_not_have_is_refused_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = roster(tmp_path, "student_id,profile,use.som\ns1,a,\ns2,b,calculatrice\n")
    assert cli.run(["lint", str(path)]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert (
        f"{path}:3: use.som: the rubric has no resource called “som”. Did you mean “sum”?" in said
    )


def test_a_group_uses_the_same_resources(tmp_path: Path) -> None:
    head = "student_id,group,profile,use.sum"
    found = load_roster(roster(tmp_path, f"{head}\na,g,p,calculatrice\nb,g,p,\n"))
    assert [account.use for account in found.entries] == [{"sum": "calculatrice"}] * 2
    # What each of them says counts for what is looked at for that row; the best is the group's.
    found = load_roster(roster(tmp_path, f"{head}\na,g,p,calculatrice\nb,g,p,other\n"))
    assert [account.use["sum"] for account in found.entries] == ["calculatrice", "other"]
    # A partner's own account has names of its own.
    found = load_roster(roster(tmp_path, f"{head}\na,g,p,calculatrice\nb,g,q,\nc,g,,\n"))
    assert [account.use for account in found.entries] == [
        {"sum": "calculatrice"},
        {},
        {"sum": "calculatrice"},
    ]


def test_what_is_used_is_kept_of_a_student_and_left_out_where_there_is_none(tmp_path: Path) -> None:
    text = "student_id,profile,use.sum\na,p,calculatrice\nb,p,\n"
    first, second = map(student_of, load_roster(roster(tmp_path, text)).entries)
    assert (first.use, second.use) == ({"sum": "calculatrice"}, UNSET)
