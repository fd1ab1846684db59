"""A platform at the other end of LTI, on loopback: it checks what a real one checks, and can refuse."""

from __future__ import annotations

import json
import secrets
import sys
import threading
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qs, urlsplit

import jwt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
MEDIA_TYPE = "application/vnd.ims.lis.v1.score+json"
CLIENT = "tool-1"
KEY_ID = "key-1"


@dataclass(frozen=True)
class Answer:
    """What the platform says instead of what it would say."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    taken: bool = False  # the score is taken all the same: the answer was lost on the way
    broken: Literal["", "hang", "close", "half", "dribble"] = (
        ""  # it does not arrive, or not all of it
    )


@dataclass
class Lms:
    """``first_scores`` and ``first_tokens`` are given before anything is looked at. Answers come in
    pieces of ``chunk`` bytes, if any."""

    public_key: RSAPublicKey
    url: str = ""
    token_lasts_s: int | str | None = 3600
    chunk: int = 0
    scope: str = SCOPE
    known: set[str] | None = None
    unknown: Answer = Answer(422, body=b"\x1b[31mno such user")
    first_scores: deque[Answer] = field(default_factory=deque)
    first_tokens: deque[Answer] = field(default_factory=deque)
    tokens: set[str] = field(default_factory=set)
    tokens_given: int = 0
    assertions: set[str] = field(default_factory=set)
    taken: list[dict[str, Any]] = field(default_factory=list)
    last: dict[str, datetime] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    encodings: set[str] = field(default_factory=set)

    @property
    def line_item(self) -> str:
        return f"{self.url}/courses/7/items/3?type=lab"

    @property
    def token_url(self) -> str:
        return f"{self.url}/token"

    @property
    def scores(self) -> dict[str, float]:
        return {score["userId"]: score["scoreGiven"] for score in self.taken}

    def token(self, form: dict[str, list[str]], media_type: str) -> Answer:
        if self.first_tokens:
            return self.first_tokens.popleft()
        if media_type != "application/x-www-form-urlencoded":
            return Answer(415)
        assert form["grant_type"] == ["client_credentials"]
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        assert form["client_assertion_type"] == [kind]
        assert form["scope"] == [SCOPE]
        assertion = form["client_assertion"][0]
        try:
            claims = jwt.decode(
                assertion,
                self.public_key,
                algorithms=["RS256"],
                audience=self.token_url,
                issuer=CLIENT,
                options={"require": ["iss", "sub", "aud", "iat", "exp", "jti"]},
            )
        except jwt.InvalidTokenError as error:
            said = {"error": "invalid_client", "error_description": str(error)}
            return Answer(400, body=json.dumps(said).encode())
        assert claims["sub"] == CLIENT
        assert jwt.get_unverified_header(assertion)["kid"] == KEY_ID
        assert claims["jti"] not in self.assertions
        self.assertions.add(claims["jti"])
        token = secrets.token_hex(8)
        self.tokens.add(token)
        self.tokens_given += 1
        given = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": self.token_lasts_s,
            "scope": self.scope,
        }
        return Answer(200, body=json.dumps(given).encode())

    def score(self, authorization: str, media_type: str, body: bytes) -> Answer:
        answer = self.first_scores.popleft() if self.first_scores else None
        if answer is not None and not answer.taken:
            return answer
        if authorization.removeprefix("Bearer ") not in self.tokens:
            return Answer(401, body=f"unknown: {authorization}".encode())
        if media_type != MEDIA_TYPE:
            return Answer(415)
        score = json.loads(body)
        user, moment = score["userId"], datetime.fromisoformat(score["timestamp"])
        if self.known is not None and user not in self.known:
            return self.unknown
        if user in self.last and moment <= self.last[user]:
            return Answer(409, body=b"a newer score is here")
        assert "." in score["timestamp"]
        assert score["scoreMaximum"] > 0
        self.last[user] = moment
        self.taken.append(score)
        return answer or Answer(204)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        # Whoever tired of waiting has hung up.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def lms(public_key: RSAPublicKey) -> Iterator[Lms]:
    """A platform for the ``with`` block."""
    platform, ended = Lms(public_key), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            parts = urlsplit(self.path)
            platform.asked.append(self.path)
            platform.encodings.add(self.headers.get("Accept-Encoding", ""))
            media_type = self.headers.get("Content-Type", "")
            if parts.path == "/token":
                answer = platform.token(parse_qs(body.decode()), media_type)
            elif (parts.path, parts.query) == ("/courses/7/items/3/scores", "type=lab"):
                answer = platform.score(self.headers.get("Authorization", ""), media_type, body)
            else:
                answer = Answer(404)
            if answer.broken == "hang":
                ended.wait()
            if answer.broken in {"hang", "close"}:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.broken == "dribble":
                self.send_header("Content-Length", "1000000")
                self.end_headers()
                self.close_connection = True
                while not ended.wait(0.1):
                    self.wfile.write(b" ")
                return
            in_pieces = answer.status != 204 and platform.chunk
            if in_pieces:
                self.send_header("Transfer-Encoding", "chunked")
            elif answer.status != 204:
                self.send_header("Content-Length", str(len(answer.body)))
                if answer.broken == "half":
                    answer = replace(answer, body=answer.body[:1])
                    self.close_connection = True
            self.end_headers()
            body = answer.body
            if in_pieces:
                starts = range(0, len(body), platform.chunk)
                pieces = [body[start : start + platform.chunk] for start in starts]
                body = b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in [*pieces, b""])
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with _Server(("127.0.0.1", 0), Handler) as server:
        platform.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield platform
        finally:
            ended.set()
            server.shutdown()
            thread.join()
