"""Judging: observations in, the outcomes of every check out. pytest runs in worker processes.

A judge is a context manager, used from any thread. A check that hangs or ends its process takes down
nothing but the batch it was in, and is known by the note its worker left.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import time
from collections import Counter, defaultdict, deque
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from pathlib import Path
from queue import LifoQueue
from typing import TYPE_CHECKING, TypeVar

import msgspec

from grader.i18n.language import _
from grader.inputs.problems import Problem
from grader.judging.check_files import LAB_CHECKS, own_check_files
from grader.judging.control import CONTROL
from grader.judging.ungraded import (
    ENDED,
    NOT_RUN,
    TOO_LONG,
    LeftOut,
    all_ungraded,
    complete,
    may_be_of_one,
)
from grader.judging.worker_process import WorkerProcess
from grader.judging.worker_tasks import Collecting, Failed, FoundChecks, FoundOutcomes, Judging
from grader.model.machine_limit import WorkerDied, WorkerDiedAgain, WorkerFailed
from grader.safety.trace import ShownFaults, trace_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Self

    from grader.judging.note import NotedStep
    from grader.model.observation import Observation
    from grader.model.outcome import Outcome
    from grader.rubric.rubric import Rubric

T = TypeVar("T")
A = TypeVar("A", FoundChecks, FoundOutcomes)

AT_A_TIME = 200
"""Observations that are judged in one pytest session."""

GIVEN_UP_S = 60.0
"""Seconds a check that hangs or kills its worker may cost a session before the rest go without it."""

_RESTART_S = 1.0
"""Extra seconds charged for each worker that died: its session's other observations are judged again."""

_BACKWARDS = 2
"""How often a check may kill its worker at an earlier observation than before until none is blamed."""

_log = logging.getLogger("grader")

_answers = msgspec.msgpack.Decoder(FoundChecks | FoundOutcomes | Failed)


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
        self._all = [WorkerProcess(self._folder / str(n)) for n in range(self.workers)]
        self._free: LifoQueue[WorkerProcess] = LifoQueue()  # the last one used is warm
        for process in reversed(self._all):
            self._free.put(process)
        self._threads = ThreadPoolExecutor(self.workers, thread_name_prefix="judge")
        self._closed = False
        self._shown = ShownFaults()

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
        for process in self._all:
            process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def survey(self) -> FoundChecks:
        """The checks that could be read, and what is wrong with the folders and files of others."""
        found = self._threads.submit(self._with_worker, self._survey).result()
        message, remedy = _("There is no such folder of checks."), _("Give --checks a folder.")
        missing = [Problem(str(folder), None, message, remedy) for folder in self._missing]
        return FoundChecks(found.checks, missing + found.problems)

    def submit(
        self, rubric: Rubric, observations: Sequence[Observation], *, quiet: bool = False
    ) -> Future[list[list[Outcome]]]:
        """Judge ``observations`` together, in one session: the outcomes of each, in their order.

        Where they cannot be judged together, each is by itself, and what fails is :class:`Unjudged`. The
        future raises where nothing can be judged at all. ``quiet``, nothing that checks print is shown:
        they are to be run again.
        """
        batch = list(observations)
        return self._threads.submit(
            self._with_worker,
            lambda process: self._judge_batch(process, rubric, batch, quiet) if batch else [],
        )

    def judge_each(
        self, rubric: Rubric, batches: Iterable[Sequence[Observation]]
    ) -> Iterator[list[list[Outcome]]]:
        """The outcomes of each of ``batches``, in their order.

        While one's outcomes are used the next are judged, and no more are read than keeps every worker
        at work: a class does not fit into memory.
        """
        ahead: deque[Future[list[list[Outcome]]]] = deque()
        for batch in batches:
            ahead.append(self.submit(rubric, batch))
            if len(ahead) > self.workers:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()

    def share(self, observations: int) -> int:
        """How many of so many ``observations`` are judged together."""
        return max(1, min(AT_A_TIME, -(-observations // self.workers)))

    def _with_worker(self, task: Callable[[WorkerProcess], T]) -> T:
        process = self._free.get()
        try:
            return task(process)
        except WorkerDied:
            if self._closed:
                raise CancelledError from None
            raise
        finally:
            self._free.put(process)

    def _survey(self, process: WorkerProcess) -> FoundChecks:
        """Read every file; one that takes the worker down is named, and the others read again."""
        files, deadly = list(self._files), list[Problem]()
        while True:
            try:
                found = _answered(
                    process, Collecting([*map(os.fsencode, files)], self._limit_s), FoundChecks
                )
            except WorkerDied:
                step = process.last_step()
                if self._closed or step is None:
                    raise
                says = _("This file ends the program when it is imported.")
                if self._timed_out(step):
                    says = _("Importing this file took longer than {limit} s.", limit=self._limit_s)
                deadly.append(Problem(str(files.pop(step.first)), None, says))
            else:
                return FoundChecks(found.checks, deadly + found.problems)

    def _judge_batch(
        self, process: WorkerProcess, rubric: Rubric, batch: list[Observation], quiet: bool
    ) -> list[list[Outcome]]:
        try:
            return self._judge(process, rubric, batch, quiet)
        except Exception as error:
            if not may_be_of_one(error):
                raise
            together = error
        # What fails for everybody is no observation's fault. Who happens to be in the batch does not
        # decide that: the control tells.
        if self._fails_for_all(process, rubric):
            if isinstance(together, WorkerDiedAgain):
                raise WorkerDied from together  # which says what may be done about it
            raise together
        return self._judge_apart(process, rubric, batch, quiet, together)

    def _judge_apart(
        self,
        process: WorkerProcess,
        rubric: Rubric,
        batch: list[Observation],
        quiet: bool,
        together: Exception,
    ) -> list[list[Outcome]]:
        """Judge in halves what failed ``together``, down to those of whom it is true alone."""
        if len(batch) == 1:
            if self._shown.is_new(together):
                _log.error("An observation could not be judged.\n%s", trace_of(together))
            return [all_ungraded(rubric, together)]
        judged: list[list[Outcome]] = []
        middle = len(batch) // 2
        for half in (batch[:middle], batch[middle:]):
            try:
                judged += self._judge(process, rubric, half, quiet)
            except Exception as error:
                if not may_be_of_one(error):
                    raise
                judged += self._judge_apart(process, rubric, half, quiet, error)
        return judged

    def _fails_for_all(self, process: WorkerProcess, rubric: Rubric) -> bool:
        try:
            self._judge(process, rubric, [CONTROL], quiet=True)
        except Exception as error:
            if not may_be_of_one(error):
                raise
            return True
        return False

    def _judge(
        self, process: WorkerProcess, rubric: Rubric, observations: list[Observation], quiet: bool
    ) -> list[list[Outcome]]:
        withheld: dict[tuple[int, int], LeftOut] = {}
        lost_s, died_at = defaultdict[int, float](float), dict[int, int]()
        backwards: Counter[int] = Counter()
        deaths = 0
        while True:
            files = [*map(os.fsencode, self._files)]
            task = Judging(files, self._limit_s, rubric, observations, [*withheld], quiet)
            try:
                judged = _answered(process, task, FoundOutcomes).outcomes
            except WorkerDied:
                if self._closed:
                    raise
                step = process.last_step()
            else:
                return complete(rubric, judged, withheld, self._limit_s)
            if step is None:
                deaths += 1
                if deaths > 1:
                    raise WorkerDiedAgain
                continue
            check, observation = step.first, step.second
            withheld[check, observation] = TOO_LONG if self._timed_out(step) else ENDED
            lost_s[check] += time.monotonic() - step.since + _RESTART_S
            # They are run in their order, and what ended is left out: only what ends the process
            # afterwards, as a module's tear-down does, comes to an earlier one the next time.
            backwards[check] += observation < died_at.get(check, 0)
            died_at[check] = observation
            if backwards[check] >= _BACKWARDS or lost_s[check] >= GIVEN_UP_S:
                first = 0 if backwards[check] else observation
                for number in range(first, len(observations)):
                    withheld.setdefault((check, number), NOT_RUN)

    def _timed_out(self, step: NotedStep) -> bool:
        return time.monotonic() - step.since >= self._limit_s


def _answered(process: WorkerProcess, task: Collecting | Judging, answer: type[A]) -> A:
    """The ``answer`` to ``task``. Raises ``WorkerDied``, ``WorkerFailed``."""
    came = _answers.decode(process.call(msgspec.msgpack.encode(task)))
    if isinstance(came, Failed):
        raise WorkerFailed(came.error, came.traceback, came.limit)
    if not isinstance(came, answer):
        raise TypeError(f"asked {task!r}, a worker answered {came!r}")
    return came


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
