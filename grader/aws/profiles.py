"""Credentials that boto3 finds by itself: of a profile, the environment, an instance's role."""

from __future__ import annotations

import getpass
import math
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from functools import lru_cache, partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import boto3
import botocore.session
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
)

from grader.aws.bounds import (
    OutOfTimeError,
    asking_until,
    bound_questions_of,
    bounded_session,
    seconds_left,
)
from grader.i18n.language import N_
from grader.i18n.message import message

_FOUND_IN = "aws-configuration"

_CONFIGURED_BY = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")
"""The variables that say where profiles are written, in botocore's own words."""

PROFILE_LIMIT_S = 45
"""How long credentials may take: a program may hang that is to print them, a code is to be typed."""

FAILED_AT_ONCE_S = 5
"""A lookup that failed within this many seconds is tried again; a slower one is not."""

RENEWED_BEFORE_S, RENEWED_AGAIN_S = 900, 60
"""Seconds. Keys that last no longer than the first are asked for again, as botocore does; where that
brought none, again after the second."""

_LAST_MOMENT_S = 30
"""What is asked with keys that last no longer may come too late."""

MOST_BYTES_WRITTEN = 1024 * 1024
"""What a program may write, to its output or its errors: credentials take a few thousand bytes."""

_PART = 64 * 1024

_LAST_WORDS_S = 1
"""Seconds to wait for a program that was killed."""


class _Session(botocore.session.Session):
    """botocore's session. What it asks for credentials by itself is bounded, as all questions are."""

    def create_client(self, *given: Any, **named: Any) -> Any:
        """A client, as botocore makes one: of SSO or STS, when a profile asks them for credentials."""
        client = super().create_client(*given, **named)
        bound_questions_of(client, PROFILE_LIMIT_S)
        return client


def session_of_profile(name: str | None, region: str | None) -> boto3.Session:
    """A session with the configuration of a profile, or the default one.

    Raises botocore's exceptions.
    """
    return boto3.Session(botocore_session=_Session(), profile_name=name, region_name=region)


def session_for_keys() -> boto3.Session:
    """A session for whoever brings keys along: no profile is needed, if the environment names one."""
    made = _Session()
    name = made.get_config_variable("profile")
    if name is not None and name not in made.available_profiles:
        made = _Session(session_vars={"profile": (None, [], None, None)})
    return boto3.Session(botocore_session=made)


def region_of_profile(name: str) -> str | None:
    """The region that a profile names itself, whatever the environment says; ``None`` for none.

    A configuration that cannot be read names none: what is wrong with it is said where it is used.
    """
    paths = _configuration(*map(os.environ.get, _CONFIGURED_BY))
    try:
        return _regions(*map(_state_of, paths)).get(name)
    except BotoCoreError:
        return None


@lru_cache(maxsize=1)
def _configuration(*_environment: str | None) -> list[str]:
    """Where botocore looks for profiles, by the environment's :data:`_CONFIGURED_BY`. A session takes
    milliseconds to make, and a class may have thousands of profiles."""
    session = botocore.session.Session()
    return [session.get_config_variable(each) for each in ("config_file", "credentials_file")]


@lru_cache(maxsize=1)
def _regions(*_files: tuple[str, int, int]) -> dict[str, str]:
    """The region of each profile. It is read once, until a file changes: a class may have thousands."""
    profiles = botocore.session.Session().full_config["profiles"]
    return {name: given["region"] for name, given in profiles.items() if "region" in given}


def _state_of(path: str) -> tuple[str, int, int]:
    """What tells that a file was written again, or is another: its place, its size, and when."""
    try:
        real = Path(os.path.expandvars(path)).expanduser()
        there = real.stat()
    except (OSError, RuntimeError):  # no such file; no home
        return path, 0, 0
    return str(real), there.st_size, there.st_mtime_ns


class AskedKeys:
    """The keys that a session finds, asked for by a thread of their own.

    Each caller waits no longer than its own time allows: neither a program that hangs nor a caller
    with little time left delays the others. Nobody waits for keys that are renewed, as long as those
    that were found ``before`` last.
    """

    def __init__(self, session: boto3.Session, before: AskedKeys | None = None) -> None:
        self._session = session
        self._before = None if before is None else before._usable
        self._credentials: Any = None if before is None else before._credentials
        self._found: list[Any] = []
        self._began = time.monotonic()
        self._took_s = math.inf
        self._thread = threading.Thread(target=self._ask, name="credentials", daemon=True)
        self._thread.start()

    @property
    def may_be_asked_again(self) -> bool:
        """Whether asking again can help: found keys may end soon, missing ones may be there by now.

        A program that hung is not waited for a second time."""
        if self._took_s == math.inf:
            return False
        if self._usable is None:
            return self._took_s < FAILED_AT_ONCE_S
        waited_s = time.monotonic() - self._began
        return waited_s >= RENEWED_AGAIN_S and not self._last_for(RENEWED_BEFORE_S)

    def keys(self) -> tuple[str, str, str | None]:
        """Access key id, secret access key and session token.

        Raises ``NoCredentialsError``, or another exception of botocore; at most
        :data:`PROFILE_LIMIT_S` seconds after they were asked for, and when the time of this thread's
        account is over.
        """
        if self._usable is None:
            left = seconds_left()
            limit = self._began + PROFILE_LIMIT_S - time.monotonic()
            self._thread.join(max(0.0, limit if left is None else min(limit, left)))
        usable = self._usable
        if usable is not None:
            return usable
        if not self._found:
            waited = min(PROFILE_LIMIT_S, math.ceil(time.monotonic() - self._began))
            none = message(N_("there were none after {seconds} s"), seconds=waited)
            raise CredentialRetrievalError(provider=_FOUND_IN, error_msg=none)
        (answer,) = self._found
        if isinstance(answer, BotoCoreError | ClientError):
            raise answer
        if isinstance(answer, BaseException):
            # A missing program or file, JSON that is none, a code that nobody can type.
            said = f"{type(answer).__name__}: {answer}" if str(answer) else type(answer).__name__
            raise CredentialRetrievalError(provider=_FOUND_IN, error_msg=said) from answer
        raise NoCredentialsError

    @property
    def _usable(self) -> tuple[str, str, str | None] | None:
        """The keys that were found, or those from before as long as they last."""
        found = self._found[0] if self._found else None
        if isinstance(found, ReadOnlyCredentials) and found.access_key and found.secret_key:
            return found.access_key, found.secret_key, found.token
        return self._before if self._last_for(_LAST_MOMENT_S) else None

    def _last_for(self, seconds: float) -> bool:
        """Whether the keys last for so long; those that never end do."""
        end = getattr(self._credentials, "refresh_needed", None)
        return end is None or not end(seconds)

    def _ask(self) -> None:
        try:
            with asking_until(self._began + PROFILE_LIMIT_S):
                _bound(self._session)
                credentials = self._session.get_credentials()
                found = credentials and credentials.get_frozen_credentials()
            self._credentials = credentials
            self._found.append(found)
        except OutOfTimeError:
            pass  # an account's words: whoever waits says how long
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            self._found.append(error)
        self._took_s = time.monotonic() - self._began


class _Program(subprocess.Popen[bytes]):
    """A program that prints credentials, and is ended when it takes too long or writes too much.

    It stays in the group of this one: some ask for a code at the terminal, which no other group may.
    """

    def communicate(self, *_given: Any, **_named: Any) -> tuple[bytes, bytes]:
        """What it wrote, to its output and its errors. Raises ``subprocess.TimeoutExpired``, and
        ``CredentialRetrievalError`` where that is more than :data:`MOST_BYTES_WRITTEN`."""
        try:
            return self._written()
        except BaseException:
            self.kill()
            # A child of its own may live for hours: its end is not waited for.
            with suppress(subprocess.TimeoutExpired):
                self.wait(_LAST_WORDS_S)
            raise
        finally:
            # Whoever still writes is told by the system that nobody reads.
            for pipe in filter(None, (self.stdout, self.stderr)):
                pipe.close()

    def _written(self) -> tuple[bytes, bytes]:
        limit_s = PROFILE_LIMIT_S - 1
        ends_at, read = time.monotonic() + limit_s, SimpleQueue[tuple[int, bytes]]()
        for number, pipe in enumerate(filter(None, (self.stdout, self.stderr))):
            # A handle of its own: closing one that is being read from would wait for what is read.
            own = os.dup(pipe.fileno())
            threading.Thread(target=_read, args=(own, number, read), daemon=True).start()
        written = [b"", b""]
        for _pipe in written:
            try:
                number, text = read.get(timeout=max(0.0, ends_at - time.monotonic()))
            except Empty:
                raise subprocess.TimeoutExpired(self.args, limit_s) from None
            if len(text) > MOST_BYTES_WRITTEN:
                much = message(
                    N_("the program wrote more than {limit} bytes"), limit=MOST_BYTES_WRITTEN
                )
                raise CredentialRetrievalError(provider=_FOUND_IN, error_msg=much)
            written[number] = text
        self.wait(max(0.0, ends_at - time.monotonic()))
        return written[0], written[1]


def _read(handle: int, number: int, into: SimpleQueue[tuple[int, bytes]]) -> None:
    """Put what is read from ``handle`` ``into`` a queue: all of it, or a little more than the limit."""
    text = bytearray()
    with open(handle, "rb", buffering=0) as pipe, suppress(OSError):
        while len(text) <= MOST_BYTES_WRITTEN and (part := pipe.read(_PART)):
            text += part
    into.put((number, bytes(text)))


def _ask_for_code(prompt: str) -> str:
    """The code of an MFA device, where somebody can type it."""
    if sys.stdin is None or not sys.stdin.isatty():
        nowhere = message(N_("there is no terminal to type the code of the MFA device"))
        raise CredentialRetrievalError(provider=_FOUND_IN, error_msg=nowhere)
    return getpass.getpass(prompt)


def _bound(session: boto3.Session) -> None:
    """Let no program of ``credential_process`` and no question to an instance outlive the wait, and no
    pipe be read for a code.

    Where a release of botocore does not allow that, the wait is bounded all the same. This is the one
    place that reaches into botocore's providers of credentials: what they run has no public name.
    """
    resolver: Any = session._session.get_component("credential_provider")
    for provider in resolver.providers:
        if hasattr(provider, "_popen"):
            provider._popen = _Program
        if hasattr(provider, "_prompter"):
            provider._prompter = _ask_for_code
        fetcher: Any
        for fetcher in (getattr(provider, name, None) for name in ("_fetcher", "_role_fetcher")):
            if hasattr(fetcher, "_session"):
                fetcher._session = bounded_session(fetcher._session, PROFILE_LIMIT_S)
        builder: Any = getattr(provider, "_profile_provider_builder", None)
        if hasattr(builder, "_create_process_provider"):
            builder._create_process_provider = partial(_of_source_profile, builder)


def _of_source_profile(builder: Any, profile_name: str) -> Any:
    """botocore's provider for the profile whose keys assume a role, which it makes when asked."""
    provider = type(builder)._create_process_provider(builder, profile_name)
    provider._popen = _Program
    return provider
