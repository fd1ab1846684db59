"""Which checks make a function run, as far as that is known without a judge."""

from __future__ import annotations

from grader.model.kind import EXCHANGE
from grader.rubric.exercised import ONLY_LOOK
from tests.known_checks import known_checks


def test_the_checks_that_only_look_are_those_that_ask_for_nothing_else() -> None:
    look = {name for name, check in known_checks().items() if not {*check.needs} & {*EXCHANGE}}
    assert look == ONLY_LOOK, "put it into ONLY_LOOK (grader/rubric/exercised.py), or take it away"
