"""The observations of a group's accounts that do not count: a file for each, beside the one that
does."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from grader.model.observation import encode_observation
from grader.results.atomic_write import write_json
from grader.roster.cell_shapes import shape_problem

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from grader.model.observation import Observation

ACCOUNTS = "accounts"


def write_others(folder: Path, others: Iterable[Observation]) -> list[Path]:
    """Write each observation to a file with the name of its account; return the files of accounts
    that are no longer among them."""
    named = _named(others)
    stale = [path for path in folder.glob("*.json") if path.stem not in named]
    if named:
        folder.mkdir(exist_ok=True)
    for name, seen in named.items():
        write_json(folder / f"{name}.json", encode_observation(seen), "observation")
    return stale


def remove(folder: Path, stale: Iterable[Path]) -> None:
    """Remove files, and the folder if nothing is left in it."""
    for path in stale:
        path.unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _named(others: Iterable[Observation]) -> dict[str, Observation]:
    """The file name of each observation: the account's id, or ``open`` where a way led to no
    account, with the region or a number behind where the name is taken.

    Both may come out of a folder that somebody handed over: what has not their shape is in no name.
    """
    named: dict[str, Observation] = {}
    for seen in sorted(
        others,
        key=lambda observation: (
            observation.account_id or "",
            observation.region,
            observation.started_at,
        ),
    ):
        account_id = seen.account_id or ""
        name = "open" if shape_problem("account_id", account_id) else account_id
        if name in named and not shape_problem("region", seen.region):
            name = f"{name}-{seen.region}"
        numbered = (f"{name}-{number}" for number in count(2))
        named[name if name not in named else next(n for n in numbered if n not in named)] = seen
    return named
