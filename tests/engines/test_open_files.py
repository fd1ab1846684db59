"""As many accounts at a time as there may be files open for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from grader.engines.open_files import jobs_that_fit

resource = pytest.importorskip("resource")

ASKED = """
import resource, sys
hard = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 40), hard))
from grader.engines.open_files import jobs_that_fit, most_open_files
print(most_open_files(), jobs_that_fit(32), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.parametrize(
    ("hard", "said"), [(40, "40 1 40"), (90, "90 10 90"), (1024, "1024 32 1024")]
)
def test_the_soft_limit_is_raised_to_the_hard_one_and_accounts_fit_it(hard: int, said: str) -> None:
    line = [sys.executable, "-c", ASKED, str(hard)]
    assert subprocess.run(line, capture_output=True, text=True, check=True).stdout.strip() == said


def test_where_there_is_room_nothing_is_lowered() -> None:
    assert jobs_that_fit(1) == 1
    assert jobs_that_fit(10**6) < 10**6
