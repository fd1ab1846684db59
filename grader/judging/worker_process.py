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
        answered = False
        try:
            answer = _ask(process, task)
            answered = True
        except (OSError, EOFError):
            raise WorkerDied from None
        finally:
            # Whatever went wrong, half a message may be in a pipe: nothing more can be asked there.
            with self._lock:
                self._busy = False
                forget = not answered or self._ended
                if not answered:
                    self._process = None
            if forget:
                _close(process, kill=True)
        return answer

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
                [sys.executable, *_flags(), _PROGRAM, self._path, spoken().code, *path],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=kept,
            )

    def last_step(self) -> NotedStep | None:
        """What the process was doing when it died."""
        return note.read(self._note)

    def end(self) -> None:
        """End the process, without waiting for it.

        It is killed if it is at work, because it may be in code that hears nothing else; whoever asked
        it hears of that, and closes its pipes.
        """
        with self._lock:
            self._ended = True
            process = self._process
            if process is None:
                return
            if self._busy:
                process.kill()
                self._process = None
            else:
                _hang_up(process)

    def wait(self) -> None:
        """Wait until the process has ended, where it was at rest when :meth:`end` was called."""
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            _close(process)


def _flags() -> list[str]:
    """How this interpreter was started, as far as it decides whose modules are found."""
    given = {"-E": sys.flags.ignore_environment, "-s": sys.flags.no_user_site}
    return ["-P", *(flag for flag, is_given in given.items() if is_given)]


def _ask(process: subprocess.Popen[bytes], task: bytes) -> bytes:
    asked, answers = _pipes(process)
    write_frame(asked, task)
    answer = read_frame(answers)
    if answer is None:
        raise EOFError
    return answer


def _close(process: subprocess.Popen[bytes], *, kill: bool = False) -> None:
    if kill:
        process.kill()
    _hang_up(process)
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    _pipes(process)[1].close()


def _hang_up(process: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):  # what it was never told goes with it
        _pipes(process)[0].close()


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        raise ValueError("a worker is asked, and answers, by pipes")
    return process.stdin, process.stdout
