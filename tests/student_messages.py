"""What a message to a student must say."""

from __future__ import annotations

import re

_TELLS = re.compile(
    r"There is no \S"
    r"|(\d+ of \d+ passed\. )?([^.]{1,40}: )?expected \S.*(, found |, but )\S",
    re.DOTALL,
)


def states_expected_and_found(message: str) -> bool:
    """It says what was expected and what was found; or what there is none of."""
    return _TELLS.match(message) is not None
