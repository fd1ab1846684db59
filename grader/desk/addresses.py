"""Where a desk is reached: the address in a student's link, and the names of its certificate."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from grader.i18n.language import _
from grader.inputs.problems import bad_input
from grader.safety.loopback import is_loopback
from grader.safety.web_address import web_address

if TYPE_CHECKING:
    from grader.desk.tls import Tls


def public_address(url: str) -> str:
    """The address that students use, without a slash at its end. Raises :class:`BadInput`."""
    parts = web_address(url)
    if parts is None or parts.query or parts.fragment or parts.path.strip("/"):
        message = _("It is not the address of a server.")
        raise bad_input("--url", None, message, _("Write it like https://desk.example.org."))
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        message = _("Without TLS others can read what is handed in.")
        raise bad_input("--url", None, message, _("Write it like https://desk.example.org."))
    return f"{parts.scheme}://{parts.netloc}"


def certificate_names(host: str, base: str | None) -> list[str]:
    """What a certificate for this desk is for."""
    everywhere = {"0.0.0.0", "::"}  # noqa: S104 - they are compared with
    public = urlsplit(base).hostname if base else None
    given = [public, None if host in everywhere else host, socket.gethostname()]
    return [*(name for name in given if name), "localhost", "127.0.0.1"]


def address_of(host: str, listening: socket.socket, tls: Tls | None) -> str:
    """Where the desk answers, for a link."""
    name = socket.gethostname() if host in {"0.0.0.0", "::"} else host  # noqa: S104
    name = f"[{name}]" if ":" in name else name
    scheme = "https" if tls else "http"
    return f"{scheme}://{name}:{listening.getsockname()[1]}"
