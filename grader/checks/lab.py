"""The lab's checks. Each docstring is the line a student reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from grader.checks import block, check, fail, required, ungrade
from grader.checks.configuration import (
    AtLeast,
    Visible,
    check_runtime,
    check_standard,
    check_visibility,
)
from grader.checks.delivery import check_answer, check_handler, check_records
from grader.checks.environment import ExpectedVariables, Variable, check_environment
from grader.checks.naming import check_name, step_to_make
from grader.checks.numbers import Bounds, Number, check_number, number_in_words
from grader.checks.routing import (
    Batches,
    being_changed,
    check_mappings,
    hands_over_one_by_one,
)
from grader.checks.triggers import TriggerWays, check_schedule
from grader.i18n.language import N_
from grader.i18n.message import message
from grader.model.fact import Missing, Unknown
from grader.model.failed_function import failed_by_aws

if TYPE_CHECKING:
    from grader.checks.case import Case
    from grader.model.fact import Fact
    from grader.model.observation import (
        Exchange,
        Function,
        Invocation,
        Mappings,
        Queue,
        Runs,
        Schedule,
    )


@check("function_exists", on="function", explains="functions")
def test_function_exists(case: Case, function_fact: Fact[Function]) -> None:
    """The function {function} exists."""
    if isinstance(function_fact, Missing):
        hint = step_to_make(case, case.bound.target, "function", function_fact)
        fail(function_fact.words, hint=hint)
    function = required(function_fact, f"functions.{case.bound.target}")
    by_aws = failed_by_aws(function)
    if function.state == "Failed" and by_aws is None:
        # before its name: nothing that it does is judged
        fail(
            N_("expected the function to be ready, found it failed: {reason}"),
            expected="Active",
            actual="Failed",
            hint=N_("Fix what AWS names there, then deploy the function again."),
            reason=function.state_reason,
        )
    check_name(case, case.bound.target, "function")
    if by_aws is not None:
        ungrade(by_aws.kind, by_aws.words)


@check("function_runtime", on="function", expect=AtLeast)
def test_function_runtime(function: Function, expect: AtLeast) -> None:
    """The function runs on {expect}."""
    check_runtime(function, expect)


@check("function_memory", on="function", expect=Number)
def test_function_memory(function: Function, expect: int | Bounds) -> None:
    """The function has {expect} MB of memory."""
    set_it = N_(
        "Set it to {expected} MB: memory_size in your stack, then deploy again; or, in the Lambda"
        " console, Configuration, General configuration, Edit."
    )
    hint = message(set_it, expected=number_in_words(expect))
    check_number(function.memory_mb, expect, unit=N_("MB"), hint=hint)


@check("function_timeout", on="function", expect=Number)
def test_function_timeout(function: Function, expect: int | Bounds) -> None:
    """The function may run for {expect} seconds."""
    set_it = N_(
        "Set it to {expected} s: timeout in your stack, then deploy again; or, in the Lambda"
        " console, Configuration, General configuration, Edit."
    )
    hint = message(set_it, expected=number_in_words(expect))
    check_number(function.timeout_s, expect, unit=N_("s"), hint=hint)


@check(
    "function_environment", on="function", expect=dict[str, ExpectedVariables], environment="expect"
)
def test_function_environment(
    case: Case, function: Function, expect: dict[str, ExpectedVariables]
) -> None:
    """The function has the environment variables {expect}."""
    held = {v.queue for v in expect.values() if isinstance(v, Variable) and v.queue is not None}
    for queue in sorted(held):
        fact = case.fact("queues", queue)
        if isinstance(fact, Unknown):  # which one is meant is open
            ungrade(fact.kind, fact.words)
    queues = {queue: case.name(queue) for queue in held}
    check_environment(function, f"functions.{case.bound.target}", expect, queues)


@check("queue_exists", on="queue", expect=Visible | None, explains="queues")
def test_queue_exists(
    case: Case,
    queue_fact: Fact[Queue],
    fed_function_fact: Fact[Function] | None,
    expect: Visible | None,
) -> None:
    """The queue {queue} exists."""
    if isinstance(queue_fact, Missing):
        hint = step_to_make(case, case.bound.source, "queue", queue_fact)
        fail(queue_fact.words, hint=hint)
    queue = required(queue_fact, f"queues.{case.bound.source}")
    check_standard(queue)  # before its name: nothing goes through another one
    check_name(case, case.bound.source, "queue")
    check_visibility(case, queue, fed_function_fact, expect)


@check("mapping_enabled", on="queue -> function", expect=Batches | None, explains="mappings")
def test_mapping_enabled(
    case: Case,
    function_fact: Fact[Function],
    queue_fact: Fact[Queue],
    mappings_fact: Fact[Mappings],
    exchange_if_seen: Fact[Exchange],
    expect: Batches | None,
) -> None:
    """The queue {queue} feeds the function {function}."""
    function, queue = f"functions.{case.bound.target}", f"queues.{case.bound.source}"
    if isinstance(function_fact, Missing):
        block(function, function_fact.words)
    if isinstance(queue_fact, Missing):
        block(queue, queue_fact.words)
    mappings = required(mappings_fact, f"mappings.{case.bound.source}")
    one = (
        len(mappings.enabled_functions) == 1 and case.target_name not in mappings.enabled_functions
    )
    if one and case.may_be_another(case.bound.target):
        required(function_fact, function)  # the one that is fed may be the one that is meant
    check_mappings(
        mappings,
        case.source_name,
        case.target_name,
        exchange_if_seen,
        expect,
        case.instead(case.bound.source, case.bound.target),
    )
    changing = being_changed(mappings, case.target_name)
    if changing is not None:
        still = N_("The event source mapping from {queue} to {function} was still {state}.")
        other = {"function": changing.function_name, "state": changing.state}
        ungrade("not-ready", message(still, queue=case.source_name, **other))
    required(function_fact, function)
    required(queue_fact, queue)


@check("handler_adds", on="function", explains="handler")
def test_handler_adds(
    case: Case, invocation_fact: Fact[Invocation], exchange_fact: Fact[Exchange]
) -> None:
    """The function {function} adds the two numbers of a message."""
    check_handler(invocation_fact, exchange_fact, case.step_context)


@check("handler_answers", on="function", explains="handler")
def test_handler_answers(
    case: Case, invocation_fact: Fact[Invocation], exchange_fact: Fact[Exchange]
) -> None:
    """The function {function} answers a message."""
    check_handler(invocation_fact, exchange_fact, case.step_context)


class Records(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``loop``: an event with several records is to be answered even where Lambda never makes one."""

    loop: bool = False


@check("handler_reads_all_records", on="function", expect=Records | None)
def test_handler_reads_all_records(
    case: Case,
    records_fact: Fact[Invocation],
    invocation_fact: Fact[Invocation],
    exchange_fact: Fact[Exchange],
    expect: Records | None,
) -> None:
    """The function {function} answers every record of an event."""
    loop = expect is not None and expect.loop
    one_by_one = not loop and hands_over_one_by_one(case.exchange_mappings, case.target_name)
    check_records(
        records_fact, invocation_fact, exchange_fact, case.step_context, one_by_one=one_by_one
    )


@check("sums_arrive", on="queue -> queue", explains="exchange")
def test_sums_arrive(
    case: Case, pair_number: int, exchange: Exchange, invocation_fact: Fact[Invocation]
) -> None:
    """Sum {pair_number}: a pair sent to {queue} is answered on {target_queue}."""
    _check_arrives(case, pair_number, exchange, invocation_fact)


@check("answers_arrive", on="queue -> queue", explains="exchange")
def test_answers_arrive(
    case: Case, pair_number: int, exchange: Exchange, invocation_fact: Fact[Invocation]
) -> None:
    """Answer {pair_number}: a message sent to {queue} is answered on {target_queue}."""
    _check_arrives(case, pair_number, exchange, invocation_fact)


def _check_arrives(case: Case, number: int, exchange: Exchange, handler: Fact[Invocation]) -> None:
    mapping = f"mappings.{case.bound.source}"
    check_answer(number, exchange, handler, mapping, case.step_context)


@check("schedule_enabled", on="function", expect=TriggerWays, explains="schedules")
def test_schedule_enabled(
    case: Case, function_fact: Fact[Function], schedule_fact: Fact[Schedule], expect: TriggerWays
) -> None:
    """The function {function} is run periodically."""
    if isinstance(function_fact, Missing):
        fail(function_fact.words, hint=N_("Create the function, and a rule that runs it."))
    if isinstance(schedule_fact, Missing):
        fail(schedule_fact.words, hint=N_("Create a rule that runs the function."))
    check_schedule(
        required(schedule_fact, f"schedules.{case.bound.target}"),
        case.target_name,
        expect,
        case.instead(case.bound.target),
    )
    required(function_fact, f"functions.{case.bound.target}")


@check("schedule_runs", on="function")
def test_schedule_runs(runs: Runs) -> None:
    """The log of {function} shows a run since its schedule was made."""
    if not runs.seen:  # a log that is late must not cost points
        late = N_("No run was found in the log group {log_group}.")
        ungrade("not-ready", message(late, log_group=runs.log_group))
