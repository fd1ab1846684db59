"""Running ``grader`` as its users do: a process with arguments, output and an exit status."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from grader.sandbox.server import Sandbox

LIMIT_S = 300


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


@contextmanager
def background(
    line: Sequence[str], *, cwd: Path, env: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A command line at work, its output as text, killed at the end of the ``with`` block.

    It has a session of its own: a signal to its group reaches what it started too, as a terminal's does.
    """
    with subprocess.Popen(
        line,
        cwd=cwd,
        env=env or environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def at_birth(folder: Path, body: str) -> str:
    """A ``PYTHONPATH`` with which each process that multiprocessing spawns runs ``body`` first."""
    folder.mkdir()
    spawned = 'any("multiprocessing.spawn" in one for one in sys.orig_argv)'
    (folder / "sitecustomize.py").write_text(
        f"import os, signal, sys, threading\nif {spawned}:{body}"
    )
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
    return subprocess.run(
        command(*arguments),
        cwd=cwd,
        env=env or environment(),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
