"""A student's ids in other systems: each is what its column in the roster says, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.i18n.language import _
from grader.inputs.problems import BadInput, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from grader.export.formats import Export
    from grader.model.batch import Student
    from grader.results.read_class import ClassRow


def with_ids(
    export: Export,
    rows: Iterable[ClassRow],
    ids: Callable[[Student], Iterable[str]],
    columns: Sequence[str],
    system: str,
) -> list[ClassRow]:
    """The ``rows`` for whose students the roster has one of ``ids``; a student without one becomes a
    problem of the export.

    ``columns`` of the roster hold them, ``system`` is whose ids they are. Raises :class:`BadInput` where
    nobody has one: nothing can be written then.
    """
    rows = list(rows)
    known = [row for row in rows if any(ids(row.student))]
    named = _(" or ").join(columns)
    remedy = _(
        "Add the column {columns} to the roster, and give `grader batch ROSTER --resume --force`: "
        "whoever has a grade keeps it.",
        columns=named,
    )
    if rows and not known:
        message = _(
            "Nobody has an id of {system}: the roster says no {columns}, and a student_id is none.",
            system=system,
            columns=named,
        )
        raise BadInput([Problem(str(export.root), None, message, remedy)])
    for row in rows:
        if not any(ids(row.student)):
            message = _(
                "{student} is left out: the roster says no {columns}.",
                student=row.student_id,
                columns=named,
            )
            export.leave_out(row.student_id, Problem(str(export.root), None, message, remedy))
    return known
