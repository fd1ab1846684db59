"""Processor time, memory and wall time of this process and of others, and tables of them.

Reads Linux's ``/proc``: the processors' time of a process that still runs and its peak of memory are
known nowhere else.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
PROC = Path("/proc")

_TICKS = os.sysconf("SC_CLK_TCK")
_STATE, _PARENT, _TIMES = 0, 1, slice(11, 15)  # of what follows the name in /proc/PID/stat


def _stat(pid: int) -> list[str] | None:
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return None  # it has ended
    return text.rpartition(")")[2].split()


def descendants(pid: int) -> list[int]:
    """The processes under ``pid`` that live now, without itself."""
    children: dict[int, list[int]] = {}
    for path in PROC.iterdir():
        stat = _stat(int(path.name)) if path.name.isdigit() else None
        if stat is not None:
            children.setdefault(int(stat[_PARENT]), []).append(int(path.name))
    found = list(children.get(pid, ()))
    for one in found:  # grows while it is read
        found += children.get(one, ())
    return found


def cpu_s(pids: Iterable[int]) -> float:
    """Processor time of ``pids`` and of their ended children, user's and system's, in seconds."""
    stats = [_stat(pid) for pid in pids]
    return sum(sum(map(int, stat[_TIMES])) for stat in stats if stat) / _TICKS


def peak_mb(pid: int) -> float:
    """The most memory that ``pid`` ever held (``VmHWM``), in MB; 0 if it has ended."""
    try:
        lines = (PROC / str(pid) / "status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)


@dataclass(frozen=True)
class Moment:
    """What was used up to now, in seconds: here, by the processes under this one, on the wall."""

    own_s: float
    children_s: float
    wall_s: float

    @classmethod
    def now(cls) -> Moment:
        """This moment."""
        return cls(time.process_time(), cpu_s(descendants(os.getpid())), time.monotonic())

    def since(self, before: Moment) -> Moment:
        """What was used between ``before`` and this."""
        return Moment(
            self.own_s - before.own_s,
            self.children_s - before.children_s,
            self.wall_s - before.wall_s,
        )


def alone(
    module: str, *arguments: object, environment: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """What ``python -m module`` prints as JSON: a measurement in a process of its own, which has
    ``environment`` besides what is this one's."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    env = {**os.environ, **(environment or {})}
    done = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def middle(measured: Sequence[dict[str, Any]], name: str) -> float:
    """The median of one figure of several measurements."""
    return median(float(one[name]) for one in measured)


def machine() -> str:
    """The machine's size, and how busy it is already: figures of a busy one are worth less."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{len(os.sched_getaffinity(0))} cores, {total:.0f} GB of memory, "
        f"Python {platform.python_version()}, load before: {os.getloadavg()[0]:.1f}"
    )


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table: the first column to the left, figures to the right, 80 columns at most."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    print(f"\n{title}\n")
    for row in [columns, ["-" * width for width in widths], *cells]:
        first, *others = (
            cell.rjust(width) if number else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join([first, *others]).rstrip())
