"""Reads the credentials that a student pasted, out of whatever the paste went through.

Understood are the INI block that AWS Academy shows, the lines that set variables in a shell (sh, fish,
csh, PowerShell, cmd), and the JSON of ``aws configure export-credentials`` and of STS, in text or HTML.
Whatever a person hands in is read here: ``grader roster``, a roster's ``credentials_file``, the desk,
``grader check --block``. What AWS's tools make of a file of theirs is ``grader.aws.pasted_block``'s.
"""

from __future__ import annotations

import re
from bisect import bisect
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.i18n.language import _, plural
from grader.model.access import KEY, KEY_ID, TOKEN, Keys
from grader.roster.pasted_text import MOST_BYTES_PASTED, NotText, decoded, is_saved_page, plain_text
from grader.safety.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = [
    "MOST_BYTES_PASTED",
    "Block",
    "Pasted",
    "block_text",
    "preferred",
    "read_pasted",
    "unreadable_reason",
    "unreadable_text",
]

_NAMES = {
    "accesskeyid": KEY_ID,
    "secretaccesskey": KEY,
    "sessiontoken": TOKEN,
    "securitytoken": TOKEN,
}
# Its first letter may have been left behind when the block was marked with the mouse.
_NAME = r"(?:a?ws_)?+ (?:access_?+key_?+id | secret_?+access_?+key | session_?+token | security_?+token)"
# The second form is that of fish, csh and cmd. What repeats is possessive or bounded: the time that a
# paste takes grows with its length.
_PART = re.compile(
    rf"""\[(?P<section>[\w\ .:@/+-]{{1,100}})\](?!::)
    |   (?<!\w) (?<!\w-) (?<!--) (?: set | setx | setenv | configure\ ++set ) (?:\ ++--?\w++){{0,5}}+
        \ ++ (?P<variable>{_NAME}) \ ++ (?![=:]) ["']?+ (?P<given> [^\s"'<>;,`]*+ )
    |   (?<![a-z0-9_]) (?P<key>{_NAME})
        (?: [\ "'`*\]]*+ (?: :?= | : ) | \ *+["']\ *+,(?=\ *+["']) ) [\ *]*+
        (?: \n\ *+ (?! export\b | setx?\b | setenv\b | \$env | \[ | \n | {_NAME}) )?+   # broken
        ["'`]?+ \ *+ (?P<value> [^\s"'<>;,`]*+ )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_CONTINUED = re.compile(
    r" *\n *([A-Za-z0-9+/]{20,}={0,2}|[A-Za-z0-9+/]*={1,2})(?=[ \"'`,]*(?:\n|$))"
)
_WRAPPED_FROM = 40

_AWS_KEY_ID = re.compile(r"A[KS]IA[A-Z0-9]{16}")
_SANDBOX_KEY_ID = re.compile(r"[0-9]{12}|L[KS]IA[A-Z0-9]{16}")
"""The access key ids that emulators take: an account's number, or a key whose first letter is not
AWS's."""
_BEHEADED_KEY_ID = re.compile(r"[KS]IA[A-Z0-9]{16}")
_AWS_KEY = re.compile(r"[A-Za-z0-9+/]{40}")
_AWS_TOKEN = re.compile(r"[A-Za-z0-9+/_-]{100,4096}={0,2}")
_BASE64_TOKEN = re.compile(r"(?:IQoJ|FwoG|FQoG)[A-Za-z0-9+/=]*")
"""What STS's tokens begin with: they are Base64 with its padding, so that 4 divides their length."""
_BEHEADED_TOKEN = re.compile(r"QoJb3JpZ2lu|[wQ]oGZXIvYXdz")
_ANY = re.compile(r"[!-~]{1,4096}")
_BARE_KEY_ID = re.compile(r"(?<![A-Za-z0-9])A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----|PuTTY-User-Key-File")
_PROFILE = re.compile(r"[\w.@:/+-]{1,30}")
_DEFAULT = "default"
_NOTE, _NOTE_LIMIT = "# handed-in-but-unreadable:", 4096


@dataclass(frozen=True)
class Block:
    """Complete credentials; ``profile`` is the name in brackets above them, empty without one."""

    keys: Keys
    profile: str = ""


@dataclass(frozen=True)
class Pasted:
    """What a text holds: complete blocks in their order, and what is wrong with everything else.

    ``faults`` are sentences that quote no secret. ``not_text``: the file itself cannot be read.
    """

    blocks: tuple[Block, ...] = ()
    faults: tuple[str, ...] = ()
    not_text: bool = False


def read_pasted(raw: bytes) -> Pasted:
    """The blocks in a file's bytes: the first :data:`MOST_BYTES_PASTED` and one more suffice."""
    try:
        text = plain_text(raw)
    except NotText as what:
        return Pasted(faults=(str(what),), not_text=True)
    blocks, faults = [], []
    for profile, block in _blocks(text):
        wrong = _faults(block)
        faults += wrong
        if not wrong:
            token = block.get(TOKEN)
            keys = Keys(Secret(block[KEY_ID]), Secret(block[KEY]), Secret(token) if token else None)
            blocks.append(Block(keys, profile))
    if not blocks and not faults:
        faults += _without_any(text, raw)
    return Pasted(tuple(blocks), tuple(dict.fromkeys(faults)))


def preferred(blocks: Sequence[Block]) -> list[Block]:
    """The blocks that the AWS CLI would use unasked, ``[default]`` or without a name; where there
    is none, all of them."""
    default = [block for block in blocks if block.profile.lower() in {"", _DEFAULT}]
    return default or list(blocks)


def block_text(keys: Keys) -> str:
    """The block as AWS Academy shows it. The result is a secret."""
    lines = [f"[{_DEFAULT}]", f"{KEY_ID}={keys.access_key_id.reveal()}"]
    lines.append(f"{KEY}={keys.secret_access_key.reveal()}")
    if keys.session_token:
        lines.append(f"{TOKEN}={keys.session_token.reveal()}")
    return "\n".join(lines) + "\n"


def unreadable_text(why: Iterable[str]) -> str:
    """The note that stands in a credentials file in the place of a block that nobody can read."""
    said = [" ".join(sentence.split()) for sentence in why]
    return "".join(f"{_NOTE} {sentence}\n" for sentence in said)


def unreadable_reason(raw: bytes) -> str | None:
    """What :func:`unreadable_text` noted, if nothing else was put into the file since."""
    lines = decoded(raw[:_NOTE_LIMIT]).splitlines() if raw.startswith(_NOTE.encode()) else []
    said = [line.removeprefix(_NOTE).strip() for line in lines]
    noted = len(raw) <= _NOTE_LIMIT and all(line.startswith(_NOTE) for line in lines if line)
    return " ".join(filter(None, said)) if lines and noted else None


def _blocks(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The values of each block by name, and its profile: a block begins with its section or its key id,
    or it is what one pair of braces holds."""
    braces = [found.start() for found in re.finditer(r"[{}]", text)]
    block: dict[str, str] = {}
    profile, within = "", -1
    for part in _PART.finditer(text):
        if part["section"] is not None:
            if block:
                yield profile, block
            block, profile = {}, _profile(part["section"])
            continue
        before = bisect(braces, part.start()) - 1
        here = before if before >= 0 and text[braces[before]] == "{" else -1
        name = _NAMES[re.sub(r"^a?ws_|_", "", (part["key"] or part["variable"]).lower())]
        begins = here != within or name in block or (name == KEY_ID and here < 0)
        if block and begins:
            yield profile, block
            block = {}
            profile = profile if here == within else ""
        within = here
        value = part["value"] if part["given"] is None else part["given"]
        block[name] = _whole(text, value, part.end()) if name == TOKEN else value
    if block:
        yield profile, block


def _profile(section: str) -> str:
    """A profile's name as it may be told: what looks like a key is none."""
    name = section.strip().removeprefix("profile ").strip()
    return name if _PROFILE.fullmatch(name) and not _BARE_KEY_ID.search(name) else "?"


def _whole(text: str, value: str, end: int) -> str:
    """A token that was broken over several lines, in one."""
    if len(value) < _WRAPPED_FROM:
        return value
    while not value.endswith("=") and (more := _CONTINUED.match(text, end)):
        value += more[1]
        end = more.end()
    return value


# -- what is wrong --------------------------------------------------------------------------------


def _without_any(text: str, raw: bytes) -> list[str]:
    """A sentence on what a text without any part of a block is, where that can be told."""
    if _PRIVATE_KEY.search(text):
        return [_("It is a private key for SSH, not the block of AWS Details, AWS CLI.")]
    if _BARE_KEY_ID.search(text):
        return [
            _("It holds an access key id without the names that a block has before its values.")
        ]
    if is_saved_page(raw):
        return [_("It is a saved web page, and no block is in it.")]
    return []


def _faults(block: dict[str, str]) -> list[str]:
    key_id, key, token = (block.get(name, "") for name in (KEY_ID, KEY, TOKEN))
    missing = [name for name, value in ((KEY_ID, key_id), (KEY, key)) if not value]
    session = key_id.startswith("ASIA")
    if session and not token:
        missing.append(TOKEN)
    if missing and key_id and not key and not token:
        return [_("It holds the {key} alone: the rest of the block is missing.", key=KEY_ID)]
    if missing:
        return [_("Its block has no {keys}.", keys=_(" and no ").join(missing))]
    # Only AWS's own keys have a shape that is known.
    real = not _SANDBOX_KEY_ID.fullmatch(key_id)
    faults = _key_id_faults(key_id) if real else []
    if not (_AWS_KEY if real else _ANY).fullmatch(key):
        faults.append(_cut(KEY, key, "40" if real else ""))
    if token:
        faults += _token_faults(token, real=real)
    return faults


def _key_id_faults(key_id: str) -> list[str]:
    if _AWS_KEY_ID.fullmatch(key_id):
        return []
    if _BEHEADED_KEY_ID.fullmatch(key_id):
        return [_beheaded(KEY_ID)]
    if key_id.startswith(("ASIA", "AKIA")):
        return [_cut(KEY_ID, key_id, "20")]
    return [
        _("The {key} of its block is none of AWS's: those begin with ASIA or AKIA.", key=KEY_ID)
    ]


def _token_faults(token: str, *, real: bool) -> list[str]:
    if not real:
        return [] if _ANY.fullmatch(token) else [_cut(TOKEN, token, "")]
    if _BEHEADED_TOKEN.match(token):
        return [_beheaded(TOKEN)]
    if not _AWS_TOKEN.fullmatch(token):
        return [_cut(TOKEN, token, _("several hundred"))]
    if _BASE64_TOKEN.fullmatch(token) and len(token) % 4:
        return [_("The {key} of its block is cut: its end is missing.", key=TOKEN)]
    return []


def _beheaded(name: str) -> str:
    return _("The {key} of its block has lost its first letter.", key=name)


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
