"""How a run may be made, whether an option or a file says so. The options of
every command need it, so it imports nothing that takes its time."""

from __future__ import annotations

from typing import Literal, TypeAlias

GREATEST_SEED = 2**63 - 1
"""An observation goes to the judge in a form that holds no greater number."""
GREATEST_ATTEMPT = 1_000_000_000
"""Each further way to an account adds a million to the number of the run over the class."""
MOST_JOBS = 100_000
"""Accounts at a time: far more than there can be files open for."""
LONGEST_ACCOUNT_S = 7 * 24 * 3600
"""Seconds for one account: a week. A system's clocks take no longer wait than some years."""

EngineKind: TypeAlias = Literal["threads", "dask"]
"""What runs the visits to accounts."""
Keep: TypeAlias = Literal["best", "last"]
"""Which of a student's tries counts."""
OpenScore: TypeAlias = Literal["blank", "sure"]
"""What stands for the score of a report that is open by the student: nothing, or what is sure."""
AbsentScore: TypeAlias = Literal["blank", "zero"]
"""What stands for the score of whoever handed in nothing: nothing, or 0."""
