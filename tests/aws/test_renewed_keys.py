"""Keys that end: who renews them may take as long as it likes, and no question waits for that."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.credentials import (
    ContainerProvider,
    InstanceMetadataProvider,
    RefreshableCredentials,
)
from botocore.httpsession import URLLib3Session

from grader.aws import account_client, profiles
from grader.aws.account_client import Aws
from grader.aws.clients import Clients
from grader.model.access import DefaultCredentials, Profile
from grader.model.fact import Found, Unknown
from grader.observe.identity import observe_identity
from tests.hostile_endpoint import MODES, hostile
from tests.polling import wait_for
from tests.quick_run import first_only_when_quick

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.model.access import Access
    from grader.sandbox.server import Sandbox

LASTS_S = 700


@pytest.fixture(autouse=True)
def nothing_configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a configuration in which nothing stands, and nothing else counts."""
    for name in ("PROFILE", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "ENDPOINT_URL"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    return tmp_path / "config"


class Container:
    """What gives a container its keys: those of one account after the other, then a hostile answer."""

    def __init__(self, *accounts: str, then: str = "silent") -> None:
        self.asked = 0
        self._connected: list[socket.socket] = []
        outer = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer._connected.append(self.connection)
                outer.asked += 1
                if outer.asked > len(accounts):
                    with suppress(OSError):
                        MODES[then](self.connection.sendall)
                    return
                ends = datetime.now(UTC) + timedelta(seconds=LASTS_S * outer.asked)
                body = {
                    "AccessKeyId": accounts[outer.asked - 1],
                    "SecretAccessKey": "test",
                    "Token": "token",
                    "Expiration": f"{ends:%Y-%m-%dT%H:%M:%SZ}",
                }
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, *_given: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self._server.daemon_threads = True

    @contextmanager
    def serving(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """Answer whoever looks for default credentials."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{self._server.server_port}/keys"
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url)
        # First they last long enough; then time passes.
        monkeypatch.setattr(RefreshableCredentials, "_advisory_refresh_timeout", LASTS_S / 2)
        try:
            yield
        finally:
            self._server.shutdown()
            self._server.socket.close()
            for each in self._connected:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
            wait_for(
                lambda: not [one for one in threading.enumerate() if one.name == "credentials"]
            )


def time_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the keys end soon."""
    monkeypatch.setattr(RefreshableCredentials, "_advisory_refresh_timeout", LASTS_S * 1.5)
    monkeypatch.setattr(profiles, "RENEWED_AGAIN_S", 0)


def account_of(aws: Aws) -> Any:
    fact = observe_identity(aws, None)
    return fact.value.account_id if isinstance(fact, Found) else fact


def test_keys_that_end_soon_are_renewed_within_an_account(
    aws_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = aws_sandbox.new_account(), aws_sandbox.new_account()
    container = Container(first, second)
    with container.serving(monkeypatch), closing(Clients()) as clients:
        aws = Aws(clients, DefaultCredentials(), "us-east-1", aws_sandbox.endpoint_url)
        assert [account_of(aws) for _each in range(3)] == [first] * 3
        assert container.asked == 1
        time_passes(monkeypatch)
        wait_for(lambda: account_of(aws) == second)


@pytest.mark.slow
@pytest.mark.parametrize("then", first_only_when_quick(["dribbling body", "silent"]))
def test_nobody_waits_for_new_keys_while_those_before_last(
    aws_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    account = aws_sandbox.new_account()
    container = Container(account, then=then)
    with container.serving(monkeypatch), closing(Clients()) as clients:
        aws = Aws(clients, DefaultCredentials(), "us-east-1", aws_sandbox.endpoint_url)
        assert account_of(aws) == account
        time_passes(monkeypatch)
        began = time.monotonic()
        assert account_of(aws) == account
        wait_for(lambda: container.asked > 1)
        assert account_of(aws) == account
        assert time.monotonic() - began < profiles.PROFILE_LIMIT_S / 2


@pytest.mark.slow
def test_new_keys_that_do_not_come_are_waited_for_no_longer_than_the_account_may_take(
    aws_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    container = Container(aws_sandbox.new_account(), then="dribbling body")
    monkeypatch.setattr(account_client, "BEGUN_S", 0)
    with container.serving(monkeypatch), closing(Clients()) as clients:
        ends_at = time.monotonic() + 5
        aws = Aws(clients, DefaultCredentials(), "us-east-1", aws_sandbox.endpoint_url, ends_at)
        assert isinstance(observe_identity(aws, None), Found)
        time_passes(monkeypatch)
        monkeypatch.setattr(profiles, "_LAST_MOMENT_S", LASTS_S * 2)
        assert isinstance(account_of(aws), Unknown)
        assert time.monotonic() < ends_at + profiles.PROFILE_LIMIT_S / 2


ROLE = "[profile lab]\nregion = us-east-1\nrole_arn = arn:aws:iam::111111111111:role/x\n"
KEYS = "aws_access_key_id = 111111111111\naws_secret_access_key = test\n"


@pytest.mark.parametrize("mode", first_only_when_quick(["dribbling body", "huge"]))
@pytest.mark.parametrize("way", first_only_when_quick(["container", "instance", "role", "token"]))
def test_whoever_gives_credentials_is_asked_with_a_bound(
    nothing_configured: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str, mode: str
) -> None:
    monkeypatch.setattr(profiles, "PROFILE_LIMIT_S", 3)
    (tmp_path / "token").write_text("token")
    access: Access = Profile("lab") if way in {"role", "token"} else DefaultCredentials()
    with hostile(mode) as url, closing(Clients()) as clients:
        if way == "container":
            monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{url}/keys")
        elif way == "instance":
            monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "false")
            monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", url)
        else:
            source = f"source_profile = keys\n[profile keys]\n{KEYS}"
            token = f"web_identity_token_file = {tmp_path / 'token'}\n"
            asks = f"{ROLE}endpoint_url = {url}\n{source if way == 'role' else token}"
            nothing_configured.write_text(asks)
        aws = Aws(clients, access, "us-east-1", "http://127.0.0.1:1")
        why = account_of(aws)
        assert isinstance(why, Unknown)
        assert ("longer than" if mode == "huge" else "there were none after 3 s") in why.detail
        wait_for(lambda: not [one for one in threading.enumerate() if one.name == "credentials"])


def test_the_names_of_botocore_that_these_bounds_rest_on_are_there() -> None:
    resolver: Any = botocore.session.Session().get_component("credential_provider")
    named = {
        type(found): getattr(found, name)
        for name in ("_fetcher", "_role_fetcher")
        for found in resolver.providers
        if hasattr(found, name)
    }
    assert named.keys() == {ContainerProvider, InstanceMetadataProvider}
    for fetcher in named.values():
        assert isinstance(fetcher._session, URLLib3Session)
