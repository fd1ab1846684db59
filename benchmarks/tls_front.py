"""TLS before the sandbox, by an authority of its own: what AWS is, and the sandbox is not."""

from __future__ import annotations

import asyncio
import ssl
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import trustme
from botocore.httpsession import where

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CHUNK = 65_536


@dataclass(frozen=True)
class Front:
    """Where it listens. Whoever asks there has to trust the authority in ``ca_bundle``."""

    endpoint_url: str
    ca_bundle: Path


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for loopback with its key, and the bundle of authorities to trust it by: two files
    in ``folder``."""
    authority = trustme.CA()
    own, bundle = folder / "loopback.pem", folder / "authority.pem"
    issued = authority.issue_cert("localhost", "127.0.0.1")
    issued.private_key_and_cert_chain_pem.write_to_path(own)
    # Beside all that AWS's certificates are looked up in: reading them is a part of the price.
    bundle.write_bytes(Path(where()).read_bytes() + authority.cert_pem.bytes())
    return own, bundle


@contextmanager
def tls_front(before: str, folder: Path, latency_s: float = 0) -> Iterator[Front]:
    """Pass on to ``before``, a URL of plain HTTP, what comes by TLS on loopback.

    Each piece of an answer is held ``latency_s`` seconds, as a network between would.
    """
    own, bundle = certificate(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(own)
    target = urlsplit(before)
    loop = asyncio.new_event_loop()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_now = [writer]
        try:
            with suppress(OSError, ssl.SSLError):
                to_read, to_write = await asyncio.open_connection(target.hostname, target.port)
                open_now.append(to_write)
                await asyncio.gather(_pipe(reader, to_write), _pipe(to_read, writer, latency_s))
        except asyncio.CancelledError:
            for each in open_now:
                each.transport.abort()

    server = loop.run_until_complete(
        asyncio.start_server(serve, "127.0.0.1", 0, ssl=context, backlog=1_000)
    )
    thread = threading.Thread(target=loop.run_forever, name="tls-front", daemon=True)
    thread.start()
    try:
        yield Front(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", bundle)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.run_until_complete(_end(asyncio.all_tasks(loop)))
        loop.close()


async def _end(tasks: Iterable[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0)  # what was closed hears of it


async def _pipe(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, latency_s: float = 0
) -> None:
    with suppress(OSError, ssl.SSLError):
        while chunk := await reader.read(_CHUNK):
            if latency_s:
                await asyncio.sleep(latency_s)
            writer.write(chunk)
            await writer.drain()
    with suppress(OSError, ssl.SSLError, RuntimeError):
        writer.close()
