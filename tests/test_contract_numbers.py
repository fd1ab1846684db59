"""Numbers that students and instructors are promised: whoever changes one in the code changes a promise.

Elsewhere tests take these numbers from the code, or make them smaller so that nobody waits.
"""

from __future__ import annotations

from importlib import import_module

import pytest

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("module", "name", "number"),
    [
        pytest.param(module, name, number, id=f"{module}.{name}")
        for module, numbers in {
            "aws.bounds": {
                "MOST_BYTES_OF_ANSWER": 8 * MIB,
                "MOST_BYTES_OF_MESSAGES": 24 * MIB,
                "MOST_PAGES_OF_ANSWERS": 100,
            },
            "commands.desk": {"LOOPBACK": "127.0.0.1", "PORT": 8443},
            "commands.options": {"CONFIRM_S": 30},
            "desk.requests": {"MOST_BYTES_OF_REQUEST": 16 * 1024},
            "desk.runs": {"BETWEEN_S": 20},
            "judging.pool": {"AT_A_TIME": 200},
            "observe.clock": {"ON_THE_WAY_S": 1, "DATE_SLACK_S": 5},
            "observe.exchange": {"IMPATIENT_S": 8, "AT_ONCE_S": 20},
            "observe.exercise": {"RECORDS": 3, "MOST_IN_QUEUE_S": 400},
            "observe.invocation": {
                "ANSWER_APPEARS_S": 5,
                "GRACE_S": 10,
                "HELD_S": 150,
                "RAISED_APPEARS_S": 2,
            },
            "observe.output": {"DUPLICATES_S": 2, "QUOTED": 3},
            "observe.repeat": {"PAIR_ATTEMPTS": 3},
            "observe.which_output": {"MOST_CANDIDATES": 5},
            "resources.ready": {"READY_S": 60, "TOGETHER_S": 240},
        }.items()
        for name, number in numbers.items()
    ],
)
def test_a_number_that_is_promised_is_the_code_s(module: str, name: str, number: object) -> None:
    assert getattr(import_module(f"grader.{module}"), name) == number
