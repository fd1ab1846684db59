"""What goes wrong when the block of AWS Academy is pasted into ``~/.aws/credentials``."""

from __future__ import annotations

import configparser
import time
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.aws.pasted_block import faults_of
from grader.i18n.message import Message, said
from grader.model.access import KEY, KEY_ID, TOKEN

ID, SECRET, SESSION = (
    "ASIAQWERTYUIOPASDFGH",
    "abcd/efgh+ijkl" + "Q" * 26,
    "IQoJb3JpZ2" + "aB3/+" * 60,
)
BLOCK = f"[default]\n{KEY_ID}={ID}\n{KEY}={SECRET}\n{TOKEN}={SESSION}\n"
LINES = BLOCK.splitlines()
KEYS_ONLY = "\n".join(LINES[1:])


def told(raw: bytes | str, profile: str | None = "default") -> list[tuple[int, str, str]]:
    """The line, what is wrong, and what to do, of every fault."""
    data = raw.encode() if isinstance(raw, str) else raw
    return [(one.line, said(one.what), said(one.do)) for one in faults_of(data, profile)]


@pytest.mark.parametrize(
    "raw",
    [
        BLOCK,
        BLOCK.replace("=", " = ", 3),
        BLOCK.replace("\n", "\r\n"),
        f"# from AWS Academy\n\n{BLOCK}\n; the end\n",
        f"{BLOCK}region = us-east-1\noutput =\n",
        f"[lab]\n{KEYS_ONLY}\n\n{BLOCK}",
        f"{BLOCK}s3 =\n  max_concurrent_requests = 20\n",
        "[default]\naws_access_key_id = 111111111111\naws_secret_access_key = test\n",
        "",
    ],
)
def test_a_block_as_aws_academy_shows_it_has_no_fault(raw: str) -> None:
    assert told(raw) == []
    configparser.RawConfigParser().read_string(raw)


@pytest.mark.parametrize(
    ("raw", "line", "what", "do"),
    [
        (BLOCK * 2, 5, "[default] begins there a second time, after line 1", "Delete the older block"),
        (f"[default]\n{KEYS_ONLY}\n{KEYS_ONLY}\n", 5, "a second time", "Keep the newest"),
        (KEYS_ONLY, 1, "without the line [default]", "Write [default] on a line of its own"),
        (f"AWS CLI:\nCopy and paste\n{BLOCK}", 1, "text above the block", "above the line [default]"),
        (f"Session = 4 h\n{BLOCK}", 1, "text above the block", "above the line [default]"),
        (BLOCK.encode("utf-8-sig"), 1, "byte order mark", "Set-Content -Encoding ascii"),
        (BLOCK.encode("utf-16"), 1, "UTF-16", "Set-Content -Encoding ascii"),
        (BLOCK.encode("utf-16-le"), 1, "UTF-16", "Save the file as UTF-8"),
        (f"{BLOCK}# clé\n".encode("cp1252"), 5, "not UTF-8", "Save the file as UTF-8"),
        (b"PK\x03\x04" + b"\0" * 50, 0, "an image or an archive", "paste the whole block"),
        ("hello\n", 1, "no block of keys", "paste the whole block"),
        ('{"Credentials": {}}', 1, "JSON", "paste the whole block"),
        (BLOCK.replace("[default]", "[default"), 1, "lacks a bracket", "Write it as [default]"),
        (BLOCK.replace("[default]", "default"), 1, "lacks a bracket", "Write it as [default]"),
        (f"[lab]\n{KEYS_ONLY}\ndefault]\n{KEYS_ONLY}", 5, "lacks a bracket", "Write it as [default]"),
        (BLOCK.replace("[default]", "[Default]"), 1, "[Default], not [default]", "Write [default]"),
        (BLOCK.replace("[default]", "[ default ]"), 1, "called [ default ]", "Write [default]"),
        (BLOCK.replace("[default]", "[profile default]"), 1, "[profile default]", "Write [default]"),
        (BLOCK.replace("[default]", "[defualt]"), 1, "called [defualt]", "Write [default]"),
        (BLOCK.replace("[default]", "[cours]"), 1, "no section [default]", "--profile cours"),
        (BLOCK.replace(f"{TOKEN}={SESSION}\n", ""), 1, f"no {TOKEN}", "paste the whole block"),
        (BLOCK.replace(f"{KEY}={SECRET}\n", ""), 1, f"no {KEY}", "paste the whole block"),
        (BLOCK.replace(KEY, "aws_secret_key"), 3, "called aws_secret_key, not", f"Write {KEY}"),
        (BLOCK.replace(SESSION, f"{SESSION[:76]}\n{SESSION[76:]}"), 5, "broken over", "Join them"),
        (BLOCK.replace(SESSION, f"{SESSION[:76]}\n  {SESSION[76:]}"), 5, "broken over", "Join them"),
        (BLOCK.replace(SESSION, f"{SESSION}\n{'Q' * 40}=="), 5, "broken over", "Join them"),
        (f"{BLOCK}copied!\n", 5, "no key = value", "Delete that line"),
        (BLOCK.replace(ID, f'"{ID}"'), 2, "quotation marks", "Delete the quotation marks"),
        (BLOCK.replace(SECRET, f"“{SECRET}”"), 3, "quotation marks", "Delete the quotation marks"),
        (BLOCK.replace(SECRET, ""), 3, "is empty", "paste the whole block"),
        (BLOCK.replace(SECRET, SECRET[:20] + " " + SECRET[20:]), 3, "holds blanks", "paste the whole"),
        (BLOCK.replace(ID, ID[:-1]), 2, "19 characters instead of 20", "paste the whole block"),
        (BLOCK.replace(SECRET, SECRET[1:]), 3, "39 characters instead of 40", "paste the whole block"),
        (BLOCK.replace(SESSION, "<your token>"), 4, "blanks", "paste the whole block"),
        (BLOCK.replace(SESSION, "<token>"), 4, "no key of AWS", "paste the whole block"),
        ("\n".join(f"export {one.upper()}" for one in LINES[1:]), 1, "for a shell", "in the terminal"),
        ("\n".join(f'$Env:{one}' for one in LINES[1:]), 1, "for a shell", "the terminal"),
        (f"[default]\nset {LINES[1]}\n", 2, "for a shell", "in the terminal"),
    ],
)  # fmt: skip
def test_each_bad_paste_has_its_line_and_its_own_remedy(
    raw: bytes | str, line: int, what: str, do: str
) -> None:
    (first, *others) = told(raw)
    assert first[0] == line
    assert what in first[1]
    assert do in first[2]
    for text in chain.from_iterable((one[1], one[2]) for one in [first, *others]):
        assert SECRET[5:30] not in text
        assert SESSION[5:30] not in text


def test_every_kind_of_fault_is_told_at_once_and_each_once() -> None:
    raw = f"AWS Details\nShow\n{BLOCK}oops\noops\n{BLOCK}"
    assert [line for line, _what, _do in told(raw)] == [1, 7, 9]


def test_a_configuration_needs_no_keys_and_a_profile_may_stand_elsewhere() -> None:
    config = "[default]\nregion = us-east-1\n[profile lab]\nrole_arn = arn\n"
    assert told(config, None) == []
    assert faults_of(config.encode(), "lab", elsewhere=True) == []
    assert told(config * 2, None)[0][0] == 5


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8")))
def test_whatever_the_file_holds_is_read_and_no_secret_is_told(raw: bytes) -> None:
    for fault in faults_of(raw, "default"):
        assert isinstance(fault.what, Message)
        assert fault.line <= raw.count(b"\n") + raw.count(b"\r") + 64


@given(st.lists(st.sampled_from([*LINES, "", "text", "[lab]", "a = b", "# c"]), max_size=9))
def test_what_aws_tools_cannot_parse_always_has_a_fault(lines: list[str]) -> None:
    raw = "\n".join(lines)
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(raw)
    except configparser.Error:
        assert told(raw) != []


MANY = 1024 * 1024


@pytest.mark.parametrize(
    "raw",
    [
        "[default]\na" + " " * MANY + "!",
        "[default]\n[" + "a" * MANY + "!",
        "[default]\nset" + " " * MANY + "!",
        "set" + " " * MANY + "!",
        ("a" + " " * 4000 + "!\n") * 250,
        "a b\n" * (MANY // 4),
        "".join(f"[{number}]\na=b\n" for number in range(MANY // 12)),
    ],
)
def test_the_time_that_a_file_takes_grows_with_its_length_alone(raw: str) -> None:
    began = time.process_time()
    told(raw)
    assert time.process_time() - began < 20  # it was hours


def test_a_profile_after_many_lines_is_not_said_to_be_absent() -> None:
    assert told("\n" * 5_000 + BLOCK, "default") == []
    assert told("[other]\n" + KEYS_ONLY + "\n" * 5_000 + BLOCK, "default") == []
    assert told("\n" * 50 + BLOCK, "defualt") != []


def test_blanks_before_a_sign_or_a_bracket_belong_to_no_name() -> None:
    assert told(BLOCK.replace("=", "  \t = ", 3)) == []
    assert told(BLOCK.replace("[default]", "default\t ]"))[0][2] == "Write it as [default]."
    assert told(BLOCK.replace("[default]", "[ default"))[0][2] == "Write it as [default]."
