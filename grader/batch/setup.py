"""What a run judges by: the rubric, the checks it asks for, and the judge that runs them."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grader.engines.open_files import most_open_files
from grader.inputs.problems import BadInput
from grader.judging.pool import Judge
from grader.resources.kinds import KINDS
from grader.roster.load import load_roster, use_problems
from grader.rubric.load import default_rubric_path, load_rubric
from grader.rubric.needs import needs_of
from grader.rubric.shipped import resolve_rubric

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from grader.inputs.problems import Problem
    from grader.model.outcome import CheckInfo
    from grader.results.directory import Results
    from grader.roster.load import Roster
    from grader.rubric.needs import Needs
    from grader.rubric.rubric import Rubric


@dataclass(frozen=True)
class GradingSetup:
    """A rubric that was found right, the judge for it, and what is known of each check.

    ``check_dirs`` are the folders of own checks, as absolute paths; ``checks_sha256`` is a digest of the
    Python files in them, empty where there are none.
    """

    rubric: Rubric
    judge: Judge
    checks: Mapping[str, CheckInfo]
    check_dirs: tuple[str, ...] = ()
    checks_sha256: str = ""

    @property
    def needs(self) -> Needs:
        """What judging by it takes."""
        return self.needs_for(None)

    def needs_for(self, only: Collection[str] | None) -> Needs:
        """What judging ``only`` some criteria takes, by their ids."""
        return needs_of(self.rubric, self.checks, KINDS, only)


def rubric_path(given: Path | None) -> Path:
    """The rubric that is meant: the one given, else ``rubric.yaml`` here, else the shipped one.

    Raises :class:`BadInput` where what is given is the name of nothing.
    """
    if given is not None:
        return resolve_rubric(given)
    here = Path("rubric.yaml")
    return here if here.is_file() else default_rubric_path()


@contextmanager
def load_setup(
    rubric: Path | None, checks: list[Path] | None, *, workers: int | None = None
) -> Iterator[GradingSetup]:
    """The rubric with its checks; the judge is closed afterwards.

    Raises :class:`BadInput` with every problem of both at once. A check that the rubric asks for may be
    in a file or folder of checks that could not be read: it is not called unknown then. ``workers`` are
    the processes of the judge, if not one a processor.
    """
    with _loading(rubric, checks, workers) as (setup, problems):
        if problems or setup is None:
            raise BadInput(problems)
        yield setup


@contextmanager
def load_setup_and_roster(
    rubric: Path | None,
    checks: list[Path] | None,
    roster: Path,
    *,
    workers: int | None = None,
    ways_needed: bool = True,
    files_needed: bool = True,
    going_on: Results | None = None,
) -> Iterator[tuple[GradingSetup, Roster]]:
    """What :func:`load_setup` gives, and the roster; the problems of all of them are raised at once.

    Unless ``ways_needed``, the roster need not say how an account is reached, and unless
    ``files_needed`` the files that it names for that need not be there. ``going_on`` has the results of
    the class, if it is graded on.
    """
    accounts = None
    with _loading(rubric, checks, workers) as (setup, problems):
        try:
            before = going_on.batch().students if going_on is not None else ()
            accounts = load_roster(
                roster,
                ways_needed=ways_needed,
                files_needed=files_needed,
                groups_before=[student.group for student in before],
            )
        except BadInput as error:
            problems.extend(error.problems)
        if accounts is not None and setup is not None:
            problems.extend(use_problems(accounts, str(roster), setup.rubric.lab.names))
        if problems or setup is None or accounts is None:
            raise BadInput(problems)
        yield setup, accounts


@contextmanager
def _loading(
    rubric: Path | None, checks: list[Path] | None, workers: int | None
) -> Iterator[tuple[GradingSetup | None, list[Problem]]]:
    """The setup, ``None`` where the rubric is wrong, and every problem of it and of the checks."""
    path = rubric_path(rubric)
    dirs = _check_dirs(path, checks)
    most_open_files()  # each process of the judge takes some
    with Judge(dirs, workers) as judge:
        checks_found = judge.survey()
        known, problems = checks_found.checks, [*checks_found.problems]
        try:
            found = load_rubric(path, known, more_checks=bool(problems))
        except BadInput as error:
            yield None, [*problems, *error.problems]
            return
        folders = tuple(str(folder.resolve()) for folder in dirs)
        yield GradingSetup(found, judge, known, folders, _digest(_check_files(dirs))), problems


def rubric_and_check_files(rubric: Path | None, checks: list[Path] | None) -> list[Path]:
    """The rubric that is meant and the files of own checks, right or wrong."""
    path = rubric_path(rubric)
    return [path, *_check_files(_check_dirs(path, checks))]


def _check_files(folders: Iterable[Path]) -> list[Path]:
    return sorted(file for folder in folders for file in folder.glob("*.py"))


def _digest(files: Sequence[Path]) -> str:
    """A digest of what the files hold, wherever they lie."""
    parts = [hashlib.sha256(file.read_bytes()).digest() for file in files if file.is_file()]
    return hashlib.sha256(b"".join(sorted(parts))).hexdigest() if parts else ""


def _check_dirs(rubric: Path, given: list[Path] | None) -> list[Path]:
    beside = rubric.parent / "checks"
    every = [*([beside] if beside.is_dir() else []), *(given or [])]
    return list({folder.resolve(): folder for folder in every}.values())
