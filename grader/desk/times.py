"""Until when a desk is open: a time of the day, or a moment."""

from __future__ import annotations

from datetime import datetime, timedelta

from grader.i18n.language import _
from grader.inputs.problems import bad_input

_LONGEST = timedelta(days=31)


def until_of(text: str, now: datetime | None = None) -> datetime:
    """The moment that ``--until`` means: ``18:00`` is the next one here, else ISO 8601.

    Without a zone it is this machine's. Raises :class:`BadInput` for what is none, is over, or is more
    than a month away, as where a clock is wrong.
    """
    here = (now or datetime.now()).astimezone()
    try:
        if len(text) == len("18:00"):
            at = datetime.strptime(text, "%H:%M").time()
            moment = datetime.combine(here.date(), at).astimezone()
            if moment <= here:
                moment = datetime.combine(here.date() + timedelta(days=1), at).astimezone()
        else:
            moment = datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError, OSError):
        remedy = _("Write it like 18:00, or 2026-11-27T18:00+01:00.")
        raise bad_input("--until", None, _("It is not a time."), remedy) from None
    if moment <= here or moment - here > _LONGEST:
        message = _(
            "{until} is not within a month from now, {now} by this machine's clock.",
            until=moment.isoformat(timespec="minutes"),
            now=here.isoformat(timespec="minutes"),
        )
        raise bad_input("--until", None, message, _("Give another time, or set the clock."))
    return moment
