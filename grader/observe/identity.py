"""Who AWS says we are: always asked first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from grader.i18n.language import N_
from grader.model.fact import Fact, Found, Missing, Unknown
from grader.model.observation import Identity

if TYPE_CHECKING:
    from grader.aws.account_client import Aws

_ACCOUNT_ID = re.compile("[0-9]{12}")


def observe_identity(aws: Aws, expected_account: str | None) -> Fact[Identity]:
    """The account behind the credentials; ``account-mismatch`` where the roster says another.

    Source: STS GetCallerIdentity.
    """

    def ask() -> Identity:
        answer = aws.sts.get_caller_identity()
        if not _ACCOUNT_ID.fullmatch(answer["Account"]):
            raise ValueError("no account's number")  # results are kept by it, in files and tables
        return Identity(account_id=answer["Account"], arn=answer["Arn"])

    fact = aws.query("sts:GetCallerIdentity", ask)
    if isinstance(fact, Missing):
        return Unknown("unexpected", fact.reason, fact.said)
    if isinstance(fact, Found) and expected_account not in {None, fact.value.account_id}:
        return Unknown.saying(
            "account-mismatch",
            N_("The credentials belong to account {found}, the roster says {expected}."),
            found=fact.value.account_id,
            expected=expected_account,
        )
    return fact
