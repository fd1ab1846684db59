"""A sentence that is kept: its English template and its values, to be said in any language."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from grader.i18n.language import ENGLISH, N_, Language, language

LONGEST_SENTENCE = 1_000
"""Characters of a sentence."""

NOTHING = N_("nothing")

_VALUE = 500
_ITEMS = 50
_DEPTH = 6
_DEEPEST = 32
"""Levels of what is kept: six, two for each of as many messages within one another, and some more."""
_INT64 = 2**63


class Message(msgspec.Struct, frozen=True):
    """``message_id`` is the English template; ``values`` are bounded JSON, or messages in their turn.

    A text that is no template (AWS's own words) is its own id: the catalogues do not know it, and it
    is said as it is.
    """

    message_id: str
    values: dict[str, Any] = {}

    def __post_init__(self) -> None:
        check_depth(self.values)

    def __str__(self) -> str:
        return said(self)


def message(template: str, /, **values: Any) -> Message:
    """The message of ``template``, its values made safe to keep."""
    return Message(template, {name: json_value(value) for name, value in values.items()})


def said(message: Message, lang: str = ENGLISH) -> str:
    """The sentence in the language ``lang``; in English where that has no words for it."""
    words = language(lang)
    return (
        _said(message, words)
        if words.translated(message.message_id)
        else _said(message, language(ENGLISH))
    )


def _said(message: Message, words: Language) -> str:
    template = words.translated(message.message_id) or message.message_id
    values = {
        name: shown(value, _VALUE, words.code, kept=True) for name, value in message.values.items()
    }
    return within_limit(words.filled(template, values))


def shown(value: Any, limit: int = 100, lang: str = ENGLISH, *, kept: bool = False) -> str:
    """``value`` as a person reads it, in at most ``limit`` characters.

    ``lang`` is a language's code; ``ENGLISH`` is ``"en"``. ``kept``: ``value`` comes from a
    message's values, perhaps read back from a file, so a dictionary of a message's form is a message.
    Otherwise such a dictionary is plain data: a student may have written it.
    """
    inner = _message_in(value, kept=kept)
    if inner is not None:
        text = said(inner, lang)
    elif value is None:
        text = language(lang).say(NOTHING)
    elif isinstance(value, dict):
        text = ", ".join(
            f"{key} = {shown(item, limit, lang, kept=kept)}" for key, item in value.items()
        )
    elif isinstance(value, list | tuple):
        text = ", ".join(shown(item, limit, lang, kept=kept) for item in value)
    elif isinstance(value, float):
        text = language(lang).exact(value)
    else:
        text = str(value)
    return within_limit(text, limit)


def check_depth(*values: Any) -> None:
    """Raise ``ValueError`` where one of ``values`` is nested deeper than anything that the grader keeps.

    Whatever reads a stored value goes down into it, and would end at Python's own limit, half-way.
    """
    level = list(values)
    for _each in range(_DEEPEST):
        inside: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inside += value.values()
            elif isinstance(value, list | tuple):
                inside += value
        if not inside:
            return
        level = inside
    raise ValueError("a value is nested too deeply")


def as_message(value: Any) -> Message | None:
    """The message that ``value``, of a kept message's values, is, also after it went through JSON."""
    if isinstance(value, Message):
        return value
    if (
        isinstance(value, dict)
        and value.keys() == {"message_id", "values"}
        and isinstance(value["message_id"], str)
        and isinstance(value["values"], dict)
    ):
        return Message(value["message_id"], value["values"])
    return None


def _message_in(value: Any, *, kept: bool) -> Message | None:
    if kept:
        return as_message(value)
    return value if isinstance(value, Message) else None


def json_value(value: Any, depth: int = _DEPTH, *, kept: bool = False) -> Any:
    """``value`` as bounded, finite JSON, whatever it was; messages stay messages.

    Data that looks like a message becomes text, unless it is a message's and was ``kept`` with it.
    """
    inner = _message_in(value, kept=kept)
    if inner is not None and depth:
        within = depth - 1 if kept else depth
        values = {name: json_value(item, within, kept=True) for name, item in inner.values.items()}
        return {"message_id": inner.message_id, "values": values}
    if isinstance(value, msgspec.Struct):
        value = msgspec.structs.asdict(value)
    if isinstance(value, dict) and depth:
        pairs = list(value.items())[:_ITEMS]
        bounded = {
            within_limit(str(key)): json_value(item, depth - 1, kept=kept) for key, item in pairs
        }
        # A student's data that looks like a message: after JSON nothing would tell them apart.
        return bounded if as_message(bounded) is None else shown(bounded, _VALUE)
    if isinstance(value, list | tuple | set | frozenset) and depth:
        return [json_value(item, depth - 1, kept=kept) for item in list(value)[:_ITEMS]]
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, int) and not -_INT64 <= value < _INT64:
        return f"~2^{value.bit_length()}"  # too long to write out
    if value is None or isinstance(value, bool | int):
        return value
    return within_limit(value if isinstance(value, str) else repr(value))


def within_limit(text: str, limit: int = LONGEST_SENTENCE) -> str:
    """``text`` in at most ``limit`` characters; what is not Unicode is replaced."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= limit else text[: limit - 1] + "…"
