"""Judging: observations in, the outcomes of every check out. pytest runs in worker processes.

A judge is a context manager, used from any thread. Each worker is a process pool of one, so that a
check that hangs or ends its process takes down nothing but the batch it was in, and is known by the
note its worker left.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import tempfile
import time
from collections import Counter
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from itertools import product
from pathlib import Path
from queue import LifoQueue
from threading import Lock
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import msgspec

from grader import signals as interrupts
from grader.i18n.language import N_, _, spoken
from grader.i18n.message import message
from grader.inputs.problems import BadInput, Problem
from grader.judging import note, worker
from grader.judging.check_files import LAB_CHECKS, own_check_files
from grader.model.machine_limit import NoMoreThreads
from grader.model.outcome import CheckInfo, Collected, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Self

    from grader.judging.note import NotedStep
    from grader.model.fact import UnknownKind
    from grader.model.observation import Observation
    from grader.rubric.load import Rubric

P = ParamSpec("P")
T = TypeVar("T")

AT_A_TIME = 200
"""Observations that are judged in one pytest session."""

_STRIKES = 3

_LOOK_S = 1.0
"""How often a task that is waited for is asked about."""


class Judge:
    """Runs the lab's checks, and those of ``check_dirs``, over observations.

    Own checks are the files ``test_*.py`` and ``check_*.py`` of each folder, by name. ``limit_s``
    is how long one test (or the import of one file) may take. ``workers`` defaults to the
    processors this process may use.
    """

    def __init__(
        self, check_dirs: Sequence[Path] = (), workers: int | None = None, limit_s: float = 10.0
    ) -> None:
        self._missing = [folder for folder in check_dirs if not folder.is_dir()]
        self._files = [*LAB_CHECKS, *own_check_files(check_dirs)]
        self._limit_s = limit_s
        self.workers = workers or _processors()
        self._folder = Path(tempfile.mkdtemp(prefix="grader-judge-"))
        self._all = [_Worker(self._folder / str(n)) for n in range(self.workers)]
        self._free: LifoQueue[_Worker] = LifoQueue()  # the last one used is warm
        for process in reversed(self._all):
            self._free.put(process)
        self._threads = ThreadPoolExecutor(self.workers, thread_name_prefix="judge")
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.close()

    def close(self) -> None:
        """End every worker at once; what was not finished is cancelled."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        for process in self._all:
            process.end()
        self._threads.shutdown()
        shutil.rmtree(self._folder, ignore_errors=True)

    def collect(self) -> dict[str, CheckInfo]:
        """Every check, by name.

        Raises :class:`BadInput` for folders and files of checks that cannot be used.
        """
        checks, problems = self.survey()
        if problems:
            raise BadInput(problems)
        return checks

    def survey(self) -> Collected:
        """The checks that could be read, and what is wrong with the folders and files of others."""
        found = self._threads.submit(self._with_worker, self._survey).result()
        message, remedy = _("There is no such folder of checks."), _("Give --checks a folder.")
        missing = [Problem(str(folder), None, message, remedy) for folder in self._missing]
        return found._replace(problems=missing + found.problems)

    def submit(
        self, rubric: Rubric, observations: Sequence[Observation], *, hushed: bool = False
    ) -> Future[list[list[Outcome]]]:
        """Judge ``observations`` together, in one session: the outcomes of each, in their order.

        ``hushed``, nothing that checks print is shown: they are to be run again.
        """
        batch = list(observations)
        return self._threads.submit(
            self._with_worker,
            lambda process: self._judge(process, rubric, batch, hushed) if batch else [],
        )

    def judge(self, rubric: Rubric, observations: Sequence[Observation]) -> list[list[Outcome]]:
        """The outcomes of each of ``observations``, in their order, shared among the workers."""
        size = max(1, min(AT_A_TIME, -(-len(observations) // self.workers)))
        batches = [
            self.submit(rubric, observations[start : start + size])
            for start in range(0, len(observations), size)
        ]
        return [outcomes for batch in batches for outcomes in batch.result()]

    def _with_worker(self, task: Callable[[_Worker], T]) -> T:
        process = self._free.get()
        try:
            return task(process)
        except BrokenProcessPool:
            if self._closed:
                raise CancelledError from None
            raise
        finally:
            self._free.put(process)

    def _survey(self, process: _Worker) -> Collected:
        """Read every file; one that takes the worker down is named, and the others read again."""
        files, deadly = list(self._files), list[Problem]()
        while True:
            try:
                checks, problems = process.call(worker.collect, files, self._limit_s)
            except BrokenProcessPool:
                step = process.last_step()
                if self._closed or step is None:
                    raise
                says = _("This file ends the program when it is imported.")
                if self._timed_out(step):
                    says = _("Importing this file took longer than {limit} s.", limit=self._limit_s)
                deadly.append(Problem(str(files.pop(step.first)), None, says))
            else:
                return Collected(checks, deadly + problems)

    def _judge(
        self, process: _Worker, rubric: Rubric, observations: list[Observation], hushed: bool
    ) -> list[list[Outcome]]:
        withheld: dict[tuple[int, int], UnknownKind] = {}
        strikes: Counter[int] = Counter()
        deaths = 0
        while True:
            task = msgspec.msgpack.encode(worker.Task(rubric, observations, list(withheld), hushed))
            try:
                judged = worker.decode(process.call(worker.judge, self._files, task, self._limit_s))
            except BrokenProcessPool:
                if self._closed:
                    raise
                step = process.last_step()
            else:
                return _complete(rubric, judged, withheld, self._limit_s)
            if step is None:
                deaths += 1
                if deaths > 1:
                    return self._nothing(rubric, len(observations))
                continue
            kind: UnknownKind = "time-limit" if self._timed_out(step) else "unexpected"
            strikes[step.first] += 1
            last = len(observations) if strikes[step.first] >= _STRIKES else step.second + 1
            withheld |= {(step.first, number): kind for number in range(step.second, last)}

    def _nothing(self, rubric: Rubric, observations: int) -> list[list[Outcome]]:
        """Everything ungraded: the worker died twice, and of no test in particular."""
        every = product(range(len(rubric.criteria)), range(observations))
        empty: list[list[Outcome]] = [[] for _ in range(observations)]
        return _complete(rubric, empty, dict.fromkeys(every, "unexpected"), self._limit_s)

    def _timed_out(self, step: NotedStep) -> bool:
        return time.monotonic() - step.since >= self._limit_s


class _Worker:
    """One worker process, started when it is first needed and again after it died.

    ``path`` is a folder of its own.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._note = path / "note"
        self._pool: ProcessPoolExecutor | None = None
        self._lock = Lock()
        self._ended = self._busy = False

    def call(self, task: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """Do ``task`` there. Raises ``BrokenProcessPool`` if the process dies of it."""
        with self._lock:
            if self._ended:
                raise CancelledError
            if self._pool is None:
                self._path.mkdir(exist_ok=True)
                self._note.unlink(missing_ok=True)
                self._pool = ProcessPoolExecutor(
                    1,
                    mp_context=multiprocessing.get_context("spawn"),
                    initializer=worker.prepare,
                    initargs=(self._path, spoken().code),
                )
            pool = self._pool
            self._busy = True
        try:
            with interrupts.kept_from_children():  # the first task starts the process
                future = pool.submit(task, *given, **named)
            return self._result(future, pool)
        except BrokenProcessPool:
            with self._lock:
                mine, self._pool = self._pool is pool, None
            if mine:  # else it is being ended, and is shut down there: a pool bears that only once
                pool.shutdown()
            raise
        finally:
            self._busy = False

    def _result(self, future: Future[T], pool: ProcessPoolExecutor) -> T:
        """What comes of ``future``. Raises ``NoMoreThreads`` where nothing ever will."""
        while True:
            try:
                return future.result(timeout=_LOOK_S)
            except TimeoutError:
                if future.done():  # just now, or the error is the task's own
                    return future.result()
                if self._ended:
                    raise CancelledError from None
                if _unmanaged(pool):
                    # It could not start a thread of its own, and died without telling the future.
                    raise NoMoreThreads from None

    def last_step(self) -> NotedStep | None:
        """What the process was doing when it died."""
        return note.read(self._note)

    def end(self) -> None:
        """End the process; kill it if it is at work: it may be in code that hears nothing else."""
        with self._lock:
            self._ended = True
            pool, busy, self._pool = self._pool, self._busy, None
        if pool is None:
            return
        unmanaged = _unmanaged(pool)
        if busy or unmanaged:
            for process in list((pool._processes or {}).values()):
                process.kill()
        # Once, and waiting: the thread that manages the pool must be gone before the interpreter is.
        with suppress(RuntimeError):  # a thread that could not be started
            pool.shutdown(wait=not unmanaged, cancel_futures=True)


def _unmanaged(pool: ProcessPoolExecutor) -> bool:
    """Whether the thread that hands on a pool's tasks is not there, or no more."""
    manager: Any = pool._executor_manager_thread
    return manager is None or not manager.is_alive()


def _complete(
    rubric: Rubric,
    judged: list[list[Outcome]],
    withheld: dict[tuple[int, int], UnknownKind],
    limit_s: float,
) -> list[list[Outcome]]:
    """``judged``, and one ungraded outcome for each test that had to be left out."""
    order = {criterion.id: number for number, criterion in enumerate(rubric.criteria)}
    for (criterion, observation), kind in withheld.items():
        text = (
            N_("The check took longer than {limit} s.")
            if kind == "time-limit"
            else N_("The check ended the program that ran it.")
        )
        said = message(text, limit=int(limit_s) if limit_s == int(limit_s) else limit_s)
        judged[observation].append(
            Outcome(
                rubric.criteria[criterion].id,
                rubric.criteria[criterion].check,
                "ungraded",
                str(said),
                because=kind,
                template=said.message_id,
                values=said.values,
            )
        )
    return [sorted(outcomes, key=lambda outcome: order[outcome.criterion]) for outcomes in judged]


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
