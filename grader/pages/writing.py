"""The pages of a results directory: made, and written into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.inputs.bounded_read import MOST_BYTES_OF_CLASS, MOST_BYTES_OF_STUDENT, read_bounded
from grader.model import observation
from grader.pages.class_page import class_page
from grader.pages.speech import Speech
from grader.pages.student_page import student_page
from grader.results.atomic_write import write_text
from grader.results.directory import OBSERVATION, PAGE, STUDENTS, UNREADABLE
from grader.results.handed_back import read_handed_back
from grader.rubric.load import text_in
from grader.rubric.rejudge import judged_anew
from grader.scoring.hide_criteria import hide_criteria
from grader.scoring.summary import with_suspicion
from grader.scoring.suspicion import KeptResult, code_of, suspicions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from grader.model.batch import Batch
    from grader.model.handed_back import HandedBack
    from grader.model.observation import Observation
    from grader.model.report import Report
    from grader.results.directory import Results
    from grader.rubric.rubric import Rubric
    from grader.scoring.summary import Summary


def write_pages(
    results: Results,
    reports: Sequence[Report],
    summary: Summary,
    rubric: Rubric | None = None,
    *,
    lang: str,
) -> None:
    """Write one page for each report, then the class page, in a results directory.

    A page that is there already as it should be is left alone. Raises ``OSError`` where one cannot be
    written, and :class:`BadInput` where ``batch.json`` or ``handed-back.json`` cannot be read.
    """
    batch, handed_back = results.batch(), read_handed_back(results.root)
    for name, text in pages(
        results, batch, reports, summary, rubric, lang=lang, handed_back=handed_back
    ):
        path = results.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not _holds(path, text.encode()):
            write_text(path, text, synced=False)


def _holds(path: Path, data: bytes) -> bool:
    try:
        return read_bounded(path, MOST_BYTES_OF_CLASS) == data
    except OSError:
        return False


def pages(
    results: Results,
    batch: Batch | None,
    reports: Sequence[Report],
    summary: Summary,
    rubric: Rubric | None = None,
    *,
    lang: str,
    handed_back: HandedBack | None = None,
) -> Iterator[tuple[str, str]]:
    """Each page: its place in a results directory, and its HTML. The class page comes last.

    Observations are read one at a time: those of a large class do not fit into memory. A page is made
    of what there is: without ``batch``, or without an observation, it says less. What the rubric hides
    from students, and what is suspicious, is on the class page only.
    """
    known: list[KeptResult] = []
    for report, seen, text in student_pages(results, reports, summary.title, rubric, lang=lang):
        known.append(KeptResult(report, code_of(seen)))
        yield f"{STUDENTS}/{report.student_id}/{PAGE}", text
    yield PAGE, page_of_class(known, batch, summary, rubric, lang=lang, handed_back=handed_back)


def page_of_class(
    known: Sequence[KeptResult],
    batch: Batch | None,
    summary: Summary,
    rubric: Rubric | None = None,
    *,
    lang: str,
    handed_back: HandedBack | None = None,
) -> str:
    """The class page alone. What is suspicious is worked out by the ``rubric``."""
    if rubric is not None:
        summary = with_suspicion(summary, suspicions(known, rubric))
    reports = [result.report for result in known]
    return class_page(reports, summary, batch, Speech(lang), handed_back=handed_back)


def known_of(results: Results, reports: Iterable[Report]) -> list[KeptResult]:
    """What a class keeps of each of the ``reports``, one observation at a time."""
    return [
        KeptResult(report, code_of(_seen(results.folder(report.student_id) / OBSERVATION)))
        for report in reports
    ]


def student_pages(
    results: Results, reports: Iterable[Report], title: str, rubric: Rubric | None, *, lang: str
) -> Iterator[tuple[Report, Observation | None, str]]:
    """Each report, what was seen for it, and its student's page. ``title`` is the lab's.

    Of what the rubric hides from students a page says nothing.
    """
    speech = Speech(lang)
    for report in reports:
        seen = _seen(results.folder(report.student_id) / OBSERVATION)
        yield report, seen, _student_page(report, seen, rubric, title, speech)


def page_of(results: Results, report: Report, rubric: Rubric, lang: str) -> str:
    """One student's page as HTML, made of the ``report`` and of what is stored beside it."""
    seen = _seen(results.folder(report.student_id) / OBSERVATION)
    return _student_page(report, seen, rubric, text_in(rubric.title, lang), Speech(lang))


def _student_page(
    report: Report,
    seen: Observation | None,
    rubric: Rubric | None,
    title: str,
    speech: Speech,
) -> str:
    criteria = rubric.criteria if rubric else ()
    hidden = {criterion.id: criterion for criterion in criteria if criterion.visibility == "hidden"}
    if seen is not None and rubric is not None:
        seen = judged_anew(seen, rubric.exchange)
    told = hide_criteria(report, lambda _, because: because in hidden, speech.lang)
    rules = rubric.exchange if rubric else None
    return student_page(told, seen, title, speech, hidden.values(), rules)


def _seen(path: Path) -> Observation | None:
    try:
        return observation.decode(read_bounded(path, MOST_BYTES_OF_STUDENT))
    except (OSError, *UNREADABLE):
        return None
