"""Kinds of weather. Each is a function of a few lines that answers one request of one account."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.fault_proxy import Dropped, Request, Response
from tests.weather.sky import changed, fields, refusal, with_fields

if TYPE_CHECKING:
    from tests.fault_proxy import Ask
    from tests.weather.sky import Kind, Weather

COUNTS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
INPUT = "input_queue"


def calm(_weather: Weather, request: Request, ask: Ask) -> Response:
    """Nothing happens."""
    return ask(request)


def beside(weather: Weather, request: Request, ask: Ask) -> Response:
    """Nothing happens but what another grader does, who sends and invokes too."""
    if request.operation in {"Invoke", "SendMessage"}:
        weather.note(request, "one of two graders")
    return ask(request)


def latency(weather: Weather, request: Request, ask: Ask) -> Response:
    """Each answer takes up to half a second more."""
    weather.wait(weather.between(0.05, 0.5))
    weather.note(request, "late")
    return ask(request)


def few(weather: Weather, request: Request, ask: Ask) -> Response:
    """SQS gives one message at a time."""
    if request.operation != "ReceiveMessage":
        return ask(request)
    weather.note(request, "one at most")
    return ask(with_fields(request, MaxNumberOfMessages=1))


def shuffled(weather: Weather, request: Request, ask: Ask) -> Response:
    """Messages come in another order."""
    if request.operation != "ReceiveMessage":
        return ask(request)

    def reverse(body: dict[str, Any]) -> None:
        came = body.get("Messages", [])
        came.reverse()
        if came:
            weather.note(request, f"{len(came)} the other way round")

    return changed(ask(request), reverse)


def empty(weather: Weather, request: Request, ask: Ask) -> Response:
    """A third of all receives comes back empty, although there are messages."""
    if request.operation == "ReceiveMessage" and weather.chance(1 / 3):
        weather.note(request, "empty")
        weather.wait(0.5)
        return Response(200, {"Content-Type": "application/x-amz-json-1.0"}, b"{}")
    return ask(request)


def delivered_twice(weather: Weather, request: Request, ask: Ask) -> Response:
    """What was received once is received once more, deleted or not."""
    response = ask(request)
    if request.operation != "ReceiveMessage":
        return response

    def again(body: dict[str, Any]) -> None:
        came = body.get("Messages", [])
        before = weather.memory.pop("messages", [])
        weather.memory["messages"] = came
        if before:
            weather.note(request, f"{len(before)} again")
            for message in before:
                message["Attributes"]["ApproximateReceiveCount"] = "2"
            body["Messages"] = [*came, *before][:10]

    return changed(response, again)


def invoked_twice(weather: Weather, request: Request, ask: Ask) -> Response:
    """Lambda runs a function twice, and SQS hands a message over twice."""
    if request.operation in {"Invoke", "SendMessage"} and weather.chance(0.5):
        weather.note(request, "twice")
        ask(request)
    return ask(request)


def lost(operation: str, weather: Weather, request: Request, ask: Ask) -> Response:
    """AWS does what it is asked, and its answer gets lost: the first, and a tenth of the others.

    Never three in a row: that would be an outage.
    """
    response = ask(request)
    if request.operation != operation:
        return response
    if (weather.turn == 1 or weather.chance(0.1)) and weather.memory.get("in a row", 0) < 2:
        weather.memory["in a row"] = weather.memory.get("in a row", 0) + 1
        weather.note(request, "answer lost")
        raise Dropped
    weather.memory["in a row"] = 0
    return response


def unavailable(weather: Weather, request: Request, ask: Ask) -> Response:
    """A tenth of all requests is answered with 503."""
    if weather.chance(0.1):
        weather.note(request, "503")
        return Response(503, {"Content-Type": "text/plain"}, b"Service Unavailable")
    return ask(request)


def drops(weather: Weather, request: Request, ask: Ask) -> Response:
    """A tenth of all connections is closed before AWS is asked."""
    if weather.chance(0.1):
        weather.note(request, "dropped")
        raise Dropped
    return ask(request)


def counts_late(
    seconds: float, which: str, weather: Weather, request: Request, ask: Ask
) -> Response:
    """Counts go down (``which`` is max) or up (min) so many seconds late."""
    response = ask(request)
    if request.operation != "GetQueueAttributes":
        return response
    queue, now = str(fields(request).get("QueueUrl")), weather.elapsed_s

    def late(body: dict[str, Any]) -> None:
        given = body.get("Attributes", {})
        for name in COUNTS:
            if name in given:
                seen = weather.memory.setdefault(f"{queue} {name}", [])
                seen.append((now, int(given[name])))
                recent = [count for at, count in seen if now - at <= seconds]
                given[name] = str(max(recent) if which == "max" else min(recent))
                weather.note(request, f"{name} {given[name]}, really {seen[-1][1]}")

    return changed(response, late)


def stale(seconds: float, weather: Weather, request: Request, ask: Ask) -> Response:
    """What was deleted or shown again counts as hidden for so many seconds more."""
    gone = weather.memory.setdefault("gone", [])
    if request.operation in {"DeleteMessage", "ChangeMessageVisibilityBatch"}:
        several = len(fields(request).get("Entries", [0]))
        gone.extend([weather.elapsed_s] * several)
    response = ask(request)
    if request.operation != "GetQueueAttributes":
        return response

    def more(body: dict[str, Any]) -> None:
        given = body.get("Attributes", {})
        still = sum(weather.elapsed_s - at < seconds for at in gone)
        if COUNTS[1] in given and still:
            weather.note(request, f"{still} more hidden")
            given[COUNTS[1]] = str(int(given[COUNTS[1]]) + still)

    return changed(response, more)


def dated(seconds: float, weather: Weather, request: Request, ask: Ask) -> Response:
    """Another host's ``Date`` is ahead of SQS's clock by so many seconds."""
    response = ask(request)
    headers = dict(response.headers)
    name = next((one for one in headers if one.lower() == "date"), None)
    if name is None or request.operation not in {"Invoke", "SendMessage", "GetQueueAttributes"}:
        return response
    # Whole seconds are sent: a clock that is a little ahead says the next one most of the time.
    shift = timedelta(seconds=seconds, milliseconds=999 if 0 < seconds < 1 else 0)
    at = parsedate_to_datetime(headers[name]) + shift
    headers[name] = format_datetime(at, usegmt=True)
    weather.note(request, f"Date {headers[name]}")
    return Response(response.status, headers, response.body)


def cold(weather: Weather, request: Request, ask: Ask) -> Response:
    """The first invocation takes ten seconds more."""
    if request.operation == "Invoke" and weather.turn == 1:
        weather.note(request, "cold")
        weather.wait(10)
    return ask(request)


def throttled(weather: Weather, request: Request, ask: Ask) -> Response:
    """Lambda has no room in the account for ten seconds."""
    if request.operation == "Invoke":
        began = weather.memory.setdefault("invoked", weather.elapsed_s)
        if weather.elapsed_s - began < 10:
            weather.note(request, "429")
            return _no_room("ConcurrentInvocationLimitExceeded")
    return ask(request)


def busy(weather: Weather, request: Request, ask: Ask) -> Response:
    """The function's own reserved concurrency leaves no room, in two fifths of all cases."""
    if request.operation == "Invoke" and weather.chance(0.4):
        weather.note(request, "429")
        return _no_room("ReservedFunctionConcurrentInvocationLimitExceeded")
    return ask(request)


def _no_room(reason: str) -> Response:
    return refusal(429, "TooManyRequestsException", Reason=reason, message="Rate Exceeded.")


def asleep(weather: Weather, request: Request, ask: Ask) -> Response:
    """The function is idle: the first invocation wakes it, which takes 45 seconds."""
    if request.operation == "Invoke":
        began = weather.memory.setdefault("invoked", weather.elapsed_s)
        if weather.elapsed_s - began < 45:
            weather.note(request, "409")
            response = (
                "ERROR: Lambda is initializing your function. It will be ready to invoke shortly."
            )
            return refusal(409, "CodeArtifactUserPendingException", Message=response)
    return ask(request)


def changing(weather: Weather, request: Request, ask: Ask) -> Response:
    """Function and mapping are still being made, for 20 seconds."""
    response = ask(request)
    if weather.elapsed_s >= 20:
        return response
    if request.operation == "GetFunctionConfiguration":
        weather.note(request, "Pending")
        return changed(response, lambda body: body.update(State="Pending"))
    if request.operation == "ListEventSourceMappings":
        weather.note(request, "Creating")
        return changed(
            response,
            lambda body: [one.update(State="Creating") for one in body["EventSourceMappings"]],
        )
    return response


def wakes_late(weather: Weather, request: Request, ask: Ask) -> Response:
    """The mapping hands over its first message after 40 seconds."""
    given = fields(request) if request.operation == "SendMessage" else {}
    if INPUT in str(given.get("QueueUrl")) and weather.turn == 1:
        weather.note(request, "handed over late")
        return ask(with_fields(request, DelaySeconds=max(1, round(40 * weather.scale))))
    return ask(request)


KINDS: dict[str, Kind] = {
    "latency": latency,
    "few": few,
    "shuffled": shuffled,
    "empty": empty,
    "delivered-twice": delivered_twice,
    "invoked-twice": invoked_twice,
    "lost-receive": partial(lost, "ReceiveMessage"),
    "lost-send": partial(lost, "SendMessage"),
    "lost-invoke": partial(lost, "Invoke"),
    "unavailable": unavailable,
    "drops": drops,
    "counts-down-late": partial(stale, 20),
    "counts-down-very-late": partial(stale, 60),
    "counts-up-late": partial(counts_late, 20, "min"),
    "date-a-little-ahead": partial(dated, 0.5),
    "date-ahead": partial(dated, 3600),
    "date-behind": partial(dated, -3600),
    "cold": cold,
    "throttled": throttled,
    "busy": busy,
    "asleep": asleep,
    "changing": changing,
    "wakes-late": wakes_late,
    "second-reader": calm,
    "late-counts-and-a-reader": partial(stale, 20),
    "another-grader": beside,
}
"""What the others bring who are at work in the last three, the season adds."""
