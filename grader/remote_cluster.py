"""Somebody's Dask cluster: reached, and found fit to grade, before anything is touched."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from distributed import Client
from distributed.security import Security
from distributed.utils import silence_logging_cmgr

from grader import __version__, parcel
from grader.language import _
from grader.patience import within
from grader.problems import refuse

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECT_S = 10
"""How long a scheduler may take to answer, and to have a worker."""


@contextmanager
def remote_cluster(scheduler: str) -> Iterator[Client]:
    """A client of the cluster behind ``scheduler``. Raises :class:`~grader.problems.BadInput`."""
    _refuse_plain(scheduler)
    _refuse_without_certificate(scheduler)
    try:
        client = Client(scheduler, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError, TypeError, RuntimeError, ImportError) as error:
        why = _("No scheduler answers at {address}: {error}", address=scheduler, error=error)
        raise refuse("--scheduler", None, why, _("See docs/cluster.md.")) from None
    # What fails is said by the batch, once.
    with silence_logging_cmgr(logging.CRITICAL):
        try:
            _refuse_workers(client, scheduler)
            yield client
        finally:
            within(CONNECT_S, client.close)


def _refuse_workers(client: Client, scheduler: str) -> None:
    try:
        client.wait_for_workers(1, timeout=CONNECT_S)
    except TimeoutError:
        message = _("{address} has no workers.", address=scheduler)
        raise refuse("--scheduler", None, message, _("Start some first.")) from None
    try:
        # The scheduler reads tasks too, though it runs none.
        versions = {scheduler: client.run_on_scheduler(parcel.version)}
        versions |= client.run(parcel.version)
        listening = client.run_on_scheduler(parcel.listens_at)
    except Exception as error:  # noqa: BLE001 - whatever a worker without the grader says
        raise refuse("--scheduler", None, _cannot(str(error)), _remedy()) from None
    for where, found in versions.items():
        if found != __version__:
            why = _("{address} has version {version}", address=where, version=found)
            raise refuse("--scheduler", None, _cannot(why), _remedy())
        _refuse_plain(where)
    for address in filter(parcel.in_the_clear, listening):
        # A worker that joins later brings the way by which its tasks come.
        message = _(
            "The scheduler takes connections at {address}, which are not encrypted, and students'"
            " credentials would travel to every worker that joins there.",
            address=address,
        )
        remedy = _("Start it with --host tls://…, or on this machine alone with --host 127.0.0.1.")
        raise refuse("--scheduler", None, message, remedy)


def _remedy() -> str:
    return _(
        "Install lambda-sqs-grader[cluster] {version} on every machine of the cluster.",
        version=__version__,
    )


def _cannot(why: str) -> str:
    return _("The cluster cannot run this grader ({version}): {why}.", version=__version__, why=why)


def _refuse_without_certificate(scheduler: str) -> None:
    """Refuse TLS that is not set up: Dask finds out too late to tidy up."""
    if not scheduler.startswith("tls://"):
        return
    try:
        args = Security().get_connection_args("client")
    except OSError as error:
        raise refuse("distributed.comm.tls", None, f"{error}.", _("See docs/cluster.md.")) from None
    if args["ssl_context"] is None:
        missing = _("Dask's configuration names no certificate of the client.")
        raise refuse("distributed.comm.tls", None, missing, _("See docs/cluster.md."))


def _refuse_plain(address: str) -> None:
    """Refuse to send credentials in the clear over a network."""
    if parcel.in_the_clear(address):
        raise refuse(
            "--scheduler",
            None,
            _(
                "{address} is not encrypted, and students' credentials would travel to it.",
                address=address,
            ),
            _("Use TLS (tls://…); docs/cluster.md says how."),
        )
