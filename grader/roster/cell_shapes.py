"""The shape that a cell of a roster must have: account ids, regions, addresses, times."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from grader.i18n.language import N_, _
from grader.model.timestamps import time_of
from grader.safety.web_address import web_address

if TYPE_CHECKING:
    from collections.abc import Callable

_ACCOUNT_ID = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}")

_TIME = (
    lambda text: time_of(text) is not None,
    N_("The {column} is not a time with its zone."),
    N_("Write it like 2026-11-27T23:59:00+01:00."),
)
_SHAPES: dict[str, tuple[Callable[[str], bool], str, str]] = {
    "account_id": (
        lambda text: _ACCOUNT_ID.fullmatch(text) is not None,
        N_("The account_id is not 12 digits."),
        N_(
            "Write it without hyphens; in a spreadsheet, format the column as text first, "
            "or leading zeros are lost."
        ),
    ),
    "region": (
        lambda text: _REGION.fullmatch(text) is not None and len(text) <= 40,
        N_("The region is not the code of an AWS region."),
        N_("Write it like us-east-1."),
    ),
    "endpoint_url": (
        lambda text: web_address(text) is not None,
        N_("The endpoint_url is not an address that starts with http:// or https://."),
        N_("Write it like http://127.0.0.1:4566, without a user name or password."),
    ),
    "submitted_at": _TIME,
    "due_at": _TIME,
}


SHAPED_COLUMNS = tuple(_SHAPES)


_OF_AN_OPTION = {
    "endpoint_url": N_("This is not an address that starts with http:// or https://."),
    "due_at": N_("This is not a time with its zone."),
}


def shape_problem(column: str, value: str, *, option: bool = False) -> tuple[str, str] | None:
    """What is wrong with the shape of ``value`` for ``column``, and the remedy; ``None`` if right.

    ``option``: an option has the value, whoever gave that knows of no column.
    """
    is_right, message, remedy = _SHAPES[column]
    if option:
        message = _OF_AN_OPTION.get(column, message)
    return None if is_right(value) else (_(message, column=column), _(remedy))


_SHORTENED = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?E\+[0-9]{2,3}", re.IGNORECASE)


def shortened_fault(column: str, value: str) -> tuple[str, str] | None:
    """That a spreadsheet wrote the number of an id as ``1.23E+11``, and the remedy; ``None`` where it
    did not."""
    if not _SHORTENED.fullmatch(value):
        return None
    message = _("The {column} was shortened by a spreadsheet: its digits are lost.", column=column)
    return message, _("Format the column as text, and fill it in again.")


_RESOURCE = re.compile(r"[A-Za-z0-9_-]{1,80}(\.fifo)?")


def use_fault(name: str) -> tuple[str, str] | None:
    """Why ``name`` can name no function and no queue, and the remedy; ``None`` if it can."""
    if _RESOURCE.fullmatch(name):
        return None
    message = _("“{name}” is no name of a function or queue.", name=name[:100])
    return message, _("Write the name alone, as the AWS console shows it.")
