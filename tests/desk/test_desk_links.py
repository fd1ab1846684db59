"""The file with the students' personal links."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from grader.desk.links import LINKS, LinksFile, read_links, write_links
from grader.desk.register import Register
from grader.inputs.problems import BadInput
from grader.model.access import DefaultCredentials
from grader.roster.load import RosterEntry
from tests.desk.tries import row

if TYPE_CHECKING:
    from pathlib import Path


def test_a_name_in_it_acts_on_no_terminal_and_starts_no_formula(tmp_path: Path) -> None:
    path = tmp_path / "desk-links.csv"
    name = "=A\x9b31m\u202e\x7fé"
    who = RosterEntry(
        student_id="s1", name=name, email="a\x85@example.org", access=DefaultCredentials()
    )
    write_links(path, [who], {"s1": "token"}, "https://desk.example.org")
    row = path.read_text().splitlines()[1]
    link = "https://desk.example.org/enter/token"
    assert row == f"s1,'=A\\x9b31m\\u202e\\x7fé,a\\x85@example.org,{link}"
    assert read_links(path) == {"s1": link}


URL = "https://desk.example.org"


def opened(folder: Path, out: str, *ids: str) -> dict[str, str]:
    """The tokens that a desk gives out which keeps its results in ``out``."""
    (folder / out).mkdir(exist_ok=True)
    register, file = Register.read(folder / out), LinksFile(folder / LINKS)
    ours = register.owners(file.tokens)
    tokens = register.give_links(ids, {name: token for token, name in ours.items()})
    file.write([row(name) for name in ids], tokens, URL, ours)
    return tokens


def links(tokens: dict[str, str]) -> dict[str, str]:
    return {name: f"{URL}/enter/{token}" for name, token in tokens.items()}


def asides(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{LINKS}.before-*"))


def test_links_of_students_of_another_roster_stay_in_the_file(tmp_path: Path) -> None:
    one = opened(tmp_path, "one", "s01", "s02")
    two = opened(tmp_path, "two", "t01")
    assert read_links(tmp_path / LINKS) == links(one | two)
    assert opened(tmp_path, "one", "s01", "s02") == one
    assert read_links(tmp_path / LINKS) == links(one | two)
    assert asides(tmp_path) == []


def test_links_of_the_same_students_at_another_desk_are_put_aside_once_and_found_there(
    tmp_path: Path,
) -> None:
    one = opened(tmp_path, "one", "s01", "s02")
    for _time in range(2):
        two = opened(tmp_path, "two", "s01", "s02")
        assert read_links(tmp_path / LINKS) == links(two)
        assert opened(tmp_path, "one", "s01", "s02") == one
        assert read_links(tmp_path / LINKS) == links(one)
    aside = asides(tmp_path)
    assert [read_links(path) for path in aside] == [links(one), links(two)]
    assert {stat.S_IMODE(path.stat().st_mode) for path in aside} == {0o600}


def test_a_link_that_was_replaced_or_whose_student_left_does_not_stay(tmp_path: Path) -> None:
    one = opened(tmp_path, "one", "s01", "s02")
    opened(tmp_path, "one", "s02")
    assert read_links(tmp_path / LINKS) == links({"s02": one["s02"]})
    assert asides(tmp_path) == []


@pytest.mark.parametrize("delimiter", [";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252"])
def test_what_a_spreadsheet_saved_keeps_every_link(
    tmp_path: Path, delimiter: str, encoding: str
) -> None:
    one = opened(tmp_path, "one", "007", "010")
    two = opened(tmp_path, "two", "t01")
    path = tmp_path / LINKS
    text = path.read_text().replace(",", delimiter).replace("\n00", "\n").replace("\n0", "\n")
    text = text.replace(f"t01{delimiter}", f"t01{delimiter}Zoé")
    path.write_bytes(text.encode(encoding))
    assert [*read_links(path)] == ["t01", "7", "10"]
    assert opened(tmp_path, "one", "007", "010") == one
    assert read_links(path) == links(one | two)
    assert "\r\nt01,Zoé,,https" in path.read_bytes().decode()


def test_a_column_of_ones_own_is_put_aside_with_the_file(tmp_path: Path) -> None:
    one = opened(tmp_path, "one", "s01")
    path = tmp_path / LINKS
    path.write_text(f"sent,link,student_id\nyes,{links(one)['s01']},s01\n")
    assert opened(tmp_path, "one", "s01") == one
    (aside,) = asides(tmp_path)
    assert aside.read_text().startswith("sent,")


@pytest.mark.parametrize("text", ["", "name,address\nAda,x\n", '"student_id,link\n'])
def test_what_holds_no_links_is_not_written_over(tmp_path: Path, text: str) -> None:
    (tmp_path / LINKS).write_text(text)
    with pytest.raises(BadInput, match=r"desk-links\.csv:1: "):
        LinksFile(tmp_path / LINKS)
