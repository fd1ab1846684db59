"""Why this machine's own configuration leads to no account: told with its place and its remedy."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from grader.aws.account_client import Aws
from grader.aws.clients import Clients
from grader.i18n.message import as_message, said
from grader.model.access import DefaultCredentials, Keys, Profile
from grader.model.fact import Found, Unknown
from grader.observe.identity import observe_identity
from grader.safety.secret import Secret
from grader.scoring.phrases import what_next
from tests.aws.test_pasted_block import BLOCK, ID, SECRET, SESSION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.model.access import Access
    from grader.sandbox.server import Sandbox


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with nothing in it but the folder of AWS's tools; no variable of the environment counts."""
    for name in [*os.environ]:
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".aws").mkdir()
    return tmp_path


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address of this machine at which nothing answers."""
    with socket.socket() as taken:  # bound, and not listening
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def refused(access: Access | None = None, endpoint_url: str | None = None) -> tuple[str, str, str]:
    """The kind, what is said, and what to do next."""
    aws = Aws(Clients(), access or DefaultCredentials(), "us-east-1", endpoint_url)
    try:
        fact = observe_identity(aws, None)
    finally:
        aws.close()
    assert isinstance(fact, Unknown)
    return fact.kind, said(fact.words), said(what_next(fact.kind, fact.words))


def own(words: tuple[str, str, str]) -> str:
    """What to do next, where it is not only what the kind says in general."""
    assert words[2] != said(what_next(words[0])), words
    return words[2]


# -- ~/.aws/credentials ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "place", "next_step"),
    [
        (BLOCK * 2, "~/.aws/credentials, line 5: [default] begins there a second", "Delete the older"),
        (f"Copied\n{BLOCK}", "~/.aws/credentials, line 1: there is text above", "Delete everything"),
        ("\n".join(BLOCK.splitlines()[1:]), "~/.aws/credentials, line 1: the keys", "Write [default]"),
        (BLOCK.encode("utf-8-sig"), "~/.aws/credentials, line 1: the file begins", "as UTF-8"),
        (BLOCK.encode("utf-16"), "~/.aws/credentials, line 1: the file is encoded", "as UTF-8"),
        (BLOCK.replace("[default]", "[cours]"), "line 1: there is no section [default]", "--profile"),
        (b"", "No AWS credentials were found.", "grader check --block FILE"),
    ],
)  # fmt: skip
def test_a_bad_paste_is_told_with_file_line_and_remedy(
    home: Path, raw: bytes | str, place: str, next_step: str
) -> None:
    (home / ".aws/credentials").write_bytes(raw.encode() if isinstance(raw, str) else raw)
    words = refused()
    assert (words[0], place in words[1]) == ("credentials", True), words
    if next_step:
        assert next_step in own(words)
        assert words[2].startswith("This costs no points.")


def test_who_named_a_profile_is_not_sent_to_paste_a_block(home: Path) -> None:
    (home / ".aws/config").write_text("[profile course]\nregion = us-east-1\n")
    kind, told, next_step = refused(Profile("course"))
    assert (kind, told) == ("credentials", "No AWS credentials were found.")
    assert "--block" not in next_step


def test_every_fault_of_a_file_is_told_at_once(home: Path) -> None:
    (home / ".aws/credentials").write_text(f"Copied\n{BLOCK}oops\n{BLOCK}")
    _kind, told, next_step = refused()
    assert all(f"line {line}:" in told for line in (1, 6, 7)), told
    assert "Delete everything above" in next_step
    assert "Delete the older block" in next_step


def test_what_aws_refuses_is_explained_by_what_the_file_holds(
    home: Path, aws_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The sandbox takes any key: AWS's refusal stands for it.
    from botocore.exceptions import ClientError

    from grader.aws.own_configuration import why_no_keys

    (home / ".aws/credentials").write_text(BLOCK.replace(ID, f'"{ID}"'))
    error = ClientError(
        {"Error": {"Code": "InvalidClientTokenId", "Message": "x"}}, "GetCallerIdentity"
    )
    why = why_no_keys(error, DefaultCredentials())
    assert why is not None
    assert "line 2: aws_access_key_id stands in quotation marks" in said(why)
    assert why_no_keys(error, Keys(Secret("1"), Secret("2"), None)) is None
    # Right keys that have ended: AWS's own words are enough.
    (home / ".aws/credentials").write_text(BLOCK)
    assert why_no_keys(error, DefaultCredentials()) is None
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", SESSION)
    why = why_no_keys(error, DefaultCredentials())
    assert why is not None
    assert "count before any file" in said(why)
    next_step = as_message(why.values["next"])
    assert next_step is not None
    assert "unset AWS_ACCESS_KEY_ID" in said(next_step)
    assert "Remove-Item Env:AWS_ACCESS_KEY_ID" in said(next_step)


def test_half_of_the_keys_in_the_environment_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ID)
    words = refused()
    assert "AWS_SECRET_ACCESS_KEY is not" in words[1]
    assert "Set all three" in own(words)


def test_a_file_with_an_ending_a_folder_and_a_file_of_another_are_told(home: Path) -> None:
    (home / ".aws/credentials.txt").write_text(BLOCK)
    words = refused()
    assert "beside it lies credentials.txt" in words[1]
    assert "Rename it to credentials" in own(words)
    (home / ".aws/credentials").mkdir()
    words = refused()
    assert "~/.aws/credentials: this is a folder" in words[1]
    assert "Move it away" in own(words)


def test_a_fault_of_the_configuration_is_told_too(home: Path) -> None:
    (home / ".aws/config").write_text(
        "[default]\nregion = us-east-1\n[default]\nregion = us-east-1\n"
    )
    words = refused(Profile("default"))
    assert "~/.aws/config, line 3: [default] begins there a second time" in words[1]
    assert "Delete the older block" in own(words)


# -- profiles -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "told", "next_step"),
    [
        ("corse", "there is one named cours.", "Use that one: --profile cours."),
        ("COURS", "there is one named cours.", "Use that one: --profile cours."),
        ("qwfp", "there is: cours, default.", "Name one of them"),
    ],
)
def test_a_profile_that_does_not_exist_is_told_with_the_nearest(
    home: Path, asked: str, told: str, next_step: str
) -> None:
    (home / ".aws/credentials").write_text(f"{BLOCK}[cours]\n{BLOCK.partition(chr(10))[2]}")
    words = refused(Profile(asked))
    assert words[0] == "credentials"
    assert f"There is no profile {asked} in ~/.aws/credentials or ~/.aws/config; {told}" in words[1]
    assert next_step in own(words)


def test_a_profile_that_the_environment_names_is_told_with_the_variable(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "gone")
    words = refused()
    assert "AWS_PROFILE names it" in words[1]
    assert "“unset AWS_PROFILE”, in PowerShell “Remove-Item Env:AWS_PROFILE”" in own(words)
    (home / ".aws/config").write_text("[profile gonne]\nregion = us-east-1\n")
    words = refused()
    assert "--profile gonne; AWS_PROFILE of your environment names gone" in own(words)


def test_a_profile_where_there_is_none_at_all_is_told() -> None:
    words = refused(Profile("lab"))
    assert "neither ~/.aws/credentials nor ~/.aws/config has any" in words[1]
    assert "Name no profile, or write a section" in own(words)


# -- addresses ------------------------------------------------------------------------------------


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that the sandbox takes."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "1" * 12)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


@pytest.mark.slow
@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    "variable", ["AWS_ENDPOINT_URL", pytest.param("AWS_ENDPOINT_URL_STS", marks=pytest.mark.slow)]
)
def test_a_stale_address_is_told_and_how_to_unset_it(
    monkeypatch: pytest.MonkeyPatch, nobody: str, variable: str
) -> None:
    monkeypatch.setenv(variable, nobody)
    words = refused()
    assert words[:2] == ("unreachable", f"Nothing answers at {nobody}, which {variable} names.")
    assert f"“unset {variable}”" in own(words)
    assert f"“Remove-Item Env:{variable}”" in own(words)
    assert "grader sandbox" in words[2]


@pytest.mark.slow
@pytest.mark.usefixtures("keys")
def test_a_stale_address_of_the_configuration_is_told_with_its_file(
    home: Path, nobody: str
) -> None:
    (home / ".aws/config").write_text(f"[default]\nendpoint_url = {nobody}\n")
    words = refused()
    assert words[1] == f"Nothing answers at {nobody}, which ~/.aws/config names."
    assert "delete endpoint_url in ~/.aws/config" in own(words)


@pytest.mark.usefixtures("keys")
def test_an_address_that_was_given_is_not_blamed_on_the_environment(
    monkeypatch: pytest.MonkeyPatch, nobody: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    words = refused(endpoint_url=nobody)
    assert f'Could not connect to the endpoint URL: "{nobody}' in words[1]
    assert words[1].endswith('".')  # a sentence, since another follows it
    assert words[2] == said(what_next("unreachable"))


@pytest.mark.slow
@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    "variable", ["HTTP_PROXY", pytest.param("http_proxy", marks=pytest.mark.slow)]
)
def test_a_proxy_before_the_sandbox_is_told_and_how_to_keep_it_out(
    monkeypatch: pytest.MonkeyPatch, aws_sandbox: Sandbox, nobody: str, variable: str
) -> None:
    name = variable
    monkeypatch.setenv(name, nobody.replace("http://", "http://me:hunter2@"))
    for given in (aws_sandbox.endpoint_url, None):
        if given is None:
            monkeypatch.setenv("AWS_ENDPOINT_URL", aws_sandbox.endpoint_url)
        words = refused(endpoint_url=given)
        assert words[0] == "unreachable"
        assert f"A proxy ({name}) stands between you and {aws_sandbox.endpoint_url}" in words[1]
        assert "“export NO_PROXY=127.0.0.1,localhost”" in own(words)
        assert "$env:NO_PROXY = '127.0.0.1,localhost'" in words[2]
        assert "hunter2" not in "".join(words)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    aws = Aws(Clients(), DefaultCredentials(), "us-east-1", aws_sandbox.endpoint_url)
    assert isinstance(observe_identity(aws, None), Found)


@pytest.mark.usefixtures("keys")
def test_a_proxy_that_answers_instead_of_the_sandbox_is_told(
    monkeypatch: pytest.MonkeyPatch, aws_sandbox: Sandbox, nobody: str
) -> None:
    from botocore.exceptions import ClientError

    from grader.aws.account_client import Aws as Client

    monkeypatch.setenv("HTTP_PROXY", nobody)
    for status in ("403", "407", "502"):
        error = ClientError(
            {"Error": {"Code": status, "Message": "Forbidden"}}, "GetCallerIdentity"
        )
        client = Client(Clients(), DefaultCredentials(), "us-east-1", aws_sandbox.endpoint_url)
        unknown = client.classify(error, "sts:GetCallerIdentity")
        assert isinstance(unknown, Unknown)
        assert "A proxy (HTTP_PROXY) stands between" in said(unknown.words)


@pytest.mark.slow
@pytest.mark.usefixtures("keys")
def test_a_proxy_before_aws_that_is_gone_is_told(
    monkeypatch: pytest.MonkeyPatch, nobody: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", nobody.replace("http://", "http://me:hunter2@"))
    words = refused()
    assert words[:2] == ("unreachable", "The proxy that HTTPS_PROXY names cannot be reached.")
    assert "Remove-Item Env:HTTPS_PROXY" in own(words)
