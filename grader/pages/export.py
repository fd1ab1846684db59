"""The pages people read: the class, and one page for each student; see :mod:`grader.pages`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.export.formats import File
from grader.i18n.language import _
from grader.inputs.problems import BadInput, bad_input
from grader.pages.writing import known_of, page_of_class, pages
from grader.results.directory import Results
from grader.rubric.exchange import ExchangeRules
from grader.rubric.rubric import Criterion, Lab, Rubric
from grader.scoring.summary import summarise

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grader.export.formats import Export
    from grader.model.batch import Batch
    from grader.model.report import Report


def files(export: Export) -> Iterator[File]:
    """A file for each page, in the places of a results directory.

    Raises :class:`BadInput` where another scale is asked for: pages explain the rubric's points.
    """
    check_scale(export)
    results, reports = Results(export.root), [row.report for row in export.rows]
    rubric = rubric_of(export)
    summary = summarise(reports, rubric, export.lang)
    for name, text in pages(
        results,
        _batch(results),
        reports,
        summary,
        rubric,
        lang=export.lang,
        handed_back=export.handed_back,
    ):
        yield File(name, text.encode())


def class_page_of(export: Export) -> str:
    """The class page alone, as it is among the pages."""
    results, reports = Results(export.root), [row.report for row in export.rows]
    rubric = rubric_of(export)
    return page_of_class(
        known_of(results, reports),
        _batch(results),
        summarise(reports, rubric, export.lang),
        rubric,
        lang=export.lang,
        handed_back=export.handed_back,
    )


def check_scale(export: Export) -> None:
    """Raise :class:`BadInput` where another scale is asked for."""
    if export.scale.top is not None:
        message = _("The pages show the rubric's own points.")
        raise bad_input("--scale", None, message, _("Leave it out."))


def rubric_of(export: Export) -> Rubric:
    """The rubric, or as much of it as the reports tell."""
    return export.rubric or _asked([row.report for row in export.rows])


def _batch(results: Results) -> Batch | None:
    """What is known of the run. That the file is damaged was said when the class was read."""
    try:
        return results.batch()
    except BadInput:
        return None


def _asked(reports: Sequence[Report]) -> Rubric:
    """As much of the rubric as the reports tell, where the file itself cannot be read.

    Nobody knows then what students may see, so they see no criterion.
    """
    criteria = {criterion.id: criterion for report in reports for criterion in report.criteria}
    return Rubric(
        title="",
        lab=Lab(reports[0].region if reports else "", {}, {}),
        exchange=ExchangeRules(),
        criteria=tuple(
            Criterion(
                criterion.id,
                criterion.title,
                check="",
                on="",
                points=criterion.max_points,
                visibility="hidden",
            )
            for criterion in criteria.values()
        ),
    )
