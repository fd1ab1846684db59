from __future__ import annotations

import json
import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grader.safety.printable import (
    json_for_terminal,
    printable,
    printable_lines,
    storable,
    with_visible_blanks,
)

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Every character that Unicode gives the property Bidi_Control."""

HOSTILE = st.text(
    st.characters() | st.sampled_from("\x00\x07\x08\t\n\r\x1b\x7f\x85\x9b\u2028\u2029" + BIDI)
)


@given(HOSTILE, st.integers(1, 60))
@example("\x1b]0;title\x07", 1000)
@example("\x9b2J", 1000)
@example("\ud800", 1000)
@example("\U000e0041", 1000)
def test_nothing_that_acts_on_a_terminal_survives(text: str, limit: int) -> None:
    safe = printable(text, limit)
    categories = {unicodedata.category(character) for character in safe}
    # Control, format (direction, joiners, tags), half a surrogate pair, line and paragraph ends.
    assert not categories & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    safe.encode()


@given(HOSTILE, st.integers(1, 60))
@example("\x1b" * 50, 10)
@example("e\u0301" * 50, 10)
def test_it_is_never_longer_than_asked_and_says_where_it_was_cut(text: str, limit: int) -> None:
    safe = printable(text, limit)
    assert len(safe) <= limit
    if len(unicodedata.normalize("NFC", text)) > limit:
        assert safe.endswith("…")


@given(HOSTILE, st.integers(1, 60))
@example("\u202eab\x1b\n", 60)
def test_what_is_stored_is_one_line_that_no_terminal_obeys(text: str, limit: int) -> None:
    stored = storable(text, limit)
    assert len(stored) <= limit
    categories = {unicodedata.category(character) for character in stored}
    assert not categories & {"Cc", "Cs", "Zl", "Zp"}
    assert not {*BIDI} & {*stored}
    stored.encode()


@given(HOSTILE)
@example("A\x9b31m\u202e\x7f\\")
def test_json_for_a_terminal_is_the_same_json(text: str) -> None:
    given_json = json.dumps({text: [text]}, ensure_ascii=False, indent=2)
    safe = json_for_terminal(given_json)
    assert json.loads(safe) == {text: [text]}
    categories = {unicodedata.category(character) for character in safe} - {"Cf"}
    assert not categories & {"Cs", "Zl", "Zp"}
    assert not {*BIDI, *map(chr, (*range(10), *range(11, 32), *range(0x7F, 0xA0)))} & {*safe}


def test_joiners_are_stored() -> None:
    assert storable(" علی\u200cرضا \n کریمی", 60) == "علی\u200cرضا کریمی"


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=50))
def test_ordinary_text_is_left_as_it_is(text: str) -> None:
    assert printable(text) == unicodedata.normalize("NFC", text)


@given(HOSTILE)
def test_what_is_safe_stays(text: str) -> None:
    assert printable(printable(text)) == printable(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\tb\nc", "a b c"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("evil\u202egpj.exe", r"evil\u202egpj.exe"),
        ("evil\u061cgpj.exe", r"evil\u061cgpj.exe"),
        ("e\u0301t\u00e9", "été"),
    ],
)
def test_what_could_act_is_made_visible(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize("character", BIDI)
def test_text_cannot_turn_round(character: str) -> None:
    assert character not in printable(f"a{character}b")


@given(st.text(" \t\n\r\xa0\u2003", max_size=4), st.text(), st.text(" \t\n\u2003", max_size=4))
@example("", "", " ")
@example(" ", "a b", "\n")
def test_blanks_around_a_text_are_seen_and_those_within_stay(
    before: str, text: str, after: str
) -> None:
    shown = with_visible_blanks(before + text + after)
    assert shown == shown.strip()
    assert text.strip() in shown
    assert (shown == before + text + after) == (
        (before + text + after).strip() == before + text + after
    )


@given(HOSTILE)
@example("\r")
def test_lines_keep_their_ends_and_nothing_else_that_acts(text: str) -> None:
    safe = printable_lines(text)
    obeyed = {"Cc", "Cs", "Zl", "Zp"}
    acting = [one for one in safe if unicodedata.category(one) in obeyed or one in BIDI]
    assert "".join(acting) == "".join(re.findall(r"[\n\t]", text))
    assert printable_lines(safe) == safe


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("علی\u200cزاده", "علی\u200cزاده"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("body\u200c", r"body\u200c"),
        ("\u200dx", r"\u200dx"),
        ("علی\u200bx", r"علی\u200bx"),
        ("علی\u202ex", r"علی\u202ex"),
    ],
)
def test_a_line_of_a_file_keeps_the_joiners_that_join(text: str, shown: str) -> None:
    assert printable(text, joiners=True) == shown
    assert not {*printable(text)} & {*"\u200c\u200d"}


@pytest.mark.parametrize("name", ["علی\u200cزاده", "👩\u200d💻", "Mül\u00adler", "\ufeffa"])
def test_a_name_keeps_the_joiners_it_is_written_with(name: str) -> None:
    assert printable_lines(f"{name}\x1b[1m") == f"{name}\\x1b[1m"
