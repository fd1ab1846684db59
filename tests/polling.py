"""Waiting for what must come, without knowing when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT_S = 100


def wait_for(there: Callable[[], Any], *, within_s: float = LIMIT_S) -> Any:
    """What ``there`` gives, as soon as it gives something."""
    return retry(
        retry=retry_if_result(lambda given: not given),
        stop=stop_after_delay(within_s),
        wait=wait_fixed(0.05),
    )(there)()
