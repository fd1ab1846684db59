"""What the values of options mean, checked: the settings of a run, times, names of resources."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from grader.i18n.language import _, spoken

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from grader.batch.settings import Settings
    from grader.model.run_bounds import AbsentScore, Keep, OpenScore
    from grader.scoring.open_by import ShownScores


def shown_scores(open_by_student: OpenScore | None, absent: AbsentScore | None) -> ShownScores:
    """What ``--open-by-student`` and ``--absent`` ask for; nobody has a score by them unless given."""
    from grader.scoring.open_by import ShownScores

    return ShownScores(open_by_student or "blank", absent or "blank")


def settings_of(
    *,
    seed: int | None,
    region: str | None,
    endpoint_url: str | None,
    lang: str | None,
    jobs: int = 1,
    account_timeout_s: int = 600,
    may_exercise: bool = True,
    confirm_s: float = 0,
    open_by_student: OpenScore | None = None,
    absent: AbsentScore | None = None,
    due: str | None = None,
    keep: Keep = "last",
) -> Settings:
    """How the run is made. Raises :class:`BadInput` for a region, an address or a time that is none."""
    from grader.batch.settings import Settings
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
        if value is not None and (wrong := shape_problem(column, value, option=True))
    ]
    if problems:
        raise BadInput(problems)
    return Settings(
        seed=secrets.randbelow(2**31) if seed is None else seed,
        jobs=jobs,
        account_timeout_s=account_timeout_s,
        region=region,
        endpoint_url=endpoint_url,
        may_exercise=may_exercise,
        confirm_s=confirm_s,
        shown=shown_scores(open_by_student, absent),
        lang=lang or spoken().code,
        due=due_time(due),
        keep=keep,
    )


def check_encodable(given: Mapping[str, str | None], folders: Iterable[str] = ()) -> None:
    """Raise :class:`BadInput` for each text ``given``, by its option, and each name of ``folders``
    that is not valid Unicode, and so cannot be written to a file."""
    from grader.inputs.problems import BadInput, Problem
    from grader.inputs.text_file import unicode_fault

    problems = [
        Problem(option, None, *fault)
        for option, text in given.items()
        if text is not None and (fault := unicode_fault(text))
    ]
    for folder in folders:
        if fault := unicode_fault(folder):
            problems.append(Problem(folder, None, fault[0], _("Rename the folder.")))
    if problems:
        raise BadInput(problems)


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
        message, remedy = shape_problem("due_at", text, option=True) or ("", "")
        raise bad_input("--due", None, message, remedy)
    return iso(moment)


def use_of(given: list[str] | None, roles: Iterable[str]) -> dict[str, str]:
    """AWS names by role, as ``--use`` gives them.

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
