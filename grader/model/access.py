"""The ways to an account, as types. They are read in :mod:`grader.roster.access`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from grader.safety.secret import Secret

KEY_NAMES = KEY_ID, KEY, TOKEN = (
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
)
"""What AWS's files, boto3 and a roster call the parts of :class:`Keys`."""


@dataclass(frozen=True)
class Profile:
    """A profile of the user's own AWS configuration."""

    name: str


@dataclass(frozen=True)
class Role:
    """A role to assume with the user's default credentials."""

    arn: str
    external_id: Secret | None = None


@dataclass(frozen=True)
class Keys:
    """Credentials themselves, of an IAM user or of a session (with its token)."""

    access_key_id: Secret
    secret_access_key: Secret
    session_token: Secret | None = None


@dataclass(frozen=True)
class DefaultCredentials:
    """Whatever boto3 finds by itself: environment, default profile, instance role."""


@dataclass(frozen=True)
class HandedIn:
    """Something that was handed in and is no credentials: no way to an account, and no absence either.

    ``why`` is a sentence that says what it is.
    """

    why: str


@dataclass(frozen=True)
class MissingFile:
    """A file of credentials that is not there any more: no way to an account, and no absence either."""


@dataclass(frozen=True)
class NothingHandedIn:
    """No way at all, of a student who handed in nothing: never asked for."""


Access: TypeAlias = (
    Profile | Role | Keys | DefaultCredentials | HandedIn | MissingFile | NothingHandedIn
)
