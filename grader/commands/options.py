"""The options that mean the same in every command, and the words that they take."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from grader.i18n.language import N_, speak
from grader.model.run_bounds import (
    GREATEST_SEED,
    LONGEST_ACCOUNT_S,
    MOST_JOBS,
    AbsentScore,
    OpenScore,
)


class Lang(StrEnum):
    """The language of a report, and of what the program says."""

    en = "en"
    fr = "fr"


def _speaking(lang: Lang | None) -> Lang | None:
    """Speak it from now on: what is wrong with the other options is said in it too."""
    if lang is not None:
        speak(lang.value)
    return lang


ResultsArgument = Annotated[
    Path, typer.Argument(help=N_("The folder of a batch."), metavar=N_("RESULTS"))
]


RubricOption = Annotated[
    Path | None,
    typer.Option(
        "--rubric",
        metavar=N_("LAB|FILE"),
        help=N_(
            "The rubric: a file, or a shipped lab's name [default: rubric.yaml here, else lambda-sqs]."
        ),
    ),
]
ChecksOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--checks",
        metavar=N_("DIR"),
        help=N_("A folder with checks of your own, besides checks/ by the rubric."),
    ),
]
EndpointOption = Annotated[
    str | None,
    typer.Option(
        "--endpoint-url",
        metavar="URL",
        help=N_("Where AWS answers, such as a sandbox's address."),
    ),
]
RegionOption = Annotated[
    str | None,
    typer.Option(
        "--region",
        metavar=N_("REGION"),
        help=N_("The region [default: the roster's, the profile's, the rubric's]."),
    ),
]
JOBS, ACCOUNT_TIMEOUT_S, CONFIRM_S = 32, 600, 30
"""Where nothing else is said: how many accounts are visited at a time, the seconds for one, and the
seconds after which a silence is looked at again before it costs points."""

JobsOption = Annotated[
    int | None,
    typer.Option("--jobs", min=1, max=MOST_JOBS, help=N_("Accounts at a time [default: 32].")),
]
AccountTimeoutOption = Annotated[
    int | None,
    typer.Option(
        "--account-timeout",
        min=1,
        max=LONGEST_ACCOUNT_S,
        metavar=N_("SECONDS"),
        help=N_("The time for one account at most [default: 600]."),
    ),
]
ConfirmOption = Annotated[
    int,
    typer.Option(
        "--confirm-silence",
        min=0,
        metavar=N_("SECONDS"),
        help=N_("Before a silence costs points, look again after this time; 0: do not."),
    ),
]
RosterArgument = Annotated[
    Path, typer.Argument(help=N_("The class: a CSV file."), metavar=N_("ROSTER"))
]
SeedOption = Annotated[
    int | None,
    typer.Option(
        "--seed", min=0, max=GREATEST_SEED, help=N_("Replays the pairs of an earlier run.")
    ),
]
LangOption = Annotated[
    Lang | None,
    typer.Option(
        "--lang",
        callback=_speaking,
        is_eager=True,
        help=N_("The language [default: the environment's, else en]."),
    ),
]
CommentLangOption = Annotated[
    Lang | None,
    typer.Option(
        "--lang",
        callback=_speaking,
        is_eager=True,
        help=N_(
            "The language, of comments too [default: the environment's; comments: the batch's]."
        ),
    ),
]
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help=N_("No progress, no colour: results only."))
]
JsonOption = Annotated[
    str | None,
    typer.Option("--json", metavar=N_("FILE"), help=N_("Also as JSON; - is standard output.")),
]
OpenByStudentOption = Annotated[
    OpenScore | None,
    typer.Option(
        "--open-by-student",
        help=N_(
            "The score of whoever can settle alone what is open: none, or the points that are sure "
            "[default: blank]."
        ),
    ),
]
AbsentOption = Annotated[
    AbsentScore | None,
    typer.Option(
        "--absent",
        help=N_("The score of whoever handed in nothing: none, or 0 [default: blank]."),
    ),
]
UseOption = Annotated[
    list[str] | None,
    typer.Option(
        "--use",
        metavar=N_("ROLE=NAME"),
        help=N_("Which resource plays a part of the rubric: sum=my_function."),
    ),
]
DueOption = Annotated[
    str | None,
    typer.Option(
        "--due",
        metavar=N_("TIME"),
        help=N_(
            "Until when the lab may be changed, with its zone, such as 2026-11-27T23:59:00+01:00 "
            "[default: the rubric's]; a row's due_at goes before it."
        ),
    ),
]
ForceOption = Annotated[
    bool, typer.Option("--force", help=N_("Go on where files would be replaced."))
]
