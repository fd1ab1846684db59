"""What stands in the way of exercising a function: nothing to try it with, or a loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from grader.i18n.language import N_
from grader.i18n.message import Message, message
from grader.model.fact import Fact, Found, Missing, NotTried, Unknown
from grader.model.failed_function import failed_by_aws
from grader.rubric.exchange import DEFAULT_ROUTE, Route

if TYPE_CHECKING:
    from grader.model.observation import Function, Mappings, Queue

T = TypeVar("T")

BEING_UPDATED = Unknown.saying("not-ready", N_("The function was being updated."))
BEING_CHANGED = Unknown.saying(
    "not-ready", N_("AWS was still changing another event source mapping of the input queue.")
)


@dataclass(frozen=True)
class Stage:
    """What was seen of the things an exchange needs, before it starts.

    ``route`` has the rubric's names of them.
    """

    function: Fact[Function]
    function_ready: bool
    input_name: str
    input: Fact[Queue]
    input_url: str | None
    output: Fact[Queue]
    output_url: str | None
    input_mappings: Fact[Mappings]
    output_mappings: Fact[Mappings]
    route: Route = DEFAULT_ROUTE

    @property
    def function_path(self) -> str:
        """The path of the function's fact, for what is not tried because of it."""
        return f"functions.{self.route.through}"

    @property
    def output_path(self) -> str:
        """The same of the output queue."""
        return f"queues.{self.route.to}"


def obstacle(stage: Stage) -> NotTried | Unknown | None:
    """Why nothing can be tried at all. What is certain comes before what is unknown."""
    function, output = stage.function, stage.output
    if isinstance(function, Missing):
        return NotTried.after(stage.function_path, function)
    if isinstance(output, Missing):
        return NotTried.after(stage.output_path, output)
    if isinstance(function, Found) and function.value.state == "Failed":
        failed = N_("{function} is in state Failed.")
        return failed_by_aws(function.value) or NotTried.saying(
            stage.function_path, failed, function=function.value.name
        )
    # Without the output queue's mappings nobody knows whether an answer would come round again.
    for fact in (function, output, stage.input, stage.output_mappings):
        if isinstance(fact, Unknown):
            return fact
    mappings = stage.input_mappings
    if isinstance(mappings, Unknown) and mappings.kind != "not-ready":
        return mappings
    if stage.function_ready:
        return None
    return BEING_UPDATED


def loop(stage: Stage) -> Message | None:
    """Why a message could come round again for ever; ``None`` where it could not."""
    output, mappings = found_value(stage.output), found_value(stage.output_mappings)
    if isinstance(stage.input, Found) and stage.input.value.arn == output.arn:
        both = N_("{queue} is both the input and the output queue.")
        return message(both, queue=output.name)
    function = found_value(stage.function).name
    if function in mappings.live_functions:
        return message(
            N_(
                "{queue} triggers {function}, so an answer could come round for ever. "
                "Nothing was sent."
            ),
            queue=output.name,
            function=function,
        )
    return None


def consumer(stage: Stage) -> Unknown | None:
    """The Unknown for an output queue that feeds another function; ``None`` if it feeds none.

    What that function does is not known, and an answer that it took would look like none.
    """
    readers = found_value(stage.output_mappings).live_functions
    if not readers:
        return None
    return Unknown.saying(
        "disturbed",
        N_(
            "{queue} triggers {function}, which takes the answers away: nothing was sent. Disable or"
            " delete that trigger (the event source mapping from {queue} to {function}), then check"
            " again."
        ),
        queue=found_value(stage.output).name,
        function=", ".join(readers),
    )


def found_value(fact: Fact[T]) -> T:
    """The value of a fact that :func:`obstacle` made sure of."""
    if not isinstance(fact, Found):
        raise TypeError(f"not found: {fact}")
    return fact.value
