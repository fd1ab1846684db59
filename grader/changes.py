"""What changed in a rubric or a roster since a batch was started, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.plain import plain
from grader.problems import BadInput
from grader.rubric import load_rubric

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from grader.results import Student
    from grader.rubric import Criterion, Rubric

_NAMED = 10


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
    old, new = ({one.id: one for one in rubric.criteria} for rubric in (before, after))
    parts = [
        _these("new criterion", "new criteria", [name for name in new if name not in old]),
        _these("without", "without", [name for name in old if name not in new]),
        _these(
            "changed",
            "changed",
            [
                f"{name} ({how})"
                for name in new
                if name in old and (how := _how(old[name], new[name]))
            ],
        ),
        "another lab" if before.lab != after.lab else "",
        "another exchange" if before.exchange != after.exchange else "",
        "another title" if before.title != after.title else "",
    ]
    return _sentence(parts) or "only its layout or its comments"


def roster_changes(before: Sequence[Student], after: Sequence[Student]) -> str:
    """Who was added, who was removed, who has another account, region or group."""
    old, new = ({one.student_id: one for one in students} for students in (before, after))
    both = [name for name in new if name in old]
    parts = [
        _these("added", "added", [name for name in new if name not in old]),
        _these("removed", "removed", [name for name in old if name not in new]),
        *(
            _these(
                f"another {says} for",
                f"another {says} for",
                [name for name in both if getattr(old[name], field) != getattr(new[name], field)],
            )
            for field, says in (("account_id", "account"), ("region", "region"), ("group", "group"))
        ),
    ]
    return _sentence(parts) or "the same students and accounts; other columns, or another order"


def _how(before: Criterion, after: Criterion) -> str:
    fields = [
        name for name in before.__struct_fields__ if getattr(before, name) != getattr(after, name)
    ]
    return ", ".join(fields)


def _these(one: str, several: str, names: Sequence[str]) -> str:
    if not names:
        return ""
    shown = [plain(name, 100) for name in names[:_NAMED]]
    if len(names) > _NAMED:
        shown.append(f"and {len(names) - _NAMED} others")
    return f"{one if len(names) == 1 else several} {', '.join(shown)}"


def _sentence(parts: Iterable[str]) -> str:
    return "; ".join(part for part in parts if part)
