"""Kinds of weather. Each is a function of a few lines that answers one request of one account."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.aws_front import Asked, Dropped, Said
from tests.weather.sky import changed, fields, refusal, with_fields

if TYPE_CHECKING:
    from tests.aws_front import Ask
    from tests.weather.sky import Kind, Weather

COUNTS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
INPUT = "input_queue"


def calm(_weather: Weather, asked: Asked, ask: Ask) -> Said:
    """Nothing happens."""
    return ask(asked)


def beside(weather: Weather, asked: Asked, ask: Ask) -> Said:
    """Nothing happens but what another grader does, who sends and invokes too."""
    if asked.operation in {"Invoke", "SendMessage"}:
        weather.note(asked, "one of two graders")
    return ask(asked)


def latency(weather: Weather, asked: Asked, ask: Ask) -> Said:
    """Each answer takes up to half a second more."""
    weather.wait(weather.between(0.05, 0.5))
    weather.note(asked, "late")
    return ask(asked)


def few(weather: Weather, asked: Asked, ask: Ask) -> Said:
    """SQS gives one message at a time."""
    if asked.operation != "ReceiveMessage":
        return ask(asked)
    weather.note(asked, "one at most")
    return ask(with_fields(asked, MaxNumberOfMessages=1))


def shuffled(weather: Weather, asked: Asked, ask: Ask) -> Said:
    """Messages come in another order."""
    if asked.operation != "ReceiveMessage":
        return ask(asked)

    def reverse(body: dict[str, Any]) -> None:
        came = body.get("Messages", [])
        came.reverse()
        if came:
            weather.note(asked, f"{len(came)} the other way round")

    return changed(ask(asked), reverse)


def empty(weather: Weather, asked: Asked, ask: Ask) -> Said:
    """A third of all receives comes back empty, although there are messages."""
    if asked.operation == "ReceiveMessage" and weather.chance(1 / 3):
        weather.note(asked, "empty")
        weather.wait(0.5)
        return Said(200, {"Content-Type": "application/x-amz-json-1.0"}, b"{}")
    return ask(asked)


def delivered_twice(weather: Weather, asked: Asked, ask: Ask) -> Said:
    """What was received once is received once more, deleted or not."""
    said = ask(asked)
    if asked.operation != "ReceiveMessage":
        return said

    def again(body: dict[str, Any]) -> None:
        came = body.get("Messages", [])
        before = weather.memory.pop("messages", [])
        weather.memory["messages"] = came
        if before:
            weather.note(asked, f"{len(before)} again")
            for message in before:
                message["Attributes"]["ApproximateReceiveCount"] = "2"
            body["Messages"] = [*came, *before][:10]

    return changed(said, again)


def invoked_twice(weather: Weather, asked: Asked, ask: Ask) -> Said:
    """Lambda runs a function twice, and SQS hands a message over twice."""
    if asked.operation in {"Invoke", "SendMessage"} and weather.chance(0.5):
        weather.note(asked, "twice")
        ask(asked)
    return ask(asked)


def lost(operation: str, weather: Weather, asked: Asked, ask: Ask) -> Said:
    """AWS does what it is asked, and its answer gets lost: the first, and a tenth of the others.

    Never three in a row: that would be an outage.
    """
    said = ask(asked)
    if asked.operation != operation:
        return said
    if (weather.turn == 1 or weather.chance(0.1)) and weather.memory.get("in a row", 0) < 2:
        weather.memory["in a row"] = weather.memory.get("in a row", 0) + 1
        weather.note(asked, "answer lost")
        raise Dropped
    weather.memory["in a row"] = 0
    return said


def unavailable(weather: Weather, asked: Asked, ask: Ask) -> Said:
    """A tenth of all requests is answered with 503."""
    if weather.chance(0.1):
        weather.note(asked, "503")
        return Said(503, {"Content-Type": "text/plain"}, b"Service Unavailable")
    return ask(asked)


def drops(weather: Weather, asked: Asked, ask: Ask) -> Said:
    """A tenth of all connections is closed before AWS is asked."""
    if weather.chance(0.1):
        weather.note(asked, "dropped")
        raise Dropped
    return ask(asked)


def counts_late(seconds: float, which: str, weather: Weather, asked: Asked, ask: Ask) -> Said:
    """Counts go down (``which`` is max) or up (min) so many seconds late."""
    said = ask(asked)
    if asked.operation != "GetQueueAttributes":
        return said
    queue, now = str(fields(asked).get("QueueUrl")), weather.elapsed_s

    def late(body: dict[str, Any]) -> None:
        given = body.get("Attributes", {})
        for name in COUNTS:
            if name in given:
                seen = weather.memory.setdefault(f"{queue} {name}", [])
                seen.append((now, int(given[name])))
                recent = [count for at, count in seen if now - at <= seconds]
                given[name] = str(max(recent) if which == "max" else min(recent))
                weather.note(asked, f"{name} {given[name]}, really {seen[-1][1]}")

    return changed(said, late)


def stale(seconds: float, weather: Weather, asked: Asked, ask: Ask) -> Said:
    """What was deleted or shown again counts as hidden for so many seconds more."""
    gone = weather.memory.setdefault("gone", [])
    if asked.operation in {"DeleteMessage", "ChangeMessageVisibilityBatch"}:
        several = len(fields(asked).get("Entries", [0]))
        gone.extend([weather.elapsed_s] * several)
    said = ask(asked)
    if asked.operation != "GetQueueAttributes":
        return said

    def more(body: dict[str, Any]) -> None:
        given = body.get("Attributes", {})
        still = sum(weather.elapsed_s - at < seconds for at in gone)
        if COUNTS[1] in given and still:
            weather.note(asked, f"{still} more hidden")
            given[COUNTS[1]] = str(int(given[COUNTS[1]]) + still)

    return changed(said, more)


def dated(seconds: float, weather: Weather, asked: Asked, ask: Ask) -> Said:
    """Another host's ``Date`` is ahead of SQS's clock by so many seconds."""
    said = ask(asked)
    headers = dict(said.headers)
    name = next((one for one in headers if one.lower() == "date"), None)
    if name is None or asked.operation not in {"Invoke", "SendMessage", "GetQueueAttributes"}:
        return said
    # Whole seconds are sent: a clock that is a little ahead says the next one most of the time.
    shift = timedelta(seconds=seconds, milliseconds=999 if 0 < seconds < 1 else 0)
    at = parsedate_to_datetime(headers[name]) + shift
    headers[name] = format_datetime(at, usegmt=True)
    weather.note(asked, f"Date {headers[name]}")
    return Said(said.status, headers, said.body)


def cold(weather: Weather, asked: Asked, ask: Ask) -> Said:
    """The first invocation takes ten seconds more."""
    if asked.operation == "Invoke" and weather.turn == 1:
        weather.note(asked, "cold")
        weather.wait(10)
    return ask(asked)


def throttled(weather: Weather, asked: Asked, ask: Ask) -> Said:
    """Lambda has no room in the account for ten seconds."""
    if asked.operation == "Invoke":
        began = weather.memory.setdefault("invoked", weather.elapsed_s)
        if weather.elapsed_s - began < 10:
            weather.note(asked, "429")
            return _no_room("ConcurrentInvocationLimitExceeded")
    return ask(asked)


def busy(weather: Weather, asked: Asked, ask: Ask) -> Said:
    """The function's own reserved concurrency leaves no room, in two fifths of all cases."""
    if asked.operation == "Invoke" and weather.chance(0.4):
        weather.note(asked, "429")
        return _no_room("ReservedFunctionConcurrentInvocationLimitExceeded")
    return ask(asked)


def _no_room(reason: str) -> Said:
    return refusal(429, "TooManyRequestsException", Reason=reason, message="Rate Exceeded.")


def asleep(weather: Weather, asked: Asked, ask: Ask) -> Said:
    """The function is idle: the first invocation wakes it, which takes 45 seconds."""
    if asked.operation == "Invoke":
        began = weather.memory.setdefault("invoked", weather.elapsed_s)
        if weather.elapsed_s - began < 45:
            weather.note(asked, "409")
            said = (
                "ERROR: Lambda is initializing your function. It will be ready to invoke shortly."
            )
            return refusal(409, "CodeArtifactUserPendingException", Message=said)
    return ask(asked)


def changing(weather: Weather, asked: Asked, ask: Ask) -> Said:
    """Function and mapping are still being made, for 20 seconds."""
    said = ask(asked)
    if weather.elapsed_s >= 20:
        return said
    if asked.operation == "GetFunctionConfiguration":
        weather.note(asked, "Pending")
        return changed(said, lambda body: body.update(State="Pending"))
    if asked.operation == "ListEventSourceMappings":
        weather.note(asked, "Creating")
        return changed(
            said, lambda body: [one.update(State="Creating") for one in body["EventSourceMappings"]]
        )
    return said


def wakes_late(weather: Weather, asked: Asked, ask: Ask) -> Said:
    """The mapping hands over its first message after 40 seconds."""
    given = fields(asked) if asked.operation == "SendMessage" else {}
    if INPUT in str(given.get("QueueUrl")) and weather.turn == 1:
        weather.note(asked, "handed over late")
        return ask(with_fields(asked, DelaySeconds=max(1, round(40 * weather.scale))))
    return ask(asked)


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
