"""What a browser sends: its cookies, its language, and forms that are read within bounds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from grader.desk.tokens import form_token, is_same
from grader.i18n.language import LANGUAGES

if TYPE_CHECKING:
    from starlette.requests import Request

MOST_BYTES_OF_REQUEST = 16 * 1024
"""Bytes of a request's body: several times a block."""

_BODY_S = 10.0
_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 10
CSRF = "csrf_token"


class BadRequest(Exception):  # noqa: N818 - it is the request that is bad
    """A request that no page of the desk sends. ``status`` is the HTTP status that says so."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


async def form_of(request: Request, cookie: str | None) -> dict[str, str]:
    """The fields of a form that a page of the desk sent, each once.

    ``cookie`` is the one that the form goes with. Raises :class:`BadRequest` for a body that is too
    long, too slow or no form, and where the form is not one that whoever has the cookie was given.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _FORM:
        raise BadRequest(415)
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > MOST_BYTES_OF_REQUEST:
        raise BadRequest(413)
    try:
        async with asyncio.timeout(_BODY_S):
            body = await _body(request)
    except TimeoutError:
        raise BadRequest(408) from None
    try:
        # Of what is not Unicode nothing could be read anyway.
        text = body.decode("ascii", "replace")
        fields = parse_qs(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise BadRequest(400) from None
    given = {name: values[-1] for name, values in fields.items()}
    if not cookie or not is_same(given.get(CSRF, ""), form_token(cookie)):
        raise BadRequest(403)
    return given


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES_OF_REQUEST:
            raise BadRequest(413)
    return bytes(body)


def language_of(request: Request, otherwise: str) -> str:
    """The language that the browser asks for and the grader speaks, the best of several."""
    wanted = []
    for number, part in enumerate(request.headers.get("accept-language", "")[:500].split(",")):
        name, _, quality = part.strip().partition(";")
        code = name.split("-")[0].strip().lower()
        try:
            weight = float(quality.strip().removeprefix("q=") or 1)
        except ValueError:
            weight = 0.0
        if code in LANGUAGES and weight > 0:
            wanted.append((-weight, number, code))
    return min(wanted)[2] if wanted else otherwise


def wants_json(request: Request) -> bool:
    """Whether a program asks, and not somebody who reads a page."""
    return request.headers.get("accept", "").startswith("application/json")
