from __future__ import annotations

import json

import pytest

from grader.observation import FunctionError
from grader.observe.failure import LOG_TAIL, function_error, log_tail, made_up_handle, timed_out

AWS_PAYLOAD = json.dumps(
    {
        "errorMessage": "'number1'",
        "errorType": "KeyError",
        "stackTrace": [
            '  File "/var/task/lambda_function.py", line 6, in lambda_handler\n    a = m["number1"]\n'
        ],
    }
).encode()

SANDBOX_PAYLOAD = b'{"errorType": "Runtime.HandlerError", "errorMessage": "failed"}'
SANDBOX_LOG = """a line of the student's
Traceback (most recent call last):
  File "/somewhere/_worker.py", line 128, in run
    result = handler(event, context)
  File "/somewhere/code/lambda_function.py", line 6, in lambda_handler
    a = m["number1"]
        ~^^^^^^^^^^^
KeyError: 'number1'
"""


@pytest.mark.parametrize(
    ("payload", "log"), [(AWS_PAYLOAD, ""), (SANDBOX_PAYLOAD, SANDBOX_LOG)], ids=["aws", "sandbox"]
)
def test_the_exception_and_the_students_line_are_found(payload: bytes, log: str) -> None:
    error = function_error(payload, log)
    assert error == FunctionError("KeyError", "'number1'", "lambda_function.py", 6)


def test_the_students_line_is_named_where_a_library_raised() -> None:
    trace = [
        '  File "/var/task/lambda_function.py", line 9, in lambda_handler\n',
        '  File "/var/lang/lib/python3.8/site-packages/botocore/client.py", line 530, in _api\n',
    ]
    payload = json.dumps({"errorType": "X", "errorMessage": "y", "stackTrace": trace}).encode()
    error = function_error(payload, "")
    assert (error.file, error.line) == ("lambda_function.py", 9)


@pytest.mark.parametrize(
    "payload", [b"", b"null", b"[]", b"\xff", b"[" * 50_000, b'{"stackTrace": 7}']
)
def test_any_payload_gives_an_error_and_never_raises(payload: bytes) -> None:
    assert function_error(payload, "").kind


def test_both_ways_to_say_timed_out_are_understood() -> None:
    assert timed_out(
        FunctionError("Sandbox.Timedout", "RequestId: x Error: Task timed out after 3.00 s")
    )
    assert timed_out(FunctionError("Error", "2026-01-01 Task timed out after 3.00 seconds"))
    assert not timed_out(FunctionError("KeyError", "'a'"))


def test_a_made_up_receipt_handle_is_told_from_a_fault_of_the_student() -> None:
    said = "An error occurred (ReceiptHandleIsInvalid) when calling the DeleteMessage operation"
    assert made_up_handle(FunctionError("ClientError", said))
    assert not made_up_handle(FunctionError("ClientError", "An error occurred (AccessDenied)"))


def test_half_a_secret_at_the_start_of_a_cut_log_is_dropped() -> None:
    log = "hunter2-half-of-a-value'})\n" + "x y\n" * LOG_TAIL
    assert "hunter2" not in log_tail(log[: LOG_TAIL + 10])
