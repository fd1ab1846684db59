"""How a run may be made, whether an option or a file says so. For the options, it imports nothing."""

from __future__ import annotations

GREATEST_SEED = 2**63 - 1
"""An observation goes to the judge in a form that holds no greater number."""
GREATEST_ATTEMPT = 1_000_000_000
"""Each further way to an account adds a million to the number of the run over the class."""
MOST_JOBS = 100_000
"""Accounts at a time: far more than there can be files open for."""
LONGEST_ACCOUNT_S = 7 * 24 * 3600
"""Seconds for one account: a week. A system's clocks take no longer wait than some years."""
