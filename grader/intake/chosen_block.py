"""Which block counts of all that a student handed in, and what there is to say of the rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grader.i18n.language import N_, _
from grader.inputs.problems import Problem
from grader.intake.download import Unreadable
from grader.roster.credentials_block import MOST_BYTES_PASTED, preferred, read_pasted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.intake.download import Entry
    from grader.model.access import Keys
    from grader.roster.credentials_block import Block

MOST_FILES = 100
"""How many files of a student are looked into: those that were changed last."""

_MOST_TOLD = 5
_WHOLE_BLOCK = N_(
    "Ask for the whole block again, from [default] to the token's end (AWS Details, AWS CLI, Show)."
)


@dataclass
class BlockChoice:
    """The ``keys`` that count and the file they stand in; without keys ``why`` there are none.

    ``faults`` are the same reasons with file and student, ``doubts`` are for a human to look at.
    ``different`` is how many accounts' keys were to choose from.
    """

    keys: Keys | None = None
    path: str = ""
    why: list[str] = field(default_factory=list)
    faults: list[Problem] = field(default_factory=list)
    doubts: list[Problem] = field(default_factory=list)
    different: int = 0


def choose(files: Sequence[Entry], source: str, who: str) -> BlockChoice:
    """The last complete block of the file that was changed last; ``files`` are in that order.

    ``source`` is what the download calls all of it, ``who`` handed it in.
    """
    choice = BlockChoice()
    blocks: list[tuple[Entry, Block]] = []
    broken: list[tuple[str, str, str]] = []
    unread: list[tuple[str, str, str]] = []
    for file in files[-MOST_FILES:]:
        if file.read is None:
            continue
        try:
            pasted = read_pasted(file.read(MOST_BYTES_PASTED + 1))
        except Unreadable as error:
            unread.append((file.path, str(error), _as_text()))
            continue
        best = preferred(pasted.blocks)
        blocks += [(file, block) for block in best]
        if named := [block.profile for block in pasted.blocks if block.profile]:
            choice.doubts += _profiles(file, who, named, best)
        for fault in pasted.faults:
            if pasted.not_text:
                unread.append((file.path, fault, _as_text()))
            else:
                broken.append((file.path, fault, _(_WHOLE_BLOCK)))
    if blocks:
        file, block = blocks[-1]
        choice.keys, choice.path, said = block.keys, file.path, ""
        choice.different = len({given.keys.access_key_id for _file, given in blocks})
        if choice.different > 1:
            said = _(
                "There are {count} different blocks; the last one of this file is used.",
                count=choice.different,
            )
        elif broken:
            said = _("There is a broken block too; the whole one of this file is used.")
        if said:
            remedy = _("Check that it is the newest.")
            choice.doubts.append(_problem(file.path, who, said, remedy))
        return choice
    reasons = [*broken, *unread][:_MOST_TOLD]
    if not reasons:
        said = _("No credentials block is in it.") if files else _("Nothing is in it.")
        reasons = [(source, said, _("Ask the student for the block."))]
    choice.why = [said for _path, said, _remedy in reasons]
    choice.faults = [_problem(path, who, said, remedy) for path, said, remedy in reasons]
    choice.doubts = []
    return choice


def _profiles(file: Entry, who: str, named: list[str], best: list[Block]) -> list[Problem]:
    """The doubt that a file holds other profiles than the one that the AWS CLI would use unasked."""
    if {name.lower() for name in named} == {"default"}:
        return []
    used = best[-1].profile or "default"
    message = _(
        "The profiles {names} are in it; {used} is used.",
        names=", ".join(dict.fromkeys(named)),
        used=used,
    )
    return [_problem(file.path, who, message, _("Check that it is the lab's."))]


def _problem(path: str, who: str, message: str, remedy: str) -> Problem:
    said = _("{where}: {message}", where=who, message=message) if who else message
    return Problem(path, None, said, remedy)


def _as_text() -> str:
    return _("Ask for the block as text, or put it into a text file in its place.")
