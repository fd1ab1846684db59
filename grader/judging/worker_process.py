"""The parent's end of a judge's worker: a process that is asked one thing at a time, and may die of it.

It is a plain program at the two ends of two pipes. :mod:`multiprocessing` starts a second process beside
each first one, and imports the parent's program again: more memory than judging takes itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import CancelledError
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from grader import signals as interrupts
from grader.i18n.language import spoken
from grader.judging import note
from grader.judging.frames import read_frame, write_frame
from grader.model.machine_limit import WorkerDied

if TYPE_CHECKING:
    from typing import IO

    from grader.judging.note import NotedStep

_PROGRAM = Path(__file__).with_name("worker_start.py")
_END_S = 5.0
"""How long a worker that has nothing to do may take to end."""


class WorkerProcess:
    """One worker process, started when it is first needed and again after it died.

    ``path`` is a folder of its own.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._note = path / "note"
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = Lock()
        self._ended = self._busy = False

    @property
    def pid(self) -> int | None:
        """The process that runs now, if one does."""
        return self._process.pid if self._process else None

    def call(self, task: bytes) -> bytes:
        """What the process answers to ``task``.

        Raises ``WorkerDied`` if it dies of it, ``CancelledError`` once it was ended, ``OSError`` if no
        process can be started.
        """
        with self._lock:
            if self._ended:
                raise CancelledError
            if self._process is None:
                self._process = self._start()
            process, self._busy = self._process, True
        try:
            return _ask(process, task)
        except (OSError, EOFError):
            with self._lock:
                self._process = None
            _close(process, kill=True)
            raise WorkerDied from None
        finally:
            self._busy = False

    def _start(self) -> subprocess.Popen[bytes]:
        self._path.mkdir(exist_ok=True)
        self._note.unlink(missing_ok=True)
        path = [part or os.curdir for part in sys.path]
        # Neither credentials nor the user's options for pytest reach what runs anybody's checks.
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "PYTEST_"))
        }
        with interrupts.kept_from_children():
            return subprocess.Popen(  # noqa: S603 - our own file, by this interpreter
                # -P: what lies beside that file is not taken for other modules.
                [sys.executable, "-P", _PROGRAM, self._path, spoken().code, *path],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=kept,
            )

    def last_step(self) -> NotedStep | None:
        """What the process was doing when it died."""
        return note.read(self._note)

    def end(self) -> None:
        """End the process; kill it if it is at work: it may be in code that hears nothing else."""
        with self._lock:
            self._ended = True
            process, busy, self._process = self._process, self._busy, None
        if process is None:
            return
        if busy:
            process.kill()  # whoever asked it hears that its answer ends, and closes it
        else:
            _close(process)


def _ask(process: subprocess.Popen[bytes], task: bytes) -> bytes:
    asked, answers = _pipes(process)
    write_frame(asked, task)
    answer = read_frame(answers)
    if answer is None:
        raise EOFError
    return answer


def _close(process: subprocess.Popen[bytes], *, kill: bool = False) -> None:
    asked, answers = _pipes(process)
    if kill:
        process.kill()
    with suppress(OSError):  # what it was never told goes with it
        asked.close()
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    answers.close()


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        raise ValueError("a worker is asked, and answers, by pipes")
    return process.stdin, process.stdout
