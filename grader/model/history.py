"""``history/NNN.json``: what a report said before it changed, when that was, and why."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from grader.model.indented_json import indented_json
from grader.model.report import Report  # noqa: TC001 - msgspec reads it
from grader.model.resolve_types import resolve_types

Why = Literal["regrade", "resume", "override"]


class Former(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A report that another one replaced."""

    schema: Annotated[
        Literal["history/1"], Meta(description="The version of this file's format.")
    ] = "history/1"
    at: Annotated[str, Meta(description="When it was replaced: UTC, ISO 8601.")]
    why: Annotated[
        Why,
        Meta(
            description="What replaced it: “regrade”, another judgement of the same observation; "
            "“resume”, a batch that was gone on with; “override”, a human's mark."
        ),
    ]
    report: Annotated[Report, Meta(description="The report as it was.")]


resolve_types(Former)


def encode_former(former: Former) -> bytes:
    """It as indented JSON, ending in a newline."""
    return indented_json(former)
