"""``desk.json``: whose link is which, whose account is which, and who claimed another's."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from grader.desk.tokens import cookie_of, found_by, new_token, stored_of
from grader.model.timestamps import now
from grader.results.desk_file import Claim, DeskFile, read_desk, write_desk

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from pathlib import Path

_MOST_CLAIMS = 500


class Register:
    """What a desk keeps beside ``batch.json``. Every change is written before the method returns.

    Its methods may be called in any thread.
    """

    def __init__(self, root: Path, kept: DeskFile) -> None:
        self._root, self._kept = root, kept
        self._lock = threading.RLock()

    @classmethod
    def read(cls, root: Path) -> Register:
        """The register of the results directory ``root``, a new one where there is none yet.

        Raises :class:`BadInput` where the file is damaged.
        """
        return cls(root, read_desk(root) or DeskFile())

    # -- links --------------------------------------------------------------------------------

    def give_links(
        self,
        students: Collection[str],
        known: dict[str, str],
        renewed: Collection[str] = (),
        publish: Callable[[dict[str, str]], None] = lambda _tokens: None,
    ) -> dict[str, str]:
        """A token for each of ``students`` whose token can be known, made where there is none yet.

        ``known`` are tokens that were given out; one that is not right any more counts for nothing.
        ``renewed`` get another one. A student whose link exists, but whose token nobody has any more, is
        left out: the link goes on working. ``publish`` writes the tokens where people read them, and if
        it raises none of them counts: nobody would ever have seen it.
        """
        tokens: dict[str, str] = {}
        links: dict[str, str] = {}
        with self._lock:
            for name in students:
                stored, token = self._kept.links.get(name), known.get(name)
                if name in renewed or stored is None:
                    token = new_token()
                    stored = stored_of(cookie_of(token))
                links[name] = stored
                if token is not None and stored_of(cookie_of(token)) == stored:
                    tokens[name] = token
            publish(tokens)
            self._kept.links = links
            self._save()
        return tokens

    def new_board(self) -> str:
        """The token of a new link to the board. Those before it work until the desk ends."""
        token = new_token()
        with self._lock:
            self._kept.board.append(stored_of(cookie_of(token)))
            self._save()
        return token

    def forget_boards(self) -> None:
        """Let no link to the board work any more."""
        with self._lock:
            self._kept.board.clear()
            self._save()

    def owners(self, tokens: Iterable[str]) -> dict[str, str]:
        """Whose link each token opens, by the token; one that opens none is left out."""
        with self._lock:
            names = {digest: name for name, digest in self._kept.links.items()}
        digests = {token: stored_of(cookie_of(token)) for token in tokens}
        return {token: names[digest] for token, digest in digests.items() if digest in names}

    def student_of(self, cookie: str) -> str | None:
        """The student whose cookie it is."""
        with self._lock:
            known = [(digest, name) for name, digest in self._kept.links.items()]
        return found_by(stored_of(cookie), known)

    def is_board(self, cookie: str) -> bool:
        """Whether it is the instructor's cookie."""
        with self._lock:
            known = [(digest, True) for digest in self._kept.board]
        return found_by(stored_of(cookie), known) is not None

    # -- accounts -----------------------------------------------------------------------------

    def owner(self, account_id: str) -> str | None:
        """The student whose graded block bound the account."""
        with self._lock:
            return self._kept.accounts.get(account_id)

    def accounts_of(self, students: Collection[str]) -> set[str]:
        """The accounts that are bound to any of ``students``."""
        with self._lock:
            return {one for one, name in self._kept.accounts.items() if name in students}

    def bind(self, accounts: dict[str, str], among: Collection[str]) -> None:
        """Bind each account to its student, unless a student ``among`` the roster's has it."""
        with self._lock:
            free = {
                account_id: name
                for account_id, name in accounts.items()
                if self._kept.accounts.get(account_id) not in among
            }
            if free:
                self._kept.accounts |= free
                self._save()

    def release(self, students: Collection[str]) -> None:
        """Their accounts are nobody's any more; what they claimed, or others of them, is settled."""
        with self._lock:
            free = self.accounts_of(students)
            for account_id in free:
                del self._kept.accounts[account_id]
                before = self._kept.released.get(account_id, ())
                self._kept.released[account_id] = sorted({*before, *students})
            self._kept.claims = [
                claim
                for claim in self._kept.claims
                if claim.student_id not in students and claim.account_id not in free
            ]
            self._save()

    def was_released(self, account_id: str, students: Collection[str]) -> bool:
        """Whether the account was taken from any of ``students``; it may have been bound again since."""
        with self._lock:
            return not {*students}.isdisjoint(self._kept.released.get(account_id, ()))

    def claim(self, student_id: str, account_id: str) -> None:
        """Note that the student handed in an account that is another's."""
        with self._lock:
            others = self._others(student_id, account_id)
            self._kept.claims = [*others, Claim(student_id, account_id, now())][-_MOST_CLAIMS:]
            self._save()

    def dismiss(self, student_id: str, account_id: str) -> None:
        """Remove a claim that is settled: it was a mistake, or a human dealt with it."""
        with self._lock:
            self._kept.claims = self._others(student_id, account_id)
            self._save()

    def _others(self, student_id: str, account_id: str) -> list[Claim]:
        claim = student_id, account_id
        return [one for one in self._kept.claims if (one.student_id, one.account_id) != claim]

    @property
    def claims(self) -> list[Claim]:
        """Who claimed what is another's, the last one last."""
        with self._lock:
            return list(self._kept.claims)

    # -- open or closed -----------------------------------------------------------------------

    @property
    def closed(self) -> bool:
        """Whether the instructor closed the desk."""
        return self._kept.closed

    def close(self, closed: bool) -> None:
        """Close the desk, or open it again."""
        with self._lock:
            self._kept.closed = closed
            self._save()

    def _save(self) -> None:
        write_desk(self._root, self._kept)
