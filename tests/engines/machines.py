"""Dask's scheduler and workers as processes on loopback, with TLS, stopped by whoever started them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import grader
from tests.polling import wait_for
from tests.programs import LIMIT_S, background, environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from distributed import Client


def certificates(folder: Path) -> dict[str, str]:
    """A certificate for all of a cluster, as the environment that makes Dask use it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test's cluster")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    given = {"DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "true"}
    given["DASK_DISTRIBUTED__COMM__TLS__CA_FILE"] = str(cert_file)
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        given[f"DASK_DISTRIBUTED__COMM__TLS__{role}__CERT"] = str(cert_file)
        given[f"DASK_DISTRIBUTED__COMM__TLS__{role}__KEY"] = str(key_file)
    return given


class Machines:
    """The processes of one cluster. What they write is in ``folder``, a file each."""

    def __init__(
        self, folder: Path, settings: dict[str, str], host: str, started: ExitStack
    ) -> None:
        self.folder, self.settings, self._started = folder, settings, started
        self.address = ""
        self.scheduler = self._start("scheduler", "--port", "0", "--host", host)
        self.address = wait_for(self._listens_at)

    def _listens_at(self) -> str | None:
        try:
            return str(json.loads((self.folder / "scheduler.json").read_text())["address"])
        except (FileNotFoundError, ValueError):  # not there yet, or not all of it
            return None

    def _start(self, role: str, *arguments: str, **more: str) -> subprocess.Popen[str]:
        name = f"{role}-{len(list(self.folder.glob('*.log')))}"
        command = [sys.executable, "-m", f"distributed.cli.dask_{role}", *arguments]
        if role == "scheduler":
            command += ["--scheduler-file", str(self.folder / "scheduler.json"), "--no-dashboard"]
        with (self.folder / f"{name}.log").open("wb") as log:
            return self._started.enter_context(
                background(
                    command,
                    cwd=self.folder,
                    env=environment(**self.settings | more),
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
            )

    def worker(
        self, threads: int = 4, *options: str, wait: bool = True, **more: str
    ) -> subprocess.Popen[str]:
        """Start a worker without the process that would start it again, and wait until it has joined."""
        arguments = ["--no-nanny", "--no-dashboard", "--death-timeout", "120"]
        arguments += ["--nthreads", str(threads), *(options or ("--host", "127.0.0.1"))]
        arguments += ["--local-directory", str(self.folder)]
        before = self.joined()
        process = self._start("worker", self.address, *arguments, **more)
        if wait:
            wait_for(lambda: self.joined() > before)
        return process

    def joined(self) -> int:
        """How many workers have told that the scheduler knows them."""
        return self.said().count("Registered to:")

    def said(self) -> str:
        """Everything that scheduler and workers wrote."""
        return "".join(log.read_text(errors="replace") for log in self.folder.glob("*.log"))


@contextmanager
def machines(
    folder: Path, *, tls: bool = True, host: str = "127.0.0.1", **settings: str
) -> Iterator[Machines]:
    """A scheduler, which listens at ``host``, and the workers that are started later."""
    folder.mkdir()
    given = certificates(folder) if tls else {}
    with ExitStack() as started:
        yield Machines(folder, given | settings, f"{'tls' if tls else 'tcp'}://{host}", started)


@contextmanager
def frozen(process: subprocess.Popen[str]) -> Iterator[None]:
    """``process`` does nothing within the ``with`` block; its connections are still taken."""
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)


def process_of_worker(client: Client) -> int | None:
    """The process of a cluster's only worker, if one answers."""
    return next(iter(client.run(os.getpid, on_error="ignore").values()), None)


def replaced(client: Client) -> int:
    """Kill a local cluster's only worker, and wait for the one that takes its place."""
    first = wait_for(lambda: process_of_worker(client), within_s=LIMIT_S)
    os.kill(first, signal.SIGKILL)

    def other() -> int | None:
        pid = process_of_worker(client)
        return None if pid == first else pid

    # However busy the machine, it is started: to start Python takes a while then.
    return int(wait_for(other, within_s=LIMIT_S))


def other_grader(folder: Path, change: str) -> str:
    """A copy of the package with ``change`` at the end of its first file, as a ``PYTHONPATH``."""
    unwanted = shutil.ignore_patterns("__pycache__")
    copy = shutil.copytree(Path(grader.__file__).parent, folder / "grader", ignore=unwanted)
    with (copy / "__init__.py").open("a") as init:
        init.write(change)
    return str(folder)
