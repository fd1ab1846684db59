"""The block in what one student handed in: a file, or a folder of files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.i18n.language import _
from grader.inputs.problems import cannot_be_read
from grader.intake.chosen_block import choose
from grader.intake.download import Entry, Unreadable, open_download
from grader.model.access import HandedIn

if TYPE_CHECKING:
    from pathlib import Path

    from grader.intake.chosen_block import BlockChoice
    from grader.model.access import Keys


def handed_in(path: Path) -> Keys | HandedIn:
    """The one block at ``path``, or why there is none. Raises :class:`BadInput` for no such file."""
    if path.is_file():
        chosen = choose([Entry((path.name,), 0.0, lambda size: _read(path, size))], path.name, "")
    else:
        with open_download(path) as (entries, _outside):
            files = [entry for entry in entries if entry.read is not None]
            chosen = choose(sorted(files, key=_age), path.name, "")
    return _the_one(chosen)


def pasted(raw: bytes) -> Keys | HandedIn:
    """The one block in what was pasted into a form, or why there is none."""
    return _the_one(choose([Entry(("block",), 0.0, lambda size: raw[:size])], "", ""))


def _the_one(chosen: BlockChoice) -> Keys | HandedIn:
    if chosen.keys is not None and chosen.different > 1:
        return HandedIn(_("It holds {count} different blocks.", count=chosen.different))
    return chosen.keys or HandedIn(_reasons(chosen))


def _read(path: Path, size: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(size)
    except OSError as error:
        raise Unreadable(cannot_be_read(error)) from None


def _age(file: Entry) -> tuple[float, tuple[str, ...]]:
    return file.changed, file.parts


def _reasons(chosen: BlockChoice) -> str:
    return " ".join(dict.fromkeys(chosen.why))
