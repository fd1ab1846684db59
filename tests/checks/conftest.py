"""One judge for all tests of the checks: its worker starts once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.judges import Judge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from grader.model.observation import Observation
    from grader.model.outcome import Outcome
    from grader.rubric.rubric import Rubric


@pytest.fixture(scope="session")
def judge() -> Iterator[Judge]:
    with Judge(workers=1) as judge:
        yield judge


@pytest.fixture
def judged(judge: Judge) -> Callable[[Rubric, Observation], list[Outcome]]:
    """The outcomes of one observation."""
    return lambda rubric, observation: judge.judge(rubric, [observation])[0]
