"""The ways to an account, each against the sandbox."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config

from grader.aws.account_client import Aws
from grader.aws.clients import Clients
from grader.model.access import DefaultCredentials, Keys, Profile, Role
from grader.model.fact import Found, Unknown
from grader.observe.identity import observe_identity
from grader.safety.secret import Secret
from tests.programs import environment, grader
from tests.quick_run import first_only_when_quick
from tests.wire_faults import DENIED, Wire, query

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from grader.model.access import Access
    from grader.model.fact import Fact
    from grader.model.observation import Identity
    from grader.sandbox.server import Sandbox

    Ask = Callable[[Access], Fact[Identity]]


@pytest.fixture
def identity(aws_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ask:
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "absent"))
    blocks = tmp_path / "credentials"
    blocks.write_text("[mine]\naws_access_key_id=333333333333\naws_secret_access_key=test\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(blocks))

    def ask(access: Access) -> Fact[Identity]:
        aws = Aws(Clients(), access, "us-east-1", aws_sandbox.endpoint_url)
        try:
            return observe_identity(aws, None)
        finally:
            aws.close()

    return ask


def account(fact: Fact[Identity]) -> str:
    assert isinstance(fact, Found), fact
    return fact.value.account_id


def test_keys(identity: Ask) -> None:
    assert account(identity(Keys(Secret("2" * 12), Secret("test"), Secret("token")))) == "2" * 12


def test_a_profile(identity: Ask) -> None:
    assert account(identity(Profile("mine"))) == "3" * 12


def test_default_credentials(identity: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "4" * 12)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    assert account(identity(DefaultCredentials())) == "4" * 12


def test_a_role(identity: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "4" * 12)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    role = Role(f"arn:aws:iam::{'5' * 12}:role/grader", Secret("external"))
    assert account(identity(role)) == "5" * 12


def test_a_role_that_may_not_be_assumed_is_what_was_denied(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "4" * 12)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    wire = Wire()
    wire.play("sts.AssumeRole", query(403, "AccessDenied", DENIED), always=True)
    role = Role(f"arn:aws:iam::{'5' * 12}:role/grader", Secret("external"))
    aws = Aws(Clients(wire.session), role, "us-east-1", "http://127.0.0.1:1")
    fact = observe_identity(aws, None)
    assert isinstance(fact, Unknown)
    assert fact.kind == "permission"
    assert "sts:AssumeRole was denied" in fact.detail
    assert "external" not in fact.detail


RUBRIC = """\
schema: rubric/1
title: A function
lab:
  region: us-east-1
  functions: {sum: first_lambda}
  queues: {}
criteria:
  - {id: function, title: It is there, check: function_exists, on: sum, points: 1}
"""
NOWHERE = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("row", "option", "variable"),
    first_only_when_quick([("", "", "here"), ("", "here", NOWHERE), ("here", NOWHERE, NOWHERE)]),
    ids=["AWS_ENDPOINT_URL", "--endpoint-url", "the-row"],
)
def test_of_several_addresses_the_rows_comes_first_and_the_environments_last(
    aws_sandbox: Sandbox, tmp_path: Path, row: str, option: str, variable: str
) -> None:
    here = aws_sandbox.endpoint_url
    row, option, variable = (one.replace("here", here) for one in (row, option, variable))
    (tmp_path / "rubric.yaml").write_text(RUBRIC)
    (tmp_path / "class.csv").write_text(
        "student_id,endpoint_url,aws_access_key_id,aws_secret_access_key\n"
        f"s1,{row},{'6' * 12},test\n"
    )
    given = ["--endpoint-url", option] if option else []
    env = environment(AWS_ENDPOINT_URL=variable)
    done = grader("batch", "class.csv", *given, cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("access", [Profile("absent"), DefaultCredentials()])
def test_no_credentials_are_unknown(identity: Ask, access: Access) -> None:
    fact = identity(access)
    assert isinstance(fact, Unknown)
    assert fact.kind == "credentials"


def test_a_profile_whose_program_hangs_holds_up_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe, config = tmp_path / "pipe", tmp_path / "config"
    os.mkfifo(pipe)
    config.write_text(f"[profile slow]\ncredential_process = cat {pipe}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    clients = Clients()
    with ThreadPoolExecutor() as threads:
        slow = threads.submit(clients.credentials, Profile("slow"), "us-east-1", None)
        with pipe.open("w") as answer:  # opens when the program has opened it: it runs, and waits
            options = {
                "region_name": "us-east-1",
                "aws_access_key_id": "1" * 12,
                "aws_secret_access_key": "x",
            }
            assert clients.make("sts", Config(), options).meta.region_name == "us-east-1"
            assert not slow.done()
            answer.write('{"Version": 1, "AccessKeyId": "a", "SecretAccessKey": "b"}')
        assert slow.result()["aws_access_key_id"] == "a"


@pytest.mark.parametrize("external_id", ["external", None])
def test_a_role_is_assumed_with_its_external_id_if_it_has_one(
    aws_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, wire: Wire, external_id: str | None
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "4" * 12)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    asked: list[dict[str, Any]] = []

    def note(params: dict[str, Any], **_given: Any) -> None:
        asked.append({**params})

    wire.session.events.register("before-parameter-build.sts.AssumeRole", note)
    role = Role(
        f"arn:aws:iam::{'5' * 12}:role/grader", Secret(external_id) if external_id else None
    )
    with closing(Aws(Clients(wire.session), role, "us-east-1", aws_sandbox.endpoint_url)) as aws:
        assert account(observe_identity(aws, None)) == "5" * 12
    assert [params.get("ExternalId") for params in asked] == [external_id]
