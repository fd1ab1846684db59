"""Which rows of a roster are graded together: what its column ``group`` says."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from grader.i18n.language import _, plural
from grader.inputs.names import exact_name, letters, name_keys, without_accents
from grader.model.access import Keys, Profile, Role
from grader.roster.misplaced import looks_like_credentials
from grader.safety.printable import printable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from grader.model.access import Access
    from grader.roster.table import AccountRow

MOST_IN_A_GROUP = 10
"""The size above which a group that did not hand in as one is a section, or a half of a course."""

_NO_GROUP = frozenset(
    (
        "none",
        "nogroup",
        "nogroups",
        "notamemberofanygroup",
        "memberofmorethanonegroup",
        "aucun",
        "aucune",
        "aucungroupe",
        "sansgroupe",
        "nestmembredaucungroupe",
        "membredeplusdungroupe",
        "membredeplusieursgroupes",
    )
)
"""What Moodle and people write for somebody in no group, or in too many, by its letters. No team is
called so."""
_REAL_WAYS = (Keys, Profile, Role)
_HYPHENS = r"\-\u2010-\u2015\u2212"


def names_no_group(text: str) -> bool:
    """Whether a cell says that somebody is in no group: by a word for it, or by signs alone."""
    # A team may be called NA.
    return not name_keys(text) or letters(text) in _NO_GROUP or text.strip().casefold() == "n/a"


def group_name(cell: str) -> str:
    """The name of the group in a cell, the same however it is encoded and spaced; empty for none."""
    return "" if names_no_group(cell) else exact_name(cell)


def rows_of_groups(rows: Sequence[AccountRow]) -> dict[str, list[AccountRow]]:
    """The rows of each group, in their order."""
    groups: dict[str, list[AccountRow]] = {}
    for row in rows:
        if "group" in row.cells:
            groups.setdefault(row.cells["group"], []).append(row)
    return groups


def too_large(
    rows: Sequence[AccountRow],
    ways: Mapping[int, Access],
    broken: Collection[int],
    before: Sequence[str | None],
) -> Iterator[tuple[AccountRow, str, str]]:
    """The first row of each group that is too large to be one, with a message and its remedy.

    Rows that name one way between them, of the ``ways`` by the rows' lines, handed in together, however
    many they are; one row alone does not show that, nor does what is no way to an account, such as files
    that are lost alike, and of rows whose way is ``broken`` it is not known yet. ``before`` are the
    groups by which the class was graded, one for each student: what was a group then is none too large.
    """
    was_large = {
        group
        for group, count in Counter(group_name(each or "") for each in before).items()
        if count > MOST_IN_A_GROUP
    }
    for group, members in rows_of_groups(rows).items():
        named = [ways[row.line] for row in members if row.line in ways]
        together = len(named) > 1 and len({*named}) == 1 and isinstance(named[0], _REAL_WAYS)
        is_one = together or (not named and any(row.line in broken for row in members))
        if len(members) > MOST_IN_A_GROUP and not is_one and group not in was_large:
            name = "?" if looks_like_credentials(group) else printable(group, 60)
            message = plural(
                len(members),
                "{count} row has the group {group}, too many to hand in together.",
                "{count} rows have the group {group}, too many to hand in together.",
                group=name,
            )
            remedy = _(
                "If it is a section or a class, call the column section: a group has one grade."
            )
            yield members[0], message, remedy


def written_alike(
    rows: Sequence[AccountRow], handed_in: Collection[int]
) -> Iterator[tuple[AccountRow, str, str]]:
    """The first row of each group of which nobody ``handed_in``, by the rows' lines, where the name of
    one that did differs in case, accents, blanks and hyphens alone; with a message and its remedy.
    """
    alike: dict[tuple[str, ...], list[list[AccountRow]]] = {}
    for group, members in rows_of_groups(rows).items():
        alike.setdefault(_words(group), []).append(members)
    for groups in alike.values():
        reached = [row for members in groups for row in members if row.line in handed_in]
        for members in groups:
            if reached and not any(row.line in handed_in for row in members):
                message = _(
                    "The group is written almost like that on line {line}, and nobody in it names a way "
                    "to an account.",
                    line=reached[0].line,
                )
                remedy = _("Write one group the same way in every row; of two, rename one.")
                yield members[0], message, remedy


def _words(group: str) -> tuple[str, ...]:
    """The words and numbers in a group's name: *pair-1* and *Pair 1* have the same, *Pair 1-11* and
    *Pair 11-1* have not, nor have *C#* and *C++*."""
    parts = re.split(rf"[\s_{_HYPHENS}]+", without_accents(group))
    return tuple(word for part in parts for word in re.findall(r"[0-9]+|[^0-9]+", part))
