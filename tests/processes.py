"""Which processes there are, and what started them. Source: Linux, ``/proc/PID/stat``."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.polling import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Stat(NamedTuple):
    state: str
    parent: int
    group: int
    session: int

    @property
    def at_work(self) -> bool:
        """Whether it runs or could go on; one that nobody has buried does not."""
        return self.state not in {"Z", "X"}


def _stat(pid: int) -> _Stat | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # A command's name may hold blanks and brackets.
    state, parent, group, session, *_ = stat.rpartition(")")[2].split()
    return _Stat(state, int(parent), int(group), int(session))


def _all() -> dict[int, _Stat]:
    pids = (int(folder.name) for folder in Path("/proc").glob("[0-9]*"))
    return {pid: found for pid in pids if (found := _stat(pid))}


def is_running(pid: int) -> bool:
    """Whether there is such a process, other than one that nobody has buried."""
    found = _stat(pid)
    return found is not None and found.at_work


def of_group(group: int) -> list[int]:
    """The processes of ``group`` that still run."""
    return [pid for pid, found in _all().items() if found.group == group and found.at_work]


def with_temporary_folder(folder: Path) -> Iterator[int]:
    """The processes in whose environment ``folder`` stands, as where their temporary files go."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(folder).encode() in (process / "environ").read_bytes():
                yield int(process.name)
        except OSError:
            continue


def children(pid: int) -> list[int]:
    """The processes that ``pid`` started, and theirs."""
    return sorted(_descent({pid}, _all()) - {pid})


def _descent(of: set[int], processes: dict[int, _Stat]) -> set[int]:
    found = set(of)
    while more := {pid for pid, one in processes.items() if one.parent in found} - found:
        found |= more
    return found


def end_session(leader: int) -> None:
    """Kill the processes of a session, and whatever they started in sessions of its own."""
    if not Path("/proc/self/stat").exists():  # where there is none, the leader's group has to do
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGKILL)
        return

    def none_is_left() -> bool:
        processes = _all()
        of = {pid for pid, found in processes.items() if found.session == leader}
        left = [pid for pid in _descent(of, processes) if processes[pid].at_work]
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not left

    # Again, for what one of them started in the meantime.
    wait_for(none_is_left)
