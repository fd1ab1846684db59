"""A client each of whose calls runs within a context: as one account, until a time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager


class CallsWithin:
    """A boto3 client whose calls run within what ``around`` gives; all else is the client's own.

    Such a client may be wrapped again: its calls run within both, the outermost first.
    """

    def __init__(self, client: Any, around: Callable[[], AbstractContextManager[None]]) -> None:
        self._client, self._around = client, around

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        is_call = name in self._client.meta.method_to_api_mapping
        return partial(self._call, found) if is_call else found

    def get_paginator(self, operation: str) -> Any:
        """The client's paginator, whose pages are asked for through this."""
        client = self._client
        while isinstance(client, CallsWithin):
            client = client._client
        return type(client).get_paginator(self, operation)

    def _call(self, method: Callable[..., Any], *given: Any, **named: Any) -> Any:
        with self._around():
            return method(*given, **named)
