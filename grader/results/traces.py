"""What tells in stored text who a student is, and the text without it."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from grader.inputs.csv_cell import undefused
from grader.roster.table import read_cells

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from grader.inputs.problems import Problem

REMOVED = "(removed)"
"""The text that takes the place of a student's name. It needs no escaping in JSON, CSV or HTML."""

_BETWEEN = r"[\s_.,+%-]{1,3}"
_LETTERS = "A-Za-z0-9\u00c0-\u024f\u0300-\u036f"
"""An id beside them is only a part of a word. Scripts that put no blanks are not among them."""
_NEVER = re.compile(r"(?!)")
_ACCOUNT = re.compile(r'"account_id"\s*:\s*"([^"\\]{1,40})"')


@dataclass(frozen=True)
class Traces:
    """The id, the names, the e-mail addresses, and the accounts that nobody else has.

    ``former`` are other ids of the same student.
    ``elsewhere`` are the ids by which other systems know the student: numbers, mostly.
    """

    student_id: str
    names: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()
    former: frozenset[str] = frozenset()

    @property
    def ids(self) -> frozenset[str]:
        """All ids of the student. An empty one is none: it would be found in any text."""
        return (self.former | {self.student_id}) - {""}

    def out_of_prose(self, text: str) -> str:
        """``text`` without what cannot be an ordinary word or number: an id ``201`` may be a sum there,
        and a name of one word a variable."""
        return self._prose.sub(REMOVED, text)

    def out_of_cell(self, text: str) -> str:
        """``text`` of a roster's cell or a group's name, without anything that names the student."""
        return self._everything.sub(REMOVED, text)

    def in_prose(self, text: str) -> bool:
        """``text`` names the student without any doubt."""
        return self._prose.search(text) is not None

    def in_table(self, text: str) -> bool:
        """``text`` may name the student, if only by a number."""
        return self._everything.search(text) is not None

    def in_cells(self, text: str) -> bool:
        """A cell of the table ``text`` is an id by which another system knows the student.

        Moodle writes “Participant 7702”. A number that is part of another cell is none.
        """
        if not self.elsewhere:
            return False
        damaged: list[Problem] = []
        delimiter, records = read_cells(text, problems=damaged)
        cells = [cell for _line, record in records for cell in record]
        if damaged:  # nobody knows where its cells end
            pieces = (piece for line in text.splitlines() for piece in line.split(delimiter))
            cells += [piece.strip(' "') for piece in pieces]
        return any(self._elsewhere.fullmatch(undefused(cell)) for cell in cells)

    @cached_property
    def _elsewhere(self) -> re.Pattern[str]:
        ids = "|".join(map(re.escape, sorted(self.elsewhere)))
        return re.compile(rf"(?:[^\W\d]\S* )?(?:{ids})", re.IGNORECASE)

    @cached_property
    def _prose(self) -> re.Pattern[str]:
        telling = [name for name in self.names if len(_words(name)) > 1]
        # Of letters alone, or of digits alone, it may be a word or a number.
        ids = (one for one in self.ids if re.search(r"[A-Za-z]", one) and not one.isalpha())
        return _any_of([*self._contacts(), *_named(telling), *map(_id, ids)])

    @cached_property
    def _everything(self) -> re.Pattern[str]:
        return _any_of([*self._contacts(), *_named(self.names), *map(_id, self.ids)])

    def _contacts(self) -> Iterator[str]:
        for text in self.emails | self.accounts:
            yield from map(_whole, _forms(text))


def accounts_in(text: str) -> set[str]:
    """The ids of accounts that stand as such in JSON, damaged JSON included."""
    return {*_ACCOUNT.findall(text)}


def _id(student_id: str) -> str:
    """“s1” is neither in “s1-b” nor in “s1.b”, which are ids too, and ends a sentence in “s1.”"""
    escaped = re.escape(student_id)
    return rf"(?<![{_LETTERS}._@-]){escaped}(?![{_LETTERS}_@-])(?!\.[{_LETTERS}])"


def _named(names: Iterable[str]) -> Iterator[str]:
    """Patterns of names: the last one may come first, and anything may stand between."""
    for name in names:
        for form in _forms(name):
            words = [re.escape(word) for word in _words(form)]
            for order in (words, [*words[-1:], *words[:-1]]):
                if words:
                    yield _ends(_BETWEEN.join(order))


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[\s,]+", name) if word]


def _forms(text: str) -> set[str]:
    """How a text may be written: composed or not, without accents, escaped in JSON."""
    composed, decomposed = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    forms = {composed, decomposed, bare}
    return {
        form_text
        for form_text in forms | {json.dumps(form, ensure_ascii=False)[1:-1] for form in forms}
        if form_text
    }


def _whole(text: str) -> str:
    return _ends(re.escape(text))


def _ends(pattern: str) -> str:
    """“Ann Lee” is not in “Joann Lee” and not in “Ann Lee-Smith”, but is in “user7=Ann_Lee”."""
    return rf"(?<![^\W_]){pattern}(?![^\W_])(?!-\w)"


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted({*patterns}, key=lambda pattern: (-len(pattern), pattern))
    return re.compile("|".join(longest_first), re.IGNORECASE) if longest_first else _NEVER
