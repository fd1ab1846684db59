"""TLS for the desk: the school's certificate, or one that is made for this run."""

from __future__ import annotations

import hashlib
import ssl
from typing import TYPE_CHECKING, NamedTuple

from grader.i18n.language import _
from grader.inputs.problems import bad_input, cannot_be_read
from grader.safety.loopback import is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Tls(NamedTuple):
    """What a server needs for TLS. ``fingerprint`` is that of a certificate that was made here."""

    context: ssl.SSLContext
    fingerprint: str = ""


def tls_of(
    host: str, cert: Path | None, key: Path | None, *, self_signed: bool, names: Iterable[str]
) -> Tls | None:
    """How the desk at ``host`` is reached; ``None`` is without TLS, which only this machine may.

    ``names`` are what a certificate that is made here is for. Raises :class:`BadInput`.
    """
    if self_signed and (cert or key):
        message = _("There are two certificates, --self-signed and --cert.")
        raise bad_input("--self-signed", None, message, _("Keep one of them."))
    if cert is not None:
        return _given(cert, key or cert)
    if key is not None:
        raise bad_input("--key", None, _("It has no certificate."), _("Give --cert too."))
    if self_signed:
        return _made(names)
    if not is_loopback(host):
        message = _("Others can reach {host}, and without TLS read what is handed in.", host=host)
        remedy = _(
            "Give --cert and --key, or --self-signed; or leave --host out, behind a reverse proxy."
        )
        raise bad_input("--host", None, message, remedy)
    return None


def _given(cert: Path, key: Path) -> Tls:
    for path in (cert, key):
        try:
            path.read_bytes()
        except OSError as error:
            remedy = _("Check the path and its permissions.")
            raise bad_input(path, None, cannot_be_read(error), remedy) from None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # A key with a password would ask for it on the terminal.
        context.load_cert_chain(cert, key, password=lambda: "")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            message = _("The certificate does not fit the key {key}.", key=key)
            raise bad_input(cert, None, message, _("Give the two that belong together.")) from None
        message = _("This is not a certificate with its key: {error}.", error=error.reason or error)
        remedy = _("Give --cert and --key as PEM, the key without a password.")
        raise bad_input(cert, None, message, remedy) from None
    return Tls(context)


def _made(names: Iterable[str]) -> Tls:
    import trustme

    made = trustme.CA().issue_cert(*dict.fromkeys(names))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    made.configure_cert(context)
    der = ssl.PEM_cert_to_DER_cert(made.cert_chain_pems[0].bytes().decode())
    digest = hashlib.sha256(der).hexdigest().upper()
    return Tls(context, ":".join(digest[at : at + 2] for at in range(0, len(digest), 2)))
