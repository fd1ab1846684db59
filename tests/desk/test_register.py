from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from grader.desk.links import LINKS, read_links
from grader.desk.register import Register
from grader.desk.tokens import cookie_of
from grader.inputs.bounded_read import MOST_BYTES_OF_CLASS
from grader.inputs.problems import BadInput
from grader.results.directory import DESK

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

A, B = "111111111111", "222222222222"
CLASS = ["s01", "s02"]


def test_links_work_after_it_is_read_again(tmp_path: Path) -> None:
    tokens = Register.read(tmp_path).give_links(["s01", "s02"], {})
    again = Register.read(tmp_path)
    assert again.student_of(cookie_of(tokens["s02"])) == "s02"
    assert again.student_of(tokens["s02"]) is None
    assert again.give_links(["s01", "s02"], tokens) == tokens


def test_a_link_whose_clear_copy_is_gone_goes_on_working(tmp_path: Path) -> None:
    register = Register.read(tmp_path)
    old = register.give_links(["s01"], {})["s01"]
    made = register.give_links(["s01", "s02"], {"s01": "another's"})
    assert [*made] == ["s02"]
    assert register.student_of(cookie_of(old)) == "s01"


def test_a_new_link_ends_the_one_before(tmp_path: Path) -> None:
    register = Register.read(tmp_path)
    old = register.give_links(["s01"], {})
    new = register.give_links(["s01"], old, renewed=["s01"])
    assert register.student_of(cookie_of(old["s01"])) is None
    assert register.student_of(cookie_of(new["s01"])) == "s01"


@pytest.mark.parametrize("renewed", [[], ["s01"]])
def test_a_link_that_nobody_could_be_told_is_none(tmp_path: Path, renewed: list[str]) -> None:
    def locked(_tokens: dict[str, str]) -> None:
        raise PermissionError

    old = Register.read(tmp_path).give_links(["s01"], {})
    register = Register.read(tmp_path)
    with pytest.raises(PermissionError):
        register.give_links(["s01", "s02"], old, renewed, locked)
    for one in (register, Register.read(tmp_path)):
        assert one.student_of(cookie_of(old["s01"])) == "s01"
        given = one.give_links(["s01", "s02"], old)
        assert [*given] == ["s01", "s02"]
        assert given["s01"] == old["s01"]
        old = given


def test_whoever_left_the_roster_has_no_link(tmp_path: Path) -> None:
    register = Register.read(tmp_path)
    tokens = register.give_links(["s01", "s02"], {})
    register.give_links(["s02"], tokens)
    assert register.student_of(cookie_of(tokens["s01"])) is None


def test_links_to_the_board_work_until_the_desk_ends(tmp_path: Path) -> None:
    register = Register.read(tmp_path)
    cookies = [cookie_of(register.new_board()) for _ in range(2)]
    killed = Register.read(tmp_path)
    assert all(map(killed.is_board, cookies))
    killed.forget_boards()
    assert not any(map(Register.read(tmp_path).is_board, cookies))


def test_the_first_to_bind_an_account_has_it_until_it_is_released(tmp_path: Path) -> None:
    register = Register.read(tmp_path)
    register.bind({A: "s01"}, CLASS)
    register.bind({A: "s02", B: "s02"}, CLASS)
    register.claim("s02", A)
    register.claim("s02", A)
    register.claim("s03", B)
    again = Register.read(tmp_path)
    assert (again.owner(A), again.owner(B)) == ("s01", "s02")
    assert [(one.student_id, one.account_id) for one in again.claims] == [("s02", A), ("s03", B)]
    again.release(["s01"])
    assert Register.read(tmp_path).owner(A) is None
    assert [one.student_id for one in Register.read(tmp_path).claims] == ["s03"]


def test_the_file_is_its_owner_s_alone_and_holds_no_token(tmp_path: Path) -> None:
    register = Register.read(tmp_path)
    tokens = [register.give_links(["s01"], {})["s01"], register.new_board()]
    text = (tmp_path / DESK).read_text()
    assert stat.S_IMODE((tmp_path / DESK).stat().st_mode) == 0o600
    assert not any(token in text or cookie_of(token) in text for token in tokens)


@pytest.mark.parametrize("text", ["", "{}x", '{"schema": "desk/2"}', '{"more": 1}', "[" * 100_000])
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / DESK).write_text(text)
    with pytest.raises(BadInput, match=r"desk\.json"):
        Register.read(tmp_path)


def endless(path: Path) -> None:
    path.touch()
    os.truncate(path, MOST_BYTES_OF_CLASS + 1)


@pytest.mark.parametrize("make", [os.mkfifo, endless])
def test_what_is_no_file_of_a_desks_is_not_read(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / DESK)
    make(tmp_path / LINKS)
    with pytest.raises(BadInput, match="It cannot be read"):
        Register.read(tmp_path)
    with pytest.raises(BadInput, match="It cannot be read"):
        read_links(tmp_path / LINKS)
