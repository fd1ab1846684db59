"""Text from a student's account or from AWS, made safe to keep: no secrets, bounded, encodable."""

from __future__ import annotations

import re

LONGEST_SAID = 500
"""Characters that are kept of a text unless its place allows more."""

_HIDDEN = "[redacted]"

# What repeats is possessive or bounded, and matched once for each word or quote: the time that a text
# takes grows with its length, whatever it is made of.
_TELLING_NAME = re.compile(
    r"""(?<!\w)
        (?! (?-i: [A-Z][A-Za-z]*?(?:Error|Exception|Interrupt)\b ) )  # KeyError: 'number1'
        (?= \w*?(?:AWS_|SECRET|TOKEN|PASSWORD|PASSWD|KEY) )
        \w++ (?P<closing> (?:\\*+["'`])?+ )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_ESCAPED_SPACE = re.compile(r"(?<=\\)[nrt]")
_SHOUTED = re.compile(r"[A-Z0-9_]++")
_SPACE = r"(?:[^\S\n]|\\++[nrt])"
_ASSIGNED = re.compile(r"[)\]]?+\s*+(?:[-=]>|[=:])\s*+")
# "The token is…" and "Invalid key, …" are prose: only DB_PASSWORD is a name without a sign after it.
_BESIDE = re.compile(
    rf"""{_SPACE}*+,{_SPACE}*+\n\s*+(?=[bu]?+["'`])|{_SPACE}*+[,;|]{_SPACE}*+|{_SPACE}++"""
)

_OPENING = re.compile(r"""(\\*+)(["'`])""")
_AFTER_VALUE = rf"""(?=(?:\\{{0,99}}["'`]){{0,4}}{_SPACE}{{0,99}}(?:[,;)\]}}]|$))"""
_CLOSING = {
    quote: re.compile(rf"(?<!\\)(\\*+){quote}{_AFTER_VALUE}", re.MULTILINE) for quote in "\"'`"
}
_BARE = re.compile(r"(?:null|true|false|None|True|False|-?[\d.]++|\[redacted\])(?=\s*+[,)\]}])")

# Where a value goes on in the next line: in strings side by side, as pprint cuts a long one; in lines
# that are more indented, as YAML has them. What tells the place of an error is no part of a value.
_STRING = re.compile(r"""[bu]?+["'`]""")
_NEXT_STRING = re.compile(r"""(?<=["'`])[^\S\n]*+\n[^\S\n]++(?=[bu]?+["'`])""")
_INDENTED = re.compile(r"""[^\S\n]*+(?:-[^\S\n]++)*+(?:[{\[(]++(?=[bu]?+["'`]))?+""")
_LINE_BELOW = re.compile(
    r"""(?:\n[^\S\n]*+(?=\n))*+\n([^\S\n]*+)(?=\S)(?!File\ "|Traceback\ \(|[~^][~^\ ]*+$)""",
    re.MULTILINE,
)

_PEM = re.compile(
    r"""(-----BEGIN\ [A-Z0-9\ ]{1,40}-----)
        (?: [^\S\n]*+ (?:\n[^\S\n]*+)++ (?:[A-Za-z0-9+/=]++|(?:Proc-Type|DEK-Info):.*+) [^\S\n]*+ $ )++
    """,
    re.MULTILINE | re.VERBOSE,
)
_END_OF_PEM = re.compile(r"^[^\S\n]*+[A-Za-z0-9+/=]{1,80}\s{1,9}(?=-----END )", re.MULTILINE)

_KEY_ID = re.compile(r"(?<![A-Z0-9])A[A-Z]{3}[A-Z0-9]{16,}(?![A-Z0-9])")
_LONG_RUN = re.compile(r"[A-Za-z0-9+/=%]{40,}")
"""A secret access key is 40 characters, a session token several hundred; either may be URL-encoded."""


def redact(text: str, limit: int = LONGEST_SAID) -> str:
    """``text`` without access key ids and secrets, in at most ``limit`` characters of valid Unicode.

    Hidden are the values of ``AWS_*``, ``*SECRET*``, ``*TOKEN*``, ``*PASSWORD*`` and ``*KEY*``, key ids,
    and any unbroken run of 40 characters or more that could be a key or a token. A value in quotes ends
    with them, or with the last of the strings that stand side by side; any other with its line and the
    lines below that are more indented. Of a key in PEM its first and last line stay.
    """
    # Secrets are looked for before the text is cut, with room to spare: a cut could halve a name.
    text = bounded(text, limit * 8)
    text = _PEM.sub(rf"\1\n{_HIDDEN}", text)
    text = _END_OF_PEM.sub(f"{_HIDDEN}\n", text)
    text = _without_values(text)
    text = _KEY_ID.sub(_HIDDEN, text)
    text = _LONG_RUN.sub(_HIDDEN, text)
    return bounded(text, limit)


def bounded(text: str, limit: int = LONGEST_SAID) -> str:
    """``text`` in at most ``limit`` characters, with what JSON cannot carry replaced."""
    if len(text) > limit:
        text = f"{text[: limit - 1]}…"
    return text.encode("utf-8", "replace").decode("utf-8")


def _without_values(text: str) -> str:
    kept, position, before, line_start, line_end = [], 0, 0, 0, -1
    while name := _TELLING_NAME.search(text, position):
        line_start = max(line_start, text.rfind("\n", before, name.start()) + 1)
        before = name.start()
        start = _value_start(text, name)
        if start is None:
            kept.append(text[position : name.end()])
            position = name.end()
            continue
        if line_end < start:
            line_end = _line_end(text, start)
        end, is_whole = _value_end(text, start, line_end, in_quotes=bool(name["closing"]))
        if _STRING.match(text, start):
            while more := _NEXT_STRING.match(text, end):
                end, is_whole = _value_end(text, more.end(), _line_end(text, more.end()))
        if not is_whole:
            end = _indented_end(text, line_start, start, end)
        kept += [text[position:start], _HIDDEN if end > start else ""]
        position = end
    return "".join([*kept, text[position:]])


def _line_end(text: str, place: int) -> int:
    newline = text.find("\n", place)
    return len(text) if newline < 0 else newline


def _value_start(text: str, name: re.Match[str]) -> int | None:
    """Where the value of a telling name starts, ``None`` where the name is only mentioned."""
    separator = _ASSIGNED.match(text, name.end())
    if separator is None:
        escaped = _ESCAPED_SPACE.match(text, name.start())
        start = escaped.end() if escaped else name.start()
        if _SHOUTED.fullmatch(text, start, name.start("closing")):
            separator = _BESIDE.match(text, name.end())
    return separator.end() if separator else None


def _value_end(
    text: str, start: int, line_end: int, *, in_quotes: bool = False
) -> tuple[int, bool]:
    """Where the value ends that starts at ``start``, its quotes included, and whether that is sure to be
    all of it: else it is what stands in the line.

    ``in_quotes`` says that its name was: then a bare number ends where a dictionary goes on.
    """
    opening = _OPENING.match(text, start, line_end)
    if opening:
        fence = opening[2] * 3
        if text.startswith(fence, start):
            closing_fence = text.find(fence, start + 3)
            if not 0 <= closing_fence < line_end:
                return (len(text) if closing_fence < 0 else closing_fence + 3), True
        # Text that was escaped has as many backslashes at both ends, and more at a quote in between.
        for closing in _CLOSING[opening[2]].finditer(text, opening.end(), line_end):
            if closing[1] == opening[1]:
                return closing.end(), True
        return line_end, False
    bare = _BARE.match(text, start, line_end) if in_quotes else None
    return (bare.end(), True) if bare else (line_end, False)


def _indented_end(text: str, line_start: int, start: int, end: int) -> int:
    """Where the lines end that belong to a value by their indentation.

    The line of its name begins at ``line_start``, the value at ``start``; it goes on until ``end``, the
    end of a line, at least.
    """
    named = _INDENTED.match(text, line_start)
    indent = named.end() - line_start if named else 0
    is_list = text.startswith("- ", start)
    while below := _LINE_BELOW.match(text, end):
        deeper = len(below[1]) - indent
        if deeper < 0 or (deeper == 0 and not (is_list and text.startswith("- ", below.end()))):
            break
        end = _line_end(text, below.end())
    return end
