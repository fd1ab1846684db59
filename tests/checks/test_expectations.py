"""What a rubric may expect of numbers and of variables, beside one value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from grader.checks.numbers import nearest
from grader.model.fact import Found
from grader.model.observation import Mappings
from tests.observations import (
    a_function,
    a_mapping,
    a_queue,
    lab_rubric,
    only,
    reference,
    sum_function,
)
from tests.observations import expecting as expects

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.model.observation import Observation
    from grader.model.outcome import Outcome
    from grader.rubric.rubric import Rubric

    Judged = Callable[[Rubric, Observation], list[Outcome]]


def outcome(judged: Judged, name: str, expect: Any, **changes: Any) -> tuple[str, str]:
    rubric = expects(only(lab_rubric(), name), expect)
    (one,) = judged(rubric, reference(**changes))
    return one.outcome, one.message


NUMBERS: list[tuple[Any, int, str]] = [
    (128, 128, ""),
    (128, 129, "expected 128 MB, found 129 MB."),
    ({"at_least": 128}, 128, ""),
    ({"at_least": 128}, 512, ""),
    ({"at_least": 128}, 127, "expected at least 128 MB, found 127 MB."),
    ({"at_most": 128}, 128, ""),
    ({"at_most": 128}, 129, "expected at most 128 MB, found 129 MB."),
    ({"one_of": [128, 256]}, 256, ""),
    ({"one_of": [128, 256]}, 200, "expected one of 128, 256 MB, found 200 MB."),
]


@pytest.mark.parametrize(("expect", "found", "message"), NUMBERS)
def test_memory_is_compared_with_what_is_allowed(
    judged: Judged, expect: Any, found: int, message: str
) -> None:
    functions = sum_function(Found(a_function(memory_mb=found)))
    said = outcome(judged, "memory", expect, functions=functions)
    assert said == ("failed" if message else "passed", message)


@pytest.mark.parametrize(("found", "passes"), [(59, False), (60, True), (61, True)])
def test_so_is_the_timeout(judged: Judged, found: int, passes: bool) -> None:
    # The queue outlasts it, whatever it is.
    functions = sum_function(Found(a_function(timeout_s=found)))
    said, message = outcome(judged, "timeout", {"at_least": 60}, functions=functions)
    assert said == ("passed" if passes else "failed")
    assert message == ("" if passes else "expected at least 60 s, found 59 s.")


@pytest.mark.parametrize(
    ("expect", "found", "message"),
    [
        ({"visibility_timeout": 360}, 360, ""),
        ({"visibility_timeout": 360}, 60, "visibility timeout: expected 360 s, found 60 s."),
        (
            {"visibility_timeout": {"at_least": 360}},
            60,
            "visibility timeout: expected at least 360 s, found 60 s.",
        ),
        ({"visibility_timeout": {"at_most": 100}}, 60, ""),
        ({}, 60, ""),
    ],
)
def test_so_is_a_queues_visibility_timeout(
    judged: Judged, expect: Any, found: int, message: str
) -> None:
    queues = reference().queues | {"input": Found(a_queue(visibility_timeout_s=found))}
    said, told = outcome(judged, "input-queue", expect, queues=queues)
    assert said == ("failed" if message else "passed")
    assert told.startswith(message)


@pytest.mark.parametrize(
    ("expect", "found", "message"),
    [
        ({"batch_size": 1}, 1, ""),
        ({"batch_size": 1}, 10, "batch size: expected 1, found 10."),
        ({"batch_size": {"at_least": 5}}, 1, "batch size: expected at least 5, found 1."),
        ({"batch_size": {"one_of": [1, 10]}}, 10, ""),
        (None, 7, ""),
    ],
)
def test_so_is_a_mappings_batch_size(judged: Judged, expect: Any, found: int, message: str) -> None:
    mappings = reference().mappings | {
        "input": Found(Mappings((a_mapping(batch_size=found),))),
    }
    said = outcome(judged, "mapping", expect, mappings=mappings)
    assert said == ("failed" if message else "passed", message)


URL = "https://sqs.eu-west-3.amazonaws.com/111111111111/totals"
VARIABLES: list[tuple[Any, dict[str, Any], str, str]] = [
    ({"foo": "bar"}, {}, "passed", ""),
    ({"foo": "baz"}, {}, "failed", "expected foo = baz, found foo = bar."),
    ({"foo": {"any": True}}, {}, "passed", ""),
    (
        {"foo": {"any": True}},
        {"environment": Found({"foo": None})},
        "failed",
        "expected foo = any value, but the variable foo is not set.",
    ),
    (
        {"OUT": {"holds": "output"}},
        {"environment": Found({"OUT": URL}), "holding": {"output": ("OUT",)}},
        "passed",
        "",
    ),
    (
        {"OUT": {"holds": "output"}},
        {"environment": Found({"OUT": "queue1"}), "holding": {"output": ("URL",)}},
        "failed",
        "expected OUT to hold the URL, ARN or name of totals, found queue1.",
    ),
    (
        {"OUT": {"holds": "output"}},
        {"environment": Found({"OUT": None}), "holding": {"output": ()}},
        "failed",
        "expected OUT = the queue “output”, but the variable OUT is not set.",
    ),
    ({"*": {"holds": "output"}}, {"holding": {"output": ("ANY",)}}, "passed", ""),
    (
        {"*": {"holds": "output"}},
        {"holding": {"output": ()}},
        "failed",
        "expected a variable that holds the URL, ARN or name of totals, found none.",
    ),
    ({"*": {"any": True}}, {"variables": ("ANY",)}, "passed", ""),
    (
        {"*": {"any": True}},
        {"variables": ()},
        "failed",
        "expected an environment variable, found none.",
    ),
    # What an observation lacks is nobody's fault.
    ({"*": {"holds": "output"}}, {}, "ungraded", "Only the variables that checks name were"),
    ({"*": {"any": True}}, {}, "ungraded", "Only the variables that checks name were"),
    ({"foo": {"holds": "output"}}, {}, "ungraded", "Only the variables that checks name were"),
    ({"other": {"any": True}}, {}, "ungraded", "The variable “other” was not looked at"),
    # A certain failure comes first.
    (
        {"*": {"holds": "output"}, "foo": "baz"},
        {},
        "failed",
        "expected foo = baz, found foo = bar.",
    ),
]


@pytest.mark.parametrize(("expect", "has", "expected", "message"), VARIABLES)
def test_a_variable_is_compared_with_what_it_may_hold(
    judged: Judged, expect: Any, has: dict[str, Any], expected: str, message: str
) -> None:
    functions = sum_function(Found(a_function(**has)))
    said, told = outcome(judged, "environment", expect, functions=functions)
    assert (said, told.startswith(message)) == (expected, True), told


@pytest.mark.parametrize(
    ("expect", "number"),
    [
        (None, 128),
        (256, 256),
        ({"at_least": 64}, 128),
        ({"at_least": 512}, 512),
        ({"at_most": 64}, 64),
        ({"at_most": 512}, 128),
        ({"one_of": [512, 128]}, 512),
    ],
)
def test_the_exams_reference_has_a_number_that_is_allowed(expect: Any, number: int) -> None:
    assert nearest(expect, 128) == number
