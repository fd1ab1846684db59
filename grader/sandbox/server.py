"""The embedded AWS: ``ministack`` as a subprocess on 127.0.0.1, stopped whatever happens."""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.request
from contextlib import contextmanager, suppress
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.config import Config
from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

from grader.i18n.language import _
from grader.inputs.problems import install_extra, reason

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "127.0.0.1"
REGION = "us-east-1"
EXAMPLE_ACCOUNT = "111111111111"
SECRET_KEY = "test"  # noqa: S105 - the sandbox accepts any

_START_S = 120
"""Many may start at once on slow cores; one that ends before it answers is noticed at once."""

_STARTS = 3
"""A port that was free is tried so often: another program may have taken it since."""

_STOP_S = 0.5
_REMOVE_S = 1
"""So long what was killed a moment ago may still make files."""

_TASKKILL_S = 10
_LOG_LINES = 15


class SandboxError(Exception):
    """The sandbox cannot be started, or ended before it was ready. The message says what to do."""


class Sandbox:
    """A running sandbox. Every 12-digit access key is the root of an account of that number.

    ``endpoint_url`` is where it answers, ``directory`` holds everything it writes, ``pid`` is its
    process and its process group, to which its functions' workers belong.
    """

    region = REGION

    def __init__(self, port: int, directory: Path, pid: int) -> None:
        """Made by :func:`sandbox`."""
        self.endpoint_url = f"http://{HOST}:{port}"
        self.directory = directory
        self.pid = pid
        self._session: boto3.Session | None = None
        self._accounts = itertools.count(100_000_000_001)
        self._lock = threading.Lock()

    def new_account(self) -> str:
        """The id of an account that nothing was deployed in yet. Thread-safe."""
        with self._lock:
            return str(next(self._accounts))

    def credentials(self, account_id: str) -> dict[str, str]:
        """The keys of ``account_id``, as keyword arguments of boto3's clients and sessions."""
        return {"aws_access_key_id": account_id, "aws_secret_access_key": SECRET_KEY}

    def client(self, service: str, account_id: str) -> Any:
        """A boto3 client of ``service`` for ``account_id``. Thread-safe, as is the client.

        It waits up to 90 s for an answer and asks once only.
        """
        with self._lock:  # sessions are not
            if self._session is None:
                self._session = boto3.Session(region_name=REGION)
            return cast("Any", self._session).client(
                service,
                endpoint_url=self.endpoint_url,
                config=Config(
                    proxies={},
                    connect_timeout=5,
                    read_timeout=90,
                    retries={"total_max_attempts": 1, "mode": "standard"},
                ),
                **self.credentials(account_id),
            )


def exports(
    sandbox: Sandbox,
    *,
    region: str = REGION,
    powershell: bool = os.name == "nt",
) -> str:
    """What to paste to work in the example account of ``sandbox``: into a POSIX shell, or PowerShell.

    ``region`` is where AWS's own tools then look.
    """
    variables = {
        "AWS_ENDPOINT_URL": sandbox.endpoint_url,
        "AWS_ACCESS_KEY_ID": EXAMPLE_ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": region,
    }
    line = '$env:{} = "{}"' if powershell else "export {}={}"
    return "\n".join(line.format(name, value) for name, value in variables.items())


@contextmanager
def sandbox(port: int | None = None) -> Iterator[Sandbox]:
    """An empty sandbox on ``port`` of 127.0.0.1 (a free one unless given), for the ``with`` block.

    Afterwards its processes, its functions' workers and its temporary directory are gone; they go
    as well when this process is killed. Raises :class:`SandboxError` when it cannot be started.
    """
    if importlib.util.find_spec("ministack") is None:
        raise SandboxError(f"{_('The sandbox needs ministack.')} {install_extra('sandbox')}")
    directory = Path(tempfile.mkdtemp(prefix="grader-sandbox-")).resolve()
    try:
        for _try in range(1 if port else _STARTS):
            free_port = _free_port(port)
            process = _start(free_port, directory)
            try:
                _wait_for_answer(process, free_port, directory)
                if process.poll() is None:
                    yield Sandbox(free_port, directory, process.pid)
                    return
            finally:
                _stop(process)
        message = _(
            "The sandbox ended with status {status} before it answered.", status=process.returncode
        )
        raise SandboxError(message + _last_lines(directory))
    finally:
        _remove(directory)


def _free_port(port: int | None) -> int:
    with socket.socket() as probe:
        if os.name != "nt":  # where it would let two programs listen on one port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port or 0))
        except OSError as error:
            message = _(
                "Port {port} of {host} cannot be used ({reason}). Choose another port.",
                port=port,
                host=HOST,
                reason=reason(error),
            )
            raise SandboxError(message) from error
        return int(probe.getsockname()[1])


def _start(port: int, directory: Path) -> subprocess.Popen[bytes]:
    bootstrap = Path(__file__).with_name("_serve.py")
    with (directory / "server.log").open("wb") as log:
        return subprocess.Popen(  # noqa: S603 - our own file, by this interpreter
            [sys.executable, "-P", str(bootstrap)],
            cwd=directory,
            env=_environment(port, directory),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that a terminal's Ctrl-C reaches the grader alone
        )


def _environment(port: int, directory: Path) -> dict[str, str]:
    """What the server needs and no more: it hands its whole environment to the functions."""
    # Without SYSTEMROOT no program of Windows has sockets.
    kept = ("PATH", "PYTHONPATH", "SYSTEMROOT", "PATHEXT", "COMSPEC")
    inherited = {name: os.environ[name] for name in kept if name in os.environ}
    homes = ("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP")
    return (
        inherited
        | dict.fromkeys(homes, str(directory))
        | {
            "LANG": "C.UTF-8",
            "STATE_DIR": str(directory / "state"),
            "S3_DATA_DIR": str(directory / "s3"),
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(port),
            "MINISTACK_REGION": REGION,
            "MINISTACK_EDITION": directory.name,
            "LOG_LEVEL": "WARNING",
            "LAMBDA_EXECUTOR": "local",
            "LAMBDA_ACCOUNT_CONCURRENCY": "0",
            # It would listen for these too, and remove other servers' containers.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "DOCKER_HOST": f"unix://{directory / 'no-docker'}",
        }
    )


def _wait_for_answer(process: subprocess.Popen[bytes], port: int, directory: Path) -> None:
    """Wait until it answers, or has ended."""

    def starting() -> bool:
        return process.poll() is None and not _answers(port, directory)

    attempts = Retrying(
        retry=retry_if_result(bool), wait=wait_fixed(0.02), stop=stop_after_delay(_START_S)
    )
    try:
        attempts(starting)
    except RetryError:
        message = _("The sandbox did not answer within {limit} s.", limit=_START_S)
        raise SandboxError(message + _last_lines(directory)) from None


def _answers(port: int, directory: Path) -> bool:
    """Ours answers, and not another sandbox that took the port meanwhile: it names its directory."""
    if not (directory / f"ministack-{port}.pid").exists():  # written just before it listens
        return False
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{HOST}:{port}/_ministack/health", timeout=5) as answer:
            return bool(json.load(answer)["edition"] == directory.name)
    except (OSError, HTTPException, ValueError, LookupError, TypeError):
        return False


def _last_lines(directory: Path) -> str:
    lines = (directory / "server.log").read_text(errors="replace").splitlines()[-_LOG_LINES:]
    return "\n" + "\n".join(lines) if lines else " " + _("It logged nothing.")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ends the server, and with its process group the workers that its end left behind."""
    try:
        if not hasattr(os, "killpg"):
            # Windows ends a process at once, and forgets whose children its workers were.
            _kill_workers(process.pid)
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_S)
    finally:
        _kill_workers(process.pid)
        process.wait()
        if process.stdin is not None:
            process.stdin.close()


def _remove(directory: Path) -> None:
    def is_left() -> bool:
        shutil.rmtree(directory, ignore_errors=True)
        return directory.exists()

    attempts = Retrying(
        retry=retry_if_result(bool), wait=wait_fixed(0.02), stop=stop_after_delay(_REMOVE_S)
    )
    with suppress(RetryError):
        attempts(is_left)


def _kill_workers(pid: int) -> None:
    """Kill what the server started: its process group, or on Windows what it is the parent of."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        return
    with suppress(OSError):
        subprocess.run(  # noqa: S603 - Windows' own program
            ["taskkill", "/F", "/T", "/PID", str(pid)],  # noqa: S607
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_TASKKILL_S,
            check=False,
        )
