"""Somebody's Dask cluster: reached, and found fit to grade, before anything is touched."""

from __future__ import annotations

import asyncio
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from distributed import Client
from distributed.security import Security
from distributed.utils import silence_logging_cmgr

from grader import __version__
from grader.engines import dask_worker
from grader.i18n.language import _
from grader.inputs.problems import BadInput, bad_input, install_extra
from grader.model.code_digest import this_code
from grader.safety.call_timeout import Unanswered, call_with_timeout, try_within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CONNECT_S = 10
"""How long a scheduler may take to answer, and to have a worker."""

READ_S = 60
"""How long scheduler and workers may take to say which grader they have: they read it from disk."""


@contextmanager
def remote_cluster(scheduler: str) -> Iterator[Client]:
    """A client of the cluster behind ``scheduler``. Raises :class:`BadInput`."""
    _refuse_plain(scheduler)
    _refuse_without_certificate(scheduler)
    client = _connected(scheduler)
    # What fails is said by the batch, once.
    with silence_logging_cmgr(logging.CRITICAL):
        try:
            _refuse_unfit(client, scheduler)
            yield client
        finally:
            try_within(CONNECT_S, client.close)


def _connected(scheduler: str) -> Client:
    def connect() -> Client:
        return Client(scheduler, timeout=CONNECT_S, set_as_default=False)

    try:
        # Dask's own limit ends with the connection, which a process that is frozen still gets.
        return call_with_timeout(connect, within_s=2 * CONNECT_S)
    except Unanswered:
        raise _silent(scheduler) from None
    except (OSError, ValueError, TypeError, RuntimeError, ImportError) as error:
        why = _("No scheduler answers at {address}: {error}", address=scheduler, error=error)
        raise bad_input("--scheduler", None, why, _("See docs/cluster.md.")) from None


def _refuse_unfit(client: Client, scheduler: str) -> None:
    try:
        _refuse_none(client, scheduler)
        graders = _graders(client, scheduler)
        listening = _asked(lambda: client.run_on_scheduler(dask_worker.listens_at))
    except Unanswered:
        raise _silent(scheduler) from None
    for where, found in graders.items():
        if found != this_code():
            given = {"address": where, "version": found[0]}
            why, remedy = _("{address} has version {version}", **given), _remedy()
            if found[0] == __version__:
                why = _("{address} has version {version}, but other code", **given)
                remedy = _("Install the same copy of the grader there, and start it again.")
            raise bad_input("--scheduler", None, _cannot(why), remedy)
        _refuse_plain(where)
    for address in filter(dask_worker.in_the_clear, listening):
        # A worker that joins later brings the way by which its tasks come.
        message = _(
            "The scheduler takes connections at {address}, which are not encrypted, and students'"
            " credentials would travel to every worker that joins there.",
            address=address,
        )
        remedy = _("Start it with --host tls://…, or on this machine alone with --host 127.0.0.1.")
        raise bad_input("--scheduler", None, message, remedy)


def _refuse_none(client: Client, scheduler: str) -> None:
    def wait() -> None:
        client.wait_for_workers(1, timeout=CONNECT_S)

    try:
        call_with_timeout(wait, within_s=2 * CONNECT_S)
    except TimeoutError:
        message = _("{address} has no workers.", address=scheduler)
        raise bad_input("--scheduler", None, message, _("Start some first.")) from None


def _graders(client: Client, scheduler: str) -> dict[str, tuple[str, str]]:
    """Which grader there is at each address. Raises :class:`Unanswered` for the scheduler alone."""
    # The scheduler reads tasks too, though it runs none.
    graders = {scheduler: _asked(lambda: client.run_on_scheduler(this_code))}
    workers = [*_asked(client.nthreads)]
    said = _asked(lambda: client.sync(_of_all, client, workers), within_s=2 * READ_S)
    for worker, found in zip(workers, said, strict=True):
        if found is None:
            # Unless it is the scheduler, by way of which they are asked, that answers no more.
            _asked(client.nthreads, within_s=CONNECT_S)
            raise _silent(worker)
        graders[worker] = found
    return graders


async def _of_all(client: Client, workers: list[str]) -> list[tuple[str, str] | None]:
    return await asyncio.gather(*(_of(client, worker) for worker in workers))


async def _of(client: Client, worker: str) -> tuple[str, str] | None:
    """What ``worker`` says of itself; ``None`` if it says nothing."""
    try:
        said = await asyncio.wait_for(client.run(this_code, workers=[worker]), READ_S)
    except TimeoutError:
        return None
    version, sha256 = said[worker]
    return version, sha256


def _asked(call: Callable[[], Any], *, within_s: float | None = None) -> Any:
    """What the cluster says. Raises :class:`Unanswered` and :class:`BadInput`."""
    try:
        return call_with_timeout(call, within_s=within_s or READ_S)
    except Unanswered:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a worker without the grader says
        raise bad_input("--scheduler", None, _cannot(str(error)), _remedy()) from None


def _silent(address: str) -> BadInput:
    message = _("{address} does not answer.", address=address)
    return bad_input("--scheduler", None, message, _("Start it again, or see what keeps it busy."))


def _remedy() -> str:
    copy = _(
        "Bring the same copy of the grader ({version}) to every machine of the cluster.",
        version=__version__,
    )
    return f"{copy} {install_extra('cluster')}"


def _cannot(why: str) -> str:
    return _("The cluster cannot run this grader ({version}): {why}.", version=__version__, why=why)


def _refuse_without_certificate(scheduler: str) -> None:
    """Refuse TLS that is not set up: Dask finds out too late to tidy up."""
    if not scheduler.startswith("tls://"):
        return
    try:
        args = Security().get_connection_args("client")
    except OSError as error:
        raise bad_input(
            "distributed.comm.tls", None, f"{error}.", _("See docs/cluster.md.")
        ) from None
    if args["ssl_context"] is None:
        missing = _("Dask's configuration names no certificate of the client.")
        raise bad_input("distributed.comm.tls", None, missing, _("See docs/cluster.md."))


def _refuse_plain(address: str) -> None:
    """Refuse to send credentials in the clear over a network."""
    if dask_worker.in_the_clear(address):
        raise bad_input(
            "--scheduler",
            None,
            _(
                "{address} is not encrypted, and students' credentials would travel to it.",
                address=address,
            ),
            _("Use TLS (tls://…); docs/cluster.md says how."),
        )
