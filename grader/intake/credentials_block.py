"""Reads the credentials that a student pasted, out of whatever the paste went through.

Understood are the INI block that AWS Academy shows and the ``export`` lines of a shell, in text or HTML.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.i18n.language import N_, _, plural
from grader.model.access import Keys
from grader.safety.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT_BYTES = 1024 * 1024
"""More than any text that holds a block; what is larger is not looked into."""

_KEY_ID, _KEY, _TOKEN = "aws_access_key_id", "aws_secret_access_key", "aws_session_token"

_NOT_TEXT = (
    (b"%PDF", N_("It is a PDF, which is not read.")),
    (b"\x89PNG", N_("It is an image, which is not read.")),
    (b"\xff\xd8\xff", N_("It is an image, which is not read.")),
    (b"GIF8", N_("It is an image, which is not read.")),
    (b"PK\x03\x04", N_("It is a Word document or an archive, which is not read.")),
    (b"\xd0\xcf\x11\xe0", N_("It is a Word document, which is not read.")),
    (b"{\\rtf", N_("It is an RTF document, which is not read.")),
)
_TAG = re.compile(r"<[/!]?([A-Za-z0-9:]*+)[^<>]*+>")
_LINE_ENDS = frozenset({"br", "p", "div", "li", "tr", "td", "pre", "h1", "h2", "h3", "blockquote"})
_LOOKS_LIKE_HTML = re.compile(r"<(?:!doctype|html|head|body|p|div|br|span|pre)\b[^<>]*>", re.I)

# What editors put in place of what was pasted, and what they hide in it.
_PLAINER = str.maketrans(
    dict.fromkeys("“”„«»", '"')
    | dict.fromkeys("‘’‚", "'")
    | dict.fromkeys("\u00a0\u2007\u202f\t", " ")
    | dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", "")
    | {"\u2028": "\n", "\u2029": "\n", "＝": "="}
)
# What repeats is possessive or bounded: the time that a paste takes grows with its length.
_PART = re.compile(
    r"""\[(?P<section>[^\[\]\n]{1,100})\]
    |   (?<![a-z0-9_]) (?P<key>aws_access_key_id | aws_secret_access_key
                             | aws_session_token | aws_security_token)
        \ *+["']?+\ *+ [=:] \ *+
        (?: \n\ *+ (?! export\b | set\b | \$env | aws_ | \[ | \n) )?+   # broken after the sign
        ["']?+ (?P<value> [^\s"'<>;,]*+ )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_CONTINUED = re.compile(r" *\n *([A-Za-z0-9+/]{20,}={0,2}|[A-Za-z0-9+/]*={1,2})(?=[ \"']*(?:\n|$))")
_WRAPPED_FROM = 40

_AWS_KEY_ID = re.compile(r"A[KS]IA[A-Z0-9]{16}")
_AWS_KEY = re.compile(r"[A-Za-z0-9+/=]{40}")
_AWS_TOKEN = re.compile(r"[A-Za-z0-9+/=_-]{100,4096}")
_ANY_KEY_ID = re.compile(r"\w{12,128}", re.ASCII)
_ANY = re.compile(r"[!-~]{1,4096}")


@dataclass(frozen=True)
class Pasted:
    """What a text holds: complete blocks in their order, and what is wrong with everything else.

    ``faults`` are sentences that quote no secret. ``not_text``: the file itself cannot be read.
    """

    blocks: tuple[Keys, ...] = ()
    faults: tuple[str, ...] = ()
    not_text: bool = False


def read_pasted(raw: bytes) -> Pasted:
    """The blocks in a file's bytes, of which the first :data:`LIMIT_BYTES` and one more suffice."""
    for start, fault in _NOT_TEXT:
        if raw.startswith(start):
            return Pasted(faults=(_(fault),), not_text=True)
    if len(raw) > LIMIT_BYTES:
        fault = _(
            "It is larger than {size} KiB, too large for a block.", size=f"{LIMIT_BYTES // 1024:,}"
        )
        return Pasted(faults=(fault,), not_text=True)
    text = _decoded(raw)
    if "\0" in text:
        return Pasted(faults=(_("It is not text."),), not_text=True)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _LOOKS_LIKE_HTML.search(text):
        text = _without_tags(text)
    blocks, faults = [], []
    for block in _blocks(text.translate(_PLAINER)):
        wrong = _faults(block)
        faults += wrong
        if not wrong:
            token = block.get(_TOKEN)
            blocks.append(
                Keys(Secret(block[_KEY_ID]), Secret(block[_KEY]), Secret(token) if token else None)
            )
    return Pasted(tuple(blocks), tuple(dict.fromkeys(faults)))


def block_text(keys: Keys) -> str:
    """The block as AWS Academy shows it. The result is a secret."""
    lines = ["[default]", f"{_KEY_ID}={keys.access_key_id.reveal()}"]
    lines.append(f"{_KEY}={keys.secret_access_key.reveal()}")
    if keys.session_token:
        lines.append(f"{_TOKEN}={keys.session_token.reveal()}")
    return "\n".join(lines) + "\n"


def _decoded(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    start = raw[:64]
    half = len(start) // 2
    if half >= 2 and start[1::2].count(0) == half and start[::2].count(0) == 0:
        return raw.decode("utf-16-le", "replace")
    if half >= 2 and start[::2].count(0) >= half and start[1::2].count(0) == 0:
        return raw.decode("utf-16-be", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Windows' Notepad of old; what a block is made of is ASCII either way.
        return raw.decode("cp1252", "replace")


def _without_tags(text: str) -> str:
    """The text of a page, its lines where a reader sees them. Takes time in proportion to its length."""
    return html.unescape(_TAG.sub(lambda tag: "\n" if tag[1].lower() in _LINE_ENDS else "", text))


def _blocks(text: str) -> Iterator[dict[str, str]]:
    """The values of each block by name: a block begins with its section or its key id."""
    block: dict[str, str] = {}
    for part in _PART.finditer(text):
        if part["section"] is not None:
            if block:
                yield block
            block = {}
            continue
        name = part["key"].lower().replace("security", "session")
        if block and (name == _KEY_ID or name in block):
            yield block
            block = {}
        block[name] = _whole(text, part) if name == _TOKEN else part["value"]
    if block:
        yield block


def _whole(text: str, part: re.Match[str]) -> str:
    """A token that was broken over several lines, in one."""
    value, end = part["value"], part.end()
    if len(value) < _WRAPPED_FROM:
        return value
    while not value.endswith("=") and (more := _CONTINUED.match(text, end)):
        value += more[1]
        end = more.end()
    return value


def _faults(block: dict[str, str]) -> list[str]:
    key_id, key, token = (block.get(name, "") for name in (_KEY_ID, _KEY, _TOKEN))
    missing = [name for name, value in ((_KEY_ID, key_id), (_KEY, key)) if not value]
    session = key_id.startswith("ASIA")
    if session and not token:
        missing.append(_TOKEN)
    if missing:
        return [_("Its block has no {keys}.", keys=_(" and no ").join(missing))]
    # Only AWS's own keys have a shape that is known.
    real = session or key_id.startswith("AKIA")
    faults = []
    if not (_AWS_KEY_ID if real else _ANY_KEY_ID).fullmatch(key_id):
        faults.append(_cut(_KEY_ID, key_id, "20" if real else _("12 or more")))
    if not (_AWS_KEY if real else _ANY).fullmatch(key):
        faults.append(_cut(_KEY, key, "40" if real else ""))
    if token and not (_AWS_TOKEN if session else _ANY).fullmatch(token):
        faults.append(_cut(_TOKEN, token, _("several hundred") if session else ""))
    return faults


def _cut(name: str, value: str, expected: str) -> str:
    if not expected:
        return _("The {key} of its block is cut or changed: it holds what no key can.", key=name)
    return plural(
        len(value),
        "The {key} of its block is cut or changed: "
        "it has {count} character, where {expected} of AWS's alphabet belong.",
        "The {key} of its block is cut or changed: "
        "it has {count} characters, where {expected} of AWS's alphabet belong.",
        key=name,
        expected=expected,
    )
