"""What changed in a rubric or a roster since a batch was started, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.i18n.language import N_, _, plural
from grader.inputs.problems import BadInput
from grader.rubric.load import load_rubric
from grader.safety.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from grader.model.batch import Student
    from grader.rubric.rubric import Criterion, Rubric

_NAMED = 10
_ANOTHER = {
    "account_id": N_("another account for {names}"),
    "region": N_("another region for {names}"),
    "group": N_("another group for {names}"),
    "use": N_("another resource to use for {names}"),
}


def stored_rubric(path: Path, sha256: str) -> Rubric | None:
    """The rubric that a batch keeps at ``path``, if it is there, readable, and the one of ``sha256``."""
    try:
        rubric = load_rubric(path, None)
    except BadInput:
        return None
    return rubric if rubric.sha256 == sha256 else None


def rubric_changes(before: Rubric | None, after: Rubric) -> str:
    """What differs, criterion by criterion. Nothing where it is not known how it was ``before``."""
    if before is None:
        return ""
    old, new = (
        {criterion.id: criterion for criterion in rubric.criteria} for rubric in (before, after)
    )
    more = [name for name in new if name not in old]
    parts = [
        plural(len(more), "new criterion {names}", "new criteria {names}", names=_named(more))
        if more
        else "",
        _these(N_("without {names}"), [name for name in old if name not in new]),
        _these(
            N_("changed {names}"),
            [
                f"{name} ({how})"
                for name in new
                if name in old and (how := _how(old[name], new[name]))
            ],
        ),
        _("another lab") if before.lab != after.lab else "",
        _("another exchange") if before.exchange != after.exchange else "",
        _("another title") if before.title != after.title else "",
        _("another due time") if before.due != after.due else "",
        _("another rule for lateness") if before.late != after.late else "",
    ]
    return _sentence(parts) or _("only its layout or its comments")


def roster_changes(before: Sequence[Student], after: Sequence[Student]) -> str:
    """Who was removed, who has another account, region or group; nothing where nobody is.

    Whoever is new, has another name or another block changes nothing of what others got.
    """
    old, new = (
        {student.student_id: student for student in students} for students in (before, after)
    )
    both = [name for name in new if name in old]
    parts = [
        _these(N_("removed {names}"), [name for name in old if name not in new]),
        *(
            _these(
                template,
                [name for name in both if getattr(old[name], field) != getattr(new[name], field)],
            )
            for field, template in _ANOTHER.items()
        ),
    ]
    return _sentence(parts)


def _how(before: Criterion, after: Criterion) -> str:
    fields = [
        name for name in before.__struct_fields__ if getattr(before, name) != getattr(after, name)
    ]
    return ", ".join(fields)


def _these(template: str, names: Sequence[str]) -> str:
    return _(template, names=_named(names)) if names else ""


def _named(names: Sequence[str]) -> str:
    shown = [printable(name, 100) for name in names[:_NAMED]]
    if len(names) > _NAMED:
        shown.append(plural(len(names) - _NAMED, "and {count} other", "and {count} others"))
    return ", ".join(shown)


def _sentence(parts: Iterable[str]) -> str:
    return "; ".join(part for part in parts if part)
