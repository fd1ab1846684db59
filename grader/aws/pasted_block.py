"""What is wrong with a file of AWS's configuration: the line, what stands there, what to do about it.

``~/.aws/credentials`` is where a student pastes the block that AWS Academy shows. botocore says of a
paste that went wrong that the file cannot be parsed, or that there are no credentials. Nothing that the
file holds is quoted but the names of sections and keys.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.i18n.language import N_
from grader.i18n.message import Message, message
from grader.inputs.file_signature import kind_of_file, utf16_codec
from grader.model.access import KEY, KEY_ID, KEY_NAMES, TOKEN
from grader.safety.redact import redact

if TYPE_CHECKING:
    from collections.abc import Iterator

AGAIN = N_(
    "Delete everything in the file, and paste the whole block once (AWS Academy: AWS Details, AWS CLI,"
    " Show)."
)
_SAVE = N_(
    "Save the file as UTF-8 without a byte order mark; in PowerShell: Set-Content -Encoding ascii."
)
_SECTION = re.compile(r"\[(.*)\](.*)")
# What repeats is possessive: the time that a line takes grows with its length.
_HALF_SECTION = re.compile(r"\[?+\s*+([\w .-]++)\s*+\]?+")
_OPTION = re.compile(r"([^=:]*+)[=:]\s*+(.*)")
_SHELL = re.compile(r"(?:export|set|\$env:?)\s*+:?+\s*+(aws_\w+)", re.IGNORECASE)
_TOKEN_LIKE = re.compile(r"[A-Za-z0-9+/=_-]{4,}")
_LONG = 20
_MOST_LINES = 2_000
"""How many lines of a file are looked at: no block is longer."""
_QUOTES = "\"'`“”„«»‘’"


@dataclass(frozen=True)
class Fault:
    """One fault: the line it stands in (from 1, 0 is the whole file), what it is, and what to do."""

    line: int
    what: Message
    do: Message


@dataclass
class _Section:
    name: str
    line: int
    values: dict[str, tuple[int, str]]


def faults_of(raw: bytes, profile: str | None, *, elsewhere: bool = False) -> list[Fault]:
    """What keeps the file from giving the keys of ``profile``, in the order of its lines.

    ``profile`` is ``None`` for the file of configuration, in which keys need not stand. With
    ``elsewhere`` the profile may stand in another file.
    """
    text = _text(raw)
    if isinstance(text, Fault):
        return [text]
    sections: list[_Section] = []
    lines = text.splitlines()
    found = [*_read(lines[:_MOST_LINES], sections)]
    there = not elsewhere or any(section.name == profile for section in sections)
    # What is not among the lines that were looked at may stand after them.
    if not found and profile is not None and there and len(lines) <= _MOST_LINES:
        found = [*_of_profile(sections, profile)]
    return found


def _fault(line: int, what: str, do: str, **values: Any) -> Fault:
    return Fault(line, message(what, **values), message(do, **values))


def _text(raw: bytes) -> str | Fault:
    """The text, or why it is none that AWS's tools read."""
    if kind_of_file(raw):
        return _fault(0, N_("it is a document, an image or an archive, not text"), AGAIN)
    if utf16_codec(raw):
        return _fault(1, N_("the file is encoded as UTF-16, which AWS's tools do not read"), _SAVE)
    if raw.startswith(b"\xef\xbb\xbf"):
        return _fault(
            1, N_("the file begins with a byte order mark, which AWS's tools do not read"), _SAVE
        )
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return _fault(line, N_("what stands there is not UTF-8"), _SAVE)


def _read(lines: list[str], sections: list[_Section]) -> Iterator[Fault]:
    """Read the lines into ``sections``; the first fault of each kind."""
    message_ids: set[str] = set()
    for fault in _every(lines, sections):
        if fault.what.message_id not in message_ids:
            message_ids.add(fault.what.message_id)
            yield fault


def _every(lines: list[str], sections: list[_Section]) -> Iterator[Fault]:
    last = ""
    named = any(_SECTION.match(line.strip()) for line in lines)
    for number, line in enumerate(lines, 1):
        stripped = line.strip()
        if not stripped or stripped.startswith(("#", ";")):
            continue
        header = _SECTION.fullmatch(stripped)
        if header is not None:
            yield from _begins(header, number, sections)
            last = ""
            continue
        option = _OPTION.fullmatch(stripped)
        name = option[1].strip().lower() if option else ""
        if not sections:
            yield _before_all(stripped, name, number, named)
            if name not in KEY_NAMES:
                continue
            sections.append(
                _Section("", number, {})
            )  # one fault is enough for a block without its name
        if line[0] in " \t" and last:
            if last in KEY_NAMES:
                yield _broken(last, number)
            continue
        if _continues(stripped, last, option):
            yield _broken(last, number)
            continue
        if option is None:
            yield _no_key(stripped, number)
            continue
        yield from _kept(sections[-1], name, option[2], number)
        last = name


def _begins(header: re.Match[str], number: int, sections: list[_Section]) -> Iterator[Fault]:
    name = header[1]
    twice = next((section for section in sections if section.name == name), None)
    if twice is not None:
        yield _fault(
            number,
            N_(
                "[{section}] begins there a second time, after line {first}: the block was pasted twice"
            ),
            N_("Delete the older block, from its line [{section}] to its last key."),
            section=redact(name, 60),
            first=twice.line,
        )
    sections.append(_Section(name, number, {}))


def _kept(section: _Section, name: str, value: str, number: int) -> Iterator[Fault]:
    shell = _SHELL.match(name)
    if shell is not None:
        yield _for_a_shell(number)
    elif name in section.values:
        yield _fault(
            number,
            N_("{key} stands there a second time (the first is line {first})"),
            N_("Keep the newest of the two blocks, and delete the other one."),
            key=redact(name, 60),
            first=section.values[name][0],
        )
    section.values[name] = (number, value)


def _before_all(line: str, name: str, number: int, named_later: bool) -> Fault:
    """What stands before any section."""
    if _SHELL.match(line):
        return _for_a_shell(number)
    if line.startswith("{"):
        return _fault(number, N_("JSON stands there, not the block of keys"), AGAIN)
    half = _HALF_SECTION.fullmatch(line)
    if half is not None and ("[" in line or "]" in line or half[1].strip().lower() == "default"):
        return _fault(
            number,
            N_("the line of the section lacks a bracket"),
            N_("Write it as [{section}]."),
            section=redact(half[1].strip(), 60),
        )
    if name in KEY_NAMES:
        return _fault(
            number,
            N_("the keys stand there without the line [default] above them"),
            N_("Write [default] on a line of its own above them."),
        )
    if named_later:
        return _fault(
            number,
            N_("there is text above the block"),
            N_("Delete everything above the line [default]."),
        )
    return _fault(number, N_("there is text that is no block of keys"), AGAIN)


def _for_a_shell(number: int) -> Fault:
    return _fault(
        number,
        N_("a command for a shell stands there, not a line of the block"),
        N_(
            "Run these lines in the terminal instead, or paste the block that begins with [default]."
        ),
    )


def _continues(line: str, last: str, option: re.Match[str] | None) -> bool:
    """The line is the rest of the key before it, which was broken where a window ended."""
    if last not in KEY_NAMES or not _TOKEN_LIKE.fullmatch(line):
        return False
    if option is None:
        return True
    return (
        option[1].strip().lower() not in KEY_NAMES
        and not option[2].strip("=")
        and len(line) >= _LONG
    )


def _broken(key: str, number: int) -> Fault:
    return _fault(
        number,
        N_("{key} is broken over several lines"),
        N_("Join them: each key stands on one line."),
        key=key,
    )


def _no_key(line: str, number: int) -> Fault:
    half = _HALF_SECTION.fullmatch(line)
    if half is not None and ("[" in line or "]" in line):
        return _fault(
            number,
            N_("the line of the section lacks a bracket"),
            N_("Write it as [{section}]."),
            section=redact(half[1].strip(), 60),
        )
    return _fault(
        number,
        N_("there is text that is no key = value"),
        N_("Delete that line, or begin it with #."),
    )


# -- a file that can be read ----------------------------------------------------------------------


def _of_profile(sections: list[_Section], profile: str) -> Iterator[Fault]:
    """What keeps a file that AWS's tools can read from giving the keys of ``profile``."""
    mine = next((section for section in sections if section.name == profile), None)
    if mine is None:
        yield from _no_section(sections, profile)
        return
    key_id = mine.values.get(KEY_ID, (0, ""))[1]
    for key in (KEY_ID, KEY):
        if key not in mine.values:
            yield _lacking(mine, key)
    if key_id.startswith("ASIA") and TOKEN not in mine.values:
        yield _lacking(mine, TOKEN)
    # Only AWS's own keys have a length that is known.
    lengths = {KEY_ID: 20, KEY: 40} if re.match(r"A[KS]IA", key_id) else {}
    for key in KEY_NAMES:
        if key in mine.values:
            yield from _of_value(key, *mine.values[key], lengths.get(key))


def _no_section(sections: list[_Section], profile: str) -> Iterator[Fault]:
    names = {
        _bare(section.name): section
        for section in sections
        if section.name and KEY_ID in section.values
    }
    near = names.get(_bare(profile))
    if near is None:
        close = difflib.get_close_matches(_bare(profile), [*names], 1, 0.6)
        near = names[close[0]] if close else None
    if near is not None:
        yield _fault(
            near.line,
            N_("the section is called [{section}], not [{profile}]"),
            N_("Write [{profile}] there."),
            section=redact(near.name, 60),
            profile=redact(profile, 60),
        )
    elif names:
        first = next(iter(names.values()))
        yield _fault(
            first.line,
            N_("there is no section [{profile}]; the first with keys is [{section}]"),
            N_("Write [{profile}] there, or name the profile: --profile {section}."),
            section=redact(first.name, 60),
            profile=redact(profile, 60),
        )


def _bare(name: str) -> str:
    return name.strip().casefold().removeprefix("profile ").strip()


def _lacking(section: _Section, key: str) -> Fault:
    near = difflib.get_close_matches(
        key, [value for value in section.values if value not in KEY_NAMES], 1, 0.7
    )
    if near:
        return _fault(
            section.values[near[0]][0],
            N_("the key is called {near}, not {key}"),
            N_("Write {key} there."),
            near=redact(near[0], 60),
            key=key,
        )
    return _fault(
        section.line,
        N_("[{section}] has no {key}: the block was not copied whole"),
        AGAIN,
        section=redact(section.name, 60),
        key=key,
    )


def _of_value(key: str, line: int, value: str, length: int | None) -> Iterator[Fault]:
    if not value:
        yield _fault(line, N_("{key} is empty"), AGAIN, key=key)
    elif value[0] in _QUOTES or value[-1] in _QUOTES:
        yield _fault(
            line, N_("{key} stands in quotation marks"), N_("Delete the quotation marks."), key=key
        )
    elif re.search(r"\s", value):
        yield _fault(line, N_("{key} holds blanks"), AGAIN, key=key)
    elif not value.isascii() or "<" in value or value.endswith("..."):
        yield _fault(line, N_("{key} is no key of AWS"), AGAIN, key=key)
    elif length is not None and len(value) != length:
        cut = N_("{key} has {count} characters instead of {expected}: it was cut, or pasted twice")
        yield _fault(line, cut, AGAIN, key=key, count=len(value), expected=length)
