"""``desk.json`` in a results folder, what a desk keeps there: read, and written whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from grader.i18n.language import _
from grader.inputs.bounded_read import MOST_BYTES_OF_CLASS, read_bounded
from grader.inputs.problems import bad_input, cannot_be_read
from grader.model.indented_json import indented_json
from grader.model.resolve_types import resolve_types
from grader.results.atomic_write import write_bytes
from grader.results.directory import DESK, UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A student handed in an account that is another's. ``at`` is when, last: UTC, ISO 8601."""

    student_id: str
    account_id: str
    at: str


class DeskFile(msgspec.Struct, forbid_unknown_fields=True):
    """``desk.json``. ``links`` has a digest for each student, ``board`` one for each link to the board;
    ``accounts`` says which student's graded block bound an account, ``released`` of which students it
    was released, ever."""

    schema: Literal["desk/1"] = "desk/1"
    links: dict[str, str] = {}
    board: list[str] = []
    accounts: dict[str, str] = {}
    released: dict[str, list[str]] = {}
    claims: list[Claim] = []
    closed: bool = False


resolve_types(DeskFile)


def read_desk(root: Path) -> DeskFile | None:
    """What a desk keeps in the results folder ``root``; ``None`` where there was none.

    Raises :class:`BadInput` where the file is damaged.
    """
    path = root / DESK
    try:
        return msgspec.json.decode(read_bounded(path, MOST_BYTES_OF_CLASS), type=DeskFile)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise bad_input(path, None, cannot_be_read(error)) from None
    except UNREADABLE as error:
        message = _("This is not a desk's file: {error}.", error=error)
        remedy = _("Move it away: everybody gets a new link then.")
        raise bad_input(path, None, message, remedy) from None


def write_desk(root: Path, kept: DeskFile) -> None:
    """Write what a desk keeps. The folder is locked."""
    write_bytes(root / DESK, indented_json(kept))


def forget_desk(root: Path, ids: Collection[str], accounts: Collection[str]) -> None:
    """Take the student who has the ``ids`` and the ``accounts`` out of it. The folder is locked."""
    kept = read_desk(root)
    if kept is None:
        return
    of_others = {
        account_id: [name for name in names if name not in ids]
        for account_id, names in kept.released.items()
        if account_id not in accounts
    }
    left = msgspec.structs.replace(
        kept,
        links={name: digest for name, digest in kept.links.items() if name not in ids},
        accounts={
            account_id: name
            for account_id, name in kept.accounts.items()
            if account_id not in accounts and name not in ids
        },
        released={account_id: names for account_id, names in of_others.items() if names},
        claims=[
            claim
            for claim in kept.claims
            if claim.student_id not in ids and claim.account_id not in accounts
        ],
    )
    if left != kept:
        write_desk(root, left)
