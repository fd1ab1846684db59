"""What a human is told of a run besides its facts. Flags cost no points."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.model.fact import value_of

if TYPE_CHECKING:
    from grader.model.fact import Fact
    from grader.model.observation import Exchange, Invocation
    from grader.observe.output import OutputQueue

_COMES_BACK = frozenset({"raised", "timed-out", "reported"})
"""Failures after which SQS brings the message back, whether or not it was answered."""


def flags_of(
    handler: Fact[Invocation],
    records: Fact[Invocation],
    exchange: Fact[Exchange],
    output: OutputQueue,
    *,
    sent: bool,
    left_behind: bool,
) -> set[str]:
    """The flags of a run: ``sent`` something through the input queue, ``left_behind`` of it perhaps."""
    made, through = value_of(handler), value_of(exchange)
    failure = made.failure if made is not None and made.answered and not made.inconclusive else None
    flags = {
        "foreign-messages": bool(output.tally.foreign),
        "earlier-answers": bool(output.tally.earlier),
        "answers-left-behind": output.left_behind,
        "raises-after-answer": failure == "raised",
        "direct-inconclusive": _by_queue(made, value_of(records), through),
        "several-answers": output.several_answers,
        "pair-left-behind": left_behind
        or (sent and (failure in _COMES_BACK or _reported_again(made, through))),
    }
    return {name for name, is_so in flags.items() if is_so}


def _reported_again(handler: Invocation | None, exchange: Exchange | None) -> bool:
    """What it reported as failed directly it did not answer through the queue either."""
    if handler is None or exchange is None or handler.failure != "reported":
        return False
    return not all(pair.answered for pair in exchange.pairs)


def _by_queue(
    handler: Invocation | None, records: Invocation | None, exchange: Exchange | None
) -> bool:
    """Sums came through the queue, and decided what invoking directly did not show."""
    if handler is None or exchange is None or not exchange.answered:
        return False
    decided = records is not None and records.inconclusive
    return handler.inconclusive or not handler.answered or decided
