"""AWS for any number of right accounts, played by one thread: ends when its standard input does.

Whoever asks is told by the access key id, which is the account's id. What looks only is answered as
recorded, with that id put in place; the exchange is computed, and a sum lies on the output queue as soon
as its numbers were sent. No signature is looked at. Prints where it answers.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import ssl
import sys
import time
from collections import Counter, defaultdict
from email.utils import formatdate
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import msgspec

from benchmarks.canned_queue import Poll, Queue, md5_of
from benchmarks.recording import Recording, read_recording

if TYPE_CHECKING:
    from collections.abc import Callable

    Reply = Callable[[int, str, bytes], None]

HOST = "127.0.0.1"
COUNTED = "/asked"
"""Whoever gets this path is told who asked what how often: account, then service and operation."""

UNKNOWN = "unknown"
"""What stands there for a question to which no answer was recorded."""

_JSON = "application/x-amz-json-1.0"
_INPUT, _OUTPUT = "input_queue", "output_queue"
_INVOKED = "/invocations"
_HERE = b"{account}"


def main() -> None:
    """Serve on a free port of loopback, by TLS if there is a certificate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recording", type=Path)
    parser.add_argument("--certificate", type=Path)
    given = parser.parse_args()
    asyncio.run(_serve(read_recording(given.recording), given.certificate))


async def _serve(recording: Recording, certificate: Path | None) -> None:
    context = None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
    loop, left_alone = asyncio.get_running_loop(), asyncio.Event()
    played = Played(recording, loop)
    server = await loop.create_server(
        lambda: Connection(played), HOST, 0, ssl=context, backlog=1_000
    )
    url = f"{'https' if context else 'http'}://{HOST}:{server.sockets[0].getsockname()[1]}"
    played.answer_at(url)
    print(url, flush=True)
    loop.add_reader(sys.stdin.fileno(), left_alone.set)
    await left_alone.wait()


class Connection(asyncio.Protocol):
    """One connection, kept open: its requests come one after the other."""

    def __init__(self, played: Played) -> None:
        self._played = played
        self._came = bytearray()
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """A request, or a part of one."""
        self._came += data
        while (end := self._came.find(b"\r\n\r\n")) >= 0:
            first, *lines = bytes(self._came[:end]).decode("latin-1").split("\r\n")
            headers = {}
            for line in lines:
                name, _, value = line.partition(":")
                headers[name.lower()] = value.strip()
            length = end + 4 + int(headers.get("content-length", 0))
            if len(self._came) < length:
                return
            body = bytes(self._came[end + 4 : length])
            del self._came[:length]
            self._played.answer(
                first.split(" ")[1], headers, body, self._reply, self._transport.is_closing
            )

    def _reply(self, status: int, headers: str, body: bytes) -> None:
        if not self._transport.is_closing():
            head = f"HTTP/1.1 {status} -\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
            self._transport.write(head.encode("latin-1") + body)


class Looked:
    """A recorded answer, to be given with another account's id."""

    def __init__(self, operation: str, headers: dict[str, str], body: bytes, code: bytes) -> None:
        self.operation, self.has_code = operation, code in body
        self.headers = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._parts, self._code = body.split(_HERE), code

    def of(self, account: str) -> bytes:
        """The same as ``account`` would be answered."""
        body = account.encode().join(self._parts)
        return body.replace(self._code, _code_of(account)) if self.has_code else body


class Played:
    """All accounts: what is answered to whom."""

    def __init__(self, recording: Recording, loop: asyncio.AbstractEventLoop) -> None:
        self._recording, self._loop = recording, loop
        self._looked: dict[tuple[str, str, bytes], Looked] = {}
        self._queues: defaultdict[tuple[str, str], Queue] = defaultdict(lambda: Queue(loop))
        self._asked: Counter[tuple[str, str]] = Counter()
        self._unknown: set[tuple[str, str, bytes]] = set()
        self._date = (0, "")

    def answer_at(self, endpoint_url: str) -> None:
        """Get ready for questions at this address."""
        recording, code = self._recording, self._recording.code_sha256.encode()
        account = recording.account_id.encode()

        def here(data: bytes) -> bytes:
            moved = data.replace(recording.endpoint_url.encode(), endpoint_url.encode())
            return moved.replace(account, _HERE)

        for one in recording.answered:
            path = here(one.path.encode()).decode()
            operation = f"{one.service}:{one.operation}"
            looked = Looked(operation, one.headers, here(one.body), code)
            if path.endswith(_INVOKED):
                self._looked[path, "", b""] = looked
            else:
                self._looked[path, one.target, _plain(one.target, here(one.asked))] = looked

    def answer(
        self,
        path: str,
        headers: dict[str, str],
        body: bytes,
        reply: Reply,
        gone: Callable[[], bool],
    ) -> None:
        """Answer one request by ``reply``, now or when a long poll is over."""
        account = headers.get("authorization", "").partition("Credential=")[2].partition("/")[0]
        if path == COUNTED:
            reply(200, "", self._counts())
            return

        def done(status: int, kind: str, body: bytes) -> None:
            reply(status, kind + self._dated(), body)

        target = headers.get("x-amz-target", "")
        service, _, operation = target.partition(".")
        if service == "AmazonSQS" and (act := getattr(self, f"_{operation}", None)):
            self._asked[account, f"sqs:{operation}"] += 1
            act(account, msgspec.json.decode(body), done, gone)
            return
        invoked = path.endswith(_INVOKED)
        own = body.replace(account.encode(), _HERE)
        key = (
            path.replace(account, _HERE.decode()),
            target,
            b"" if invoked else _plain(target, own),
        )
        looked = self._looked.get(key)
        if looked is None:
            self._asked[account, UNKNOWN] += 1
            self._say_unknown(key)
            done(400, f"Content-Type: {_JSON}\r\n", b'{"__type": "UnknownOperationException"}')
            return
        self._asked[account, looked.operation] += 1
        if invoked:
            for record in msgspec.json.decode(body)["Records"]:
                self._add(account, record["body"])
        done(200, looked.headers, looked.of(account))

    def _SendMessage(  # noqa: N802 - AWS's name, as of the others
        self, account: str, asked: dict[str, Any], done: Reply, _gone: object
    ) -> None:
        body = asked["MessageBody"]
        if _name(asked) == _INPUT:
            self._add(account, body)
        else:
            self._queue(account, asked).put(body)
        sent = {"MessageId": f"{time.monotonic_ns():036}", "MD5OfMessageBody": md5_of(body)}
        _tell(done, sent)

    def _ReceiveMessage(  # noqa: N802
        self, account: str, asked: dict[str, Any], done: Reply, gone: Callable[[], bool]
    ) -> None:
        self._queue(account, asked).receive(
            Poll(
                at_most=asked.get("MaxNumberOfMessages", 1),
                hides_s=asked.get("VisibilityTimeout", 30),
                ends_at=time.time() + asked.get("WaitTimeSeconds", 0),
                answer=lambda given: _tell(done, {"Messages": given} if given else {}),
                gone=gone,
            )
        )

    def _DeleteMessage(  # noqa: N802
        self, account: str, asked: dict[str, Any], done: Reply, _gone: object
    ) -> None:
        self._queue(account, asked).delete(asked["ReceiptHandle"])
        _tell(done, {})

    def _ChangeMessageVisibility(  # noqa: N802
        self, account: str, asked: dict[str, Any], done: Reply, _gone: object
    ) -> None:
        queue = self._queue(account, asked)
        queue.hide(asked["ReceiptHandle"], asked["VisibilityTimeout"])
        _tell(done, {})

    def _DeleteMessageBatch(  # noqa: N802
        self, account: str, asked: dict[str, Any], done: Reply, _gone: object
    ) -> None:
        queue = self._queue(account, asked)
        for entry in asked["Entries"]:
            queue.delete(entry["ReceiptHandle"])
        _tell_batch(done, asked)

    def _ChangeMessageVisibilityBatch(  # noqa: N802
        self, account: str, asked: dict[str, Any], done: Reply, _gone: object
    ) -> None:
        queue = self._queue(account, asked)
        for entry in asked["Entries"]:
            queue.hide(entry["ReceiptHandle"], entry["VisibilityTimeout"])
        _tell_batch(done, asked)

    def _add(self, account: str, message: str) -> None:
        numbers = json.loads(message)
        total = numbers["number1"] + numbers["number2"]
        self._queues[account, _OUTPUT].put(json.dumps({"body": total}))

    def _queue(self, account: str, asked: dict[str, Any]) -> Queue:
        return self._queues[account, _name(asked)]

    def _dated(self) -> str:
        """The header ``Date``, made once a second."""
        second = int(time.time())
        if self._date[0] != second:
            self._date = second, f"Date: {formatdate(second, usegmt=True)}\r\n"
        return self._date[1]

    def _counts(self) -> bytes:
        counts: dict[str, dict[str, int]] = defaultdict(dict)
        for (account, operation), times in self._asked.items():
            counts[account][operation] = times
        return msgspec.json.encode(counts)

    def _say_unknown(self, key: tuple[str, str, bytes]) -> None:
        if key not in self._unknown:
            self._unknown.add(key)
            print(f"Nobody recorded an answer to {key}.", file=sys.stderr, flush=True)


def _plain(target: str, body: bytes) -> bytes:
    """A question in one form, however its JSON was written."""
    return msgspec.json.encode(msgspec.json.decode(body), order="sorted") if target else body


def _code_of(account: str) -> bytes:
    """A digest of a package, as Lambda gives one."""
    return base64.b64encode(account.encode().rjust(32, b"\0"))


def _name(asked: dict[str, Any]) -> str:
    return unquote(asked["QueueUrl"].rpartition("/")[2])


def _tell(done: Reply, answer: dict[str, Any]) -> None:
    done(200, f"Content-Type: {_JSON}\r\n", msgspec.json.encode(answer))


def _tell_batch(done: Reply, asked: dict[str, Any]) -> None:
    _tell(done, {"Successful": [{"Id": entry["Id"]} for entry in asked["Entries"]], "Failed": []})


if __name__ == "__main__":
    main()
