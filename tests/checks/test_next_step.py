from __future__ import annotations

import json
import re
import warnings
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader.checks.failure_words import error_in_words, how_it_failed
from grader.checks.next_step import (
    RULES,
    step_after,
    step_of,
    step_of_records,
    step_of_silence,
)
from grader.checks.step_rule import Rule, StepContext
from grader.i18n.language import language
from grader.model.fact import Found, NotTried
from grader.model.observation import FunctionError, Invocation, Mappings
from grader.observe.failure import function_error
from tests.aws_player import recorded
from tests.checks.mistakes import MISTAKES, Mistake, as_lambda_says
from tests.checks.said_by_aws import DENIED, HANDLE, SAID
from tests.observations import (
    a_function,
    a_mapping,
    a_pair,
    lab_rubric,
    only,
    reference,
    silent_pair,
    sum_function,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from grader.model.outcome import Outcome

    Judged = Callable[..., list[Outcome]]

PLACEHOLDER = re.compile(r"\{\w+\}|\bNone of\b")
REASON = "no resource-based policy allows the sqs:sendmessage action"


@pytest.fixture(autouse=True)
def as_in_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTPUT_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/1/output_queue")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda one: one.name)
def test_each_mistake_has_a_next_step_of_its_own(mistake: Mistake, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a coroutine that nobody awaits
        error = function_error(as_lambda_says(mistake.source, tmp_path), "")
    step = str(step_after(error, StepContext()))
    assert mistake.step in step, error
    assert not any(words in step for words in mistake.never)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda one: one.name)
def test_a_line_is_named_only_where_there_is_one_of_the_students(
    mistake: Mistake, tmp_path: Path
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        error = function_error(as_lambda_says(mistake.source, tmp_path), "")
    assert error.file in {None, "lambda_function.py"}
    step = str(step_after(error, StepContext()))
    if "line" in step.lower().split():
        assert f"ine {error.line} of lambda_function.py" in step
    assert not PLACEHOLDER.search(step), step


@pytest.mark.parametrize(("kind", "said", "step"), SAID, ids=range(len(SAID)))
def test_what_lambda_and_sqs_say_has_a_next_step_of_its_own(
    kind: str, said: str, step: str
) -> None:
    payload = json.dumps({"errorType": kind, "errorMessage": said, "stackTrace": []}).encode()
    error = function_error(payload, "")
    seen = StepContext(region="us-east-1", function=a_function(handler="adder.main"))
    found = str(step_after(error, seen))
    assert step in found
    assert "ine None" not in found
    assert not PLACEHOLDER.search(found), found


def test_what_a_vpc_does_not_let_through_is_its_matter() -> None:
    said = 'Connect timeout on endpoint URL: "https://sqs.us-east-1.amazonaws.com/"'
    error = function_error(_payload("ConnectTimeoutError", said, []), "")
    inside, outside = (StepContext(function=a_function(in_vpc=inside)) for inside in (True, False))
    assert "attached to a VPC" in str(step_after(error, inside))
    assert "an address that does not answer" in str(step_after(error, outside))


@pytest.mark.parametrize("key", ["QUEUE_URL", "out", "Output-Queue", "x y"])
@pytest.mark.parametrize("frame", ["<frozen os>", "/var/lang/lib/python3.8/os.py"])
def test_a_variable_is_told_from_a_key_by_who_raised(key: str, frame: str) -> None:
    trace = [
        '  File "/var/task/app.py", line 3, in f\n    x = e[NAME]\n',
        f'  File "{frame}", line 675, in __getitem__\n    raise KeyError(key) from None\n',
    ]
    error = function_error(_payload("KeyError", f"'{key}'", trace), "")
    assert (error.file, error.line, error.raised_by) == ("app.py", 3, "os")
    assert f"environment variable {key}," in str(step_after(error, StepContext()))


def test_the_keys_are_those_of_the_rubrics_message() -> None:
    trace = ['  File "/var/task/app.py", line 3, in f\n    x = m["op"]\n']
    error = function_error(_payload("KeyError", "'op'", trace), "")
    step = str(step_after(error, StepContext(keys=("number1", "number2", "operation"))))
    assert "that has only the keys number1, number2, operation." in step


def test_an_observation_that_does_not_say_what_stands_in_the_line_gets_the_step_of_before() -> None:
    old = FunctionError("KeyError", "'a'", "lambda_function.py", 16)
    assert str(step_after(old, StepContext())) == (
        "Read the two numbers from the JSON object in the record's body."
    )


FROM_0_1_0 = [
    FunctionError("KeyError", "'OUTPUT_QUEUE_URL'", "lambda_function.py", 3),
    FunctionError("Error", "no such thing"),
    FunctionError("ZeroDivisionError", "division by zero", "f.py", 3),
]


@pytest.mark.parametrize("old", FROM_0_1_0)
def test_an_old_observation_is_never_told_what_is_not_known(old: FunctionError) -> None:
    step = str(step_after(old, StepContext()))
    assert ("ine 3 of" in step) == (old.kind == "ZeroDivisionError")


def test_a_denial_is_said_whole() -> None:
    action = "sqs:sendmessage"
    name, queue = "f" * 64, "q" * 80
    text = DENIED.replace("first_lambda", name).replace("output_queue", queue)
    text = text.replace("no identity-based policy allows the sqs:sendmessage action", REASON)
    error = function_error(_payload("ClientError", text, []), "")
    assert error.message.endswith(REASON)
    assert error_in_words(error).endswith(REASON)
    assert action in error_in_words(error)


@pytest.mark.parametrize(
    ("change", "step"),
    [
        ({"in_vpc": True}, "attached to a VPC"),
        ({"timeout_s": 3}, "may run for 3 s only"),
        ({}, "a loop that never ends, or a call that waits"),
        ({"in_vpc": True, "timeout_s": 3}, "attached to a VPC"),
    ],
)
def test_a_function_that_takes_too_long_is_told_why_by_its_configuration(
    change: dict[str, object], step: str
) -> None:
    late = Invocation((silent_pair(),), failure="timed-out")
    assert step in str(step_of(late, StepContext(function=a_function(**change))))


@pytest.mark.parametrize(
    ("dropped", "step", "never"),
    [("memory", "as the lab asks", "for example"), ("timeout", "to 30 s for example", "the lab")],
)
def test_nobody_is_sent_to_a_timeout_that_the_lab_does_not_ask_for(
    judged: Judged, dropped: str, step: str, never: str
) -> None:
    rubric = lab_rubric()
    rest = only(rubric, *{criterion.id for criterion in rubric.criteria} - {dropped})
    late = Found(Invocation((silent_pair(),), failure="timed-out", duration_s=3.2))
    seen = reference(handler=late, functions=sum_function(Found(a_function(timeout_s=3))))
    seen = msgspec.structs.replace(seen, exchange=NotTried("handler", "No."))
    (said,) = [one for one in judged(rest, seen) if one.criterion == "handler"]
    assert step in said.hint
    assert never not in said.hint


@pytest.mark.parametrize(
    ("waited_s", "timeout_s", "error", "said"),
    [
        (120.4, 900, None, "still running after 120 s, and is waited for no longer."),
        (3.2, 3, None, "when its time was over."),
        (0.0, 900, None, "when its time was over."),  # an observation of version 0.1.0
        (59.9, 60, FunctionError("Sandbox.Timedout", "Task timed out"), "when its time was over."),
    ],
)
def test_a_function_that_is_waited_for_no_longer_is_not_called_over_its_time(
    waited_s: float, timeout_s: int, error: FunctionError | None, said: str
) -> None:
    late = Invocation((silent_pair(),), failure="timed-out", error=error, duration_s=waited_s)
    assert str(how_it_failed(late, a_function(timeout_s=timeout_s))).endswith(said)


@pytest.mark.parametrize(
    ("error", "step"),
    [
        (("KMSDisabledException", "disabled."), "AWS's own key"),
        (
            (
                "AccessDeniedException",
                "The role defined for the function cannot be assumed by Lambda.",
            ),
            "the role LabRole",
        ),
        (("EFSMountTimeoutException", "x"), "Remove the file system"),
        (("InvalidSubnetIDException", "x"), "out of the VPC"),
        (("CodeArtifactUserFailedException", "x"), "Make the zip again"),
        (("RuntimeAliasDeletedException", "x"), "a version or alias of the function that is gone"),
        (("InvalidRuntimeException", "x"), "Choose a Python runtime"),
        (("SomethingNewException", "x"), "Look at the function's configuration"),
    ],
)
def test_what_lambda_cannot_run_is_mended_where_it_is_wrong(error: Any, step: str) -> None:
    broken = Invocation((silent_pair(),), failure="broken", error=FunctionError(*error))
    assert step in str(step_of(broken, StepContext()))


def test_a_function_that_may_not_run_is_told_what_stops_it_and_where_to_undo_it() -> None:
    said = str(step_of(Invocation((silent_pair(),), failure="refused"), StepContext()))
    assert "the Throttle button" in said
    assert "Concurrency and recursion detection, Edit, Use unreserved account concurrency" in said


def test_who_is_sent_to_the_handler_setting_is_told_where_it_is() -> None:
    steps = [rule.step for rule in RULES if re.search("handler setting|handler's name", rule.step)]
    assert len(steps) == 8
    assert [
        step for step in steps if "Code, Runtime settings, Edit in the console" not in step
    ] == []


R, W = True, False


@pytest.mark.parametrize(
    ("right", "failure", "step", "never"),
    [
        ((R, W, W), None, "Only the first record was answered", "the last"),
        ((W, W, R), None, "Only the last record was answered: send inside the loop", "first"),
        ((W, R, W), None, "Loop over event['Records'] and answer each record.", "Only"),
        ((W, W, W), None, "Loop over event['Records'] and answer each record.", "Only"),
        ((R, R, W), "timed-out", "several take too long", "Loop over"),
        ((R, W, W), "raised", "only the keys number1, number2", "Loop over"),
    ],
)
def test_several_records_are_answered_by_what_happened(
    right: tuple[bool, ...], failure: Any, step: str, never: str
) -> None:
    pairs = tuple(a_pair(i) if ok else silent_pair(i) for i, ok in enumerate(right))
    raised = (
        FunctionError("KeyError", "'op'", "f.py", 3, 'm["op"]') if failure == "raised" else None
    )
    said = str(step_of_records(Invocation(pairs, failure=failure, error=raised), StepContext()))
    assert step in said
    assert never not in said


@pytest.mark.parametrize("right", [(R, W, W), (W, W, W)])
def test_what_was_caught_and_logged_is_said_of_records_that_were_not_answered(
    right: tuple[bool, ...],
) -> None:
    pairs = tuple(a_pair(i) if ok else silent_pair(i) for i, ok in enumerate(right))
    step = step_of_records(Invocation(pairs, log_tail="KeyError: 'op'\n"), StepContext())
    assert str(step).startswith("Your function's log says: KeyError: 'op'.")


@pytest.mark.parametrize(
    ("made", "step"),
    [
        ({"returned": '{"statusCode": 200, "body": "1100"}'}, "returns the sum"),
        ({"returned": "1100.0"}, "returns the sum"),
        ({"returned": '{"statusCode": 500}'}, "Send the sum to the output queue as JSON."),
        ({"log_tail": "Somme : 1100\n"}, "prints the sum"),
        ({"log_tail": "11000 messages\n"}, "Send the sum to the output queue as JSON."),
        ({"log_tail": f"Erreur : {DENIED}\n"}, "the role LabRole"),
        (
            {"log_tail": f"{HANDLE}\n"},
            "cannot be deleted. Take that call out: Lambda itself deletes",
        ),
        ({"log_tail": "KeyError: 'url'\n"}, "log says: KeyError: 'url'. Begin there."),
        (
            {"log_tail": "oops TypeError: Object of type Decimal is not JSON serializable"},
            "convert",
        ),
        ({}, "Send the sum to the output queue as JSON."),
    ],
)
def test_a_function_that_sends_nothing_is_told_by_what_it_returned_and_logged(
    made: dict[str, Any], step: str
) -> None:
    silent = Invocation((silent_pair(),), **made)  # 100 and 1000
    assert step in str(step_of_silence(silent, StepContext()))


@pytest.mark.parametrize(
    ("log", "step"),
    [
        ("KeyError: 'url'\n", "log says: KeyError: 'url'. Begin there."),
        ("START\n", "where your code fills batchItemFailures: print the exception"),
    ],
)
def test_who_reports_a_failure_is_told_what_was_caught_and_logged(log: str, step: str) -> None:
    reported = Invocation((silent_pair(),), failure="reported", log_tail=log)
    assert step in str(step_of(reported, StepContext()))
    assert str(how_it_failed(reported, None)).endswith("it returned batchItemFailures.")


ITS_KEY = FunctionError("KeyError", "'number1'", "lambda_function.py", 9)
NO_MODULE = FunctionError("Runtime.ImportModuleError", "No module named 'x'")


@pytest.mark.parametrize(
    ("qualifier", "failure", "error", "told"),
    [
        ("prod", "raised", ITS_KEY, " What ran is the version"),
        ("prod", "timed-out", None, " What ran is the version"),
        ("prod", "reported", None, " What ran is the version"),
        ("prod", "raised", NO_MODULE, " What was to run is the version"),
        ("prod", "broken", None, " What was to run is the version"),
        ("prod", "refused", None, ""),
        (None, "raised", ITS_KEY, ""),
        ("$LATEST", "raised", ITS_KEY, ""),
    ],
)
def test_that_another_version_than_the_newest_failed_is_said(
    judged: Judged, qualifier: str | None, failure: Any, error: FunctionError | None, told: str
) -> None:
    seen = reference(
        handler=Found(Invocation((silent_pair(),), failure=failure, error=error)),
        records=NotTried("handler", "No."),
        exchange=NotTried("handler", "No."),
        mappings={"input": Found(Mappings((a_mapping(qualifier=qualifier),)))},
    )
    (said,) = judged(only(lab_rubric(), "handler"), seen)
    _, told_so, which = said.message.partition(told or " What ")
    assert bool(told_so) == bool(told)
    assert not told or which.startswith(" that the event source mapping names (prod)")


def _payload(kind: str, said: str, trace: list[str]) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": said, "stackTrace": trace}).encode()


RECORDED = {
    "error-denied-send": "lacks the permission sqs:SendMessage: give the function the role LabRole",
    "error-denied-ssm": "lacks the permission sqs:GetQueueUrl: give the function the role LabRole",
    "error-exit": "Your code ends its own process",
    "error-handler-malformed": "must name the file and the function",
    "error-import": "asks for the file lambda_function.py at the top of the package",
    "error-init-raises": "environment variable OUT,",
    "error-killed": "more memory than it has",
    "error-marshal": "What your handler returns",
    "error-noqueue-send": "Use the URL of output_queue as it is now",
    "error-syntax": "correct the syntax there",
    "error-too-large": "returns too much",
}


@pytest.mark.parametrize("name", RECORDED)
def test_what_aws_was_seen_to_answer_has_its_next_step(name: str) -> None:
    (file,) = [one for one in recorded() if one.name == name]
    payload = file.answers["Invoke"][2].replace("{account}", "1" * 12)
    error = function_error(payload.encode(), "")
    assert RECORDED[name] in str(step_after(error, StepContext()))
    assert error.file in {None, "lambda_function.py"}
    assert "8f507cfc" not in error.message


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.step[:60])
def test_every_step_is_said_in_french(rule: Rule) -> None:
    french = language("fr").translated(rule.step)
    assert french is not None
    assert french != rule.step
    fields = re.compile(r"\{\w+\}")
    assert set(fields.findall(french)) == set(fields.findall(rule.step))
