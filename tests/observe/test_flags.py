"""Flags for a human, and what they follow from."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from grader.aws.errors import may_be_done
from grader.model.fact import Found, NotTried
from grader.model.observation import Invocation
from grader.observe.flags import flags_of
from grader.observe.output import Tally
from tests.observations import a_pair, silent_pair

NOTHING_ODD: Any = SimpleNamespace(tally=Tally(), left_behind=False, several_answers=False)
UNTRIED = NotTried("handler", "")


@pytest.mark.parametrize(
    ("made", "flags"),
    [
        (Invocation((a_pair(),)), set()),
        (Invocation((a_pair(),), failure="raised"), {"pair-left-behind", "raises-after-answer"}),
        (Invocation((a_pair(),), failure="timed-out"), {"pair-left-behind"}),
        (Invocation((silent_pair(),), failure="timed-out"), set()),
        (Invocation((a_pair(),), failure="raised", inconclusive=True), set()),
    ],
)
def test_a_pair_comes_back_to_the_queue_of_a_function_that_answers_and_fails(
    made: Invocation, flags: set[str]
) -> None:
    facts = (Found(made), UNTRIED, UNTRIED, NOTHING_ODD)
    assert flags_of(*facts, sent=True, left_behind=False) == flags
    assert "pair-left-behind" not in flags_of(*facts, sent=False, left_behind=False)
    assert "pair-left-behind" in flags_of(*facts, sent=True, left_behind=True)


AT = {"endpoint_url": "http://127.0.0.1"}


@pytest.mark.parametrize(
    ("error", "may_be"),
    [
        (ConnectionClosedError(**AT), True),
        (ReadTimeoutError(**AT), True),
        (ClientError({"ResponseMetadata": {"HTTPStatusCode": 503}}, "SendMessage"), True),
        (EndpointConnectionError(**AT), False),
        (ConnectTimeoutError(**AT), False),
        (NoCredentialsError(), False),
        (ClientError({"Error": {"Code": "AccessDenied"}}, "SendMessage"), False),
        (ClientError({"Error": {"Code": "Throttling"}}, "SendMessage"), False),
        (ValueError(), False),
    ],
)
def test_what_may_have_been_done_although_no_answer_came(error: Exception, may_be: bool) -> None:
    assert may_be_done(error) is may_be
