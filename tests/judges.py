"""A judge that is asked one thing at a time, and waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.inputs.problems import BadInput
from grader.judging import pool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.model.observation import Observation
    from grader.model.outcome import CheckInfo, Outcome
    from grader.rubric.rubric import Rubric


class Judge(pool.Judge):
    """The judge, with two questions that only tests ask."""

    def collect(self) -> dict[str, CheckInfo]:
        """Every check, by name. Raises :class:`BadInput` for files that cannot be used."""
        found = self.survey()
        if found.problems:
            raise BadInput(found.problems)
        return found.checks

    def judge(self, rubric: Rubric, observations: Sequence[Observation]) -> list[list[Outcome]]:
        """The outcomes of each of ``observations``, in their order, shared among the workers."""
        size = self.share(len(observations))
        starts = range(0, len(observations), size)
        batches = (observations[start : start + size] for start in starts)
        return [outcomes for batch in self.judge_each(rubric, batches) for outcomes in batch]
