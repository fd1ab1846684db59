"""The sandbox's server process: ``ministack``, and a watcher that ends it with its parent.

The parent keeps the write end of this process's standard input and writes nothing. When the parent
is gone, however it went, the read returns: the temporary directory is removed and the whole process
group, the functions' workers included, is killed.
"""

from __future__ import annotations

import os
import runpy
import shutil
import signal
import sys
import threading
from pathlib import Path


def _end_with_parent(directory: Path) -> None:
    os.read(0, 1)
    while directory.exists():  # a worker may be starting in it meanwhile
        shutil.rmtree(directory, ignore_errors=True)
    os.killpg(os.getpgid(0), signal.SIGKILL)


def main() -> None:
    """Serves from the directory named by ``TMPDIR`` until told to end or left alone."""
    directory = Path(os.environ["TMPDIR"])
    threading.Thread(target=_end_with_parent, args=(directory,), daemon=True).start()
    sys.argv = ["ministack"]
    runpy.run_module("ministack", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
