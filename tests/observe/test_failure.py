from __future__ import annotations

import json
import multiprocessing

import pytest

from grader.model.observation import FunctionError
from grader.observe.failure import (
    LOG_TAIL,
    MESSAGE,
    function_error,
    log_tail,
    met_made_up_handle,
    returned,
    timed_out,
)
from grader.observe.invocation import PAYLOAD_LIMIT

AWS_PAYLOAD = json.dumps(
    {
        "errorMessage": "'number1'",
        "errorType": "KeyError",
        "stackTrace": [
            '  File "/var/task/lambda_function.py", line 6, in lambda_handler\n    a = m["number1"]\n'
        ],
    }
).encode()

THEIR_KEY_ERROR = FunctionError(
    "KeyError", "'number1'", "lambda_function.py", 6, 'a = m["number1"]'
)

SANDBOX_PAYLOAD = b'{"errorType": "Runtime.HandlerError", "errorMessage": "\'number1\'"}'
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
    assert error == THEIR_KEY_ERROR


def test_the_students_line_is_named_where_a_library_raised() -> None:
    trace = [
        '  File "/var/task/lambda_function.py", line 9, in lambda_handler\n',
        '  File "/var/lang/lib/python3.8/site-packages/botocore/client.py", line 530, in _api\n',
    ]
    payload = json.dumps({"errorType": "X", "errorMessage": "y", "stackTrace": trace}).encode()
    error = function_error(payload, "")
    assert (error.file, error.line) == ("lambda_function.py", 9)


CAUGHT = """Traceback (most recent call last):
  File "/var/task/lambda_function.py", line 4, in <module>
    int(os.environ["n"])
ValueError: ReceiptHandleIsInvalid, or so the student says
"""


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("Runtime.ImportModuleError", "Unable to import module 'lambda_function': No module 'x'"),
        ("Sandbox.Timedout", "Task timed out after 3.00 seconds"),
        ("KeyError", "'number1'"),
        ("Runtime.HandlerError", "Worker process died"),
        ("Runtime.HandlerError", ""),
    ],
)
@pytest.mark.parametrize("stack", [{}, {"stackTrace": []}])
def test_a_traceback_that_the_student_printed_is_not_the_error(
    kind: str, message: str, stack: dict[str, list[str]]
) -> None:
    payload = json.dumps({"errorType": kind, "errorMessage": message, **stack}).encode()
    error = function_error(payload, CAUGHT)
    assert error == FunctionError(kind, message)
    assert timed_out(error) == (kind == "Sandbox.Timedout")


def test_the_last_traceback_in_the_sandboxes_log_is_the_errors() -> None:
    error = function_error(SANDBOX_PAYLOAD, f"{CAUGHT}{SANDBOX_LOG}")
    assert error == THEIR_KEY_ERROR


@pytest.mark.parametrize("log", ["KeyError\n", "KeyError: several\nlines\n"])
def test_a_message_of_no_line_or_of_several_is_found_in_the_log(log: str) -> None:
    _, _, message = log.strip().partition(": ")
    payload = json.dumps({"errorType": "Runtime.HandlerError", "errorMessage": message}).encode()
    error = function_error(payload, f"Traceback (most recent call last):\n  x\n{log}")
    assert error.kind == "KeyError"


def test_the_log_speaks_where_the_payload_names_no_error() -> None:
    assert function_error(b'{"errorMess', SANDBOX_LOG).kind == "KeyError"


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
    payload = json.dumps({"errorMessage": said, "errorType": "ReceiptHandleIsInvalid"}).encode()
    assert met_made_up_handle(payload, "")
    assert met_made_up_handle(b"null", f"Error: {said}\n")
    assert not met_made_up_handle(b"null", "An error occurred (AccessDenied)")


def test_half_a_secret_at_the_start_of_a_cut_log_is_dropped() -> None:
    log = "hunter2-half-of-a-value'})\n" + "x y\n" * LOG_TAIL
    assert "hunter2" not in log_tail(log[: LOG_TAIL + 10])


def test_so_are_the_lines_in_which_it_goes_on() -> None:
    rest = '  File "/var/task/a.py", line 6, in a\n    a()\n' + "x y\n" * LOG_TAIL
    log = f"half of a value '\n              'hunter2'}}\n\n  hunter2\n{rest}"
    kept = log_tail(log[: LOG_TAIL + 10])
    assert "hunter2" not in kept
    assert kept.startswith(rest[:50])


def test_the_payload_names_the_error_even_where_the_log_says_the_same_words() -> None:
    payload = b'{"errorType": "Runtime.ExitError", "errorMessage": "stopped", "stackTrace": []}'
    log = "Traceback (most recent call last):\n  x\nValueError: stopped\n"
    assert function_error(payload, log) == FunctionError("Runtime.ExitError", "stopped")


REQUEST = "RequestId: 8f507cfc-aaaa-4697-b07a-ac58fc914c95 Error: "


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (f"{REQUEST}Runtime exited without providing a reason", "Runtime exited without"),
        (
            f"2026-11-20T10:00:00.000Z {REQUEST[11:47]} Task timed out after 3.00 seconds",
            "Task timed",
        ),
    ],
)
def test_a_request_id_says_nothing_to_a_student(said: str, kept: str) -> None:
    error = function_error(json.dumps({"errorType": "X", "errorMessage": said}).encode(), "")
    assert error.message.startswith(kept)


OTHERS = (
    "/var/lang/lib/python3.13/importlib/__init__.py",
    "<frozen importlib._bootstrap>",
    "/var/runtime/bootstrap.py",
    "/var/lang/lib/python3.13/site-packages/botocore/client.py",
    "/opt/python/shared.py",
    "/var/task/requests/api.py",
    "/tmp/x/ministack-lambda-first_lambda-iaudfyid/_worker.py",
    "C:\\Python311\\Lib\\json\\decoder.py",
)


@pytest.mark.parametrize("file", OTHERS)
def test_a_file_that_is_not_the_students_is_never_named(file: str) -> None:
    trace = [f'  File "{file}", line 9, in call\n    x = 1\n']
    error = function_error(json.dumps({"errorType": "X", "stackTrace": trace}).encode(), "")
    assert (error.file, error.line, error.code) == (None, None, "")
    trace = ['  File "/var/task/src/app.py", line 3, in f\n    y = 2\n', *trace]
    error = function_error(json.dumps({"errorType": "X", "stackTrace": trace}).encode(), "")
    assert (error.file, error.line, error.code) == ("app.py", 3, "y = 2")
    assert error.raised_by


def test_what_failed_while_loading_is_told_from_what_failed_in_the_handler() -> None:
    loading = ['  File "/var/task/f.py", line 3, in <module>\n    X = int("x")\n']
    error = function_error(json.dumps({"errorType": "X", "stackTrace": loading}).encode(), "")
    assert (error.line, error.loading) == (3, True)
    assert not function_error(AWS_PAYLOAD, "").loading


def test_a_syntax_error_has_the_line_that_it_names() -> None:
    said = "Syntax error in module 'f': '(' was never closed (f.py, line 12)"
    for trace in ([], ['  File "/var/task/f.py" Line 12\n        print(\n']):
        payload = {"errorType": "Runtime.UserCodeSyntaxError", "errorMessage": said}
        error = function_error(json.dumps({**payload, "stackTrace": trace}).encode(), "")
        assert (error.file, error.line) == ("f.py", 12)


def test_a_message_of_several_lines_is_not_cut_at_its_first() -> None:
    said = 'Parameter validation failed:\nMissing required parameter in input: "MessageBody"'
    log = f"Traceback (most recent call last):\n  x\nbotocore.exceptions.ParamValidationError: {said}\n"
    payload = {"errorType": "Runtime.HandlerError", "errorMessage": said}
    error = function_error(json.dumps(payload).encode(), log)
    assert (error.kind, error.message) == ("ParamValidationError", said)


def test_what_python_supposes_in_a_traceback_does_not_hide_the_exception() -> None:
    said = "name 'jsn' is not defined"
    log = f"Traceback (most recent call last):\n  x\nNameError: {said}. Did you mean: 'json'?\n"
    payload = {"errorType": "Runtime.HandlerError", "errorMessage": said}
    assert function_error(json.dumps(payload).encode(), log).kind == "NameError"


def test_what_a_function_returned_is_kept_bounded_and_without_secrets() -> None:
    assert returned(b"null") == ""
    assert returned(b'{"statusCode": 500}') == '{"statusCode": 500}'
    assert len(returned(b'"' + b"x y" * 5000 + b'"')) <= 500
    assert "hunter2" not in returned(b'{"AWS_SESSION_TOKEN": "hunter2"}')
    assert returned(b"\xff")


@pytest.mark.parametrize("unit", ["(", "() ", "module '", " (/a", "1 ", "RequestId "])
def test_whatever_a_student_raises_is_read_in_a_time_that_stops_nobody_else(unit: str) -> None:
    # A regular expression cannot be interrupted, and holds up every thread: only a process can be ended.
    said = f"Worker init failed: {unit * (PAYLOAD_LIMIT // len(unit))}"
    payload = json.dumps({"errorType": "Runtime.HandlerError", "errorMessage": said}).encode()
    read = multiprocessing.get_context("spawn").Process(target=function_error, args=(payload, ""))
    read.start()
    try:
        read.join(120)
        assert read.exitcode == 0
    finally:
        read.kill()
        read.join()


def test_a_long_message_is_still_kept_from_its_beginning() -> None:
    payload = json.dumps({"errorType": "ValueError", "errorMessage": "a b " * 50_000}).encode()
    kept = function_error(payload, "").message
    assert kept.startswith("a b a b ")
    assert len(kept) == MESSAGE
