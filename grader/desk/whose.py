"""Whose account a block leads to, and whether whoever pasted it may have it graded. No AWS, no files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.desk.refused import Refused
from grader.i18n.language import N_
from grader.model.batch import party_of
from grader.model.fact import Found, Unknown
from grader.scoring.adjust import overrides_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from grader.desk.register import Register
    from grader.model.fact import Fact
    from grader.model.observation import Identity, Observation
    from grader.model.report import Report
    from grader.results.desk_file import Claim
    from grader.roster.load import RosterEntry

ANOTHERS = N_("This AWS account was handed in by somebody else.")
CALL = N_("Call your instructor, who sees it too.")
_NOT_YOURS = N_("This block leads to AWS account {found}; yours is {expected}.")
_PASTE_OWN = N_("Paste the block of your own lab, or call your instructor.")
_ENDED = N_(
    "AWS does not accept these credentials: the lab has ended, or the block is an older one."
)
_START = N_("Start the lab, and paste the block that AWS Details shows now.")
_UNSEEN = N_("It could not be found out whose account this is: {why}")
_AGAIN = N_("Try again in a minute; it is not your fault.")


class AccountClaims:
    """Who may hand in which account, by the roster and by what was graded first."""

    def __init__(self, rows: Sequence[RosterEntry], register: Register) -> None:
        self._register = register
        self._parties: dict[str, list[RosterEntry]] = {}
        self._rows = {entry.student_id: entry for entry in rows}
        self._listed: dict[str, list[RosterEntry]] = {}
        for entry in rows:
            self._parties.setdefault(party_of(entry), []).append(entry)
            if entry.account_id is not None:
                self._listed.setdefault(entry.account_id, []).append(entry)

    def party(self, entry: RosterEntry) -> list[RosterEntry]:
        """The rows that are graded together with this one, itself among them."""
        return self._parties[party_of(entry)]

    def check(self, entry: RosterEntry, identity: Fact[Identity]) -> str:
        """The account's id, where its block may be graded for ``entry``; else raise :class:`Refused`.

        The roster's word counts; where it says nothing, whoever was graded there first has it. A student
        alone has one account, a group may have several. A claim of what is another's is noted.
        """
        if not isinstance(identity, Found):
            if isinstance(identity, Unknown) and identity.kind == "credentials":
                raise Refused(_ENDED, _START)
            raise Refused(_UNSEEN, _AGAIN, why=identity.words)
        account_id, party = identity.value.account_id, party_of(entry)
        owners = self._owners(account_id)
        if owners and party not in owners:
            self._register.claim(entry.student_id, account_id)
            raise Refused(ANOTHERS, CALL)
        expected = self._expected(entry)
        if expected and account_id not in expected:
            raise Refused(
                _NOT_YOURS, _PASTE_OWN, found=account_id, expected=", ".join(sorted(expected))
            )
        return account_id

    def bind(self, student_id: str, account_id: str) -> None:
        """The account is this student's from now on, unless somebody else of the roster has it."""
        self._register.bind({account_id: student_id}, self._rows)

    def bind_graded(self, reports: Iterable[Report]) -> None:
        """What was graded without the desk is whose it is, unless it was released or somebody has it.

        What several parties were graded on is nobody's: no order of rows decides.
        """
        graded: dict[str, list[str]] = {}
        for report in reports:
            account_id, name = report.account_id, report.student_id
            if account_id is None or not is_seen_graded(report):
                continue
            if not self._register.was_released(account_id, [name]):
                graded.setdefault(account_id, []).append(name)
        theirs = {
            account_id: names[0]
            for account_id, names in graded.items()
            if len({party_of(self._rows[name]) for name in names}) == 1
        }
        self._register.bind(theirs, self._rows)

    def may_still_count(self, entry: RosterEntry, account_id: str) -> bool:
        """What was seen of the account earlier, for ``entry``'s party, may count: it is nobody else's
        now, and was not taken from them."""
        if owners := self._owners(account_id):
            return party_of(entry) in owners
        together = [member.student_id for member in self.party(entry)]
        return not self._register.was_released(account_id, together)

    def disputes(self) -> list[tuple[Claim, list[RosterEntry]]]:
        """The claims of what is somebody else's still, the last one last, each with whose it is: by the
        roster, where these rows have the account, else by who was graded there first."""
        whose = [(claim, self._holders(claim.account_id)) for claim in self._register.claims]
        return [
            (claim, holders)
            for claim, holders in whose
            if holders and self._rows.get(claim.student_id) not in holders
        ]

    def _owners(self, account_id: str) -> set[str]:
        return {party_of(entry) for entry in self._holders(account_id)}

    def _holders(self, account_id: str) -> list[RosterEntry]:
        if listed := self._listed.get(account_id):
            return listed
        owner = self._register.owner(account_id)
        # Who left the roster has nothing to lose any more.
        return [self._rows[owner]] if owner in self._rows else []

    def _expected(self, entry: RosterEntry) -> set[str]:
        """The accounts that this student's block may lead to; empty for any that is nobody's."""
        rows = self.party(entry)
        listed = {entry.account_id for entry in rows if entry.account_id is not None}
        if all(entry.account_id is not None for entry in rows):
            return listed
        return set() if entry.group else self._register.accounts_of({entry.student_id})


def is_seen_graded(report: Report) -> bool:
    """Whether what was seen of the account gave the grade, which binds it.

    A total does not: it is the student's whatever account was looked at, and whatever was seen of it.
    """
    settled = overrides_of(report)
    return report.status == "graded" and all(
        result.status != "ungraded" or result.id in settled for result in report.criteria
    )


def check_open(seen: Observation | None) -> None:
    """Raise :class:`Refused` where the lab had ended: identity answers then, all else is denied."""
    facts = [*seen.functions.values(), *seen.queues.values()] if seen is not None else []
    if any(isinstance(fact, Unknown) and fact.kind == "credentials" for fact in facts):
        raise Refused(_ENDED, _START)
