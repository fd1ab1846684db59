"""The ways to reach an account, and reading one out of a roster's row or a credentials file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from grader.i18n.language import N_, _
from grader.inputs.problems import BadInput
from grader.inputs.text_file import read_bytes
from grader.model.access import (
    KEY,
    KEY_ID,
    KEY_NAMES,
    TOKEN,
    Access,
    HandedIn,
    Keys,
    MissingFile,
    Profile,
    Role,
)
from grader.roster.credentials_block import (
    MOST_BYTES_PASTED,
    preferred,
    read_pasted,
    unreadable_reason,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from grader.safety.secret import Secret

SECRET_COLUMNS = ("external_id", *KEY_NAMES)
ACCESS_COLUMNS = ("profile", "role_arn", "credentials_file", *SECRET_COLUMNS)

WAYS = N_("profile, role_arn, aws_access_key_id with aws_secret_access_key, or credentials_file")
_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]{1,576}")
_CREDENTIAL = re.compile(r"[!-~]{1,4096}")  # what an HTTP header can carry, no spaces


class AccessError(Exception):
    """A row's way to its account cannot be used: each message with its remedy. Quotes no secret."""

    def __init__(self, *faults: tuple[str, str]) -> None:
        """``faults`` are pairs of a message and its remedy."""
        super().__init__(" ".join(message for message, _remedy in faults))
        self.faults = faults


def access_of(
    cells: Mapping[str, str],
    secrets: Mapping[str, Secret],
    folder: Path,
    *,
    file_needed: bool = True,
) -> Access | None:
    """The one way to an account that a row names, ``None`` if it names none.

    ``cells`` and ``secrets`` are the row's non-empty cells by column; ``folder`` is what a
    ``credentials_file`` is relative to. Unless ``file_needed``, one that is not there is
    :class:`MissingFile`. Raises :class:`AccessError` for two ways or half of one.
    """
    given = [column for column in ACCESS_COLUMNS if column in cells or column in secrets]
    # An id or a token is part of a way: the way counts, not its parts.
    ways = {
        "profile": "profile" in given,
        "role_arn": bool({"role_arn", "external_id"} & {*given}),
        "aws_access_key_id": bool({*KEY_NAMES} & {*given}),
        "credentials_file": "credentials_file" in given,
    }
    chosen = [way for way, is_given in ways.items() if is_given]
    if len(chosen) > 1:
        message = _(
            "The row names more than one way to reach the account: {ways}.", ways=", ".join(given)
        )
        raise AccessError((message, _("Keep one of {ways}.", ways=_(WAYS))))
    match chosen:
        case ["profile"]:
            return Profile(cells["profile"])
        case ["role_arn"]:
            return _role(cells.get("role_arn"), secrets.get("external_id"))
        case ["aws_access_key_id"]:
            return _keys(secrets, _("The row"))
        case ["credentials_file"]:
            path = folder / cells["credentials_file"]
            return MissingFile() if not file_needed and _is_missing(path) else _keys_of_file(path)
    return None


def _role(arn: str | None, external_id: Secret | None) -> Role:
    if arn is None:
        message = _("The row has an external_id without a role_arn.")
        raise AccessError((message, _("Fill in role_arn, or clear external_id.")))
    if not _ROLE_ARN.fullmatch(arn):
        remedy = _("Write it as {arn}.", arn="arn:aws:iam::123456789012:role/NAME")
        raise AccessError((_("The role_arn is not the ARN of a role."), remedy))
    return Role(arn, external_id)


def _keys(secrets: Mapping[str, Secret], where: str) -> Keys:
    """The key pair in ``secrets``; ``where`` begins the sentences that say what is wrong."""
    faults = []
    for column in (KEY_ID, KEY):
        if column not in secrets:
            message = _("{where} has no {column}.", where=where, column=column)
            remedy = _("A key pair is {first} and {second}: give both.", first=KEY_ID, second=KEY)
            faults.append((message, remedy))
    for column, secret in secrets.items():
        if not _CREDENTIAL.fullmatch(secret.reveal()):
            message = _(
                "{where} has an {column} that no AWS key looks like.", where=where, column=column
            )
            remedy = _("Copy it again: it has no spaces, line breaks or accents.")
            faults.append((message, remedy))
    if faults:
        raise AccessError(*faults)
    return Keys(secrets[KEY_ID], secrets[KEY], secrets.get(TOKEN))


def _is_missing(path: Path) -> bool:
    try:
        path.stat()
    except FileNotFoundError:
        return True
    except (OSError, ValueError):  # what is wrong with it is said where it is read
        return False
    return False


def _keys_of_file(path: Path) -> Access:
    """The keys in the block of credentials that the file at ``path`` holds, in whatever form.

    Of several the one that the AWS CLI would use, ``[default]`` or the only one. ``grader roster`` puts
    a note in the place of a block that nobody can read: that is :class:`HandedIn`.
    """
    name = _("The credentials file {path}", path=path)
    try:
        raw = read_bytes(path, limit_bytes=MOST_BYTES_PASTED)
    except BadInput as bad:
        faults = [
            (_("{where}: {message}", where=name, message=p.message), p.remedy) for p in bad.problems
        ]
        raise AccessError(*faults) from None
    if (why := unreadable_reason(raw)) is not None:
        return HandedIn(why)
    pasted = read_pasted(raw)
    different = {block.keys.access_key_id: block for block in preferred(pasted.blocks)}
    if len(different) > 1:
        profiles = ", ".join(block.profile or "-" for block in different.values())
        message = _(
            "{where} holds {count} different blocks ({profiles}), and which one counts is not said.",
            where=name,
            count=len(different),
            profiles=profiles,
        )
        raise AccessError((message, _("Keep one of them, or call it [default].")))
    if different:
        return next(iter(different.values())).keys
    wrong = pasted.faults or (_("No credentials block is in it."),)
    remedy = _("Paste the whole block that begins with [default].")
    said = [_("{where}: {message}", where=name, message=fault) for fault in wrong]
    raise AccessError(*((message, remedy) for message in said))
