"""Taking away what is stored of a student that is of an account which is not theirs any more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from grader.results.accounts import ACCOUNTS, remove, write_others
from grader.results.directory import OBSERVATION, REPORT

if TYPE_CHECKING:
    from collections.abc import Collection

    from grader.model.batch import Student
    from grader.results.directory import Results, StoredStudent


def without_accounts(stored: StoredStudent, accounts: Collection[str]) -> StoredStudent:
    """``stored`` without what is of any of the ``accounts``, by their ids."""
    seen, report = stored.observation, stored.report
    return replace(
        stored,
        observation=None if seen is not None and seen.account_id in accounts else seen,
        report=None if report is not None and report.account_id in accounts else report,
        others=tuple(other for other in stored.others if other.account_id not in accounts),
    )


def withdraw_accounts(results: Results, student: Student, accounts: Collection[str]) -> None:
    """Remove the files of a student that are of any of the ``accounts``, by their ids.

    A report goes into the student's history, and last: until then it tells what else is to go. The
    folder is locked.
    """
    (stored,) = results.each_stored([student])
    left, folder = without_accounts(stored, accounts), results.folder(student.student_id)
    results.keep_former(stored.report, left.report, "resume")
    remove(folder / ACCOUNTS, write_others(folder / ACCOUNTS, left.others))
    if left.observation is None:
        (folder / OBSERVATION).unlink(missing_ok=True)
    if left.report is None:
        (folder / REPORT).unlink(missing_ok=True)
