"""Can every account of a roster be graded? Looks only: nothing is run, sent, received or changed."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from grader.access import DefaultCredentials, Keys, Profile, Role
from grader.aws import Clients, value_of
from grader.observation import Found, Unknown
from grader.permissions import Seen, ask_everything
from grader.roster_table import read_table
from grader.text_file import read_text

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

    from grader.access import Access
    from grader.grading import Settings
    from grader.roster import Account, Roster
    from grader.rubric import Rubric

_Way: TypeAlias = "tuple[Access, str | None, str, str | None]"

LEARNER_LAB_HOURS = 4
"""How long a session of AWS Academy's Learner Lab lasts at most."""

_AGAIN = "Try again; if it stays, batch will leave what needs it ungraded."


@dataclass
class Examination:
    """One row of the roster. ``faults`` are pairs of what is wrong and what to do before the batch.

    ``ends`` says when the session ends, as far as that is known.
    """

    account: Account
    region: str
    seen: Seen
    ends: str
    faults: list[tuple[str, str]] = field(default_factory=list)


def examine_class(
    roster: Roster,
    path: Path,
    rubric: Rubric,
    settings: Settings,
    clients: Clients | None = None,
) -> list[Examination]:
    """Every account of ``roster``, which was loaded from ``path``, in its order.

    Rows that reach their account in the same way are asked once.
    """
    clients = clients or Clients()
    ways: dict[_Way, Future[Seen]] = {}
    threads = ThreadPoolExecutor(settings.jobs, thread_name_prefix="observe")
    try:
        rows = []
        for account in roster.accounts:
            region = account.region or settings.region or rubric.lab.region
            endpoint_url = account.endpoint_url or settings.endpoint_url
            way = (account.access, account.account_id, region, endpoint_url)
            if way not in ways:
                ways[way] = threads.submit(ask_everything, clients, rubric, *way)
            rows.append((account, region, ways[way]))
        written = _written(path, roster)
        found = [
            _examined(account, region, future.result(), written.get(account.access))
            for account, region, future in rows
        ]
    except BaseException:
        threads.shutdown(wait=False, cancel_futures=True)
        raise
    threads.shutdown()
    _forgive_partners(found)
    _tell_shared(found)
    return found


# -- what it means --------------------------------------------------------------------------------


def _written(path: Path, roster: Roster) -> dict[Access, float]:
    """When the credentials file behind each way was last written, in Unix seconds."""
    rows = read_table(read_text(path, limit_bytes=2**30).text, str(path)).rows
    files = {row.line: row.cells.get("credentials_file") for row in rows}
    written: dict[Access, float] = {}
    for account in roster.accounts:
        name = files.get(account.line)
        file = path.parent / name if name else None
        if file is not None and file.exists():
            changed = file.stat().st_mtime
            written[account.access] = min(changed, written.get(account.access, changed))
    return written


def _examined(account: Account, region: str, seen: Seen, written: float | None) -> Examination:
    one = Examination(account, region, seen, _ends(account.access, written))
    identity = seen.identity
    if seen.refused is not None:
        one.faults.append(_refusal(one, seen.refused, written))
    elif isinstance(identity, Unknown):
        one.faults.append((f"AWS could not be asked: {identity.detail}", _reach(identity)))
    if not isinstance(identity, Found):
        return one
    if account.account_id not in {None, identity.value.account_id}:
        message = f"The credentials belong to account {identity.value.account_id}"
        remedy = "Ask for the right block, or correct account_id."
        one.faults.append((f"{message}, the roster says {account.account_id}.", remedy))
    if seen.denied:
        who = identity.value.arn.rpartition(":")[2]
        remedy = f"Allow it to {who}, or what needs it stays ungraded."
        one.faults.append((f"Denied: {', '.join(seen.denied)}.", remedy))
    silent = {
        action: said.detail
        for action, said in seen.unknown.items()
        if said.kind not in {"credentials", "permission"}
    }
    if silent:
        why = next(iter(silent.values()))
        one.faults.append((f"Not answered: {', '.join(silent)}. {why}", _AGAIN))
    if seen.elsewhere is not None:
        message = f"The lab's functions stand in {seen.elsewhere}, not in {region}."
        one.faults.append((message, f"Write {seen.elsewhere} into the row's column region."))
    return one


def _ends(access: Access, written: float | None) -> str:
    match access:
        case Keys(session_token=None):
            return "never"
        case Keys() if written is not None:
            latest = written + LEARNER_LAB_HOURS * 3600
            if latest > time.time():
                return f"by {datetime.fromtimestamp(latest).astimezone():%H:%M}"
            return "not known"
        case Role():
            return "renewed"
        case _:
            return "not known"


def _refusal(one: Examination, said: Unknown, written: float | None) -> tuple[str, str]:
    access, identity = one.account.access, one.seen.identity
    if isinstance(identity, Found) and "xpired" not in said.detail:
        message = "The Learner Lab has ended: AWS says whose it is, and denies all else."
        return message, "Ask the student to start the lab again, and for the new block."
    message = f"The credentials are refused: {said.detail}"
    if isinstance(access, Profile | DefaultCredentials):
        return message, "Correct the AWS configuration of this machine, or log in again."
    if isinstance(access, Role):
        return message, "Log in on this machine: the role is assumed with its own credentials."
    if written is not None and access.session_token is not None:
        hours = (time.time() - written) / 3600
        if hours > LEARNER_LAB_HOURS:
            message += (
                f" Their file is {hours:.0f} h old, a Learner Lab lasts {LEARNER_LAB_HOURS} h."
            )
    return message, "Ask for a new block, in time for the batch."


def _reach(said: Unknown) -> str:
    match said.kind:
        case "unreachable" | "throttled":
            return "Check the network, region and endpoint_url, then try again."
        case "permission":
            return "Correct role_arn and external_id, or let the role trust you."
    return _AGAIN


def _forgive_partners(found: list[Examination]) -> None:
    """A group is graded by the first of its ways that works: the others then need no mending."""
    working = {
        one.account.group for one in found if one.account.group and one.seen.refused is None
        and isinstance(one.seen.identity, Found)
    }  # fmt: skip
    for one in found:
        lost = one.seen.refused is not None or not isinstance(one.seen.identity, Found)
        if lost and one.account.group in working:
            one.faults.clear()
            one.ends = "partner's"


def _tell_shared(found: list[Examination]) -> None:
    """Accounts that rows of different groups lead to, or claim to."""
    rows: dict[str, list[Examination]] = {}
    for one in found:
        identity = value_of(one.seen.identity)
        for account_id in {identity.account_id if identity else None, one.account.account_id}:
            if account_id is not None:
                rows.setdefault(account_id, []).append(one)
    for account_id, several in sorted(rows.items()):
        for one in several:
            others = [
                other.account.student_id
                for other in several
                if other is not one
                and not (one.account.group and one.account.group == other.account.group)
            ]
            if others:
                more = f" and {len(others) - 3} more" if len(others) > 3 else ""
                message = f"Account {account_id} is also that of {', '.join(others[:3])}{more}."
                remedy = "If they work together, give them one group; else ask whose it is."
                one.faults.append((message, remedy))
