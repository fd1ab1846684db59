"""What a personal link, the cookie that it leads to and a form hold, and what of it may be stored.

A link's token is 192 random bits. The cookie is made from it, and what is stored from the cookie, so
that neither can be told from the file; a cookie stays good when the desk is started again.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")

_TOKEN_BYTES = 24


def new_token() -> str:
    """A token for a link, for a visit before one, or for anything else that nobody can guess."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def cookie_of(token: str) -> str:
    """The cookie that whoever has the link's ``token`` gets."""
    return _digest("cookie", token)


def stored_of(cookie: str) -> str:
    """What may be stored of a cookie: it tells whether one is right, and opens nothing."""
    return _digest("stored", cookie)


def form_token(cookie: str) -> str:
    """What each form has to send along: only pages that were given the cookie know it."""
    return hmac.new(cookie.encode(), b"form", hashlib.sha256).hexdigest()


def is_same(given: str, right: str) -> bool:
    """Whether two texts are equal, in a time that tells nothing of where they differ."""
    return hmac.compare_digest(given.encode(), right.encode())


def found_by(given: str, known: Iterable[tuple[str, T]]) -> T | None:
    """What ``given`` stands for, among digests with what each is for. All of them are compared."""
    found = None
    for digest, meant in known:
        if is_same(given, digest):
            found = meant
    return found


def _digest(purpose: str, text: str) -> str:
    return hashlib.sha256(f"{purpose}:{text}".encode()).hexdigest()
