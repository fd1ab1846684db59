"""What is asked of the event source mapping between a queue and a function."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

import msgspec

from grader.checks import fail, message, shown
from grader.checks.numbers import Number, check_number, number_in_words
from grader.i18n.language import N_
from grader.model.fact import Found

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.checks import Message
    from grader.model.fact import Fact
    from grader.model.observation import Exchange, Mapping, Mappings

_SOMEBODYS = re.compile(r"user.?(initiated|action)", re.IGNORECASE)
"""What AWS gives for a reason where the account's owner did it."""


class Batches(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``batch_size``: how many messages the mapping hands over at once, if that is asked for."""

    batch_size: Number | None = None


def check_mappings(
    found: Mappings,
    queue: str,
    function: str,
    exchange: Fact[Exchange],
    expect: Batches | None,
    instead: Message | None = None,
) -> None:
    """Fail unless the queue feeds the function, alone, and lets everything through.

    What AWS was still changing fails nothing: :func:`being_changed` says what that is.
    ``queue`` and ``function`` are AWS's names; ``instead`` says what else may be meant.
    """
    named = {"queue": queue, "function": function}
    ours = [mapping for mapping in found.of_queue if mapping.function_name == function]
    others = sorted({*found.enabled_functions} - {function})
    if not ours:
        _no_mapping(found, queue, function, instead)
    if others:
        fail(
            N_(
                "expected {queue} to feed {function} alone, but it also feeds {others}: each message"
                " goes to only one of them."
            ),
            expected=[function],
            actual=[function, *others],
            hint=N_("Remove the event source mapping of the other function."),
            others=others,
            **named,
        )
    enabled = [mapping for mapping in ours if mapping.state == "Enabled"]
    if not enabled:
        _not_enabled(ours, named)
    filters = [text for mapping in enabled for text in mapping.filters]
    if filters and isinstance(exchange, Found) and exchange.value.filtered:
        fail(
            N_(
                "expected every message of {queue} to reach {function}, but the filter {filter} holds"
                " them back."
            ),
            actual=filters,
            hint=N_("Remove the filter criteria of the event source mapping."),
            filter=shown(filters[0]),
            **named,
        )
    if expect is not None and expect.batch_size is not None:
        for mapping in enabled:
            check_number(
                mapping.batch_size,
                expect.batch_size,
                what=N_("batch size"),
                hint=message(
                    N_(
                        "Set the batch size of the event source mapping to {expected} (batch_size in"
                        " your stack), then deploy again."
                    ),
                    expected=number_in_words(expect.batch_size),
                ),
            )


def hands_over_one_by_one(mappings: Fact[Mappings], function: str) -> bool:
    """Every enabled mapping to ``function`` has batches of one record, and there is one."""
    of_queue = mappings.value.of_queue if isinstance(mappings, Found) else ()
    sizes = {m.batch_size for m in of_queue if m.function_name == function and m.state == "Enabled"}
    return sizes == {1}


def _not_enabled(ours: Sequence[Mapping], named: dict[str, str]) -> NoReturn:
    told = next((mapping for mapping in ours if _why(mapping)), None)
    if told is None:
        fail(
            N_(
                "expected the event source mapping from {queue} to {function} to be Enabled, found"
                " {actual}."
            ),
            expected="Enabled",
            actual=ours[0].state,
            hint=N_(
                "Enable the event source mapping (enabled in your stack; Configuration, Triggers in"
                " the console)."
            ),
            **named,
        )
    fail(
        N_(
            "expected the event source mapping from {queue} to {function} to be Enabled, found"
            " {actual}. AWS says: {reason}"
        ),
        expected="Enabled",
        actual=told.state,
        hint=N_("Fix what AWS names, then enable the event source mapping."),
        reason=_why(told),
        **named,
    )


def _why(mapping: Mapping) -> str:
    """Why AWS itself stopped it, in its words, or what went wrong last; empty where somebody did."""
    if mapping.state_reason and not _SOMEBODYS.match(mapping.state_reason):
        return mapping.state_reason
    return mapping.problem


def being_changed(found: Mappings, function: str) -> Mapping | None:
    """A mapping that may hand messages to another function, or not: AWS was still changing it."""
    others = {*found.live_functions} - {*found.enabled_functions, function}
    return next((m for m in found.of_queue if m.live and m.function_name in others), None)


def _no_mapping(found: Mappings, queue: str, function: str, instead: Message | None) -> None:
    named = {"queue": queue, "function": function}
    add = message(N_("Add an event source mapping from {queue} to {function}."), **named)
    hint = instead or add
    if found.elsewhere:
        elsewhere = list(found.elsewhere)
        fail(
            N_("expected {queue} to feed {function}, but {function} reads from {elsewhere}."),
            expected=queue,
            actual=elsewhere,
            hint=hint,
            elsewhere=elsewhere,
            **named,
        )
    others = sorted(found.enabled_functions)
    if others:
        but = N_("expected {queue} to feed {function}, but it feeds {others}.")
        either = N_(
            "Add an event source mapping from {queue} to {function}. If {others} is what you handed in,"
            " say so to your instructor, or with grader check --use."
        )
        hint = instead or message(either, others=others, **named)
        fail(but, expected=function, actual=others, hint=hint, others=others, **named)
    nothing = N_("expected {queue} to feed {function}, found no event source mapping.")
    fail(nothing, expected=function, hint=hint, **named)
