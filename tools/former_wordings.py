"""What becomes of a translation when its sentence is reworded, moved or removed.

A report holds the English templates of its sentences (``message_id``), so a wording that went into
reports stays known after it left the source: ``grader/i18n/former.json`` maps each such wording to
today's, ``null`` where there is none, and the catalogues keep its translation. A new wording begins
with the translation of the one that it replaces, marked ``fuzzy``, until a translator has read it.
"""

from __future__ import annotations

import json
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, TypeAlias

from babel.messages.pofile import denormalize

from grader.i18n.language import LOCALE_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from babel.messages.catalog import Catalog, Message

Id: TypeAlias = str | tuple[str, ...]
"""A sentence, or both forms of one that counts something."""

Former: TypeAlias = dict[str, str | None]
"""Wordings that left the source, each with the wording that took its place."""

FORMER = LOCALE_FOLDER.with_name("former.json")

SAID_AT_ONCE = frozenset(
    {"cli", "commands", "doctor", "export", "intake", "pages", "rehearsal", "sandbox", "schemas"}
    | {"terminal", "i18n"}
)
"""Rooms whose sentences are shown and forgotten: no report holds them."""

_ALIKE = 0.75
_ALIKE_IN_ONE_FILE = 0.6


def read_former() -> Former:
    """The former wordings, as they are kept now."""
    found: Former = json.loads(FORMER.read_text(encoding="utf-8"))
    return found


def write_former(former: Former) -> None:
    """Keep the former wordings, one a line, so that branches which add some merge."""
    text = json.dumps(former, ensure_ascii=False, indent=1, sort_keys=True)
    FORMER.write_text(text + "\n", encoding="utf-8")


def renew(catalogue: Catalog, source: Catalog, former: Former) -> list[Message]:
    """Give a catalogue the messages of the source, without losing a translation; what it lacks.

    ``source`` gains the former wordings, ``former`` those that the catalogue shows to be new.
    """
    before = {_id(message): message for message in catalogue if message.id}
    before |= {_id(message): message for message in catalogue.obsolete.values() if message.string}
    today = {_id(message) for message in source if message.id}
    gone = {name: message for name, message in before.items() if name not in today}
    new = [message for message in source if message.id and _id(message) not in before]
    reworded = _pairs((m for name, m in gone.items() if name not in former and _said(m)), new)
    _note(former, reworded, gone, today)
    for name in former:
        source.add(name, locations=[(f"grader/i18n/{FORMER.name}", 0)])
    catalogue.update(source, no_fuzzy_matching=True, update_creation_date=False)
    for message in catalogue:
        old, earlier = reworded.get(_id(message)), before.get(_id(message))
        if old is not None:
            message.string = old.string
            message.flags.add("fuzzy")
            message.previous_id = old.previous_id if old.fuzzy else list(_texts(old))
        elif earlier is not None and not message.string:
            message.string = earlier.string  # it was removed once, and is back
        if not message.fuzzy:
            message.previous_id = []
    replaced = {_id(old) for old in reworded.values()}
    needed = today | former.keys() | replaced
    for key, message in [*catalogue.obsolete.items()]:
        if message.fuzzy or not _said(message) or _id(message) in needed:
            del catalogue.obsolete[key]
    return [
        message for message in catalogue if message.id and (message.fuzzy or not _said(message))
    ]


def restore_previous(catalogue: Catalog) -> Catalog:
    """Give each message its previous wording back, which Babel reads as a comment."""
    for message in catalogue:
        marked = [line for line in message.user_comments if line.startswith("| ")]
        if marked:
            message.user_comments = [c for c in message.user_comments if c not in marked]
            text = "\n".join(line[2:] for line in marked)
            parts = text.replace("msgid_plural ", "msgid ").split("msgid ")[1:]
            message.previous_id = [denormalize(part) for part in parts]
    return catalogue


def _note(
    former: Former, reworded: dict[Id, Message], gone: dict[Id, Message], today: set[Id]
) -> None:
    """Bring the former wordings up to date with what was reworded, is gone, or is back."""
    now = {_id(old): name for name, old in reworded.items()}
    for name, message in gone.items():
        successor = now.get(name)
        # What was never translated, or is marked still, never was in a catalogue that shipped.
        if _is_kept(message) and _said(message) and not message.fuzzy and isinstance(name, str):
            former.setdefault(name, successor if isinstance(successor, str) else None)
    for name, successor in [*former.items()]:
        latest = now.get(successor) if successor is not None else None
        if isinstance(latest, str):
            former[name] = latest
        elif successor is not None and successor not in today and successor not in former:
            former[name] = None
        if name in today:
            del former[name]


def _pairs(gone: Iterable[Message], new: Iterable[Message]) -> dict[Id, Message]:
    """Which message that is gone each new one took the place of: the most alike first, each once."""
    there = list(gone)
    alike = [
        (SequenceMatcher(None, _texts(old)[0], _texts(message)[0]).ratio(), old, message)
        for message in new
        for old in there
        if len(_texts(old)) == len(_texts(message))
    ]
    found: dict[Id, Message] = {}
    taken: set[Id] = set()
    for ratio, old, message in sorted(alike, key=lambda pair: -pair[0]):
        near = _files(old) & _files(message)
        enough = ratio >= (_ALIKE_IN_ONE_FILE if near else _ALIKE)
        if enough and _id(message) not in found and _id(old) not in taken:
            found[_id(message)] = old
            taken.add(_id(old))
    return found


def _is_kept(message: Message) -> bool:
    rooms = {path.split("/")[1].removesuffix(".py") for path in _files(message)}
    return bool(rooms - SAID_AT_ONCE)


def _files(message: Message) -> set[str]:
    return {path for path, _line in message.locations}


def _id(message: Message) -> Id:
    return tuple(message.id) if isinstance(message.id, list | tuple) else message.id


def _texts(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def _said(message: Message) -> bool:
    string = message.string
    return bool(string) and all([string] if isinstance(string, str) else string or ())
