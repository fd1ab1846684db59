"""Every question ends: by a wall clock, by bytes and by pages, whatever the other end does."""

from __future__ import annotations

import threading
import time
import tracemalloc
from contextlib import closing
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.httpsession import URLLib3Session
from urllib3.connection import HTTPConnection

from grader.aws import bounds
from grader.aws.account_client import BEGUN_S, TIME_IS_UP, Aws
from grader.aws.clients import Clients
from grader.model.access import Keys
from grader.model.fact import Found, Unknown
from grader.safety.secret import Secret
from tests.hostile_endpoint import MODES, hostile

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS = Keys(Secret("AKIA" + "A" * 16), Secret("b" * 40))
QUICK = ("huge",)
LIMIT_S = 5
ENDS_BY_ITSELF = ("endless pages", "date of year 10^20")
"""What is cut by a bound of its own, for which an account needs time."""


@pytest.fixture
def clients() -> Iterator[Clients]:
    """Clients whose connections are closed afterwards."""
    with closing(Clients()) as made:
        yield made


def identity(aws: Aws) -> Any:
    """Asked with a client made within the question: that alone may take the account's time."""
    return aws.sts.get_caller_identity()


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When each question is to be cut, by ``time.monotonic()``."""
    noted, real = list[float](), bounds.cut_at

    def noting(at: float) -> Any:
        noted.append(at)
        return real(at)

    monkeypatch.setattr(bounds, "cut_at", noting)
    return noted


@pytest.mark.parametrize(
    "mode",
    [each if each in QUICK else pytest.param(each, marks=pytest.mark.slow) for each in MODES],
)
def test_a_question_ends_within_the_accounts_time_whatever_answers(
    clients: Clients, mode: str, cut: list[float]
) -> None:
    began = time.monotonic()
    ends_at = began + (60 if mode in ENDS_BY_ITSELF else LIMIT_S)
    with hostile(mode) as url, closing(Aws(clients, KEYS, "us-east-1", url, ends_at)) as aws:
        if mode == "endless pages":
            pages = aws.lambda_.get_paginator("list_functions")
            said = aws.query("lambda:ListFunctions", lambda: list(pages.paginate()))
            assert "longer than 100 pages" in str(said)
        else:
            said = aws.query("sts:GetCallerIdentity", lambda: identity(aws))
    assert time.monotonic() - began < 60  # those that are silent are for ten minutes
    assert cut
    assert max(cut) <= ends_at + BEGUN_S
    if mode == "date of year 10^20":
        assert isinstance(said, Found)
    else:
        assert isinstance(said, Unknown), said
    assert not [each for each in threading.enumerate() if each.name.startswith("credentials")]


@pytest.mark.slow
def test_whoever_dribbles_is_cut_when_the_accounts_time_is_over(
    clients: Clients, cut: list[float]
) -> None:
    began = time.monotonic()
    ends_at = began + LIMIT_S
    with (
        hostile("dribbling body") as url,
        closing(Aws(clients, KEYS, "us-east-1", url, ends_at)) as aws,
    ):
        said = aws.query("sts:GetCallerIdentity", lambda: identity(aws))
    assert said == TIME_IS_UP
    assert {*cut} == {ends_at + BEGUN_S}
    assert time.monotonic() - began >= LIMIT_S


def test_a_single_question_is_cut_where_the_account_has_time_left(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.aws.clients._MARGIN_S", -33)
    with hostile("dribbling body") as url, closing(Aws(clients, KEYS, "us-east-1", url)) as aws:
        began = time.monotonic()
        said = aws.query("lambda:Invoke", aws.sender.list_queues)
        assert time.monotonic() - began < 60  # it would dribble for hours
    assert isinstance(said, Unknown)
    assert said.kind == "unreachable"


def test_an_answer_longer_than_the_limit_is_not_kept_and_not_missing(clients: Clients) -> None:
    with hostile("huge") as url, closing(Aws(clients, KEYS, "us-east-1", url)) as aws:
        said = aws.query("sts:GetCallerIdentity", aws.sts.get_caller_identity)
    assert isinstance(said, Unknown)
    assert str(bounds.MOST_BYTES_OF_ANSWER) in said.detail


def test_pages_that_are_long_together_are_left(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MOST_BYTES_OF_PAGES", 500)
    with hostile("endless pages") as url, closing(Aws(clients, KEYS, "us-east-1", url)) as aws:
        pages, read = aws.lambda_.get_paginator("list_functions"), list[object]()
        said = aws.query("lambda:ListFunctions", lambda: read.extend(pages.paginate()))
    assert isinstance(said, Unknown)
    assert (said.kind, "500 bytes" in said.detail) == ("unexpected", True)
    assert 2 < len(read) < bounds.MOST_PAGES_OF_ANSWERS


def test_the_names_of_botocore_that_the_bound_rests_on_are_there() -> None:
    session = URLLib3Session()
    assert set(session._pool_classes_by_scheme) == {"http", "https"}
    assert session._manager.pool_classes_by_scheme is session._pool_classes_by_scheme
    for pool in session._pool_classes_by_scheme.values():
        assert pool.ConnectionCls._new_conn is HTTPConnection._new_conn
    assert HTTPConnection("lms.example.org")._dns_host == "lms.example.org"


def test_no_length_of_a_chunk_is_read_without_end(clients: Clients) -> None:
    with (
        hostile("length for ever") as url,
        Aws(clients, KEYS, "us-east-1", url, time.monotonic() + LIMIT_S).once_in(
            "eu-west-3"
        ) as aws,
    ):
        tracemalloc.start()
        try:
            fact = aws.query("sts:GetCallerIdentity", lambda: identity(aws))
            _now, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert isinstance(fact, Unknown)
    assert most < 2 * bounds.MOST_BYTES_OF_ANSWER


def test_an_answer_in_small_parts_takes_little_more_than_its_length() -> None:
    parts = [number.to_bytes(2, "big") for number in range(50_000)]
    answer = SimpleNamespace(
        url="", raw=SimpleNamespace(stream=lambda _size: map(bytes, map(bytearray, parts)))
    )
    tracemalloc.start()
    try:
        whole = bounds._whole(answer, bounds.MOST_BYTES_OF_ANSWER)
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert whole == b"".join(parts)
    assert most < 5 * len(whole)
