from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader.checks.evidence import LINES, log_lines, of_invocation
from grader.model.evidence import Evidence
from grader.model.fact import Found, NotTried
from grader.model.observation import FunctionError, Invocation
from tests.aws_player import recorded
from tests.observations import a_pair, an_exchange, lab_rubric, only, reference, silent_pair

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.model.outcome import Outcome

    Judged = Callable[..., list[Outcome]]

KEYS = ("number1", "number2")
RAISED = FunctionError("KeyError", "'a'", "lambda_function.py", 16)
SENT = '{"number1": 100, "number2": 1000}'
UNTRIED = NotTried("handler", "The function did not answer one record.")


def of(judged: Judged, criterion: str, **changes: Any) -> Evidence | None:
    return judged(only(lab_rubric(), criterion), reference(**changes))[-1].evidence


def test_a_silent_function_shows_what_it_was_sent_what_it_returned_and_its_log(
    judged: Judged,
) -> None:
    silent = Invocation(
        (silent_pair(),), returned='{"statusCode": 500}', others=("hello",), log_tail="one\n\ntwo\n"
    )
    seen = of(judged, "handler", handler=Found(silent), records=UNTRIED, exchange=UNTRIED)
    assert seen == Evidence((SENT,), '{"statusCode": 500}', ("hello",), ("one", "two"))


def test_a_wrong_answer_is_shown_beside_the_pair_that_was_sent(judged: Judged) -> None:
    wrong = Invocation((a_pair(0, "joined", "1001000"),))
    seen = of(judged, "handler", handler=Found(wrong), records=UNTRIED, exchange=UNTRIED)
    assert seen == Evidence((SENT,), instead=("1001000",))


def test_several_records_are_all_shown(judged: Judged) -> None:
    three = Invocation((a_pair(0), silent_pair(1), silent_pair(2)))
    seen = of(judged, "records", records=Found(three))
    assert seen is not None
    assert len(seen.sent) == 3


def test_a_silent_pair_through_the_queue_is_shown(judged: Judged) -> None:
    seen = of(judged, "sums", exchange=Found(an_exchange(4, 1)))
    assert seen == Evidence(('{"number1": 180, "number2": 1200}',))


@pytest.mark.parametrize(
    "file", [f for f in recorded() if "Invoke" in f.answers], ids=lambda f: f.name
)
def test_nothing_that_lambda_writes_itself_is_in_the_log(file: Any) -> None:
    answer = file.answers["Invoke"]
    headers = answer[1] if isinstance(answer[0], int) else answer[0][1]
    log = base64.b64decode(headers.get("X-Amz-Log-Result", "")).decode()
    said = "\n".join(log_lines(log, raised=True))
    for words in ("RequestId", "8f507cfc", "REPORT", "Traceback", "/var/", "platform."):
        assert words not in said


LOGGED = """START RequestId: 8f507cfc-aaaa-4697-b07a-ac58fc914c95 Version: $LATEST
[INFO]\t2026-11-20T10:00:00.123Z\t8f507cfc-aaaa-4697-b07a-ac58fc914c95\tMessage envoyé
before
[ERROR] KeyError: 'a'
Traceback (most recent call last):
\u00a0\u00a0File "/var/task/lambda_function.py", line 16, in lambda_handler
\u00a0\u00a0\u00a0\u00a0x = m['a']
after
"""


def test_the_students_own_lines_stay_without_times_and_ids() -> None:
    assert log_lines(LOGGED, raised=True) == ("[INFO] Message envoyé", "before", "after")


def test_of_a_log_in_json_the_messages_stay() -> None:
    own = '{"timestamp": "2026-11-20T10:00:00Z", "level": "INFO", "message": "Message envoyé"}'
    platform = '{"time":"2026-11-20T10:00:00.000Z","type":"platform.start","record":{}}'
    printed = '{"body": 7}'
    log = f"{platform}\n{own}\n{printed}\n{{half\n"
    assert log_lines(log, raised=False) == ("Message envoyé", printed, "{half")


def test_a_traceback_that_the_student_printed_stays_where_nothing_was_raised() -> None:
    log = "Traceback (most recent call last):\n  File 'x'\nKeyError: 'a'\n"
    assert log_lines(log, raised=False)[-1] == "KeyError: 'a'"
    assert log_lines(log, raised=True) == ()


def test_evidence_is_bounded() -> None:
    long = Invocation(
        tuple(silent_pair(number) for number in range(50)),
        returned="x" * 5000,
        others=("y" * 5000,) * 9,
        log_tail=("z" * 5000 + "\n") * 50,
    )
    seen = of_invocation(long, KEYS)
    assert len(msgspec.json.encode(seen)) < 6000
    assert len(seen.log) == LINES
