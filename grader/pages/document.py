"""A whole HTML file: one template, its style and script inside, and a policy that allows no others."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from grader import __version__
from grader.pages.text import page_text
from grader.pages.words import STATUSES

if TYPE_CHECKING:
    from jinja2 import Template

    from grader.pages.speech import Speech

_FOLDER = Path(__file__).parent / "templates"
_VALUE_CHARACTERS = 300
_WORD = re.compile(r"[^\W\d_]+[ ,]")
_BREAKABLE = re.compile(r"((?<![^ ])[^ ]*\w[-/]\w[^ ]*)")

MARKS = {"passed": "✓", "partial": "◐", "failed": "✗", "blocked": "–", "ungraded": "?"}
"""A sign for each status: colour is never all there is."""


class Inside(NamedTuple):
    """What stands inside a page and may act there: files of templates/, joined in their order.

    A ``served`` page may send its forms to where it comes from, and ask for more there.
    """

    scripts: tuple[str, ...] = ()
    styles: tuple[str, ...] = ("page.css",)
    served: bool = False

    @property
    def style(self) -> str:
        """The page's style."""
        return "".join(map(_inline, self.styles))

    @property
    def code(self) -> str:
        """The page's script."""
        return "".join(map(_inline, self.scripts))

    @property
    def policy(self) -> str:
        """The Content-Security-Policy that allows this style and this script by their hashes, and
        nothing else: nothing is loaded, and no attribute of an element can carry style or code."""
        here = "'self'" if self.served else "'none'"
        policy = ["default-src 'none'", f"style-src {_hash(self.style)}"]
        policy += [f"script-src {_hash(self.code)}"] if self.scripts else []
        policy += ["connect-src 'self'"] if self.served else []
        policy += ["base-uri 'none'", f"form-action {here}"]
        return "; ".join(policy)


PLAIN = Inside()


def render(template: str, speech: Speech, *, inside: Inside = PLAIN, **values: Any) -> str:
    """The template filled in, with what stands ``inside`` it, and a policy that allows no more."""
    return _template(template).render(
        policy=_policy(inside),
        style=Markup(inside.style),  # noqa: S704 - our own files
        script=Markup(inside.code) if inside.scripts else None,  # noqa: S704 - our own files
        speech=speech,
        _=speech.say,
        plural=speech.plural,
        marks=MARKS,
        statuses=STATUSES,
        version=__version__,
        **values,
    )


def sentence(text: str, limit: int) -> str:
    """``text`` in one bounded line, its first word with a capital unless that is a name of AWS's."""
    line = page_text(text, limit)
    return line[:1].upper() + line[1:] if _WORD.match(line) else line


def value_text(value: Any) -> str:
    """What a check expected or found, in one bounded line."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return page_text(text, _VALUE_CHARACTERS)


def unbroken(text: str) -> Markup:
    """``text`` escaped, for lines that end at a space and not inside ``output-queue``.

    The style moves a name as a whole to the next line and breaks it where it is longer than one. The
    text stays what it is: a no-break hyphen would be copied along.
    """
    parts = [
        Markup('<span class="whole">{}</span>').format(part) if index % 2 else escape(part)
        for index, part in enumerate(_BREAKABLE.split(text))
    ]
    return Markup("").join(parts)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["shown"] = page_text
    environment.filters["value"] = value_text
    environment.filters["unbroken"] = unbroken
    return environment


@cache
def _template(name: str) -> Template:
    return _environment().get_template(name)


@cache
def _policy(inside: Inside) -> str:
    return inside.policy


@cache
def _inline(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
