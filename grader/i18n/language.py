"""The languages the grader speaks: its words from gettext catalogues, its numbers from CLDR.

The program speaks one language at a time (:func:`speak`): what it says at once goes through :func:`_`
and :func:`plural`. What is kept (an observation, a report) is a template and its values, so that it can
be said in any language later; ``N_`` marks such a template for the catalogues. English is the language
of the templates themselves.
"""

from __future__ import annotations

import gettext
import os
import re
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ENGLISH = "en"
LANGUAGES = (ENGLISH, "fr")
DOMAIN = "grader"
LOCALE_FOLDER = Path(__file__).parent / "locale"

_ENVIRONMENT = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
_FIELD = re.compile(r"\{(\w+)\}")


def N_(template: str) -> str:  # noqa: N802 - gettext's own name for it
    """``template`` itself, marked for the catalogues: it is said later, in some language."""
    return template


def default_language(environment: Mapping[str, str] = os.environ) -> str:
    """The language that the environment asks for, read as gettext reads it, else English.

    The first variable that is set counts; ``LANGUAGE`` may name several, best first.
    """
    wanted = next((environment[name] for name in _ENVIRONMENT if environment.get(name)), "")
    for locale in wanted.split(":"):
        code = re.split(r"[_.@-]", locale, maxsplit=1)[0].lower()
        if code in LANGUAGES:
            return code
    return ENGLISH


class Language:
    """One of :data:`LANGUAGES`; any other code speaks English."""

    def __init__(self, code: str) -> None:
        self.code = code if code in LANGUAGES else ENGLISH
        self._catalogue = _catalogue(self.code)

    def translated(self, template: str) -> str | None:
        """The template in this language; ``None`` where the catalogue does not know it."""
        if self.code == ENGLISH or not template:
            return template
        return self._catalogue.gettext(template) or None

    def say(self, template: str, **values: object) -> str:
        """The sentence of ``template`` with ``values`` filled in."""
        return self.filled(self.translated(template) or template, values)

    def plural(self, count: int, one: str, several: str, /, **values: object) -> str:
        """The same for a number of things: ``{count}`` is filled in too."""
        template = self._catalogue.ngettext(one, several, count)
        return self.filled(template, {"count": count, **values})

    def filled(self, template: str, values: Mapping[str, object]) -> str:
        """``template`` with its ``{names}`` replaced, once; an unknown name stays as it is."""

        def value(field: re.Match[str]) -> str:
            return self.shown(values[field[1]]) if field[1] in values else field[0]

        return _FIELD.sub(value, template)

    def shown(self, value: object) -> str:
        """``value`` as text: a fraction with this language's decimal sign, all else as it is."""
        return self.number(value) if isinstance(value, float) else str(value)

    # -- numbers, as CLDR has them ------------------------------------------------------------

    def number(self, value: float, decimals: str = "0.####") -> str:
        """``17.5`` or ``17,5``. ``decimals`` is a pattern of CLDR."""
        if self.code == ENGLISH and decimals == "0.####" and value == int(value):
            return str(int(value))
        from babel.numbers import format_decimal

        return format_decimal(value, decimals, self.code)

    def exact(self, value: float) -> str:
        """``value`` with every digit it has, and this language's decimal sign."""
        from babel.numbers import get_decimal_symbol

        return repr(value).replace(".", get_decimal_symbol(self.code))

    def percent(self, share: float) -> str:
        """``0.8`` as ``80%`` or ``80 %``."""
        from babel.numbers import format_percent

        return format_percent(share, locale=self.code)


class _Unknown(gettext.NullTranslations):
    """What is asked when a catalogue does not know a template."""

    def gettext(self, _message: str) -> str:
        return ""


@cache
def _catalogue(code: str) -> gettext.NullTranslations:
    if code == ENGLISH:
        return gettext.NullTranslations()
    catalogue = gettext.translation(DOMAIN, LOCALE_FOLDER, [code])
    catalogue.add_fallback(_Unknown())
    return catalogue


@cache
def language(code: str) -> Language:
    """The language of that code."""
    return Language(code)


# -- what the program speaks ----------------------------------------------------------------------

_spoken = [ENGLISH]
_spoken_here: ContextVar[str | None] = ContextVar("spoken_here", default=None)


def speak(code: str) -> None:
    """From now on the whole program, all its threads, says what it says in this language."""
    _spoken[0] = code


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """In the ``with`` block, and in this thread or task alone, another language is spoken."""
    token = _spoken_here.set(code)
    try:
        yield
    finally:
        _spoken_here.reset(token)


def spoken() -> Language:
    """The language that the program speaks now."""
    return language(_spoken_here.get() or _spoken[0])


def _(template: str, **values: Any) -> str:
    """``template`` in the language that is spoken, with ``values`` filled in."""
    return spoken().say(template, **values)


def plural(count: int, one: str, several: str, **values: Any) -> str:
    """The same for a number of things, ``{count}`` of them."""
    return spoken().plural(count, one, several, **values)
