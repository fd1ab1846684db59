"""The sandbox's server process: ``ministack``, and a watcher that ends it with its parent.

The parent keeps the write end of this process's standard input and writes nothing. When the parent
is gone, however it went, the read returns: the temporary directory is removed and the whole process
group, the functions' workers included, is killed. Windows has no groups to kill: there the server ends
alone, its workers end when they find their standard input closed, and the directory stays, because
what is open cannot be removed.

As in AWS Academy's accounts, the role ``LabRole`` is there before anybody makes anything: a stack reads
its ARN by ``GetRole`` (Terraform's data source ``aws_iam_role``).
"""

from __future__ import annotations

import faulthandler
import importlib
import json
import os
import runpy
import shutil
import signal
import sys
import threading
from pathlib import Path
from typing import Any

_LAB_ROLE = "LabRole"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {
                "Service": [
                    "lambda.amazonaws.com",
                    "events.amazonaws.com",
                    "scheduler.amazonaws.com",
                ]
            },
            "Action": "sts:AssumeRole",
        }
    ],
}


def _give_the_lab_role() -> None:
    """Make the role where it is first asked for: an account exists as soon as somebody names it."""
    # Private names of a package that is pinned exactly; a test deploys with this role.
    iam: Any = importlib.import_module("ministack.services.iam")
    get_role = iam._IAM_HANDLERS["GetRole"]

    def get_or_make(parameters: dict[str, Any]) -> Any:
        asked = iam._p(parameters, "RoleName")
        if asked == _LAB_ROLE and asked not in iam._roles:
            iam._create_role({"RoleName": asked, "AssumeRolePolicyDocument": json.dumps(_TRUST)})
        return get_role(parameters)

    iam._IAM_HANDLERS["GetRole"] = get_or_make


def _end_with_parent(directory: Path) -> None:
    os.read(0, 1)
    if not hasattr(os, "killpg"):
        os._exit(0)
    while directory.exists():  # a worker may be starting in it meanwhile
        shutil.rmtree(directory, ignore_errors=True)
    os.killpg(os.getpgid(0), signal.SIGKILL)


def main() -> None:
    """Serves from the directory named by ``TMPDIR`` until told to end or left alone.

    Asked by SIGUSR1, it writes into its log where each of its threads is.
    """
    directory = Path(os.environ["TMPDIR"])
    threading.Thread(target=_end_with_parent, args=(directory,), daemon=True).start()
    _give_the_lab_role()
    if hasattr(signal, "SIGUSR1"):  # not on Windows
        faulthandler.register(signal.SIGUSR1)
    sys.argv = ["ministack"]
    runpy.run_module("ministack", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
