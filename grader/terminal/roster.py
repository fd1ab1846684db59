"""What ``grader roster`` made, for whoever goes on with it."""

from __future__ import annotations

import shlex
from datetime import datetime
from typing import TYPE_CHECKING

from rich.text import Text

from grader.i18n.language import N_, _, plural
from grader.inputs.problems import Problem
from grader.safety.printable import printable
from grader.terminal.console import standard_error, standard_output
from grader.terminal.problems import show_problems

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from grader.intake.class_list import ClassList
    from grader.intake.make_roster import RosterDraft

_MOST_NAMED = 20


def show_made(
    draft: RosterDraft,
    lists: Sequence[ClassList],
    out: Path,
    folder: Path,
    *,
    written: bool,
    existed: bool,
    quiet: bool,
) -> None:
    """Doubts and what cannot be read on standard error, what changed and the next step on the other."""
    errors = standard_error(quiet=quiet)
    doubts = [*draft.doubts, *(problem for class_list in lists for problem in class_list.unread)]
    if doubts:
        errors.print(_("To look at:"))
        show_problems(doubts, errors)
    if draft.unreadable:
        errors.print(_("Handed in, but no block that can be read:"))
        show_problems(draft.unreadable, errors)
    if not written:
        message = _("It was not written: there is no block that can be read, and no class list.")
        remedy = _("Add --class with a list of everybody, or get the blocks that are missing.")
        show_problems([Problem(str(out), None, message, remedy)], errors)
    if quiet:
        return
    output = standard_output(quiet=quiet)
    for class_list in lists:
        _say(output, _taken(class_list))
    if any(class_list.is_local for class_list in lists):
        zone = datetime.now().astimezone().tzname()
        _say(output, _("Times of submission were read as this machine's ({zone}).", zone=zone))
    if written:
        _say_changes(draft, output, existed=existed)
        said = plural(
            draft.students,
            "{file}: {count} student with a block, in {folder}.",
            "{file}: {count} students with a block, in {folder}.",
            file=out,
            folder=folder,
        )
        _say(output, said)
    if draft.unread:
        _say(
            output,
            plural(
                draft.unread,
                "{count} handed in something that is no block.",
                "{count} handed in something that is no block.",
            ),
        )
    if written:
        _say(output, _("Next: {command}", command=f"grader doctor {shlex.quote(str(out))}"))


def _taken(class_list: ClassList) -> str:
    """Which of a list's columns was taken for what."""
    pairs = (
        _("{role} from “{column}”", role=role, column=printable(column, 60))
        for column, role in class_list.taken.items()
    )
    return _("{file}: {columns}.", file=class_list.file, columns=", ".join(pairs))


def _say_changes(draft: RosterDraft, output: Console, *, existed: bool) -> None:
    changes = draft.update
    said = []
    if existed:
        said += [
            (N_("New rows: {names}."), changes.added),
            (N_("New blocks: {names}."), changes.renewed),
            (N_("Filled in: {names}."), changes.filled),
            (
                N_("Not in the class list, and kept (--prune removes them): {names}."),
                changes.stayed,
            ),
            (N_("Removed: {names}."), changes.removed),
        ]
    said.append((N_("Handed in nothing: {names}."), changes.without))
    for template, names in said:
        if names:
            more = len(names) - _MOST_NAMED
            shown = ", ".join(names[:_MOST_NAMED]) + (
                _(" and {more} more", more=more) if more > 0 else ""
            )
            _say(output, _(template, names=shown))


def _say(output: Console, line: str) -> None:
    output.print(Text(line), soft_wrap=True)
