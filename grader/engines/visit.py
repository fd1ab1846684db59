"""One account visited: who it is, then what is in it. These are the tasks that an engine runs.

A task takes a :class:`WorkerContext` first, which is what it shares with the other tasks of its process;
everything else it is given and returns is data, so that it may run on another machine.
"""

from __future__ import annotations

import threading
import time
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grader.aws.account_client import Aws
from grader.aws.clients import Clients
from grader.model.fact import Found
from grader.observe.account import observe
from grader.observe.identity import observe_identity
from grader.observe.may_read import why_not
from grader.resources.kinds import KINDS
from grader.resources.ready import Waits, tell_nobody

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from grader.i18n.message import Message
    from grader.model.access import Access
    from grader.model.fact import Fact, Unknown
    from grader.model.observation import Identity, Observation
    from grader.rubric.needs import Needs
    from grader.rubric.rubric import Rubric


class WorkerContext:
    """What the tasks of one process share: boto3 clients, and the sign to stop.

    ``tell`` hears what a task waits for, and how many seconds that may take at most; ``aside`` is what a
    task is in while it only waits, so that others may go on. ``step`` hears what a task does next, as
    ``tell`` hears what it waits for. ``on_partial_observation`` is given what a task knows of an account
    before it runs anything, and once all that it sent has its right answer. ``clients`` are those that
    others use too; else this has its own.
    """

    def __init__(
        self,
        tell: Callable[[Message, float], None] = tell_nobody,
        aside: Callable[[], AbstractContextManager[None]] = nullcontext,
        step: Callable[[Message, float], None] = tell_nobody,
        on_partial_observation: Callable[[Observation], None] | None = None,
        clients: Clients | None = None,
    ) -> None:
        self.clients = clients or Clients()
        self.stop = threading.Event()
        self.on_partial_observation = on_partial_observation
        self._tell, self._aside, self._step = tell, aside, step

    def waits(self, confirm_s: float) -> Waits:
        """What one task may wait for, with a pause of ``confirm_s`` before a silence costs points."""
        return Waits(self.stop, self._tell, confirm_s=confirm_s, aside=self._aside, step=self._step)


@dataclass(frozen=True)
class Visit:
    """One way to one account. ``account_id`` is the one that the roster expects, if it does.

    ``use`` are AWS names by role.
    """

    access: Access
    account_id: str | None
    region: str
    endpoint_url: str | None
    use: Mapping[str, str] = field(default_factory=dict, hash=False)

    def aws(self, context: WorkerContext, ends_at: float, lab_region: str | None = None) -> Aws:
        """The account's AWS, asked until ``ends_at``, a time of ``time.monotonic()``. To be closed."""
        where = (self.region, self.endpoint_url)
        return Aws(context.clients, self.access, *where, ends_at, lab_region)


@dataclass(frozen=True)
class Identified:
    """Who answered.

    ``elsewhere`` are the addresses that are asked instead of AWS's own, such as a sandbox's, where the
    context tells what it looked at.
    """

    identity: Fact[Identity]
    elsewhere: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunOptions:
    """How an account is exercised. ``limit_s`` is the time for all of it, in seconds; ``confirm_s`` are
    the seconds after which a silence is looked at again before it costs points, if not zero."""

    seed: int
    attempt: int
    may_exercise: bool
    limit_s: float
    confirm_s: float = 0


def identify_account(context: WorkerContext, visit: Visit, limit_s: float) -> Identified:
    """Whose account it is. AWS is not asked any more when ``limit_s`` seconds have passed."""
    with closing(visit.aws(context, time.monotonic() + limit_s)) as aws:
        identity = observe_identity(aws, visit.account_id)
        tells = context.on_partial_observation is not None and isinstance(identity, Found)
        return Identified(identity, aws.elsewhere() if tells else ())


def may_read(
    context: WorkerContext, visit: Visit, identity: Identity, rubric: Rubric, limit_s: float
) -> Unknown | None:
    """Why this way may not read what another way observes; ``None`` where it may. Nothing is run."""
    with closing(visit.aws(context, time.monotonic() + limit_s)) as aws:
        return why_not(aws, rubric, identity, visit.use)


def observe_account(
    context: WorkerContext,
    visit: Visit,
    identity: Fact[Identity],
    rubric: Rubric,
    needs: Needs,
    options: RunOptions,
) -> Observation:
    """Everything that ``rubric`` and the ``needs`` of its checks ask of the account.

    When ``options.limit_s`` have passed AWS is not asked any more: what is left is unknown
    (``time-limit``). Raises :class:`Interrupted` when the context is to stop.
    """
    ends_at = time.monotonic() + options.limit_s
    with closing(visit.aws(context, ends_at, rubric.lab.region)) as aws:
        return observe(
            aws,
            rubric,
            needs,
            KINDS,
            identity,
            seed=options.seed,
            attempt=options.attempt,
            may_exercise=options.may_exercise,
            waits=context.waits(options.confirm_s),
            use=visit.use,
            on_partial_observation=context.on_partial_observation,
        )
