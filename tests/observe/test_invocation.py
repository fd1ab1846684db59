"""How a function fails when it is invoked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.model.fact import NotTried
from grader.model.observation import encode
from tests.observing import hand_in, handler, look

if TYPE_CHECKING:
    from grader.sandbox.server import Sandbox


def test_the_environment_that_a_function_prints_is_not_kept(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    secrets = {"DB_PASSWORD": "hunter2canary", "API_TOKEN": "hunter3canary"}
    hand_in(aws_sandbox, fresh_account, handler="prints_environ", environment=secrets)
    seen = look(aws_sandbox, fresh_account)
    kept = encode(seen)
    assert handler(seen).failure == "raised"
    assert b"canary" not in kept
    assert b'"sent_at"' in kept


@pytest.mark.slow
def test_the_environment_that_a_function_prints_and_answers_with_is_not_kept(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    secrets = {"DB_PASSWORD": 'correct "horse" hunter2canary', "DB_TOKENS": "it's, hunter3canary"}
    hand_in(aws_sandbox, fresh_account, handler="prints_environ_lines", environment=secrets)
    seen = look(aws_sandbox, fresh_account)
    kept = encode(seen)
    assert "DB_PASSWORD" in handler(seen).log_tail
    assert "DB_PASSWORD" in "".join(handler(seen).others)
    assert b"canary" not in kept
    assert b"correct" not in kept


@pytest.mark.slow
def test_reserved_concurrency_of_zero_is_the_functions_own_failure(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, reserved_concurrency=0)
    seen = look(aws_sandbox, fresh_account)
    assert handler(seen).failure == "refused"
    assert isinstance(seen.exchange, NotTried)
    assert seen.exchange.because == "handler"


@pytest.mark.slow
def test_a_right_sum_followed_by_an_exception_is_flagged(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="raises_after_answer")
    seen = look(aws_sandbox, fresh_account)
    assert handler(seen).answered
    assert handler(seen).failure == "raised"
    assert seen.flags == ("pair-left-behind", "raises-after-answer")


@pytest.mark.slow
def test_a_function_that_outlives_its_timeout_failed_itself(
    aws_sandbox: Sandbox, fresh_account: str
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="slow", timeout_s=1)
    seen = look(aws_sandbox, fresh_account)
    assert handler(seen).failure == "timed-out"
    assert isinstance(seen.exchange, NotTried)
