"""What commands share: options that mean the same everywhere, exit statuses, JSON on standard output."""

from __future__ import annotations

import secrets
import sys
from contextvars import ContextVar
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from grader.i18n.language import N_, _, speak, spoken

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from grader.batch.pipeline import Settings
    from grader.model.report import Report
    from grader.scoring.open_by import ShownScores

ALL_POINTS, POINTS_MISSING, USAGE, UNGRADED, INTERRUPTED = 0, 1, 2, 3, 130


class Lang(StrEnum):
    """The language of a report, and of what the program says."""

    en = "en"
    fr = "fr"


def _speaking(lang: Lang | None) -> Lang | None:
    """Speak it from now on: what is wrong with the other options is said in it too."""
    if lang is not None:
        speak(lang.value)
    return lang


_typed: ContextVar[tuple[str, ...]] = ContextVar("typed", default=())


def remember_command(arguments: Sequence[str]) -> None:
    """Keep the words of the command that runs, for :func:`typed_command`."""
    _typed.set(tuple(arguments))


def typed_command() -> list[str]:
    """The words of the command that runs, as they were typed."""
    return ["grader", *_typed.get()]


def asked_language(arguments: Sequence[str]) -> str | None:
    """The language that ``--lang`` asks for, wherever it stands; ``None`` where it names none."""
    asked = None
    for argument, after in zip(arguments, [*arguments, ""][1:], strict=True):
        if argument == "--":
            break
        value = after if argument == "--lang" else argument.partition("--lang=")[2]
        asked = value if value in set(Lang) else asked
    return asked


class EngineKind(StrEnum):
    """What runs the visits to accounts."""

    threads = "threads"
    dask = "dask"


class OpenByStudent(StrEnum):
    """What stands for the score of a report that is open by the student."""

    blank = "blank"
    sure = "sure"


class Absent(StrEnum):
    """What stands for the score of whoever handed in nothing."""

    blank = "blank"
    zero = "zero"


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
        help=N_("The region [default: the roster's, the rubric's]."),
    ),
]
JOBS, ACCOUNT_TIMEOUT_S, CONFIRM_S = 32, 600, 30
"""How many accounts are visited at a time, the seconds for one, and how long after a silence that costs
points it is looked once more, where nothing else is said."""

JobsOption = Annotated[
    int | None, typer.Option("--jobs", min=1, help=N_("Accounts at a time [default: 32]."))
]
AccountTimeoutOption = Annotated[
    int | None,
    typer.Option(
        "--account-timeout",
        min=1,
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
        help=N_("So long after a silence that costs points it is looked once more."),
    ),
]
RosterArgument = Annotated[
    Path, typer.Argument(help=N_("The class: a CSV file."), metavar=N_("ROSTER"))
]
SeedOption = Annotated[
    int | None, typer.Option("--seed", min=0, help=N_("Replays the pairs of an earlier run."))
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
    OpenByStudent | None,
    typer.Option(
        "--open-by-student",
        help=N_(
            "The score of whoever can settle alone what is open: none, or the points that are sure "
            "[default: blank]."
        ),
    ),
]
AbsentOption = Annotated[
    Absent | None,
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


def shown_scores(open_by_student: OpenByStudent | None, absent: Absent | None) -> ShownScores:
    """What ``--open-by-student`` and ``--absent`` ask for; nobody has a score by them unless given."""
    from grader.scoring.open_by import ShownScores

    return ShownScores(
        "sure" if open_by_student is OpenByStudent.sure else "blank",
        "zero" if absent is Absent.zero else "blank",
    )


def settings_of(
    *,
    seed: int | None,
    region: str | None,
    endpoint_url: str | None,
    lang: str | None,
    jobs: int = 1,
    account_timeout_s: int = 600,
    exchange: bool = True,
    confirm_s: float = 0,
    open_by_student: OpenByStudent | None = None,
    absent: Absent | None = None,
    due: str | None = None,
    keep: Literal["last", "best"] = "last",
) -> Settings:
    """How the run is made. Raises :class:`BadInput` for a region, an address or a time that is none."""
    from grader.batch.pipeline import Settings
    from grader.inputs.problems import BadInput, Problem
    from grader.roster.cell_shapes import shape_problem

    given = {
        "region": ("--region", region),
        "endpoint_url": ("--endpoint-url", endpoint_url),
        "due_at": ("--due", due),
    }
    problems = [
        Problem(option, None, *wrong)
        for column, (option, value) in given.items()
        if value is not None and (wrong := shape_problem(column, value))
    ]
    if problems:
        raise BadInput(problems)
    return Settings(
        seed=secrets.randbelow(2**31) if seed is None else seed,
        jobs=jobs,
        account_timeout_s=account_timeout_s,
        region=region,
        endpoint_url=endpoint_url,
        exchange=exchange,
        confirm_s=confirm_s,
        shown=shown_scores(open_by_student, absent),
        lang=lang or spoken().code,
        due=due_time(due),
        keep=keep,
    )


def due_time(text: str | None) -> str | None:
    """The time of ``--due`` as it is kept: UTC, ISO 8601.

    Raises :class:`BadInput` where it is none, or does not say its zone.
    """
    from grader.inputs.problems import bad_input
    from grader.model.timestamps import iso, time_of
    from grader.roster.cell_shapes import shape_problem

    if text is None:
        return None
    moment = time_of(text)
    if moment is None:
        message, remedy = shape_problem("due_at", text) or ("", "")
        raise bad_input("--due", None, message, remedy)
    return iso(moment)


def use_of(given: list[str] | None, roles: Iterable[str]) -> dict[str, str]:
    """AWS's names of resources, by the rubric's own, as ``--use`` gives them.

    Raises :class:`BadInput` for what is not of the form, or no resource of the rubric.
    """
    from grader.inputs.problems import BadInput, Problem
    from grader.roster.cell_shapes import use_fault
    from grader.roster.load import unknown_role

    known, use, problems = [*roles], dict[str, str](), []
    for pairing in given or []:
        role, equals, name = (part.strip() for part in pairing.partition("="))
        if not equals:
            message = _(
                "“{given}” does not say which resource plays which part.", given=pairing[:100]
            )
            remedy = _("Write ROLE=NAME, for example {example}.", example=f"{known[0]}=my_function")
            problems.append(Problem("--use", None, message, remedy))
        elif role not in known:
            problems.append(Problem("--use", None, *unknown_role(pairing[:100], role, known)))
        elif fault := use_fault(name):
            problems.append(Problem("--use", None, *fault))
        use[role] = name
    if problems:
        raise BadInput(problems)
    return use


def target(given: str | None, option: str, *inputs: Path | None) -> Path | None:
    """Where ``option`` writes, unless to standard output; found out before anything is done.

    Raises :class:`BadInput` where that is one of ``inputs`` or in a folder of them,
    or where nothing can be written.
    """
    from grader.inputs.problems import bad_input
    from grader.results.atomic_write import places
    from grader.results.directory import writable

    if given is None or given == "-":
        return None
    path = Path(given)
    remedy = _("Give {option} another place.", option=option)
    if path.is_dir() or not path.parent.is_dir():
        raise bad_input(path, None, _("No file can be written there."), remedy)
    here = {place for folder in (path, *path.resolve().parents) for place in places(folder)}
    if any(places(place_of) & here for place_of in inputs if place_of is not None):
        raise bad_input(path, None, _("This is a file that the command reads or writes."), remedy)
    if not path.exists():
        writable(path.parent)
    return path


def write_stdout(json: bytes) -> None:
    """JSON to standard output: UTF-8, whatever the terminal speaks."""
    from grader.terminal.console import discard_output

    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(json)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        discard_output(sys.stdout)


def batch_status(reports: list[Report]) -> int:
    """The exit status of a class: 0 when everyone who handed in was graded, whatever their points."""
    is_open = any(report.status == "ungraded" and not report.absent for report in reports)
    return UNGRADED if is_open else ALL_POINTS


def that_fit(settings: Settings, errors: Console) -> Settings:
    """The same with no more accounts at a time than there may be files open for, which is said."""
    from dataclasses import replace

    from grader.engines.open_files import jobs_that_fit, most_open_files

    jobs = jobs_that_fit(settings.jobs)
    if jobs < settings.jobs:
        line = _(
            "Only {most} files may be open at a time: {jobs} accounts at a time, not {asked}.",
            most=most_open_files(),
            jobs=jobs,
            asked=settings.jobs,
        )
        errors.print(line, soft_wrap=True)
    return replace(settings, jobs=jobs)
