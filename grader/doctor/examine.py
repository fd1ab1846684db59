"""Can every account of a roster be graded? Looks only: nothing is run, sent, received or changed."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from grader.aws.clients import Clients
from grader.aws.errors import LAB_ENDED, is_denial
from grader.doctor.permissions import Seen, ask_everything
from grader.i18n.language import N_, _, plural, spoken
from grader.i18n.message import as_message, said
from grader.inputs.text_file import read_text
from grader.model.access import DefaultCredentials, HandedIn, Keys, Profile, Role
from grader.model.fact import Found, Unknown, value_of
from grader.roster.table import read_table
from grader.scoring.phrases import SET_THE_CLOCK

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

    from grader.batch.settings import Settings
    from grader.model.access import Access
    from grader.roster.load import Roster, RosterEntry
    from grader.rubric.needs import Needs
    from grader.rubric.rubric import Rubric

_Way: TypeAlias = "tuple[Access, str | None, str, str | None, frozenset[tuple[str, str]]]"

LEARNER_LAB_HOURS = 4
"""How long a session of AWS Academy's Learner Lab lasts at most."""

PARTNER = N_("partner's")
"""The end of a session that nobody needs: a partner's way to the account works."""

_AGAIN = N_("Try again; if it stays, batch will leave what needs it ungraded.")


@dataclass
class Examination:
    """One row of the roster. ``faults`` are pairs of what is wrong and what to do before the batch,
    ``notes`` what is right but may be unknown.

    ``ends`` says when the session ends, as far as that is known: by ``ends_by``, if that is given.
    """

    entry: RosterEntry
    region: str
    seen: Seen
    ends: str
    ends_by: datetime | None = None
    faults: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def account_id(self) -> str | None:
        """The account that the row's way leads to."""
        identity = value_of(self.seen.identity)
        return identity.account_id if identity else None

    @property
    def works(self) -> bool:
        """The way leads to an account, and is not refused there."""
        return self.account_id is not None and self.seen.refused is None


def examine_class(
    roster: Roster,
    path: Path,
    rubric: Rubric,
    needs: Needs,
    settings: Settings,
    clients: Clients | None = None,
) -> list[Examination]:
    """Every account of ``roster``, which was loaded from ``path``, in its order.

    Whoever handed in nothing has none.

    Rows that reach their account in the same way are asked once.
    """
    clients = clients or Clients()
    ways: dict[_Way, Future[Seen]] = {}
    threads = ThreadPoolExecutor(settings.jobs, thread_name_prefix="observe")
    try:
        rows = []
        for entry in roster.entries:
            if entry.absent:
                continue
            region = settings.region_of(entry, rubric)
            endpoint_url = entry.endpoint_url or settings.endpoint_url
            use = frozenset(entry.use.items())
            way = (entry.access, entry.expected_account_id, region, endpoint_url, use)
            if way not in ways:
                ways[way] = threads.submit(ask_everything, clients, rubric, needs, *way)
            rows.append((entry, region, ways[way]))
        written = _written(path, roster)
        found = [
            _examined(entry, region, future.result(), written.get(entry.access))
            for entry, region, future in rows
        ]
    except BaseException:
        threads.shutdown(wait=False, cancel_futures=True)
        raise
    threads.shutdown()
    _look_at_groups(found)
    _tell_shared(found)
    return found


# -- what it means --------------------------------------------------------------------------------


def _written(path: Path, roster: Roster) -> dict[Access, float]:
    """When the block behind each way was handed in at the latest, in Unix seconds, where that is known.

    A roster with the column ``submitted_at`` says it, or says that nobody knows: its files were written
    when the download was read. Else it is when the credentials file was last written.
    """
    table = read_table(read_text(path, limit_bytes=2**30).text, str(path))
    files = {row.line: row.cells.get("credentials_file") for row in table.rows}
    written: dict[Access, float] = {}
    for entry in roster.entries:
        if "submitted_at" in table.columns:
            if entry.submitted_at is not None:
                at = entry.submitted_at.timestamp()
                written[entry.access] = min(at, written.get(entry.access, at))
            continue
        name = files.get(entry.line)
        file = path.parent / name if name else None
        if file is not None and file.exists():
            changed = file.stat().st_mtime
            written[entry.access] = min(changed, written.get(entry.access, changed))
    return written


def _examined(entry: RosterEntry, region: str, seen: Seen, written: float | None) -> Examination:
    examination = Examination(entry, region, seen, *_ends(entry.access, written))
    identity = seen.identity
    if seen.refused is not None:
        examination.faults.append(_refusal(examination, seen.refused, written))
    elif isinstance(identity, Unknown):
        why = said(identity.words, spoken().code)
        examination.faults.append((_("AWS could not be asked: {why}", why=why), _reach(identity)))
    if not isinstance(identity, Found):
        return examination
    if entry.expected_account_id not in {None, identity.value.account_id}:
        message = _(
            "The credentials belong to account {found}, the roster says {expected}.",
            found=identity.value.account_id,
            expected=entry.expected_account_id,
        )
        examination.faults.append((message, _("Ask for the right block, or correct account_id.")))
    if seen.denied:
        who = identity.value.arn.rpartition(":")[2]
        remedy = _("Allow it to {who}, or what needs it stays ungraded.", who=who)
        examination.faults.append((_("Denied: {actions}.", actions=", ".join(seen.denied)), remedy))
    clock = next((u for u in seen.unknown.values() if u.kind == "clock"), None)
    if clock is not None:
        examination.faults.append((said(clock.words, spoken().code), _(SET_THE_CLOCK)))
    silent = {
        action: said(unknown.words, spoken().code)
        for action, unknown in seen.unknown.items()
        if unknown.kind not in {"credentials", "clock"} and not is_denial(unknown)
    }
    if silent:
        why = next(iter(silent.values()))
        message = _("Not answered: {actions}. {why}", actions=", ".join(silent), why=why)
        examination.faults.append((message, _(_AGAIN)))
    if seen.elsewhere is not None:
        message = _(
            "The lab's functions stand in {elsewhere}, not in {region}.",
            elsewhere=seen.elsewhere,
            region=region,
        )
        remedy = _("Write {region} into the row's column region.", region=seen.elsewhere)
        examination.faults.append((message, remedy))
    return examination


def _ends(access: Access, written: float | None) -> tuple[str, datetime | None]:
    match access:
        case Keys(session_token=None):
            return N_("never"), None
        case Keys() if written is not None:
            latest = written + LEARNER_LAB_HOURS * 3600
            if latest > time.time():
                return "", datetime.fromtimestamp(latest).astimezone()
            return N_("not known"), None
        case Role():
            return N_("renewed"), None
        case _:
            return N_("not known"), None


def _refusal(examination: Examination, refused: Unknown, written: float | None) -> tuple[str, str]:
    access = examination.entry.access
    if isinstance(access, HandedIn):
        message = _("What was handed in is no block that can be read: {why}", why=access.why)
        return message, _("Ask for the whole block, and make the roster again.")
    if refused.said is not None and refused.said.message_id == LAB_ENDED:
        message = _("The Learner Lab has ended: AWS says whose it is, and denies all else.")
        return message, _("Ask the student to start the lab again and to send the new block.")
    why = said(refused.words, spoken().code)
    own = as_message(refused.words.values.get("next"))
    if own is not None:  # this machine's configuration is the cause: AWS may not have been asked
        return why, said(own, spoken().code)
    message = _("The credentials are refused: {why}", why=why)
    if isinstance(access, Profile | DefaultCredentials):
        return message, _("Correct the AWS configuration of this machine, or log in again.")
    if isinstance(access, Role):
        return message, _("Log in on this machine: the role is assumed with its own credentials.")
    if isinstance(access, Keys) and written is not None and access.session_token is not None:
        hours = (time.time() - written) / 3600
        if hours > LEARNER_LAB_HOURS:
            message = _(
                "The credentials are refused: {why} Their block is {hours} h old, a Learner Lab lasts"
                " {longest} h.",
                why=why,
                hours=round(hours),
                longest=LEARNER_LAB_HOURS,
            )
    return message, _("Ask for a new block, in time for the batch.")


def _reach(unknown: Unknown) -> str:
    match unknown.kind:
        case "clock":
            return _(SET_THE_CLOCK)
        case "unreachable" | "throttled":
            return _("Check the network, region and endpoint_url, then try again.")
        case "permission":
            return _("Correct role_arn and external_id, or let the role trust you.")
    return _(_AGAIN)


def _look_at_groups(found: list[Examination]) -> None:
    groups: dict[str, list[Examination]] = {}
    for examination in found:
        if examination.entry.group:
            groups.setdefault(examination.entry.group, []).append(examination)
    for members in groups.values():
        working = sorted({member.account_id or "" for member in members if member.works})
        for examination in members:
            if not examination.works and working:
                _excuse(examination, working)
            elif len(working) > 1:
                note = _(
                    "The rows of the group lead to {count} accounts, {accounts}: each is looked at, and "
                    "the one with most points counts.",
                    count=len(working),
                    accounts=", ".join(working),
                )
                examination.notes.append(note)


def _excuse(examination: Examination, working: list[str]) -> None:
    """A partner's way to the same account will do; whether it is the same is not always known."""
    examination.ends, examination.ends_by = PARTNER, None
    if examination.entry.account_id in working or examination.account_id in working:
        examination.faults.clear()
        return
    remedy = _("If it is the partner's account, leave it; else ask for a new block.")
    examination.faults[:] = [(message, remedy) for message, _remedy in examination.faults]


def _tell_shared(found: list[Examination]) -> None:
    """Accounts that rows of different groups lead to, or claim to."""
    rows: dict[str, list[Examination]] = {}
    for examination in found:
        identity = value_of(examination.seen.identity)
        for account_id in {
            identity.account_id if identity else None,
            examination.entry.account_id,
        }:
            if account_id is not None:
                rows.setdefault(account_id, []).append(examination)
    for account_id, several in sorted(rows.items()):
        for examination in several:
            others = [
                other.entry.student_id
                for other in several
                if other is not examination
                and not (examination.entry.group and examination.entry.group == other.entry.group)
            ]
            if others:
                known = {"account": account_id, "others": ", ".join(others[:3])}
                message = (
                    plural(
                        len(others) - 3,
                        "Account {account} is also that of {others} and {count} more.",
                        "Account {account} is also that of {others} and {count} more.",
                        **known,
                    )
                    if len(others) > 3
                    else _("Account {account} is also that of {others}.", **known)
                )
                remedy = _("If they work together, give them one group; else ask whose it is.")
                examination.faults.append((message, remedy))
