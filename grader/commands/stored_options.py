"""The options by which a class is graded: what is not given again is as the results folder says.

Checks and addresses that only the folder names count once the command line names them, too.
"""

from __future__ import annotations

import math
import os
import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from grader.commands.option_values import settings_of
from grader.commands.options import ACCOUNT_TIMEOUT_S, CONFIRM_S, JOBS, Lang
from grader.commands.typed_command import typed_command
from grader.i18n.language import N_, _, speak
from grader.inputs.problems import BadInput, Problem
from grader.model.run_bounds import LONGEST_ACCOUNT_S, MOST_JOBS
from grader.results.directory import BATCH, RUBRIC, SUMMARY
from grader.rubric.shipped import resolve_rubric

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.batch.settings import Settings
    from grader.model.batch import Batch
    from grader.model.run_bounds import AbsentScore, EngineKind, Keep, OpenScore
    from grader.results.directory import Results

CHECKS = "checks"

_STAND_THERE = N_("Checks of one's own stand in the results folder, and nothing in it is run.")


@dataclass(frozen=True)
class ClassOptions:
    """The options by which a class is graded, as they were given; ``None`` where one was not."""

    rubric: Path | None = None
    checks: list[Path] | None = None
    seed: int | None = None
    region: str | None = None
    endpoint_url: str | None = None
    lang: Lang | None = None
    jobs: int | None = None
    account_timeout: int | None = None
    open_by_student: OpenScore | None = None
    absent: AbsentScore | None = None
    due: str | None = None

    def as_before(self, results: Results) -> ClassOptions:
        """These options; what was not given is as it was when the class in ``results`` was graded.

        Raises :class:`BadInput` where the folder alone names checks or an address.
        """
        before, root = results.batch(), results.root
        lang = self.lang or Lang.__members__.get(before.lang, Lang.en)
        speak(lang.value)
        stop_where_only_the_folder_says(
            root,
            before,
            rubric=self.rubric,
            checks=self.checks,
            endpoint_url=self.endpoint_url,
            asks_aws=True,
        )
        stored = root / RUBRIC if before.state != "starting" else None
        checks = [Path(path) for path in before.checks]
        return replace(
            self,
            rubric=self.rubric or stored,
            checks=checks if self.checks is None else self.checks,
            seed=before.seed if self.seed is None else self.seed,
            region=self.region or before.region,
            lang=lang,
            # Version 0.1.0 bounded neither.
            jobs=self.jobs or min(before.jobs, MOST_JOBS),
            account_timeout=self.account_timeout
            or math.ceil(min(before.account_timeout_s, LONGEST_ACCOUNT_S)),
            open_by_student=self.open_by_student or before.open_by_student,
            absent=self.absent or before.absent or None,
            due=self.due or before.due or None,
        )

    def settings(self, *, confirm_s: float, keep: Keep = "last") -> Settings:
        """How each account is graded. Raises :class:`BadInput`."""
        return settings_of(
            seed=self.seed,
            region=self.region,
            endpoint_url=self.endpoint_url,
            lang=self.lang,
            jobs=self.jobs or JOBS,
            account_timeout_s=self.account_timeout or ACCOUNT_TIMEOUT_S,
            confirm_s=confirm_s,
            open_by_student=self.open_by_student,
            absent=self.absent,
            due=self.due,
            keep=keep,
        )


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
    line, ``asks_aws`` where the command connects to anything. Also where ``rubric`` is neither a
    file nor a lab.
    """
    words: list[str] = []
    problems: list[Problem] = []
    given = {path.resolve() for path in checks or ()}
    if rubric is not None:
        # Those that would be run: a shipped lab's name says nothing of the folder one stands in.
        given.add((resolve_rubric(rubric).parent / CHECKS).resolve())
    beside = root / CHECKS
    # The rubric that counts where none is given is the folder's own, and checks stand beside a rubric.
    if rubric is None and beside.is_dir() and beside.resolve() not in given:
        problems.append(Problem(str(beside), None, _(_STAND_THERE)))
        words += ["--rubric", str(root / RUBRIC)]
    if checks is None:
        for folder in map(Path, before.checks):
            if folder.resolve() in given or (words and folder.resolve() == beside.resolve()):
                continue
            message = _("Only this file names the checks in {folder}.", folder=folder)
            problems.append(Problem(str(root / BATCH), None, message))
            words += ["--checks", str(folder)]
    if asks_aws and before.endpoint_url is not None and endpoint_url is None:
        problems.append(only_the_folder_names(root, before.endpoint_url))
        words += ["--endpoint-url", before.endpoint_url]
    if problems:
        _stop(problems, words)


def only_the_folder_names(root: Path, address: str) -> Problem:
    """That an address, which nobody gave, would be asked because ``root`` names it."""
    message = _("Only this file names the address {url}, which would be asked.", url=address)
    return Problem(str(root / BATCH), None, message)


def stop_in_a_results_folder(
    rubric: Path | None, checks: Sequence[Path] | None, *, option: str = "--rubric"
) -> None:
    """Raise :class:`BadInput` where the rubric that is taken from here, because none is given, is a
    results folder's, and checks that nobody named stand beside it.

    ``option`` is what a rubric is given by; empty where it is an argument.
    """
    beside = Path(CHECKS)
    is_results = any(map(os.path.lexists, (BATCH, SUMMARY)))
    is_folders = is_results and Path(RUBRIC).is_file() and beside.is_dir()
    given = {path.resolve() for path in checks or ()}
    if rubric is None and is_folders and beside.resolve() not in given:
        words = [*([option] if option else []), RUBRIC]
        _stop([Problem(str(beside), None, _(_STAND_THERE))], words)


def _stop(problems: Sequence[Problem], words: Sequence[str]) -> NoReturn:
    """Say what is only in the folder, and with which ``words`` more the command goes on."""
    whole = shlex.join([*typed_command(), *words])
    remedy = _("If you trust them, go on with: {command}", command=whole)
    # One remedy for all of them, at the end: the command is whole.
    last = replace(problems[-1], remedy=remedy)
    raise _InThisOrder([*problems[:-1], last])


def trusted_again(check_dirs: Sequence[str], endpoint_url: str | None) -> list[str]:
    """The options, as words, that a folder keeps and that count only when they are given again."""
    words = [word for folder in check_dirs for word in ("--checks", folder)]
    return words + (["--endpoint-url", endpoint_url] if endpoint_url else [])


def confirm_again(confirm_s: int) -> list[str]:
    """The option, as words, for how long after a silence it is looked again: no folder keeps it."""
    return [] if confirm_s == CONFIRM_S else ["--confirm-silence", str(confirm_s)]


class _InThisOrder(BadInput):
    """Problems that are told in the order they are given."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems)
        self.problems = tuple(problems)


def resume_command(
    roster: Path,
    out: Path,
    engine: EngineKind,
    scheduler: str | None,
    given_again: Sequence[str],
    only: list[str] | None,
) -> str:
    """The command that goes on with a batch. The folder keeps the options that are not here."""
    words = ["grader", "batch", str(roster), "--out", str(out), "--resume"]
    if engine != "threads":
        words += ["--engine", engine]
    if scheduler is not None:
        words += ["--scheduler", scheduler]
    words += [*given_again, *(f"--only={name}" for name in only or ())]
    return shlex.join(words)
