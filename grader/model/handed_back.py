"""``handed-back.json``: which marks were handed out last, to what, and when."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from grader.model.work_out import work_out

Standing = Literal["graded", "ungraded", "absent"]


class HandedBackGrade(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was handed out for one student, in the rubric's own points."""

    status: Annotated[
        Standing,
        Meta(description="Whether it was a grade; “absent”: the student had handed in nothing."),
    ]
    score: Annotated[
        Annotated[float, Meta(ge=0)] | None,
        Meta(
            description="The score. Null where none was handed out; of an “ungraded” or “absent” one, "
            "what --open-by-student or --absent made of it."
        ),
    ]
    max_score: Annotated[float, Meta(gt=0, description="What it was out of.")]


class HandedBack(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The marks of a class as they were handed out last, by `grader export` or `grader push`."""

    schema: Annotated[
        Literal["handed-back/1"], Meta(description="The version of this file's format.")
    ] = "handed-back/1"
    at: Annotated[str, Meta(description="When the last hand-back was: UTC, ISO 8601.")]
    to: Annotated[tuple[str, ...], Meta(description="To what: the formats, or “push lti”.")]
    students: Annotated[
        dict[str, HandedBackGrade],
        Meta(
            description="What was handed out, by student_id. A student is missing of whom nothing was; "
            "one whom the last hand-back left out has the mark of an earlier one."
        ),
    ]


work_out(HandedBack)
