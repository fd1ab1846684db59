"""The bare loop by somebody who knows boto3: one client of each service, shared by all accounts.

Measured from inside: prints JSON. Clients are safe to share between threads, and a request is signed
with what the session's credentials say at that moment: here they say another account's in each thread.
"""

from __future__ import annotations

import threading
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import Credentials, ReadOnlyCredentials

from benchmarks.bare import SERVICES, measure, visited

CONNECTIONS = 1_000
"""So many are kept for the next request: boto3's ten would be opened and closed all the time."""


def main() -> None:
    """Ask about every account of a roster."""
    measure(lambda: SharedClients().visit, __doc__)


class OfThread(Credentials):
    """The credentials of the account that this thread asks about."""

    def __init__(self) -> None:
        super().__init__("nobody", "nobody")
        self._local = threading.local()

    def become(self, row: dict[str, str]) -> None:
        """Ask about the account of ``row`` in this thread from now on."""
        self._local.keys = ReadOnlyCredentials(
            row["aws_access_key_id"], row["aws_secret_access_key"], None
        )

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """What botocore signs a request with."""
        keys: ReadOnlyCredentials = self._local.keys
        return keys


class SharedClients:
    """One client of each service, made when the first account is asked about: once for a class."""

    def __init__(self) -> None:
        self._credentials = OfThread()
        core: Any = botocore.session.get_session()
        core._credentials = self._credentials  # the usual way: there is no public one
        self._session: Any = boto3.Session(botocore_session=core)
        self._lock = threading.Lock()
        self._clients: dict[str, Any] = {}

    def close(self) -> None:
        """Close the connections."""
        while self._clients:
            self._clients.popitem()[1].close()

    def visit(self, row: dict[str, str]) -> bool:
        """Ask about one account: whether all of it was right."""
        self._credentials.become(row)
        return visited(self._clients_at(row))

    def _clients_at(self, row: dict[str, str]) -> dict[str, Any]:
        """The clients, which ask where the first row says: a class is asked at one place."""
        with self._lock:
            if not self._clients:
                config = Config(retries={"mode": "standard"}, max_pool_connections=CONNECTIONS)
                for service in SERVICES:
                    self._clients[service] = self._session.client(
                        service,
                        region_name=row["region"],
                        endpoint_url=row["endpoint_url"],
                        config=config,
                    )
        return self._clients


if __name__ == "__main__":
    main()
