"""``report.json``: one student's grade. It holds no secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from grader.i18n.message import check_depth
from grader.inputs.bounded_read import MOST_BYTES_OF_STUDENT, read_bounded
from grader.model.batch import force_exact_group
from grader.model.evidence import Evidence  # noqa: TC001 - msgspec reads it
from grader.model.indented_json import indented_json
from grader.model.run_numbers import Attempt, Seed  # noqa: TC001 - msgspec reads them

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def _means(description: str) -> Meta:
    """The meaning of a key, for the schema and its reference. Not a message: it is not translated."""
    return Meta(description=description)


_MessageId = Annotated[
    str, _means("The message as an English template, the same in every language.")
]
_MessageValues = Annotated[
    dict[str, Any],
    _means("What is filled into the template: text, numbers, or messages in their turn."),
]
_Values = Annotated[
    dict[str, Any], _means("What is filled into it: text, numbers, or messages in their turn.")
]
Status = Literal["passed", "partial", "failed", "blocked", "ungraded"]
OpenBy = Literal["grader", "student"]

GREATEST_NUMBER = 1e9
"""No points are more, nor seconds of a look: they are added and multiplied, and a file may say any
number."""

SUSPICION = frozenset({"account-shared", "same-code"})
"""Flags of version 0.1.0 that are the instructor's alone: the summary has them, and no report."""


class TestResult(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one test of a criterion said.

    ``message_id`` and ``values`` are the message for a program, ``name_id`` and ``name_values`` the
    sentence: the same in every language. Reports of earlier versions have no ids of sentences and hints.
    """

    __test__ = False  # pytest would take it for a test class, by its name

    name: Annotated[str, _means("The sentence it checks.")]
    name_id: Annotated[
        str, _means("The sentence as an English template, the same in every language.")
    ] = ""
    name_values: _Values = {}
    outcome: Annotated[Literal["passed", "failed", "blocked", "ungraded"], _means("What it found.")]
    message: Annotated[str, _means("Why it did not pass.")] = ""
    message_id: _MessageId = ""
    values: _MessageValues = {}

    def __post_init__(self) -> None:
        check_depth(self.name_values, self.values)


class CriterionResult(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one criterion came to. ``message_id`` and ``values`` are as those of a test.

    ``hint_id`` and ``hint_values`` are the hint for a program: nothing where the rubric alone has it.
    """

    id: Annotated[str, _means("The criterion's id in the rubric.")]
    title: Annotated[str, _means("The criterion's title, in the report's language.")]
    status: Annotated[Status, _means("What it came to.")]
    points: Annotated[float | None, _means("The points given; null when ungraded.")]
    max_points: Annotated[float, _means("The points it is worth.")]
    message: Annotated[str, _means("Why it did not pass: what was expected, what was found.")] = ""
    message_id: _MessageId = ""
    values: _MessageValues = {}
    hint: Annotated[str, _means("What to do next.")] = ""
    hint_id: Annotated[
        str,
        _means(
            "The hint as an English template, the same in every language; empty for the rubric's own."
        ),
    ] = ""
    hint_values: _Values = {}
    author_hint: Annotated[
        str,
        _means(
            "The rubric's own hint, to be said after the other; empty where the criterion passed or was "
            "not judged, and in reports of version 0.1.0."
        ),
    ] = ""
    evidence: Annotated[
        Evidence | None,
        _means(
            "What the finding rests on; null where it is about nothing that was sent, and in reports of "
            "version 0.1.0."
        ),
    ] = None
    expected: Annotated[
        Any, _means("What was expected, as a value; null where it is not one value.")
    ] = None
    actual: Annotated[Any, _means("What was found, as a value; null where nothing was.")] = None
    because: Annotated[
        str | None, _means("When blocked: the id of the criterion that explains why.")
    ] = None
    open_by: Annotated[
        OpenBy | None,
        _means(
            "When ungraded: whose it is to settle. “student”: what only they can end, such as something "
            "else that reads the output queue; “grader”: all else. "
            "Null when it is not ungraded, and in reports of version 0.1.0."
        ),
    ] = None
    tests: Annotated[
        tuple[TestResult, ...],
        _means("What each of its tests said; several share the points."),
    ] = ()
    only_looks: Annotated[
        bool | UnsetType,
        _means(
            "True where its check makes no function run. Missing where it does, for the checks that "
            "came with version 0.2, of which the name tells, and in reports of version 0.1.0."
        ),
    ] = UNSET

    def __post_init__(self) -> None:
        _check_numbers(self.points, self.max_points)
        check_depth(self.values, self.hint_values, self.expected, self.actual)

    @property
    def next_steps(self) -> tuple[str, ...]:
        """What to do next: by what was found, then what the rubric's author says. Nothing of a blocked
        criterion, whose cause is explained elsewhere."""
        if self.status == "blocked":
            return ()
        return tuple(dict.fromkeys(filter(None, (self.hint, self.author_hint))))


def looking(results: Iterable[CriterionResult]) -> frozenset[str]:
    """The ids of the criteria whose check is known to make no function run."""
    return frozenset(result.id for result in results if result.only_looks is True)


class FoundResource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The resource that was judged for one of the rubric's, under another name than the rubric's."""

    name: Annotated[str, _means("Its name in AWS.")]
    how: Annotated[str, _means("What it was found by, in words.")]
    how_id: _MessageId = ""
    how_values: _MessageValues = {}

    def __post_init__(self) -> None:
        check_depth(self.how_values)


AdjustmentKind = Literal["late", "override", "bonus", "total"]


class Adjustment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What makes a score another one than the checks earned: lateness, or a human's judgement."""

    kind: Annotated[
        AdjustmentKind,
        _means(
            "“late”: modified after the due time; “override”: the points of one criterion; “bonus”: "
            "points besides; “total”: the score itself."
        ),
    ]
    criterion: Annotated[
        str | None, _means("Of an override: the criterion's id. Null otherwise.")
    ] = None
    points: Annotated[
        float,
        _means(
            "An override's points instead of the earned ones, a total's score; what lateness takes (0 "
            "or less) and what a bonus adds, which may be below 0."
        ),
    ]
    why: Annotated[str, _means("The reason, for the student.")] = ""
    by: Annotated[str, _means("Who decided it, as they called themselves; may be empty.")] = ""
    at: Annotated[
        str,
        _means(
            "Of lateness: when the last of the function and its queues was modified. Else when it was "
            "decided; may be empty. UTC, ISO 8601."
        ),
    ] = ""
    share: Annotated[
        float | UnsetType,
        _means("Of lateness: the share, from 0 to 1, of the earned points that it takes."),
    ] = UNSET
    why_id: Annotated[
        str | UnsetType,
        _means("Of lateness: the reason as an English template, the same in every language."),
    ] = UNSET
    why_values: Annotated[
        dict[str, Any] | UnsetType, _means("Of lateness: what is filled into it.")
    ] = UNSET

    def __post_init__(self) -> None:
        _check_numbers(self.points, self.share if self.share is not UNSET else None)
        check_depth(self.why_values)


class Report(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One student's grade. ``score`` is ``None`` when a criterion is ungraded that nobody settled.

    What the checks earned is in ``criteria``; ``score`` is what that comes to with ``adjustments``.

    Times, seed, attempt, duration and version are the observation's: judging it again under the same
    rubric gives the identical report. ``flags`` are facts for a human and cost no points. What version
    0.1.0 flagged of others' submissions is dropped on reading.
    """

    schema: Annotated[Literal["report/1"], _means("The version of this file's format.")] = (
        "report/1"
    )
    student_id: Annotated[str, _means("The roster's id; “me” from grader check.")]
    name: Annotated[str, _means("May be empty.")]
    email: Annotated[str, _means("May be empty.")]
    group: Annotated[str | None, _means("Who shares the account by right; null for nobody.")]
    account_id: Annotated[
        str | None,
        _means("The AWS account looked at; the roster's if it was not reached, null if unknown."),
    ]
    region: Annotated[str, _means("The AWS region looked at.")]
    status: Annotated[Literal["graded", "ungraded"], _means("Whether there is a score.")]
    kind: Annotated[
        Literal["nothing-handed-in"] | UnsetType,
        _means(
            "“nothing-handed-in”: the student's row says no way to an account, so nothing was looked "
            "at. Missing otherwise."
        ),
    ] = UNSET
    score: Annotated[
        float | None,
        _means(
            "The points together, adjustments included, to 4 decimals; null when any criterion is "
            "ungraded and not settled by an adjustment."
        ),
    ]
    max_score: Annotated[float, _means("The points of all criteria together.")]
    sure_points: Annotated[
        float | None,
        _means(
            "The points that are earned whatever comes of what is ungraded, to 4 decimals; the score "
            "when graded. Null in reports of version 0.1.0."
        ),
    ] = None
    earned_score: Annotated[
        float | UnsetType | None,
        _means(
            "What the checks alone gave, to 4 decimals; null when any criterion is ungraded. Missing "
            "where nothing is adjusted: then it is the score."
        ),
    ] = UNSET
    criteria: Annotated[
        tuple[CriterionResult, ...],
        _means("One for each criterion, in the rubric's order, as the checks earned it."),
    ]
    adjustments: Annotated[
        tuple[Adjustment, ...] | UnsetType,
        _means(
            "What makes the score another one than the checks earned, in the order in which it counts. "
            "Missing where nothing does."
        ),
    ] = UNSET
    found_as: Annotated[
        dict[str, FoundResource],
        _means(
            "The resources that were judged under another name than the rubric's, by the rubric's own: "
            "each was found by the part it plays, or named by --use. Empty where every name is right."
        ),
    ] = {}
    looked_at: Annotated[
        tuple[str, ...] | msgspec.UnsetType,
        _means(
            "The ids of the criteria that were looked at, where check was given --criterion or "
            "--no-exchange: all others are ungraded, and so is the report. Left out otherwise."
        ),
    ] = msgspec.UNSET
    flags: Annotated[
        tuple[str, ...],
        _means("Facts for a human, which cost no points: see the list below."),
    ] = ()
    seed: Annotated[
        Seed,
        _means(
            "What the numbers sent were made from: --seed of `grader check` sends them again, with "
            "--attempt where that is another than 1."
        ),
    ]
    attempt: Annotated[
        Attempt | UnsetType,
        _means(
            "Which run over the class it was, from 1: it changes the numbers sent, too. Missing where "
            "nothing was looked at, and in reports of version 0.1.0."
        ),
    ] = UNSET
    rubric_sha256: Annotated[
        str, _means("SHA-256 of the rubric file it was judged by, in hexadecimal.")
    ]
    grader_version: Annotated[str, _means("The version of the grader that looked.")]
    started_at: Annotated[str, _means("When the grader began to look: UTC, ISO 8601.")]
    finished_at: Annotated[str, _means("When it had seen everything: UTC, ISO 8601.")]
    duration_s: Annotated[float, _means("How long it looked, in seconds.")]

    def __post_init__(self) -> None:
        earned = None if self.earned_score is UNSET else self.earned_score
        _check_numbers(self.score, self.sure_points, self.max_score, self.duration_s, earned)
        force_exact_group(self)
        if not SUSPICION.isdisjoint(self.flags):
            kept = tuple(name for name in self.flags if name not in SUSPICION)
            msgspec.structs.force_setattr(self, "flags", kept)

    @property
    def absent(self) -> bool:
        """The student handed in nothing, and nobody gave a score all the same."""
        return self.nothing_seen and self.status == "ungraded"

    @property
    def nothing_seen(self) -> bool:
        """The student handed in nothing: there is nothing to judge again."""
        return self.kind == "nothing-handed-in"

    @property
    def adjusted(self) -> tuple[Adjustment, ...]:
        """The adjustments, if there are any."""
        return () if self.adjustments is UNSET else self.adjustments


_decoder = msgspec.json.Decoder(Report)


def encode_report(report: Report) -> bytes:
    """The report as indented JSON, ending in a newline."""
    return indented_json(report)


def read_report(path: Path) -> Report:
    """The report in a file. Raises ``OSError``, or ``msgspec.DecodeError`` where it is not one."""
    return _decoder.decode(read_bounded(path, MOST_BYTES_OF_STUDENT))


def _check_numbers(*numbers: float | None) -> None:
    # Asked so that what is no number (NaN) is refused, too.
    if not all(number is None or abs(number) <= GREATEST_NUMBER for number in numbers):
        raise ValueError(f"a report's numbers are finite, {GREATEST_NUMBER:.0f} at most")
