"""What is ungraded because it was not judged: a test that was left out, an observation that failed."""

from __future__ import annotations

from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, NamedTuple

from grader.i18n.language import N_
from grader.i18n.message import message
from grader.model.machine_limit import WorkerDied, WorkerDiedAgain, limit_reached
from grader.model.outcome import Outcome
from grader.safety.redact import redact

if TYPE_CHECKING:
    from grader.i18n.message import Message
    from grader.model.fact import UnknownKind
    from grader.rubric.rubric import Criterion, Rubric


class LeftOut(NamedTuple):
    """Why a test was left out for an observation: ``words`` may say how long the ``limit`` is."""

    kind: UnknownKind
    words: str


TOO_LONG = LeftOut("time-limit", N_("The check took longer than {limit} s."))
ENDED = LeftOut("unexpected", N_("The check ended the program that ran it."))
NOT_RUN = LeftOut(
    "unexpected",
    N_("The check was not run here: for others it had taken too long, or ended the program."),
)


def may_be_of_one(error: Exception) -> bool:
    """Whether a single observation may be at fault, rather than a limit of this machine or a process
    that ended."""
    return not isinstance(error, WorkerDied | CancelledError) and limit_reached(error) is None


class Unjudged(list[Outcome]):
    """The outcomes of an observation that could not be judged: a fault of the grader, no finding."""


def all_ungraded(rubric: Rubric, error: Exception) -> Unjudged:
    """Everything ungraded, of an observation that could not be judged."""
    if isinstance(error, WorkerDiedAgain):
        failed = message(N_("The grader failed: its judge ended twice."))
    else:
        said = redact(f"{type(error).__name__}: {error}")
        failed = message(N_("The grader failed: {error}"), error=said)
    return Unjudged(_open(criterion, "unexpected", failed) for criterion in rubric.criteria)


def _open(criterion: Criterion, kind: UnknownKind, words: Message) -> Outcome:
    return Outcome(
        criterion.id,
        criterion.check,
        "ungraded",
        str(words),
        because=kind,
        template=words.message_id,
        values=words.values,
    )


def complete(
    rubric: Rubric,
    judged: list[list[Outcome]],
    withheld: dict[tuple[int, int], LeftOut],
    limit_s: float,
) -> list[list[Outcome]]:
    """``judged``, and one ungraded outcome for each test that had to be left out."""
    order = {criterion.id: number for number, criterion in enumerate(rubric.criteria)}
    limit = int(limit_s) if limit_s == int(limit_s) else limit_s
    for (criterion, observation), why in withheld.items():
        said = message(why.words, limit=limit) if why is TOO_LONG else message(why.words)
        judged[observation].append(_open(rubric.criteria[criterion], why.kind, said))
    return [sorted(outcomes, key=lambda outcome: order[outcome.criterion]) for outcomes in judged]
