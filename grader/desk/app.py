"""The desk's addresses, and what each answers. What a page says stands in :mod:`grader.desk.pages`."""

from __future__ import annotations

import sys
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from grader.desk import pages
from grader.desk.desk import BOARD_ROLE, NO_BLOCK
from grader.desk.refused import Refused
from grader.desk.requests import BadRequest, form_of, language_of, wants_json
from grader.desk.runs import ASK, CLOSED
from grader.desk.state import desk_state_of
from grader.desk.tokens import cookie_of, new_token
from grader.i18n.message import said
from grader.model.student_id import is_student_id
from grader.pages.document import Inside
from grader.pages.speech import Speech
from grader.pages.writing import page_of
from grader.safety.trace import ShownFaults, trace_of
from grader.scoring.translate_report import translate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from grader.desk.desk import Desk
    from grader.desk.pages import PageText
    from grader.model.report import Report

SEAT, INSTRUCTOR, VISIT = "desk", "desk-board", "desk-visit"
"""Cookies: a student's, the instructor's, and that of whoever looks at a link."""

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_NO_PAGE = "default-src 'none'; frame-ancestors 'none'"


class App:
    """Answers for one desk. Nothing that it is asked or answers is logged."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._failed = desk, ShownFaults()

    def asgi(self) -> ASGIApp:
        """The application for a server."""
        get, post = ["GET"], ["POST"]
        routes = [
            Route("/enter/{token}", self._answer(self._link), methods=get),
            Route("/enter/{token}", self._answer(self._enter), methods=post),
            Route("/", self._answer(self._page), methods=get),
            Route("/check", self._answer(self._check), methods=post),
            Route("/state", self._answer(self._state), methods=get),
            Route("/events", self._answer(self._events), methods=get),
            Route("/report", self._answer(self._report), methods=get),
            Route("/board", self._answer(self._board), methods=get),
            Route("/board/events", self._answer(self._board_events), methods=get),
            Route("/board/release", self._answer(self._release), methods=post),
            Route("/board/dismiss", self._answer(self._dismiss), methods=post),
            Route("/board/close", self._answer(partial(self._close, closed=True)), methods=post),
            Route("/board/open", self._answer(partial(self._close, closed=False)), methods=post),
            Route("/students/{student_id}/index.html", self._answer(self._student), methods=get),
        ]

        @asynccontextmanager
        async def lifespan(_app: Starlette) -> AsyncIterator[None]:
            self._desk.streams.begin()
            yield

        async def missing(request: Request, error: Exception) -> Response:
            status = error.status_code if isinstance(error, HTTPException) else 500
            return self._bad(request, status)

        return Starlette(
            routes=routes, lifespan=lifespan, exception_handlers={HTTPException: missing}
        )

    def _answer(
        self, answer: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """``answer``, and a sentence where the request is not one of ours or we fail."""

        async def endpoint(request: Request) -> Response:
            try:
                return await answer(request)
            except BadRequest as bad:
                return self._bad(request, bad.status)
            except Exception as error:  # noqa: BLE001 - a page that fails must not end the desk
                if self._failed.is_new(error):
                    print(trace_of(error), file=sys.stderr)  # noqa: T201
                return self._bad(request, 500)

        return endpoint

    # -- links ----------------------------------------------------------------------------------

    async def _link(self, request: Request) -> Response:
        """Show one button, and change nothing: mail scanners follow links."""
        _board, name = self._meant(request)
        visit = request.cookies.get(VISIT) or new_token()
        text = pages.enter_page(self._desk, self._lang(request), name, visit)
        response = self._html(text)
        self._set_cookie(response, VISIT, visit, path="/enter")
        return response

    async def _enter(self, request: Request) -> Response:
        """Give whoever pressed the button of a link the cookie that it stands for."""
        await form_of(request, request.cookies.get(VISIT))
        board, _name = self._meant(request)
        response = self._to("/board" if board else "/")
        cookie = cookie_of(request.path_params["token"])
        self._set_cookie(response, INSTRUCTOR if board else SEAT, cookie)
        return response

    def _meant(self, request: Request) -> tuple[bool, str | None]:
        """Whether a link is the instructor's, else whose it is. Raises :class:`BadRequest`."""
        cookie, register = cookie_of(request.path_params["token"]), self._desk.register
        if register.is_board(cookie):
            return True, None
        name = register.student_of(cookie)
        if name is None:
            raise BadRequest(404)
        if not self._desk.is_open:
            raise BadRequest(410)
        entry = self._desk.entry(name)
        return False, entry.name or name

    # -- a student ------------------------------------------------------------------------------

    def _seated(self, request: Request) -> tuple[str, str]:
        """Whose page it is, and the cookie. Raises :class:`BadRequest` where nobody entered."""
        cookie = request.cookies.get(SEAT, "")
        name = self._desk.register.student_of(cookie) if cookie else None
        if name is None:
            raise BadRequest(401)
        return name, cookie

    async def _page(self, request: Request) -> Response:
        name, cookie = self._seated(request)
        return self._html(self._own_page(request, name, cookie))

    def _own_page(self, request: Request, name: str, cookie: str, note: str = "") -> PageText:
        view = self._desk.tries.seats.view(name)
        return pages.desk_student_page(self._desk, view, self._lang(request), cookie, note)

    async def _check(self, request: Request) -> Response:
        name, cookie = self._seated(request)
        form = await form_of(request, cookie)
        lang = self._lang(request)
        try:
            await run_in_threadpool(self._desk.hand_in, name, form.get("block", ""), lang)
        except Refused as refused:
            return self._refused(request, name, cookie, refused)
        return self._state_json(request, name, 202) if wants_json(request) else self._to("/")

    def _refused(self, request: Request, name: str, cookie: str, refused: Refused) -> Response:
        told = said(refused.words, self._lang(request))
        if wants_json(request):
            response = self._json({"state": "refused", "message": told}, refused.status)
        elif refused.status == NO_BLOCK:
            # The page says it; a browser that loads it again sends no block again.
            response = self._to("/")
        else:
            response = self._html(self._own_page(request, name, cookie, told), refused.status)
        if refused.again_s is not None:
            response.headers["Retry-After"] = str(refused.again_s)
        return response

    async def _state(self, request: Request) -> Response:
        return self._state_json(request, self._seated(request)[0])

    def _state_json(self, request: Request, name: str, status: int = 200) -> Response:
        return self._json(self._state_of(name, self._lang(request)), status)

    def _state_of(self, name: str, lang: str) -> dict[str, object]:
        return desk_state_of(
            self._desk.tries.seats.view(name), self._desk.setup.rubric, lang
        ).as_json()

    async def _events(self, request: Request) -> Response:
        name, lang = self._seated(request)[0], self._lang(request)

        def say() -> bytes:
            # Whether the desk is open is no part of the state, but the page shows it.
            return msgspec.json.encode({**self._state_of(name, lang), "open": self._desk.is_open})

        return self._stream(name, say)

    async def _report(self, request: Request) -> Response:
        name, _cookie = self._seated(request)
        report = self._desk.tries.seats.view(name).counting_report
        if report is None or report.absent:
            raise BadRequest(404)
        return await self._report_page(report, self._lang(request))

    async def _report_page(self, report: Report, lang: str) -> Response:
        desk, rubric = self._desk, self._desk.setup.rubric
        told = translate(report, rubric, lang)
        text = await run_in_threadpool(page_of, desk.results, told, rubric, lang)
        return self._html(pages.PageText(text, Inside().policy))

    # -- the instructor -------------------------------------------------------------------------

    def _instructor(self, request: Request) -> str:
        cookie = request.cookies.get(INSTRUCTOR, "")
        if not cookie or not self._desk.register.is_board(cookie):
            raise BadRequest(401)
        return cookie

    async def _board(self, request: Request) -> Response:
        cookie, lang = self._instructor(request), self._lang(request)
        return self._html(await run_in_threadpool(pages.board_page, self._desk, lang, cookie))

    async def _board_events(self, request: Request) -> Response:
        self._instructor(request)
        return self._stream(BOARD_ROLE, lambda: msgspec.json.encode({"at": self._desk.changes}))

    async def _release(self, request: Request) -> Response:
        form = await form_of(request, self._instructor(request))
        name = form.get("student", "")
        if name not in {entry.student_id for entry in self._desk.rows}:
            raise BadRequest(404)
        await run_in_threadpool(self._desk.release, name)
        return self._to("/board")

    async def _dismiss(self, request: Request) -> Response:
        form = await form_of(request, self._instructor(request))
        claim = form.get("student", ""), form.get("account", "")
        await run_in_threadpool(self._desk.dismiss, *claim)
        return self._to("/board")

    async def _close(self, request: Request, *, closed: bool) -> Response:
        await form_of(request, self._instructor(request))
        await run_in_threadpool(self._desk.close, closed)
        return self._to("/board")

    async def _student(self, request: Request) -> Response:
        """A student's page, for the instructor: the board links to it."""
        self._instructor(request)
        name = request.path_params["student_id"]
        views = self._desk.tries.seats.views()
        known = {view.entry.student_id: view.counting_report for view in views}
        report = known.get(name) if is_student_id(name) else None
        if report is None:
            raise BadRequest(404)
        return await self._report_page(report, self._lang(request))

    # -- answers --------------------------------------------------------------------------------

    def _lang(self, request: Request) -> str:
        return language_of(request, self._desk.lang)

    def _html(self, text: PageText, status: int = 200) -> Response:
        policy = f"{text.policy}; frame-ancestors 'none'"
        return HTMLResponse(text.html, status, {**_HEADERS, "Content-Security-Policy": policy})

    def _json(self, value: object, status: int = 200) -> Response:
        headers = {**_HEADERS, "Content-Security-Policy": _NO_PAGE}
        return Response(msgspec.json.encode(value), status, headers, "application/json")

    def _to(self, path: str) -> Response:
        return RedirectResponse(path, 303, {**_HEADERS, "Content-Security-Policy": _NO_PAGE})

    def _stream(self, whom: str, say: Callable[[], bytes]) -> Response:
        headers = {**_HEADERS, "Content-Security-Policy": _NO_PAGE, "X-Accel-Buffering": "no"}
        events = self._desk.streams.events(whom, say)
        return StreamingResponse(events, headers=headers, media_type="text/event-stream")

    def _bad(self, request: Request, status: int) -> Response:
        """One sentence for a request that cannot be answered, and what to do."""
        lang = self._lang(request)
        title, remedy = _bad_words(lang, status)
        if wants_json(request):
            response = self._json({"state": "refused", "message": f"{title} {remedy}"}, status)
        else:
            response = self._html(pages.sentence_page(lang, title, [remedy]), status)
        if status in {408, 413}:
            response.headers["Connection"] = "close"
        return response

    def _set_cookie(self, response: Response, name: str, value: str, path: str = "/") -> None:
        response.set_cookie(
            name,
            value,
            path=path,
            httponly=True,
            samesite="strict",
            secure=self._desk.secure,
        )


def _bad_words(lang: str, status: int) -> tuple[str, str]:
    """What went wrong with a request, and what to do."""
    say = Speech(lang).say
    match status:
        case 401:
            return (
                say("You have not come by your link yet."),
                say("Open the personal link that you were sent, and press its button."),
            )
        case 403:
            return (
                say("This form is an old one."),
                say("Go back, load the page again, and send it once more."),
            )
        case 404:
            return (
                say("There is nothing here."),
                say("If you came by a link, it is not valid any more: ask your instructor."),
            )
        case 408 | 413:
            return (
                say("That is more than a block of credentials, or it came too slowly."),
                say("Paste the block alone: it has four lines."),
            )
        case 410:
            return say(CLOSED), say(ASK)
    if status < 500:
        return say("That is not what the page's form sends."), say("Go back, and use the form.")
    return (
        say("The desk failed to answer."),
        say("Load the page again; if it happens once more, call your instructor."),
    )
