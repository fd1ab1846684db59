"""The results directory: where each file of a batch lies, what it holds, and how it is read again."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import msgspec

from grader.i18n.language import N_, _
from grader.inputs.bounded_read import MOST_BYTES_OF_CLASS, MOST_BYTES_OF_STUDENT, read_bounded
from grader.inputs.problems import BadInput, Problem, bad_input, cannot_be_read, reason
from grader.model import observation, report
from grader.model.batch import Batch
from grader.model.indented_json import indented_json
from grader.model.observation import Observation
from grader.model.report import Report
from grader.model.student_id import is_student_id
from grader.results.accounts import ACCOUNTS, remove, write_others
from grader.results.atomic_write import is_unfinished, write_json, write_text
from grader.results.edited import REMEDY, faults
from grader.results.grades_csv import grades_csv
from grader.results.history import BEFORE, HISTORY, keep_former
from grader.results.keep_aside import folder_begun, folder_beside, move_all, put_first
from grader.results.named_folder import no_results, writable
from grader.results.only_files import refuse_all_but_files
from grader.results.overrides import OVERRIDES
from grader.scoring.open_by import AS_GRADED
from grader.scoring.summary import summarise_class
from grader.scoring.suspicion import KeptResult, code_of

try:
    import fcntl
except ImportError:  # Windows has no such lock
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from grader.model.batch import Student
    from grader.model.history import Why
    from grader.rubric.rubric import Rubric
    from grader.scoring.open_by import ShownScores
    from grader.scoring.summary import Summary

S = TypeVar("S", bound=msgspec.Struct)

BATCH, RUBRIC, SUMMARY, GRADES = "batch.json", "rubric.yaml", "summary.json", "grades.csv"
STUDENTS, OBSERVATION, REPORT = "students", "observation.json", "report.json"
PAGE = "index.html"
LOCK = ".lock"
PUSHED = "lti-pushed.ndjson"
"""The file in which `grader push lti` remembers what it posted."""
DESK = "desk.json"
"""The file of a desk: links, accounts, claims."""
HANDED_BACK = "handed-back.json"
"""The file that says which marks were handed out last."""
WAIT = N_("Wait for its end; a desk is ended with Ctrl-C.")
"""What to do while another grader is at work in a folder, where there is no choice of folders."""
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""The exceptions that decoding raises where a file does not hold what the grader wrote."""
_OF_ONE_BATCH = (SUMMARY, GRADES, RUBRIC, PAGE, OVERRIDES, HANDED_BACK)
FILES_OF_CLASS = (BATCH, *_OF_ONE_BATCH, DESK, PUSHED, LOCK)
"""The files that the grader keeps in a results folder, beside the folder of the students. What a desk
and a platform know outlives a batch that starts over."""
_PUT_ASIDE = (*_OF_ONE_BATCH, STUDENTS)


@dataclass(frozen=True)
class StoredStudent:
    """One student's files as they were read. Without an observation the grader itself had failed.

    ``others`` is what was seen of a group's accounts that do not count, and of ways that led nowhere.
    """

    student: Student
    observation: Observation | None
    report: Report | None
    others: tuple[Observation, ...] = ()

    @property
    def observations(self) -> tuple[Observation, ...]:
        """Everything that was seen, first what counts."""
        return self.others if self.observation is None else (self.observation, *self.others)

    @property
    def agree(self) -> bool:
        """Whether the report is of this observation: nothing came between the writing of the two."""
        seen, graded = self.observation, self.report
        return seen is None or graded is None or graded.started_at == seen.started_at

    @property
    def result(self) -> KeptResult | None:
        """What a class keeps of it, if there is a report."""
        return KeptResult(self.report, code_of(self.observation)) if self.report else None


class Results:
    """A results directory. Every file is written whole, by rename, readable by its owner only."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def protected_files(self) -> list[Path]:
        """What is kept here, but ``summary.json``, which may be asked for in its own place."""
        return [self.root / name for name in (*FILES_OF_CLASS, STUDENTS) if name != SUMMARY]

    # -- starting -----------------------------------------------------------------------------

    @property
    def occupied(self) -> bool:
        """Whether something lies here already."""
        there = self.root.iterdir() if self.root.is_dir() else ()
        return any(path.name != LOCK and not is_unfinished(path) for path in there)

    def check_fresh(self, *, resume: bool, force: bool, goes_on: bool = True) -> None:
        """Refuse a folder that cannot be written, or that holds what must not be replaced unasked.

        ``goes_on``: the command has an option by which it goes on with what lies there.
        """
        writable(self.root)
        if self.occupied and not (resume or force):
            remedy = (
                _("Give --resume to grade who is missing, --force to start over, or another --out.")
                if goes_on
                else _("Give --force to start over, or another --out.")
            )
            raise bad_input(self.root, None, _("This folder already holds results."), remedy)
        if self.occupied and not (self.root / BATCH).is_file():
            message = _("This folder holds no {file}, so it is not a grader's results.", file=BATCH)
            raise bad_input(self.root, None, message, _("Give another --out."))
        if self.occupied and not resume:
            writable(self.root.resolve().parent)

    @contextmanager
    def locked(
        self, remedy: str = N_("Wait for its end, or give another --out.")
    ) -> Iterator[None]:
        """Keep other graders out (:class:`BadInput`), and remove what a killed one left unfinished.

        ``remedy`` says what to do while another is at work, untranslated.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            wrong = _("The folder cannot be made ({reason}).", reason=reason(error))
            raise bad_input(self.root, None, wrong, _("Give another place.")) from None
        writable(self.root)
        refuse_all_but_files(self.root)
        try:
            lock = os.open(self.root / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            wrong = _("It cannot be read and written ({reason}).", reason=reason(error))
            hint = _("Check the path and its permissions.")
            raise bad_input(self.root / LOCK, None, wrong, hint) from None
        with os.fdopen(lock, "w") as file:
            try:
                if fcntl is not None:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                wrong = _("Another grader is at work in this folder.")
                raise bad_input(self.root, None, wrong, _(remedy)) from None
            students = self.root / STUDENTS
            parts = (ACCOUNTS, HISTORY)
            inside = [
                *students.glob("*/"),
                *(f for part in parts for f in students.glob(f"*/{part}/")),
            ]
            for folder in (self.root, *inside):
                for path in filter(is_unfinished, folder.iterdir()):
                    path.unlink(missing_ok=True)
            yield

    @property
    def raw_batch(self) -> bytes:
        """The raw ``batch.json``; compare two reads to detect another run. Empty where there is none."""
        try:
            return read_bounded(self.root / BATCH, MOST_BYTES_OF_CLASS)
        except OSError:
            return b""

    def prepare_backup_folder(self) -> Path | None:
        """Make the folder to which what lies here goes when a batch starts over, ``batch.json`` at once.

        Its path; ``None`` where nobody was graded yet. Whatever is interrupted then, nothing is lost.
        """
        worth_keeping = (STUDENTS, SUMMARY, GRADES, OVERRIDES)
        if not any((self.root / name).exists() for name in worth_keeping):
            return None
        begun = folder_begun(self.root, BATCH) if self._is_starting else None
        if begun is not None:
            return begun
        to = folder_beside(self.root)
        put_first(to, BATCH, self.raw_batch)
        return to

    @property
    def _is_starting(self) -> bool:
        try:
            return self.batch().state == "starting"
        except BadInput:
            return False

    def start_over(self, aside: Path | None) -> None:
        """Put ``aside`` what an earlier batch wrote here but ``batch.json``, and nothing else."""
        if aside is not None:
            move_all(self.root, _PUT_ASIDE, aside)
        for name in _PUT_ASIDE:  # a rubric of which nothing came
            (self.root / name).unlink(missing_ok=True)

    # -- writing ------------------------------------------------------------------------------

    def folder(self, student_id: str) -> Path:
        """A student's folder. Raises :class:`BadInput` for an id that is no folder's name."""
        if not is_student_id(student_id):
            message = _("{name} is not a student's id.", name=repr(student_id))
            raise bad_input(self.root / BATCH, None, message)
        return self.root / STUDENTS / student_id

    def files_of(self, student_id: str) -> list[Path]:
        """What :meth:`write_student` writes of a student, or takes away: files, and a folder of them."""
        return [self.folder(student_id) / name for name in (OBSERVATION, REPORT, ACCOUNTS)]

    def write_student(
        self,
        graded: Report,
        seen: Observation | None,
        others: Iterable[Observation] = (),
        *,
        former: Report | None = None,
        why: Why = "resume",
    ) -> None:
        """Write what is known of a student: the observations first, so that a report has its own.

        ``others`` are those that do not count. An observation that stays is never missing, not even
        while files are rewritten. ``former`` and ``why`` are as in :meth:`write_report`.
        """
        self._keep_former(former, graded, why)
        folder = self.folder(graded.student_id)
        folder.mkdir(parents=True, exist_ok=True)
        stale = write_others(folder / ACCOUNTS, others)
        if seen is None:
            (folder / OBSERVATION).unlink(missing_ok=True)
        else:
            write_json(folder / OBSERVATION, observation.encode_observation(seen), "observation")
        self.write_report(graded)
        remove(folder / ACCOUNTS, stale)

    def write_report(
        self, graded: Report, *, former: Report | None = None, why: Why = "resume"
    ) -> None:
        """Write a report alone. ``former`` is the one that it replaces: if that is another, it is kept
        in the student's history, with ``why`` it changed.

        Raises :class:`BadInput` where the one that version 0.1.0 kept there cannot be read.
        """
        self._keep_former(former, graded, why)
        write_json(self.folder(graded.student_id) / REPORT, report.encode_report(graded), "report")

    def _keep_former(self, former: Report | None, graded: Report, why: Why) -> None:
        if former is None or former == graded:
            return
        folder, problems = self.folder(graded.student_id), list[Problem]()
        before = _read(folder / BEFORE, Report, problems)
        if problems:
            raise BadInput(problems)
        keep_former(folder, former, why, before)

    def write_batch(self, batch: Batch) -> None:
        """Write ``batch.json``."""
        self.root.mkdir(parents=True, exist_ok=True)
        write_json(self.root / BATCH, indented_json(batch), "batch")

    def write_rubric(self, source: str) -> None:
        """Write the rubric as used."""
        write_text(self.root / RUBRIC, source)

    def write_class(
        self,
        known: Sequence[KeptResult],
        rubric: Rubric,
        students: Sequence[Student],
        lang: str,
        shown: ShownScores = AS_GRADED,
    ) -> Summary:
        """Write what the whole class makes up: ``summary.json`` and ``grades.csv``.

        ``shown``: how ``grades.csv`` fills the score of a student without one.
        """
        summary = summarise_class(known, rubric, lang)
        write_json(self.root / SUMMARY, indented_json(summary), "summary")
        extra = {student.student_id: student.extra for student in students}
        reports = [shown.of(result.report) for result in known]
        text = grades_csv(reports, [criterion.id for criterion in rubric.criteria], extra)
        write_text(self.root / GRADES, text)
        return summary

    def write_summary(self, path: Path, summary: Summary) -> None:
        """Write a summary where the user wants it."""
        write_json(path, summary_json(summary), "summary")

    def copy_summary(self, path: Path) -> None:
        """Write ``summary.json`` again, where the user wants it."""
        write_json(path, self.stored_summary(), "summary")

    # -- reading ------------------------------------------------------------------------------

    def stored_summary(self) -> bytes:
        """``summary.json`` as it is. Raises ``OSError`` where it cannot be read."""
        return read_bounded(self.root / SUMMARY, MOST_BYTES_OF_CLASS)

    def batch(self) -> Batch:
        """``batch.json``. Raises :class:`BadInput` where it is missing or not one, or where something
        lies in the folder that is neither a file nor a folder."""
        refuse_all_but_files(self.root)
        path = self.root / BATCH
        try:
            return msgspec.json.decode(read_bounded(path, MOST_BYTES_OF_CLASS), type=Batch)
        except OSError as error:
            raise no_results(path, self.root / STUDENTS, error) from None
        except UNREADABLE as error:
            message = _("This is not a batch of this grader: {error}.", error=error)
            remedy = _("Put back a copy of it, or grade the class again with another --out.")
            raise bad_input(path, None, message, remedy) from None

    def which_exist(self, student_id: str, *names: str) -> list[bool]:
        """Whether each of these files and folders of a student is here, readable or not."""
        folder = self.folder(student_id)
        return [(folder / name).exists() for name in names]

    def report_of(self, student_id: str) -> Report | None:
        """The report that lies here of a student; ``None`` where none can be read."""
        try:
            return report.read_report(self.folder(student_id) / REPORT)
        except (OSError, *UNREADABLE):
            return None

    def each_stored(self, students: Iterable[Student]) -> Iterator[StoredStudent]:
        """The stored files of each of ``students``, one student at a time: a class does not fit into
        memory.

        Raises :class:`BadInput` naming every damaged file, after the last of them.
        """
        problems: list[Problem] = []
        for student in students:
            yield self._stored(student, problems)
        if problems:
            raise BadInput(problems)

    def _stored(self, student: Student, problems: list[Problem]) -> StoredStudent:
        folder = self.folder(student.student_id)
        seen = _read(folder / OBSERVATION, Observation, problems)
        graded = _read(folder / REPORT, Report, problems)
        if graded is not None:
            wrong = faults(graded, student.student_id)
            problems += [Problem(str(folder / REPORT), None, fault, _(REMEDY)) for fault in wrong]
        others = [
            _read(path, Observation, problems)
            for path in sorted((folder / ACCOUNTS).glob("*.json"))
        ]
        # A grader that was killed may have left what counts in both places.
        return StoredStudent(
            student, seen, graded, tuple(other for other in others if other and other != seen)
        )


def damaged(error: Exception) -> str:
    """What is wrong with a file of which decoding raised ``error``, one of :data:`UNREADABLE`."""
    return _("This file is damaged or from another version: {error}.", error=error)


def summary_json(summary: Summary) -> bytes:
    """What ``summary.json`` says."""
    return indented_json(summary)


def _read(path: Path, kind: type[S], problems: list[Problem]) -> S | None:
    try:
        return msgspec.json.decode(read_bounded(path, MOST_BYTES_OF_STUDENT), type=kind)
    except FileNotFoundError:
        return None
    except OSError as error:
        problems.append(Problem(str(path), None, cannot_be_read(error)))
    except UNREADABLE as error:
        message = damaged(error)
        remedy = _("Move it away, then grade this student again with --resume.")
        problems.append(Problem(str(path), None, message, remedy))
    return None
