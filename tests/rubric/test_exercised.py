"""Which checks make a function run, as far as that is known without a judge."""

from __future__ import annotations

from grader.rubric.exercised import ONLY_LOOK
from tests.known_checks import known_checks


def test_the_checks_of_which_reports_say_nothing_only_look() -> None:
    look = {name for name, check in known_checks().items() if check.only_looks}
    assert look >= ONLY_LOOK, "it makes a function run: take it away from ONLY_LOOK"
