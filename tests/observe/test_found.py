"""Resources that are found by the part they play: in right accounts, and beside what looks like them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.resources.inventory import OF_AWS_ACADEMY
from tests.observing import exchange, observe_sandbox_account
from tests.own_names import RIGHT, Lab, found, how, own_names, why_not

if TYPE_CHECKING:
    from grader.model.observation import Observation
    from grader.sandbox.server import Sandbox

pytestmark = pytest.mark.slow  # tests/resources/test_find.py has one of each kind


@pytest.fixture
def lab(aws_sandbox: Sandbox, fresh_account: str) -> Lab:
    return Lab(aws_sandbox, fresh_account)


def seen(lab: Lab) -> Observation:
    """What is found there; nothing is run."""
    return observe_sandbox_account(lab.sandbox, lab.account, rubric=own_names(), may_exercise=False)


def test_a_right_lab_is_found_under_any_names_and_works(lab: Lab) -> None:
    lab.calculator()
    observed = observe_sandbox_account(lab.sandbox, lab.account, rubric=own_names())
    assert found(observed) == RIGHT
    assert how(observed) == {
        "sum": "which queue1 feeds",
        "input": "which feeds calculatrice",
        "output": "which the variable OUTPUT_QUEUE_URL of calculatrice names",
        "periodic": "which runs-minuteur runs: rate(1 hour)",
    }
    assert exchange(observed).answered == 5


def test_without_any_mapping_the_only_unscheduled_function_and_its_variable_tell(lab: Lab) -> None:
    lab.calculator(mapped=False)
    observed = seen(lab)
    assert found(observed) == RIGHT
    assert how(observed)["sum"] == "the only function that nothing runs periodically"
    assert how(observed)["input"] == "the only queue that no variable of the function names"


def test_leftovers_of_earlier_labs_are_told_from_what_is_routed(lab: Lab) -> None:
    lab.calculator()
    lab.function("hello")
    lab.queues("test-queue", "older")
    assert found(seen(lab)) == RIGHT


def test_leftovers_beside_a_lab_without_mapping_are_listed(lab: Lab) -> None:
    lab.calculator(mapped=False)
    lab.function("hello")
    observed = seen(lab)
    assert found(observed) == {**dict.fromkeys(RIGHT), "periodic": "minuteur"}
    said = why_not(observed, "sum")
    assert said.startswith("ambiguous: ")
    assert "calculatrice (which nothing runs periodically)" in said
    assert "hello (which nothing runs periodically)" in said


def test_a_dead_letter_queue_is_neither_an_output_queue_nor_what_feeds(lab: Lab) -> None:
    lab.queues("queue1", "queue2", "dead")
    lab.redrive("queue1", "dead")
    lab.function("calculatrice")
    lab.feed("queue1", "calculatrice")
    lab.function("mourner")
    lab.feed("dead", "mourner")
    observed = seen(lab)
    assert found(observed) == {**RIGHT, "periodic": None}
    assert how(observed)["output"] == "the only other queue"


def test_a_fifo_queue_is_no_candidate(lab: Lab) -> None:
    lab.queues("queue1", "queue2", "queue3.fifo")
    lab.function("calculatrice")
    lab.feed("queue1", "calculatrice")
    assert found(seen(lab))["output"] == "queue2"


def test_a_disabled_mapping_counts_only_where_none_is_enabled(lab: Lab) -> None:
    lab.calculator()
    lab.queues("older")
    lab.function("old")
    lab.feed("older", "old", enabled=False)
    lab.feed("older", "calculatrice", enabled=False)
    assert found(seen(lab)) == RIGHT


def test_a_mapping_that_is_disabled_still_tells(lab: Lab) -> None:
    lab.calculator(mapped=False)
    lab.feed("queue1", "calculatrice", enabled=False)
    lab.function("hello")
    assert found(seen(lab)) == RIGHT


def test_two_mapped_functions_are_listed_with_what_feeds_each(lab: Lab) -> None:
    lab.calculator()
    lab.queues("queue3")
    lab.function("other")
    lab.feed("queue3", "other")
    observed = seen(lab)
    assert found(observed)["sum"] is None
    said = why_not(observed, "sum")
    assert said.startswith("ambiguous: ")
    assert "calculatrice (which queue1 feeds)" in said
    assert "other (which queue3 feeds)" in said
    # What rests on the function rests on the same.
    assert why_not(observed, "input") == said
    assert observed.mappings["input"] == observed.functions["sum"]


def test_a_variable_that_names_the_input_queue_names_no_output_queue(lab: Lab) -> None:
    lab.queues("queue1", "queue2", "queue3")
    lab.function("calculatrice", SOURCE=lab.url("queue1"), TARGET=lab.arn("sqs", "queue2"))
    lab.feed("queue1", "calculatrice")
    observed = seen(lab)
    assert (found(observed)["input"], found(observed)["output"]) == ("queue1", "queue2")
    assert how(observed)["output"] == "which the variable TARGET of calculatrice names"


def test_only_the_input_queue_named_leaves_the_only_other_one(lab: Lab) -> None:
    lab.queues("queue1", "queue2")
    lab.function("calculatrice", SOURCE="queue1")
    lab.feed("queue1", "calculatrice")
    assert found(seen(lab))["output"] == "queue2"


@pytest.mark.parametrize("value", ["url", "arn", "old address", "another region"])
def test_another_accounts_queue_is_none_of_this_one(lab: Lab, value: str) -> None:
    lab.queues("queue1", "queue2", "queue3")
    elsewhere = {
        "url": f"{lab.sandbox.endpoint_url}/999999999999/queue3",
        "arn": f"arn:aws:sqs:{lab.sandbox.region}:999999999999:queue3",
        "old address": "https://queue.amazonaws.com/999999999999/queue3",
        "another region": f"https://sqs.eu-west-3.amazonaws.com/{lab.account}/queue3",
    }
    lab.function("calculatrice", THEIRS=elsewhere[value], OURS=lab.url("queue2"))
    lab.feed("queue1", "calculatrice")
    assert found(seen(lab))["output"] == "queue2"


@pytest.mark.parametrize(
    "address", ["https://sqs.us-east-1.amazonaws.com", "https://queue.amazonaws.com"]
)
def test_a_queues_address_at_aws_is_its_address(lab: Lab, address: str) -> None:
    lab.queues("queue1", "queue2", "queue3")
    lab.function("calculatrice", OUT=f"{address}/{lab.account}/queue2")
    lab.feed("queue1", "calculatrice")
    assert found(seen(lab))["output"] == "queue2"


def test_a_variable_of_another_function_names_nothing(lab: Lab) -> None:
    lab.queues("queue1", "queue2")
    lab.function("calculatrice")
    lab.feed("queue1", "calculatrice")
    lab.function("hello", OUT=lab.url("queue1"))
    observed = seen(lab)
    assert found(observed)["output"] == "queue2"
    assert how(observed)["output"] == "the only other queue"


def test_what_academy_puts_into_every_account_is_no_candidate(lab: Lab) -> None:
    lab.calculator(mapped=False)
    for name in (*OF_AWS_ACADEMY, "RedshiftOverwatch", "MainMonitoringFunction"):
        lab.function(name)
    lab.rule("MainMonitoringFunction")
    lab.queues("monitored")
    lab.feed("monitored", "RedshiftOverwatch")
    lab.redrive("queue1", "monitored")
    assert found(seen(lab)) == RIGHT


def test_two_periodic_functions_are_listed_with_what_runs_each(lab: Lab) -> None:
    lab.calculator()
    lab.function("horloge")
    lab.schedule("horloge")
    observed = seen(lab)
    assert found(observed) == {**RIGHT, "periodic": None}
    said = why_not(observed, "periodic")
    assert said.startswith("ambiguous: ")
    assert "minuteur (which runs-minuteur runs: rate(1 hour))" in said
    assert "horloge (which runs-horloge runs: rate(1 hour))" in said


def test_what_a_disabled_rule_runs_counts_only_where_no_other_runs(lab: Lab) -> None:
    lab.calculator()
    lab.function("horloge")
    lab.rule("horloge", enabled=False)
    assert found(seen(lab)) == RIGHT


def test_a_fed_function_that_also_runs_periodically_plays_both_parts_where_no_other_does(
    lab: Lab,
) -> None:
    lab.queues("queue1", "queue2")
    lab.function("calculatrice", OUT=lab.url("queue2"))
    lab.feed("queue1", "calculatrice")
    lab.rule("calculatrice")
    assert found(seen(lab)) == {**RIGHT, "periodic": "calculatrice"}
    lab.function("minuteur")
    lab.rule("minuteur")
    assert found(seen(lab)) == RIGHT


def test_a_periodic_function_that_is_fed_beside_the_other_is_listed(lab: Lab) -> None:
    lab.calculator()
    lab.queues("ticks")
    lab.feed("ticks", "minuteur")
    said = why_not(seen(lab), "sum")
    assert said.startswith("ambiguous: ")
    assert "minuteur (which ticks feeds)" in said


def test_in_an_empty_account_nothing_is_found_and_the_function_is_why(lab: Lab) -> None:
    observed = seen(lab)
    assert why_not(observed, "sum").startswith("missing: There is no function that could be")
    assert why_not(observed, "periodic").startswith("missing: There is no function that could be")
    for role in ("input", "output"):
        assert observed.queues[role].because == "functions.sum"  # type: ignore[union-attr]


def test_many_candidates_are_counted_and_not_all_listed(lab: Lab) -> None:
    for number in range(8):
        lab.function(f"hello-{number}")
    said = why_not(seen(lab), "sum")
    assert said.count("hello-") == 5
    assert "and 3 more." in said
