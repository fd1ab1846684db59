"""Reading a block of credentials out of what a paste went through."""

from __future__ import annotations

import html
import json
import quopri
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.roster.credentials_block import MOST_BYTES_PASTED, block_text, preferred, read_pasted

KEY_ID = "ASIAQWERTYUIOPASDFGH"
KEY = "abcd/efgh+ijkl" + "Q" * 26
TOKEN = "IQoJb3JpZ2luX2VjEN" + "aB3/+" * 60 + "=="
BLOCK = f"""\
[default]
aws_access_key_id={KEY_ID}
aws_secret_access_key={KEY}
aws_session_token={TOKEN}
"""
WHOLE = (KEY_ID, KEY, TOKEN)


def keys(raw: bytes | str) -> list[tuple[str, str, str]]:
    pasted = read_pasted(raw.encode() if isinstance(raw, str) else raw)
    return [
        (
            k.access_key_id.reveal(),
            k.secret_access_key.reveal(),
            k.session_token.reveal() if k.session_token else "",
        )
        for k in (block.keys for block in pasted.blocks)
    ]


def faults(raw: bytes | str) -> str:
    pasted = read_pasted(raw.encode() if isinstance(raw, str) else raw)
    assert pasted.blocks == ()
    return " ".join(pasted.faults)


LINES = BLOCK.splitlines()
NAMES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
EXPORTS = "\n".join(f"export {name}={value}" for name, value in zip(NAMES, WHOLE, strict=True))
PROCESS = {
    "Version": 1,
    **dict(zip(("AccessKeyId", "SecretAccessKey", "SessionToken"), WHOLE, strict=True)),
    "Expiration": "2026-11-27T14:00:00+00:00",
}


@pytest.mark.parametrize(
    "raw",
    [
        BLOCK,
        BLOCK.replace("=", " = ", 3),
        BLOCK.replace("\n", "\r\n"),
        BLOCK.replace("\n", "\r"),
        BLOCK.encode("utf-8-sig"),
        BLOCK.encode("utf-16"),
        BLOCK.encode("utf-16-le"),
        BLOCK.encode("utf-16-be"),
        f"Voilà mes clés :\n\n{BLOCK}\nMerci !".encode("cp1252"),
        "\n".join(f"    {line}" for line in LINES),
        "\n\n".join(LINES),
        " ".join(LINES),
        BLOCK.replace("aws_", "\u00a0aws_").replace("=A", "\u200b=\ufeffA"),
        BLOCK.replace("aws_session_token=", "aws_session_token=\n"),
        EXPORTS,
        EXPORTS.replace("=", '="', 3).replace("\n", '"\n') + '"',
        EXPORTS.replace("=", "=“", 3).replace("\n", "”\n") + "”",
        EXPORTS.replace("export ", "$env:"),
        EXPORTS.replace("export", "set"),
        BLOCK.replace("[default]\n", ""),
        "".join(f"<p>{html.escape(line)}</p>" for line in LINES),
        "<p dir='ltr'>" + "<br>\n".join(LINES) + "</p>",
        "<div><span>" + "</span></div><div><span>".join(LINES) + "</span></div>",
        "<!DOCTYPE html><html><head><meta charset='UTF-8'></head><body><pre>" + BLOCK + "</pre>",
        "<p>" + BLOCK.replace("=", "&#61;", 3).replace("/", "&#x2F;").replace("\n", "&nbsp;<br/>"),
        f"<p><b>aws_access_key_id</b>={KEY_ID}<br><b>aws_secret_access_key</b>={KEY}<br>"
        f"<b>aws_session_token</b>={TOKEN}</p>",
        BLOCK.replace(TOKEN, "\n".join(TOKEN[n : n + 76] for n in range(0, len(TOKEN), 76))),
        # -- what `aws configure export-credentials` and STS say, in each of their formats
        json.dumps(PROCESS),
        json.dumps(PROCESS, indent=4),
        json.dumps(
            {"Credentials": PROCESS, "AssumedRoleUser": {"Arn": "arn:aws:iam::1:x"}}, indent=2
        ),
        json.dumps(dict(reversed(PROCESS.items())), indent=2),
        json.dumps(PROCESS, indent=2).replace(TOKEN, TOKEN[:90] + "\n" + TOKEN[90:]),
        EXPORTS.replace("export ", ""),
        EXPORTS.replace("export ", "$Env:").replace("=", '="', 3).replace("\n", '"\n') + '"',
        EXPORTS.replace("export ", "$Env:").replace("=", " = '", 3).replace("\n", "'\r\n") + "'",
        EXPORTS.replace("export ", "set -gx ").replace("=", " ", 3),
        EXPORTS.replace("export ", "-set -gx ").replace("=", " ", 3),  # of a list
        EXPORTS.replace("export ", "set --export --global ")
        .replace("=", ' "', 3)
        .replace("\n", '";\n')
        + '"',
        EXPORTS.replace("export ", "setenv ").replace("=", " ", 3),
        EXPORTS.replace("export ", "setx ").replace("=", ' "', 3).replace("\n", '"\n') + '"',
        "\n".join(f"aws configure set {line.replace('=', ' ', 1)}" for line in LINES[1:]),
        "\n".join(
            f'[Environment]::SetEnvironmentVariable("{n}", "{v}")'
            for n, v in zip(NAMES, WHOLE, strict=True)
        ),
        "\n".join(f'os.environ["{n}"] = "{v}"' for n, v in zip(NAMES, WHOLE, strict=True)),
        # -- what it went through on its way
        "".join(f"> {line}\n" for line in LINES),
        "".join(f"> >> {line}\r\n" for line in LINES),
        "".join(f"| {line}\n" for line in LINES),
        "<blockquote>" + "".join(f"&gt; {line}<br>" for line in LINES) + "</blockquote>",
        f"Voici :\n```ini\n{BLOCK}```\nMerci",
        "\n".join(f"- `{line}`" for line in LINES[1:]),
        "\n".join(
            f"**{line.replace('_', chr(92) + '_').replace('=', '** = ', 1)}" for line in LINES[1:]
        ),
        BLOCK.replace("=", "=«\u00a0", 3).replace("\n", "\u00a0»\n").replace("]\u00a0»", "]"),
        BLOCK.replace("=", " = “", 3).replace("\n", "”\n").replace("]”", "]"),
        BLOCK.replace("=", "\u202f=\u202f", 3),
        BLOCK.replace("=", " := ", 3),
        quopri.encodestring(BLOCK.encode()),
        quopri.encodestring(f"Voilà\n{BLOCK}".encode()).replace(b"\n", b"\r\n"),
        quopri.encodestring(EXPORTS.encode()),
        # -- what the mouse left behind above the values
        BLOCK.removeprefix("["),
        BLOCK.removeprefix("[default]\na"),
        "export-credentials said:\n" + EXPORTS.removeprefix("export A"),
    ],
)
def test_a_block_is_read_whatever_it_was_pasted_through(raw: bytes | str) -> None:
    assert keys(raw) == [WHOLE]


@pytest.mark.parametrize("below", ["Merci\nAlexandre\n", "Anticonstitutionnellement\n", "==\n"])
def test_words_below_a_token_are_not_part_of_it(below: str) -> None:
    assert keys(BLOCK + below) == [WHOLE]


def test_several_blocks_are_given_in_their_order_and_not_mixed() -> None:
    other = BLOCK.replace("QWERTY", "YTREWQ")
    assert [k[0] for k in keys(f"{BLOCK}\nor this one:\n{other}")] == [
        KEY_ID,
        KEY_ID.replace("QWERTY", "YTREWQ"),
    ]
    half = "\n".join(LINES[:3])
    assert keys(half.replace("QWERTY", "YTREWQ") + "\n" + BLOCK) == [WHOLE]
    headless = "\n".join(LINES[1:])
    stray = "\n".join(LINES[2:]).replace("abcd", "dcba")
    assert keys(f"{stray}\n{headless}") == [WHOLE]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("\n".join(LINES[:3]), "no aws_session_token"),
        (BLOCK.replace(TOKEN, ""), "no aws_session_token"),
        ("\n".join([LINES[0], LINES[1], LINES[3]]), "no aws_secret_access_key"),
        ("\n".join(LINES[2:]), "no aws_access_key_id"),
        (BLOCK.replace(KEY_ID, KEY_ID[:-1]), "aws_access_key_id of its block is cut"),
        (BLOCK.replace(KEY, KEY[:-1]), "aws_secret_access_key of its block is cut"),
        (BLOCK.replace(TOKEN, TOKEN[:50]), "aws_session_token of its block is cut"),
        (BLOCK.replace(TOKEN, TOKEN[:200] + "…"), "aws_session_token of its block is cut"),
        (
            BLOCK.replace(KEY_ID, KEY_ID[1:]),
            "aws_access_key_id of its block has lost its first letter",
        ),
        (BLOCK.replace(KEY, KEY[1:]), "aws_secret_access_key of its block is cut"),
        (BLOCK.replace(KEY, KEY + "x"), "41 characters, where 40"),
        (
            BLOCK.replace(TOKEN, TOKEN[1:]),
            "aws_session_token of its block has lost its first letter",
        ),
        (BLOCK.replace(TOKEN, TOKEN[:-3]), "aws_session_token of its block is cut: its end"),
        (BLOCK.replace(TOKEN, TOKEN[:201]), "aws_session_token of its block is cut: its end"),
        (BLOCK.replace(KEY_ID, "AROAQWERTYUIOPASDFGH"), "none of AWS's"),
        (BLOCK.replace(KEY_ID, KEY_ID.lower()), "none of AWS's"),
        (LINES[1], "the aws_access_key_id alone"),
        (f"Ma clé : {KEY_ID}", "an access key id without the names"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
            "private key for SSH",
        ),
        ("<!DOCTYPE html><html><head><title>Moodle</title></head><body>Log in</body>", "web page"),
        (json.dumps({**PROCESS, "SessionToken": ""}), "no aws_session_token"),
        (b"\xff\xd8\xff\xe0 screenshot", "screenshot"),
        (b"\0\0\0\x18ftypheic photo", "image"),
        (b"\x1f\x8b gzip", "archive"),
        (b"%PDF-1.7 " + BLOCK.encode(), "PDF"),
        (b"PK\x03\x04 docx", "Word"),
        (b"\x89PNG\r\n", "image"),
        (b"\x00\x01\x02" * 40, "not text"),
        (BLOCK + "x" * MOST_BYTES_PASTED, "too large"),
    ],
)
def test_what_is_wrong_is_said_without_a_secret(raw: bytes | str, said: str) -> None:
    text = faults(raw)
    assert said in text
    assert not any(secret[:12] in text for secret in WHOLE)


def test_two_json_objects_are_two_blocks_whatever_their_order() -> None:
    other = {
        k: v.replace("QWERTY", "YTREWQ") if isinstance(v, str) else v for k, v in PROCESS.items()
    }
    turned = dict(reversed(PROCESS.items()))
    assert [k[0] for k in keys(f"{json.dumps(turned)}\n{json.dumps(other)}")] == [
        KEY_ID,
        KEY_ID.replace("QWERTY", "YTREWQ"),
    ]
    assert keys(f"{json.dumps({'SecretAccessKey': 'd' * 40})}\n{BLOCK}") == [WHOLE]


def test_the_default_profile_comes_before_others_whose_names_are_told() -> None:
    other = BLOCK.replace("QWERTY", "YTREWQ").replace("default", "profile student")
    named = other.replace("profile student", "work")
    pasted = read_pasted(f"{other}\n{BLOCK}\n{named}".encode())
    assert [block.profile for block in pasted.blocks] == ["student", "default", "work"]
    assert preferred(pasted.blocks) == [pasted.blocks[1]]
    pasted = read_pasted(f"{other}\n{named}".encode())
    assert preferred(pasted.blocks) == list(pasted.blocks)
    (block,) = read_pasted(f"[{KEY}]\n{BLOCK.partition(chr(10))[2]}".encode()).blocks
    assert block.profile == "?"


def test_text_without_a_block_has_no_fault() -> None:
    assert faults("Bonjour, je n'ai pas réussi.") == ""


def test_keys_that_are_not_of_a_session_need_no_token() -> None:
    assert keys(BLOCK.replace("ASIA", "AKIA").replace(LINES[3], "")) == [
        (KEY_ID.replace("ASIA", "AKIA"), KEY, "")
    ]


def test_what_was_read_is_written_as_academy_shows_it() -> None:
    (block,) = read_pasted(EXPORTS.encode()).blocks
    assert block_text(block.keys) == BLOCK
    assert not any(secret in repr(block) for secret in WHOLE)


@given(
    st.binary(max_size=400)
    | st.text(max_size=400).map(lambda text: text.encode("utf-8", "replace"))
)
def test_whatever_was_handed_in_is_read_without_a_crash(raw: bytes) -> None:
    read_pasted(raw)


@given(st.text(max_size=80), st.text(max_size=80))
def test_a_block_is_found_between_any_prose(before: str, after: str) -> None:
    prose = f"{before}{after}".translate(dict.fromkeys(map(ord, "<\0"), " "))
    assert WHOLE in keys(f"{prose}\n{BLOCK}\n{prose}".encode("utf-8", "replace"))


@given(st.data())
def test_no_fault_quotes_a_secret_however_a_block_was_damaged(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from([BLOCK, EXPORTS, json.dumps(PROCESS), f"> {BLOCK}"]))
    raw = bytearray(form.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        to = data.draw(st.integers(0, 40))
        raw[at : at + to] = data.draw(st.binary(max_size=6) | st.just(b"[") | st.just(b"\n"))
        raw = raw or bytearray(b"x")
    pasted = read_pasted(bytes(raw))
    told = " ".join([*pasted.faults, *(block.profile for block in pasted.blocks), repr(pasted)])
    for secret in WHOLE:
        assert not any(secret[n : n + 12] in told for n in range(0, len(secret) - 12, 4))


@given(st.integers(0, len(BLOCK)), st.integers(0, len(BLOCK)))
def test_a_part_of_a_block_is_the_whole_one_or_refused(start: int, end: int) -> None:
    # But for a token that is cut where four divides what is left: nobody can tell but AWS.
    for id_, secret, token in keys(BLOCK[start:end]):
        assert (id_, secret) == WHOLE[:2]
        assert TOKEN.startswith(token)
        assert len(token) % 4 == 0


def test_a_mebibyte_that_begins_like_a_tag_is_read_in_one_go() -> None:
    # Read again from every letter, it would take the better part of an hour.
    raw = b"<p>" + b"<" + b"a" * (MOST_BYTES_PASTED - 4)
    assert read_pasted(raw).blocks == ()


@pytest.mark.parametrize(
    "text",
    ["set" + " --set" * 40_000, "setx" + " -setenv" * 40_000, "configure set" + " --set_" * 40_000],
)
def test_a_word_among_a_commands_options_does_not_begin_it_anew(text: str) -> None:
    began = time.process_time()
    assert read_pasted(text.encode()).blocks == ()
    assert time.process_time() - began < 20  # it was minutes
