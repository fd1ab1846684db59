"""A way that is none never becomes this machine's own."""

from __future__ import annotations

import pytest
from botocore.exceptions import NoCredentialsError

from grader.aws.clients import Clients
from grader.model.access import MissingFile, NothingHandedIn


@pytest.mark.parametrize("access", [NothingHandedIn(), MissingFile()])
def test_whoever_handed_in_nothing_is_not_looked_at_with_the_instructors_own_credentials(
    monkeypatch: pytest.MonkeyPatch, access: NothingHandedIn | MissingFile
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "111111111111")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the instructor's")
    with pytest.raises(NoCredentialsError):
        Clients().credentials(access, "us-east-1", None)
