"""What a push needs of its user: addresses that are safe to send a token to, and the tool's key."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from grader.i18n.language import _
from grader.inputs.problems import BadInput, Problem, bad_input, install_extra, reason
from grader.safety.loopback import is_loopback
from grader.safety.secret import Secret
from grader.safety.web_address import web_address

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rich.console import Console

    from grader.export.lti_platform import Client, Platform

_LIMIT_BYTES = 64 * 1024


def address(option: str, url: str) -> None:
    """Raise :class:`BadInput` unless ``url`` is one that a secret may be sent to."""
    parts = web_address(url)
    if parts is None:
        message = _("This is not an address that can be posted to.")
        raise bad_input(option, None, message, _("Write it like https://lms.example.org/…"))
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        message = _("What is sent there could be read on the way.")
        raise bad_input(option, None, message, _("Give its https:// address."))


def client_of(
    client_id: str | None,
    token_url: str | None,
    key: Path | None,
    key_id: str | None,
    audience: str | None,
    errors: Console,
) -> Client:
    """The tool as it is registered. Raises :class:`BadInput`; quotes no secret."""
    needed = {"--client-id": client_id, "--token-url": token_url, "--key": key}
    missing = [
        Problem(
            option, None, _("A push needs it."), _("Give it, or --dry-run to see what it would do.")
        )
        for option, value in needed.items()
        if not value
    ]
    if missing or not client_id or not token_url or key is None:
        raise BadInput(missing)
    address("--token-url", token_url)
    try:
        from grader.export.lti_platform import Client
    except ImportError as error:
        message = _("The library {name} is missing.", name=error.name)
        raise bad_input("grader push lti", None, message, install_extra("lti")) from None
    return Client(client_id, token_url, _key(key, errors), key_id, audience)


@contextmanager
def platform(client: Client | None, line_item: str) -> Iterator[Platform | None]:
    """The platform for the ``with`` block, if there is a client."""
    if client is None:
        yield None
        return
    from grader.export.lti_platform import Platform

    made = Platform(client, line_item)
    try:
        yield made
    finally:
        made.close()


def _key(path: Path, errors: Console) -> Secret:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        # It may be the pipe of a program that keeps secrets: --key <(pass show key).
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            pem = file.read(_LIMIT_BYTES)
    except OSError as error:
        message = _("The key cannot be read ({reason}).", reason=reason(error))
        raise bad_input(path, None, message) from None
    try:
        loaded = load_pem_private_key(pem, password=None)
    except TypeError:
        message = _("The key is protected by a password, which cannot be asked for here.")
        remedy = _("Give a key without one, readable by you only.")
        raise bad_input(path, None, message, remedy) from None
    except Exception:  # noqa: BLE001 - whatever is wrong with it, nothing of it is shown
        message = _("This is not a private key in PEM.")
        remedy = _("Give the file that begins with “-----BEGIN PRIVATE KEY-----”.")
        raise bad_input(path, None, message, remedy) from None
    if not isinstance(loaded, RSAPrivateKey) or loaded.key_size < 2048:
        message = _("LTI asks for an RSA key of 2,048 bits or more.")
        raise bad_input(path, None, message, _("Make one: openssl genrsa -out tool.pem 4096"))
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        warning = _("{file}: Others can read this key. Make it yours alone: chmod 600", file=path)
        errors.print(warning, soft_wrap=True)
    return Secret(pem.decode("ascii", "replace"))
