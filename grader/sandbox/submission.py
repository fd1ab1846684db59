"""What one student handed in: the reference, but for some differences, and its grade."""

from __future__ import annotations

from typing import Literal

import msgspec

from grader.sandbox.answering import Calculates  # noqa: TC001 - msgspec reads it

Periodic = Literal[
    "rule",
    "disabled-rule",
    "rule-without-permission",
    "rule-of-others",
    "scheduler",
    "disabled-rule-and-scheduler",
    "ended-scheduler",
    "unscheduled",
    "absent",
]
"""What runs the periodic function. ``rule-of-others``: only another account's rules may invoke it."""


class DemoSubmission(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one student handed in: the reference, unless a field says otherwise, and its grade.

    ``points`` is ``None`` where the account cannot be graded. ``failed``, ``blocked`` and ``ungraded``
    are the criteria with that status, ``flags`` the flags of the report, no more and no fewer.
    """

    name: str
    description: str
    points: float | None
    failed: frozenset[str] = frozenset()
    blocked: frozenset[str] = frozenset()
    ungraded: frozenset[str] = frozenset()
    """Nothing is said of them where the account itself cannot be reached."""
    flags: frozenset[str] = frozenset()

    untouched: bool = False
    """Nothing was deployed at all."""
    lacks: frozenset[Literal["function", "output-queue"]] = frozenset()
    """What was not deployed, with all that hangs on it."""
    function: str | None = None
    """The name under which the function that adds is deployed, if not the lab's."""
    handler: str = "reference"
    """The source file in ``handlers``, without its ending."""
    calculates: Calculates = "right"
    """Where the rubric's messages do not ask for a sum."""
    url_in_code: bool = False
    """The output queue's URL stands in the code, and in no variable."""
    runtime: str = "python3.13"
    memory_mb: int = 128
    timeout_s: int = 60
    environment: dict[str, str | None] = {}
    """Variables set besides the reference's or instead of them; ``None`` removes one."""
    reserved_concurrency: int | None = None
    input_visibility_s: int = 360
    input_delay_s: int = 0
    output_queue: str | None = None
    """The output queue's name, if not the lab's."""
    old_messages: int = 0
    """Messages that lie in the output queue before the grader comes."""
    mapping: Literal["enabled", "disabled", "other-queue", "absent"] = "enabled"
    batch_size: int = 10
    mapping_filter: str | None = None
    """The pattern, JSON, that messages must match."""
    second_function: bool = False
    """The input queue feeds :data:`SECOND_FUNCTION` too."""
    output_mapping: bool = False
    """The output queue feeds the sum function."""
    output_consumer: bool = False
    """The output queue feeds :data:`SECOND_FUNCTION`."""
    periodic: Periodic = "rule"

    group: str = ""
    shares_account_with: str | None = None
    """The name of the submission in whose account this one lives."""
    endpoint_url: str | None = None
    """Where the roster says the account is, if not in the sandbox."""

    @property
    def deployed(self) -> bool:
        """There is something to deploy, in an account of its own, in the sandbox."""
        return not (self.untouched or self.shares_account_with or self.endpoint_url)
