"""Profiles and the default configuration count as they do for every tool of AWS."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.credentials import AssumeRoleProvider, ProcessProvider, SSOProvider

from benchmarks.tls_front import tls_front
from grader.aws import account_client, profiles
from grader.aws.account_client import Aws
from grader.aws.clients import Clients
from grader.aws.profiles import region_of_profile
from grader.batch.settings import Settings
from grader.model.access import DefaultCredentials, Keys, Profile, Role
from grader.model.fact import Found, Unknown
from grader.observe.identity import observe_identity
from grader.roster.load import RosterEntry
from grader.safety.secret import Secret
from tests.alike import alike
from tests.observations import lab_rubric
from tests.polling import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from grader.model.access import Access
    from grader.sandbox.server import Sandbox

    Configure = Callable[[str], None]

NOBODY_S = 120
"""Sooner than a program that hangs for ever would end."""


@pytest.fixture
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Write the configuration of AWS's tools, and nothing else counts."""
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))

    def write(text: str) -> None:
        (tmp_path / "config").write_text(textwrap.dedent(text))

    return write


def whose(access: Access, region: str = "us-east-1") -> Any:
    """The account that AWS says it is, or what is unknown."""
    aws = Aws(Clients(), access, region, None)
    try:
        fact = observe_identity(aws, None)
    finally:
        aws.close()
    return fact.value.account_id if isinstance(fact, Found) else fact


def refused(access: Access) -> str:
    """Why there are no credentials."""
    fact = whose(access)
    assert isinstance(fact, Unknown)
    assert fact.kind == "credentials"
    return fact.detail


KEYS = "aws_access_key_id = {0}\naws_secret_access_key = test\n"


@pytest.mark.parametrize(
    "where",
    ["endpoint_url = {url}", "services = here\n[services here]\nsts =\n  endpoint_url = {url}"],
)
def test_the_endpoint_of_a_profile_is_asked_and_no_other(
    aws_sandbox: Sandbox, configure: Configure, where: str
) -> None:
    account = aws_sandbox.new_account()
    where = where.format(url=aws_sandbox.endpoint_url)
    configure(f"[profile lab]\n{KEYS.format(account)}{where}\n")
    assert whose(Profile("lab")) == account


def test_the_default_profile_and_the_environments_own_order_of_endpoints_count(
    aws_sandbox: Sandbox, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = aws_sandbox.new_account()
    configure(f"[default]\n{KEYS.format(account)}")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", aws_sandbox.endpoint_url)
    assert whose(DefaultCredentials()) == account
    assert whose(Keys(Secret(account), Secret("test"), None)) == account


def test_configured_endpoints_can_be_ignored(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(f"[profile lab]\n{KEYS.format('1' * 12)}endpoint_url = http://127.0.0.1:9\n")
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    assert Aws(Clients(), Profile("lab"), "us-east-1", None).sqs.meta.endpoint_url == (
        "https://sqs.us-east-1.amazonaws.com"
    )


def test_an_endpoint_that_is_given_beats_the_profiles(
    aws_sandbox: Sandbox, configure: Configure
) -> None:
    configure(f"[profile lab]\n{KEYS.format('1' * 12)}endpoint_url = http://127.0.0.1:9\n")
    aws = Aws(Clients(), Profile("lab"), "us-east-1", aws_sandbox.endpoint_url)
    assert aws.sqs.meta.endpoint_url == aws_sandbox.endpoint_url


@pytest.mark.slow
def test_the_authority_that_a_profile_names_is_trusted(
    aws_sandbox: Sandbox, configure: Configure, tmp_path: Path
) -> None:
    account = aws_sandbox.new_account()
    with tls_front(aws_sandbox.endpoint_url, tmp_path) as front:
        asks = f"{KEYS.format(account)}endpoint_url = {front.endpoint_url}\n"
        configure(f"[profile lab]\n{asks}ca_bundle = {front.ca_bundle}\n[profile none]\n{asks}")
        assert whose(Profile("lab")) == account
        fact = whose(Profile("none"))
    assert isinstance(fact, Unknown)
    assert fact.kind == "unreachable"


@pytest.mark.parametrize(
    ("row", "option", "comes_to"),
    [
        ("us-west-2", "eu-west-1", "us-west-2"),
        ("", "eu-west-1", "eu-west-1"),
        ("", None, "ap-south-1"),
    ],
)
def test_a_row_is_looked_at_in_its_profiles_region_unless_another_is_given(
    configure: Configure, row: str, option: str | None, comes_to: str
) -> None:
    configure(f"[profile lab]\nregion = ap-south-1\n{KEYS.format('1' * 12)}")
    account = RosterEntry(student_id="s1", region=row or None, access=Profile("lab"))
    settings = Settings(seed=1, region=option)
    assert settings.region_of(account, lab_rubric()) == comes_to


def test_a_region_of_the_environment_is_no_profiles(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = RosterEntry(student_id="s1", access=Profile("lab"))
    for variable in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.setenv(variable, "eu-north-1")
    configure(f"[profile lab]\n{KEYS.format('1' * 12)}")
    assert Settings(seed=1).region_of(account, lab_rubric()) == lab_rubric().lab.region
    configure(f"[profile lab]\nregion = ap-south-1\n{KEYS.format('1' * 12)}")
    assert Settings(seed=1).region_of(account, lab_rubric()) == "ap-south-1"


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS"])
def test_addresses_of_the_environment_can_be_ignored_by_rows_with_keys(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:9")
    keys = Keys(Secret("1" * 12), Secret("test"), None)
    assert Aws(Clients(), keys, "us-east-1", None).sqs.meta.endpoint_url == "http://127.0.0.1:9"
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    assert Aws(Clients(), keys, "us-east-1", None).sqs.meta.endpoint_url == (
        "https://sqs.us-east-1.amazonaws.com"
    )


def test_fips_endpoints_and_the_region_of_a_profile_count(configure: Configure) -> None:
    configure(
        f"[profile lab]\n{KEYS.format('1' * 12)}use_fips_endpoint = true\nregion = us-west-2\n"
    )
    aws = Aws(Clients(), Profile("lab"), "us-east-1", None)
    assert aws.sqs.meta.endpoint_url == "https://sqs-fips.us-east-1.amazonaws.com"
    assert region_of_profile("lab") == "us-west-2"
    assert region_of_profile("nobody") is None


def test_a_profile_that_assumes_a_role_needs_no_region_of_its_own(
    aws_sandbox: Sandbox, configure: Configure
) -> None:
    account = aws_sandbox.new_account()
    configure(
        f"[profile keys]\n{KEYS.format(account)}\n[profile lab]\nsource_profile = keys\n"
        f"role_arn = arn:aws:iam::{account}:role/grader\nendpoint_url = {aws_sandbox.endpoint_url}\n"
    )
    assert whose(Profile("lab")) == account


def test_two_profiles_of_one_run_do_not_share_their_endpoints(
    aws_sandbox: Sandbox, configure: Configure
) -> None:
    configure(
        f"[profile one]\n{KEYS.format('1' * 12)}endpoint_url = http://127.0.0.1:9\n"
        f"[profile two]\n{KEYS.format('2' * 12)}endpoint_url = {aws_sandbox.endpoint_url}\n"
    )
    clients = Clients()
    found = [
        Aws(clients, Profile(name), "us-east-1", None).sqs.meta.endpoint_url
        for name in ("one", "two", "one")
    ]
    assert found == ["http://127.0.0.1:9", aws_sandbox.endpoint_url, "http://127.0.0.1:9"]


def test_rows_with_keys_need_no_profile(
    aws_sandbox: Sandbox, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure("")
    account = aws_sandbox.new_account()
    monkeypatch.setenv("AWS_PROFILE", "gone")
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws_sandbox.endpoint_url)
    assert whose(Keys(Secret(account), Secret("test"), None)) == account
    # A role is assumed with what the profile stands for.
    assert "gone" in refused(Role(f"arn:aws:iam::{account}:role/grader"))
    assert "gone" in refused(DefaultCredentials())


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("credential_process = /nowhere/to/be/found", "/nowhere/to/be/found"),
        (f'credential_process = {sys.executable} -c "print(1)"', ""),
        (f'credential_process = {sys.executable} -c "raise SystemExit(3)"', ""),
        (f"credential_process = {sys.executable} -c \"print('no JSON')\"", "JSON"),
        (
            "role_arn = arn:aws:iam::111111111111:role/x\nweb_identity_token_file = /nowhere/token",
            "/nowhere/token",
        ),
        ("aws_access_key_id = 111111111111", "aws_secret_access_key"),
        ("role_arn = arn:aws:iam::111111111111:role/x\nsource_profile = gone", "gone"),
        ("sso_session = gone\nsso_account_id = 1\nsso_role_name = x", "gone"),
    ],
)
def test_what_keeps_a_profile_from_giving_credentials_is_told(
    configure: Configure, lines: str, said: str
) -> None:
    configure(f"[profile lab]\nregion = us-east-1\n{lines}\n")
    assert said in refused(Profile("lab"))


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (403, "ForbiddenException", "No access"),
        (404, "ResourceNotFoundException", "No such role"),
        (400, "InvalidRequestException", "No such account"),
    ],
)
def test_what_sso_refuses_is_told_by_the_name_of_what_was_asked(
    configure: Configure,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    code: str,
    message: str,
) -> None:
    start, tokens = "https://lab.awsapps.com/start", tmp_path / "tokens"
    tokens.mkdir()
    token = {"startUrl": start, "accessToken": "t", "expiresAt": "2999-01-01T00:00:00Z"}
    (tokens / f"{sha1(start.encode()).hexdigest()}.json").write_text(json.dumps(token))
    monkeypatch.setattr(SSOProvider, "_SSO_TOKEN_CACHE_DIR", str(tokens))
    with sso_that_says(status, code, message) as url:
        configure(
            "[profile lab]\nregion = us-east-1\nservices = here\nsso_region = us-east-1\n"
            f"sso_start_url = {start}\nsso_account_id = {'1' * 12}\nsso_role_name = grader\n"
            f"[services here]\nsso =\n  endpoint_url = {url}\n"
        )
        said = refused(Profile("lab"))
    assert said == f"sso:GetRoleCredentials: {message} ({code})"


@contextmanager
def sso_that_says(status: int, code: str, message: str) -> Iterator[str]:
    """The address of a server that gives this one answer of IAM Identity Center's portal."""

    class Refuses(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"message": message}).encode()
            self.send_response(status)
            for name, value in {
                "x-amzn-ErrorType": code,
                "Content-Type": "application/json",
                "Content-Length": str(len(body)),
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_given: Any) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refuses)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_code_that_nobody_can_type_is_told(configure: Configure) -> None:
    configure(
        f"[profile keys]\n{KEYS.format('1' * 12)}\n[profile lab]\nsource_profile = keys\n"
        "region = us-east-1\nrole_arn = arn:aws:iam::111111111111:role/x\n"
        "mfa_serial = arn:aws:iam::111111111111:mfa/me\n"
    )
    assert "no terminal to type the code of the MFA device" in refused(Profile("lab"))


def test_a_configuration_that_cannot_be_read_is_told_to_everybody(configure: Configure) -> None:
    configure("[profile lab\nregion")
    assert "config" in refused(Profile("lab"))
    assert "config" in refused(Keys(Secret("1" * 12), Secret("test"), None))


def test_a_program_that_hangs_is_ended_and_keeps_no_other_account_waiting(
    aws_sandbox: Sandbox, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profiles, "PROFILE_LIMIT_S", 2)
    hangs = f'{sys.executable} -c "import time; time.sleep(3600)"'
    configure(f"[profile lab]\ncredential_process = {hangs}\n")
    began = time.monotonic()
    assert refused(Profile("lab"))
    assert time.monotonic() - began < NOBODY_S


@pytest.mark.slow
def test_default_credentials_that_hang_hold_up_no_row_but_those_of_roles_and_those_in_time_only(
    aws_sandbox: Sandbox, configure: Configure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(account_client, "BEGUN_S", 0)
    monkeypatch.setattr(profiles, "PROFILE_LIMIT_S", NOBODY_S)
    program, runs = tmp_path / "program.py", tmp_path / "runs"
    program.write_text(f"import time\nopen({str(runs)!r}, 'x')\ntime.sleep({NOBODY_S})\n")
    configure(f"[default]\ncredential_process = {sys.executable} {program}\n")
    number = aws_sandbox.new_account()
    role = Role(f"arn:aws:iam::{number}:role/grader")
    clients, began = Clients(), time.monotonic()

    def asked(access: Access, seconds: float) -> tuple[Any, float]:
        aws = Aws(clients, access, "us-east-1", aws_sandbox.endpoint_url, began + seconds)
        fact = observe_identity(aws, None)
        return fact, time.monotonic() - began

    with ThreadPoolExecutor() as threads:
        roles = [threads.submit(asked, role, seconds) for seconds in (15, 45)]
        until(runs.exists)  # they wait for the program
        own, _own_s = asked(Keys(Secret(number), Secret("test")), 60)
        assert not roles[1].done()
        ended = [one.result() for one in roles]
    assert own.value.account_id == number
    for (fact, ended_s), seconds in zip(ended, (15, 45), strict=True):
        assert "there were none after" in fact.detail
        assert seconds <= ended_s < NOBODY_S


def identity_by_role(clients: Clients, sandbox: Sandbox, number: str) -> Any:
    """Whose account a role of the account ``number`` leads to, or why that is not known."""
    role = Role(f"arn:aws:iam::{number}:role/grader")
    return observe_identity(Aws(clients, role, "us-east-1", sandbox.endpoint_url), None)


def test_credentials_that_fail_once_are_asked_for_again_by_the_next_role(
    aws_sandbox: Sandbox, configure: Configure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        profiles, "FAILED_AT_ONCE_S", profiles.PROFILE_LIMIT_S
    )  # whatever the machine
    program, runs = tmp_path / "program.py", tmp_path / "runs"
    program.write_text(
        "import sys\n"
        f"print('ran', file=open({str(runs)!r}, 'a'))\n"
        f"if len(open({str(runs)!r}).readlines()) == 1: sys.exit('HTTP 500')\n"
        """print('{"Version": 1, "AccessKeyId": "111111111111", "SecretAccessKey": "test"}')\n"""
    )
    configure(f"[default]\ncredential_process = {sys.executable} {program}\n")
    clients = Clients()
    told = [identity_by_role(clients, aws_sandbox, digit * 12) for digit in "234"]
    assert [type(one) for one in told] == [Unknown, Found, Found]
    assert "HTTP 500" in told[0].detail
    assert runs.read_text() == "ran\n" * 2


@pytest.mark.slow
def test_a_program_that_hangs_is_run_once_for_all_roles(
    aws_sandbox: Sandbox, configure: Configure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(profiles, "PROFILE_LIMIT_S", 15)  # in which it has to begin
    program, runs = tmp_path / "program.py", tmp_path / "runs"
    program.write_text(
        f"import time\nprint('ran', file=open({str(runs)!r}, 'a'))\ntime.sleep({NOBODY_S})\n"
    )
    configure(f"[default]\ncredential_process = {sys.executable} {program}\n")
    clients = Clients()
    for digit in "23":
        assert isinstance(identity_by_role(clients, aws_sandbox, digit * 12), Unknown)
    assert runs.read_text() == "ran\n"


def test_the_default_credentials_are_asked_for_once_for_all_roles(
    aws_sandbox: Sandbox, configure: Configure, tmp_path: Path
) -> None:
    program, runs = tmp_path / "program.py", tmp_path / "runs"
    program.write_text(
        "import time\n"
        f"print('ran', file=open({str(runs)!r}, 'a'))\n"
        "time.sleep(1)\n"
        """print('{"Version": 1, "AccessKeyId": "111111111111", "SecretAccessKey": "test"}')\n"""
    )
    configure(f"[default]\ncredential_process = {sys.executable} {program}\n")
    clients = Clients()

    def account_of(number: str) -> Any:
        fact = identity_by_role(clients, aws_sandbox, number)
        return fact.value.account_id if isinstance(fact, Found) else fact

    numbers = [str(digit) * 12 for digit in range(2, 6)]
    with ThreadPoolExecutor() as threads:
        assert [*threads.map(account_of, numbers)] == numbers
    assert account_of("6" * 12) == "6" * 12
    assert runs.read_text() == "ran\n"


def test_a_program_that_is_ended_is_not_waited_for_whatever_it_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(profiles, "PROFILE_LIMIT_S", 2)
    starts = (
        "import subprocess, sys, time\n"
        f"subprocess.Popen([sys.executable, '-c', 'import time; time.sleep({NOBODY_S})'])\n"
        f"time.sleep({NOBODY_S})"
    )
    began = time.monotonic()
    with (
        profiles._Program([sys.executable, "-c", starts], stdout=-1, stderr=-1) as program,
        pytest.raises(subprocess.TimeoutExpired),
    ):
        program.communicate()
    assert time.monotonic() - began < NOBODY_S / 2


FOR_EVER = "import sys, time\nwhile True: sys.{}.buffer.write(bytes(65536))"


@pytest.mark.parametrize("stream", alike(["stdout", "stderr"]))
@pytest.mark.parametrize("by_role", [False, True])
def test_a_program_that_writes_for_ever_is_left_at_once(
    configure: Configure, tmp_path: Path, stream: str, by_role: bool
) -> None:
    program = tmp_path / "program.py"
    program.write_text(FOR_EVER.format(stream))
    role = "role_arn = arn:aws:iam::111111111111:role/x\nsource_profile = keys\n"
    runs = f"region = us-east-1\ncredential_process = {sys.executable} {program}\n"
    configure(f"[profile keys]\n{runs}\n[profile lab]\n{role if by_role else runs}")
    began = time.monotonic()
    assert f"more than {profiles.MOST_BYTES_WRITTEN} bytes" in refused(Profile("lab"))
    assert time.monotonic() - began < profiles.PROFILE_LIMIT_S / 2


def test_a_program_of_a_source_profile_that_hangs_is_ended(
    configure: Configure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(profiles, "PROFILE_LIMIT_S", 3)
    ended = list[int]()
    kill = profiles._Program.kill
    monkeypatch.setattr(profiles._Program, "kill", lambda it: (ended.append(it.pid), kill(it)))
    hangs = f'{sys.executable} -c "import time; time.sleep(3600)"'
    configure(
        f"[profile keys]\ncredential_process = {hangs}\n[profile lab]\nregion = us-east-1\n"
        "role_arn = arn:aws:iam::111111111111:role/x\nsource_profile = keys\n"
    )
    assert refused(Profile("lab"))
    until(lambda: bool(ended))


def test_the_names_of_botocore_that_ending_a_program_rests_on_are_there() -> None:
    resolver: Any = botocore.session.Session().get_component("credential_provider")
    (by_role,) = (found for found in resolver.providers if isinstance(found, AssumeRoleProvider))
    assert callable(by_role._prompter)
    builder = by_role._profile_provider_builder
    (process,) = (
        found for found in builder.providers("default") if isinstance(found, ProcessProvider)
    )
    assert process._popen is builder._create_process_provider("default")._popen is subprocess.Popen
