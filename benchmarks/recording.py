"""What was asked of an account and answered, as a file keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from pathlib import Path


class Answered(msgspec.Struct, frozen=True):
    """One question, and what was answered. ``asked`` and ``body`` are bytes on the wire.

    ``target`` is the header ``X-Amz-Target``, empty where a service has none.
    """

    service: str
    operation: str
    path: str
    target: str
    asked: bytes
    status: int
    headers: dict[str, str]
    body: bytes


class Recording(msgspec.Struct, frozen=True):
    """Everything that was asked of ``account_id`` at ``endpoint_url``, but for what is computed.

    ``code_sha256`` is that of the package that adds: no two students have the same.
    """

    account_id: str
    endpoint_url: str
    region: str
    code_sha256: str
    answered: list[Answered]

    def write(self, path: Path) -> None:
        """Keep it in a file."""
        path.write_bytes(msgspec.json.encode(self))


def read_recording(path: Path) -> Recording:
    """The recording in the file at ``path``."""
    return msgspec.json.decode(path.read_bytes(), type=Recording)
