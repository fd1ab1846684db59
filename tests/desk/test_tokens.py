from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from grader.desk import tokens
from grader.desk.tokens import cookie_of, form_token, found_by, is_same, new_token, stored_of

if TYPE_CHECKING:
    import pytest


def test_tokens_are_long_and_never_alike() -> None:
    made = {new_token() for _ in range(1000)}
    assert len(made) == 1000
    assert min(map(len, made)) >= 32


def test_what_is_stored_opens_nothing() -> None:
    token = new_token()
    cookie, stored = cookie_of(token), stored_of(cookie_of(token))
    assert len({token, cookie, stored}) == 3
    # Whoever has the file has no cookie: what is stored is not taken for one.
    assert found_by(stored_of(stored), [(stored, "s01")]) is None
    assert found_by(stored_of(cookie), [("0" * 64, "s00"), (stored, "s01")]) == "s01"


def test_every_digest_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bytes] = []
    right = hmac.compare_digest

    def watched(given: bytes, other: bytes) -> bool:
        compared.append(other)
        return right(given, other)

    monkeypatch.setattr(tokens.hmac, "compare_digest", watched)
    known = [(stored_of(cookie_of(str(number))), number) for number in range(50)]
    assert found_by(known[0][0], known) == 0
    assert len(compared) == 50
    assert is_same("a", "a")
    assert len(compared) == 51


def test_a_form_belongs_to_one_cookie() -> None:
    assert form_token("one") != form_token("another")
    assert not is_same("ü", "ä")
