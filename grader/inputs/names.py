"""Names, ids and e-mail addresses as they are compared between files that others wrote."""

from __future__ import annotations

import re
import unicodedata

_MOST_WORDS = 10
"""Of a name: more are not turned round."""


def name_keys(name: str) -> frozenset[str]:
    """The forms in which a name is compared: letters and digits alone, and turned round at a comma.

    Of a name without any, such as one in emoji, its symbols, however they are joined.
    """
    last, comma, first = name.partition(",")
    forms = {letters(name), letters(first + last) if comma else ""}
    symbols = "".join(each for each in name if unicodedata.category(each) == "So")
    return frozenset(forms - {""} or {symbols} - {""})


def any_order(name: str) -> str:
    """A form of ``name`` that its first and last names have in whatever order they are written."""
    words = filter(None, map(letters, re.split(r"[\s,]+", name)))
    return " ".join(sorted(words))


def name_forms(name: str) -> frozenset[str]:
    """All forms of a student's name: in any order, and run together with whatever words first.

    Canvas names files ``leeann`` where a list says *Ann Lee*, and does not say how many words are the
    last name.
    """
    words = [word for word in map(letters, re.split(r"[\s,]+", name)) if word]
    turned = {"".join(words[at:] + words[:at]) for at in range(min(len(words), _MOST_WORDS))}
    forms = {*name_keys(name), any_order(name), *turned} - {""}
    return frozenset(forms or {exact_name(name)})


def exact_name(name: str) -> str:
    """``name`` with one blank between words and accents in one form, else as it is written."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def id_forms(*texts: str) -> frozenset[str]:
    """The forms of an id or an e-mail address: case does not count."""
    return frozenset(text.strip().casefold() for text in texts if text.strip())


def letters(text: str) -> str:
    """The letters and digits of ``text``, without case and the accents of Latin letters."""
    return "".join(character for character in without_accents(text) if _counts(character))


def without_accents(text: str) -> str:
    """``text`` without case and the accents of Latin letters, each character in its plainest form."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(each for each in decomposed if not "\u0300" <= each <= "\u036f")


def _counts(character: str) -> bool:
    """Whether it tells names apart, as vowel signs of Hindi do."""
    return character.isalnum() or unicodedata.category(character).startswith("M")
