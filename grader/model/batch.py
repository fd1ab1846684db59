"""What ``batch.json`` holds: who is in the class, how it was graded, and how far that came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Protocol

import msgspec
from msgspec import UNSET, Meta, UnsetType

from grader import __version__
from grader.inputs.names import exact_name
from grader.model.run_bounds import OpenScore  # noqa: TC001 - msgspec reads it
from grader.model.run_numbers import Attempt, Seed  # noqa: TC001 - msgspec reads them
from grader.model.work_out import work_out

if TYPE_CHECKING:
    from grader.model.report import Report


class Student(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of the roster, without how its account is reached."""

    student_id: Annotated[str, Meta(description="The roster's id.")]
    name: Annotated[str, Meta(description="As in the roster.")] = ""
    email: Annotated[str, Meta(description="As in the roster.")] = ""
    group: Annotated[
        str | None, Meta(description="Who shares the account by right; null for nobody.")
    ] = None
    account_id: Annotated[
        str | None, Meta(description="The roster's AWS account id; null where it has none.")
    ] = None
    region: Annotated[
        str | None, Meta(description="The roster's AWS region; null where it has none.")
    ] = None
    extra: Annotated[
        dict[str, str],
        Meta(description="The roster's other columns, which are passed on to exports."),
    ] = {}
    due_at: Annotated[
        str | UnsetType,
        Meta(
            description="Until when this student has time: UTC, ISO 8601. Left out where the roster "
            "does not say."
        ),
    ] = UNSET
    use: Annotated[
        dict[str, str] | UnsetType,
        Meta(
            description="What is judged in a role of the rubric, by AWS's name: the roster's columns "
            "use.ROLE. Left out where it has none."
        ),
    ] = UNSET
    profile_region: Annotated[
        str | UnsetType,
        Meta(
            description="The region of the row's profile, now or earlier, where neither the roster nor "
            "--region says one: what was seen counts in whatever region that was. Left out elsewhere."
        ),
    ] = UNSET

    def __post_init__(self) -> None:
        force_exact_group(self)

    def column(self, name: str) -> str:
        """What the roster's own column of this name says, whatever its case, or nothing."""
        given = {column.casefold(): value for column, value in self.extra.items()}
        return self.extra.get(name, given.get(name, ""))


class OfStudent(Protocol):
    """What is a student's, who may be in a group: a row, a report."""

    @property
    def student_id(self) -> str:
        """The roster's id."""

    @property
    def group(self) -> str | None:
        """Who shares the account by right; ``None`` for nobody."""


def force_exact_group(whose: Student | Report) -> None:
    """Write the group as the roster's is read: version 0.1.0 stored it as it was encoded and spaced."""
    if whose.group:
        msgspec.structs.force_setattr(whose, "group", exact_name(whose.group))


def party_of(whose: OfStudent) -> str:
    """The name of whom an account belongs to by right: the student's group, or the student alone."""
    return f"group {whose.group}" if whose.group else f"student {whose.student_id}"


class KnownWay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of a row's way to its account."""

    fingerprint: Annotated[
        str,
        Meta(
            description="A few digits of a digest of it, to tell another block, profile or role; no "
            "secret can be told from them."
        ),
    ]
    account_id: Annotated[
        str | None, Meta(description="The account that it led to; null where that is not known.")
    ] = None


class Counts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many students there are, and how many of them have a grade."""

    students: Annotated[int, Meta(description="How many students there are.")]
    graded: Annotated[int, Meta(description="How many have a score so far.")]
    ungraded: Annotated[int, Meta(description="How many have none, or none yet.")]
    absent: Annotated[
        int | UnsetType,
        Meta(description="How many of them handed in nothing; missing for none."),
    ] = UNSET


class Batch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a class was graded: the digests of what went in, the options, the counts, the times.

    ``starting``: what else lies in the folder is of an earlier batch, and is about to be put aside.
    """

    schema: Annotated[
        Literal["batch/1"], Meta(description="The version of this file's format.")
    ] = "batch/1"
    state: Annotated[
        Literal["starting", "running", "interrupted", "finished"],
        Meta(description="How far it came."),
    ]
    rubric_sha256: Annotated[str, Meta(description="SHA-256 of the rubric file, in hexadecimal.")]
    checks_sha256: Annotated[
        str, Meta(description="SHA-256 of the course's own check files; empty where it has none.")
    ] = ""
    roster_sha256: Annotated[str, Meta(description="SHA-256 of the roster file, in hexadecimal.")]
    grader_version: Annotated[
        str, Meta(description="The version of the grader that wrote this file.")
    ] = __version__
    grader_sha256: Annotated[
        str | UnsetType,
        Meta(
            description="A digest of that grader's code, in hexadecimal: another one, or none as by "
            "0.1.0, means other code, whatever the version."
        ),
    ] = UNSET
    seed: Annotated[Seed, Meta(description="What the numbers sent are made from.")]
    attempt: Annotated[
        Attempt, Meta(description="Which run over this class it is: it changes the numbers sent.")
    ]
    jobs: Annotated[int, Meta(ge=1, description="How many accounts are looked at at once.")]
    account_timeout_s: Annotated[
        float,
        Meta(gt=0, description="How long one account may take, in seconds."),
    ] = 600
    region: Annotated[
        str | None, Meta(description="The AWS region of --region; null if it was not given.")
    ]
    endpoint_url: Annotated[
        str | None, Meta(description="The AWS endpoint of --endpoint-url; null for AWS's own.")
    ]
    lang: Annotated[str, Meta(description="The language of the reports.")]
    open_by_student: Annotated[
        OpenScore,
        Meta(
            description="What grades.csv says for the score of a report that is open by the student: "
            "nothing, or the points that are sure."
        ),
    ] = "blank"
    absent: Annotated[
        Literal["zero"] | UnsetType,
        Meta(
            description="“zero”: grades.csv says 0 for whoever handed in nothing. Missing: nothing."
        ),
    ] = UNSET
    due: Annotated[
        str | UnsetType,
        Meta(description="The time of --due: UTC, ISO 8601. Missing where it was not given."),
    ] = UNSET
    former_criteria: Annotated[
        list[str] | UnsetType,
        Meta(
            description="The criteria of earlier rubrics of this class that its rubric no longer has: a "
            "mark of one stays in overrides.csv, and counts nothing. Missing for none."
        ),
    ] = UNSET
    judging_failed: Annotated[
        list[str] | UnsetType,
        Meta(
            description="The students whose report stays as it was because the grader could not judge "
            "what was seen: going on with the class tries again. Missing for none."
        ),
    ] = UNSET
    checks: Annotated[list[str], Meta(description="The folders of --checks.")]
    started_at: Annotated[str, Meta(description="When it began: UTC, ISO 8601.")]
    finished_at: Annotated[
        str | None, Meta(description="When it ended: UTC, ISO 8601; null until then.")
    ] = None
    duration_s: Annotated[
        float | None, Meta(description="How long it took, in seconds; null until it ended.")
    ] = None
    counts: Annotated[Counts, Meta(description="How many students are graded.")]
    students: Annotated[
        list[Student], Meta(description="One for each row of the roster, in its order.")
    ]
    ways: Annotated[
        dict[str, KnownWay] | UnsetType,
        Meta(
            description="What is known of the way of each student of a group, by the student's id. "
            "Missing in batches of version 0.1.0."
        ),
    ] = UNSET


work_out(Student, Batch)
