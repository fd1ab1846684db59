"""The file with the students' personal links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.desk.links import read_links, write_links
from grader.model.access import DefaultCredentials
from grader.roster.load import Account

if TYPE_CHECKING:
    from pathlib import Path


def test_a_name_in_it_acts_on_no_terminal_and_starts_no_formula(tmp_path: Path) -> None:
    path = tmp_path / "desk-links.csv"
    name = "=A\x9b31m\u202e\x7fé"
    who = Account("s1", name, "a\x85@example.org", None, None, None, None, DefaultCredentials())
    write_links(path, [who], {"s1": "token"}, "https://desk.example.org")
    row = path.read_text().splitlines()[1]
    link = "https://desk.example.org/enter/token"
    assert row == f"s1,'=A\\x9b31m\\u202e\\x7fé,a\\x85@example.org,{link}"
    assert read_links(path) == {"s1": link}
