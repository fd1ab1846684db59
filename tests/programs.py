"""Running ``grader`` as its users do: a process with arguments, output and an exit status."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from importlib import import_module
from io import StringIO
from typing import IO, TYPE_CHECKING
from unittest.mock import patch

from grader import cli
from grader.i18n.language import ENGLISH, speak
from tests.processes import end_session

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from grader.sandbox.server import Sandbox

LIMIT_S = 300


class NotDoneError(AssertionError):
    """A program did not end in the time it was given."""


def environment(
    sandbox: Sandbox | None = None, account: str = "1" * 12, **more: str
) -> dict[str, str]:
    """An environment in which only ``account`` of ``sandbox`` is reachable, or nothing at all."""
    not_here = ("AWS_", "PYTEST_", "NO_COLOR", "LC_", "LANG")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(not_here)}
    given = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull}
    given["LANG"] = "C.UTF-8"
    given["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    if sandbox is not None:
        given |= {
            "AWS_ENDPOINT_URL": sandbox.endpoint_url,
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": "test",
        }
    return kept | given | more


def command(*arguments: str | Path) -> list[str]:
    """The command line of ``grader`` with ``arguments``."""
    return [sys.executable, "-m", "grader", *map(str, arguments)]


def hear_signals_as_in_a_terminal() -> None:
    """Pass no ignored and no blocked signal on to the programs that this process starts.

    ``nohup``, a script's ``&`` and some CI runners have them ignored, and a program keeps it so. What
    is handled is not passed on: for Ctrl-C that is Python's handler, for the others one that does as
    little as ignoring them. Called in the main thread.
    """
    for name in ("SIGINT", "SIGQUIT", "SIGHUP", "SIGTERM"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_IGN:
            interrupts = number == signal.SIGINT
            handler = signal.default_int_handler if interrupts else lambda *_given: None
            signal.signal(number, handler)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_SETMASK, ())


@contextmanager
def background(
    line: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
    stdin: int = subprocess.DEVNULL,
    stdout: int | IO[bytes] | None = subprocess.PIPE,
    stderr: int | IO[bytes] | None = subprocess.PIPE,
) -> Iterator[subprocess.Popen[str]]:
    """A command line at work, its output as text, until the end of the ``with`` block.

    It has a session of its own: a signal to its group reaches what it started too, as a terminal's
    does. However the block ends, nothing of that session is left, nor of what it started.
    """
    with subprocess.Popen(
        line,
        cwd=cwd,
        env=env or environment(),
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            end_session(process.pid)


def run(
    line: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
    stdout: int | IO[bytes] = subprocess.PIPE,
    limit_s: float = LIMIT_S,
) -> subprocess.CompletedProcess[str]:
    """A command line run to its end, its output as text. It leaves no process behind.

    Raises :class:`NotDoneError` after ``limit_s``, with everything it said until then.
    """
    with background(line, cwd=cwd, env=env, stdout=stdout) as process:
        try:
            output, errors = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired as late:
            said = b"\n".join(filter(None, (late.stdout, late.stderr))).decode(errors="replace")
            words = " ".join(map(str, line))
            raise NotDoneError(f"Not done after {limit_s} s: {words}\nIt said:\n{said}") from None
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


def at_birth(folder: Path, body: str) -> str:
    """A ``PYTHONPATH`` with which each process of a judge, or of Dask, runs ``body`` first."""
    folder.mkdir()
    spawned = (
        'any("multiprocessing.spawn" in word or "worker_start" in word for word in sys.orig_argv)'
    )
    (folder / "sitecustomize.py").write_text(
        f"import os, signal, sys, threading\nif {spawned}:{body}"
    )
    return _before_others(folder)


def with_constants(folder: Path, name: str, module: str, **values: float) -> str:
    """A ``PYTHONPATH`` with which the command ``name`` finds these ``values`` in ``module``."""
    assert all(hasattr(import_module(module), constant) for constant in values)
    folder.mkdir()
    changes = "".join(f"    changed.{constant} = {value}\n" for constant, value in values.items())
    (folder / "sitecustomize.py").write_text(
        f"import sys\nif {name!r} in sys.orig_argv:\n    import {module} as changed\n{changes}"
    )
    return _before_others(folder)


def _before_others(folder: Path) -> str:
    return os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH", ""))))


def read_to(stream: IO[str] | None, words: str) -> str:
    """What a process says up to the line in which ``words`` stand. Fails where it ends without."""
    assert stream is not None
    said = ""
    for line in iter(stream.readline, ""):
        said += line
        if words in line:
            return said
    raise AssertionError(f"{words!r} was not said: {said}")


def grader(
    *arguments: str | Path, cwd: Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """``grader`` run to its end, its output as text."""
    return run(command(*arguments), cwd=cwd, env=env)


def grader_here(
    *arguments: str | Path, cwd: Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """What :func:`grader` gives, without a process of its own: to start one costs more than most runs.

    For what depends neither on signals nor on what a process leaves at its end, and writes nothing to a
    standard stream but through Python's (``--json -`` does).
    """
    output, errors = StringIO(), StringIO()
    given = [*map(str, arguments)]
    with (
        chdir(cwd),
        patch.dict(os.environ, env or environment(), clear=True),
        redirect_stdout(output),
        redirect_stderr(errors),
    ):
        try:
            status = cli.run(given)
        finally:
            speak(ENGLISH)
    return subprocess.CompletedProcess(given, status, output.getvalue(), errors.getvalue())
