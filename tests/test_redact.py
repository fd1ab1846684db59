from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.redact import bounded, redact

CANARY = "hunter2canary"


@pytest.mark.parametrize(
    "text",
    [
        f"AWS_SESSION_TOKEN={CANARY}",
        f"environ({{'AWS_SECRET_ACCESS_KEY': '{CANARY}', 'PATH': '/bin'}})",
        f'{{"DB_PASSWORD": "{CANARY}"}}',
        f"api_key: {CANARY}",
        f"MY_SECRET_VALUE = {CANARY}",
        f"GITHUB_TOKEN='{CANARY}'",
        "key id ASIAIOSFODNN7EXAMPLE used",
        "secret wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYwJal used",
    ],
)
def test_secrets_are_hidden(text: str) -> None:
    kept = redact(text)
    assert "[redacted]" in kept
    assert CANARY not in kept
    assert "ASIAIOSFODNN7EXAMPLE" not in kept
    assert "wJalrX" not in kept


@pytest.mark.parametrize(
    "text",
    [
        "KeyError: 'number1'",
        'File "/var/task/lambda_function.py", line 6, in lambda_handler',
        "There is no function named first_lambda in us-east-1.",
        "lambda:GetFunctionConfiguration was denied",
    ],
)
def test_what_a_student_needs_to_read_stays(text: str) -> None:
    assert redact(text) == text


@given(st.text(), st.integers(10, 200))
def test_what_is_kept_is_bounded_and_can_be_written(text: str, limit: int) -> None:
    assert len(redact(text, limit)) <= limit
    bounded(text, limit).encode()


def test_a_lone_surrogate_can_be_written() -> None:
    assert redact("a\ud800b").encode() == b"a?b"
