"""Whose account it is, where the one who says so may not be AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.aws.account_client import Aws
from grader.aws.clients import Clients
from grader.model.access import Keys
from grader.model.fact import Found, Unknown
from grader.observe.identity import observe_identity
from grader.safety.secret import Secret
from tests.hostile_endpoint import IDENTITY
from tests.wire_faults import Wire

if TYPE_CHECKING:
    from grader.model.fact import Fact
    from grader.model.observation import Identity


def told(account: str) -> Fact[Identity]:
    """What is known of an account whose number is said to be ``account``."""
    wire = Wire()
    answer = IDENTITY.replace(b">111111111111<", f">{account}<".encode())
    wire.play("sts.GetCallerIdentity", (200, {"content-type": "text/xml"}, answer))
    keys = Keys(Secret("1" * 12), Secret("test"))
    return observe_identity(
        Aws(Clients(wire.session), keys, "us-east-1", "http://127.0.0.1:1"), None
    )


def test_an_account_has_the_number_that_aws_says() -> None:
    fact = told("1" * 12)
    assert isinstance(fact, Found)
    assert fact.value.account_id == "1" * 12


@pytest.mark.parametrize(
    "account", ["../../../x", "", "1" * 11, "1" * 13, "١" * 12, "1" * 12 + "\n"]
)
def test_a_number_that_no_account_has_is_no_identity(account: str) -> None:
    fact = told(account)
    assert isinstance(fact, Unknown)
    assert fact.kind == "unexpected"
