"""Which addresses stay within this machine."""

from __future__ import annotations

import pytest

from grader.safety.loopback import is_loopback


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST",
        "127.0.0.1",
        "127.8.9.1",
        "::1",
        "[::1]",
        "0:0:0:0:0:0:0:1",
        "::ffff:127.0.0.1",
    ],
)
def test_an_address_of_this_machine_alone_is_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "127.1",
        "127.0.0.1.",
        "127.0.0.1.evil.com",
        "localhost.evil.com",
        "localhost-evil.com",
        "notlocalhost",
        "0.0.0.0",
        "::",
        "::ffff:10.0.0.1",
        "::1.evil.com",
        "10.0.0.1",
        "127.0.0.1:80",
    ],
)
def test_what_others_can_reach_or_answer_for_is_not_loopback(host: str) -> None:
    assert not is_loopback(host)
