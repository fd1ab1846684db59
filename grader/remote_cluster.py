"""Somebody's Dask cluster: reached, and found fit to grade, before anything is touched."""

from __future__ import annotations

import ipaddress
from contextlib import contextmanager
from typing import TYPE_CHECKING

from distributed import Client
from distributed.security import Security

from grader import __version__, parcel
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
        why = f"No scheduler answers at {scheduler}: {error}"
        raise refuse("--scheduler", None, why, "See docs/cluster.md.") from None
    try:
        _refuse_workers(client, scheduler)
        yield client
    finally:
        within(CONNECT_S, client.close)


def _refuse_workers(client: Client, scheduler: str) -> None:
    try:
        client.wait_for_workers(1, timeout=CONNECT_S)
    except TimeoutError:
        raise refuse(
            "--scheduler", None, f"{scheduler} has no workers.", "Start some first."
        ) from None
    try:
        # The scheduler reads tasks too, though it runs none.
        versions = {"The scheduler": client.run_on_scheduler(parcel.version)}
        versions |= client.run(parcel.version)
    except Exception as error:  # noqa: BLE001 - whatever a worker without the grader says
        raise refuse("--scheduler", None, _cannot(str(error)), _REMEDY) from None
    for where, found in versions.items():
        if found != __version__:
            raise refuse("--scheduler", None, _cannot(f"{where} has version {found}"), _REMEDY)
        if where != "The scheduler":
            _refuse_plain(where)


_REMEDY = f"Install lambda-sqs-grader[cluster] {__version__} on every machine of the cluster."


def _cannot(why: str) -> str:
    return f"The cluster cannot run this grader ({__version__}): {why}."


def _refuse_without_certificate(scheduler: str) -> None:
    """Refuse TLS that is not set up: Dask finds out too late to tidy up."""
    if not scheduler.startswith("tls://"):
        return
    try:
        args = Security().get_connection_args("client")
    except OSError as error:
        raise refuse("distributed.comm.tls", None, f"{error}.", "See docs/cluster.md.") from None
    if args["ssl_context"] is None:
        missing = "Dask's configuration names no certificate of the client."
        raise refuse("distributed.comm.tls", None, missing, "See docs/cluster.md.")


def _refuse_plain(address: str) -> None:
    """Refuse to send credentials in the clear over a network."""
    protocol, _, place = address.rpartition("://")
    host = place.rpartition(":")[0] or place
    if protocol == "tls" or _is_loopback(host.strip("[]")):
        return
    raise refuse(
        "--scheduler",
        None,
        f"{address} is not encrypted, and students' credentials would travel to it.",
        "Use TLS (tls://…); docs/cluster.md says how.",
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
