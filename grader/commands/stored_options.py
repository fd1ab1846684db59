"""Checks and addresses that only a results folder names: they count once the command line does, too."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from grader.commands.options import typed_command
from grader.i18n.language import _
from grader.inputs.problems import BadInput, Problem
from grader.results.directory import BATCH, RUBRIC

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.model.batch import Batch

CHECKS = "checks"


def stop_where_only_the_folder_says(
    root: Path,
    before: Batch,
    *,
    rubric: Path | None,
    checks: Sequence[Path] | None,
    endpoint_url: str | None = None,
    asks_aws: bool = False,
) -> None:
    """Raise :class:`BadInput` where checks would be run, or an address asked, that only ``root`` names.

    Whoever hands a results folder over could otherwise run code as whoever regrades it, or have keys
    sent to an address of theirs. ``rubric``, ``checks`` and ``endpoint_url`` are as given on the command
    line, ``asks_aws`` where the command connects to anything.
    """
    words: list[str] = []
    problems: list[Problem] = []
    given = {path.resolve() for path in checks or ()}
    if rubric is not None:
        given.add((rubric.parent / CHECKS).resolve())
    beside = root / CHECKS
    # The rubric that counts where none is given is the folder's own, and checks stand beside a rubric.
    if rubric is None and beside.is_dir() and beside.resolve() not in given:
        message = _("Checks of one's own stand in the results folder, and nothing in it is run.")
        problems.append(Problem(str(beside), None, message))
        words += ["--rubric", str(root / RUBRIC)]
    if checks is None:
        for folder in map(Path, before.checks):
            if folder.resolve() in given or (words and folder.resolve() == beside.resolve()):
                continue
            message = _("Only this file names the checks in {folder}.", folder=folder)
            problems.append(Problem(str(root / BATCH), None, message))
            words += ["--checks", str(folder)]
    if asks_aws and before.endpoint_url is not None and endpoint_url is None:
        address = before.endpoint_url
        message = _("Only this file names the address {url}, which would be asked.", url=address)
        problems.append(Problem(str(root / BATCH), None, message))
        words += ["--endpoint-url", address]
    if problems:
        whole = shlex.join([*typed_command(), *words])
        remedy = _("If you trust them, go on with: {command}", command=whole)
        problems[-1] = Problem(problems[-1].file, None, problems[-1].message, remedy)
        # One remedy for all of them, at the end: the command is whole.
        raise _InThisOrder(problems)


class _InThisOrder(BadInput):
    """Problems that are told in the order they are given."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems)
        self.problems = tuple(problems)
