"""One account's use of a client that many accounts share: each request is signed with its own keys.

A connection, a TLS context and a client belong to a host, not to an account: AWS tells accounts apart by
the signature of a request (SigV4). A client of its own costs an account some 20 ms, 0.5 MB and a TLS
handshake for each service.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from botocore.auth import SigV4Auth
from botocore.credentials import Credentials

from grader.aws.calls import CallsWithin
from grader.model.access import KEY, KEY_ID, TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from botocore.awsrequest import AWSRequest

# Who asks, in this thread, for as long as one call takes.
_asking: ContextVar[Credentials] = ContextVar("asking")


class SignedBy(CallsWithin):
    """A shared client, as the account with these ``keys`` uses it: everything that the client has.

    ``keys`` gives them for each question, as ``boto3.Session.client`` takes them; what it raises, the
    question does. The client is to sign nothing itself, and to be prepared by :func:`sign_requests_of`.
    """

    def __init__(self, client: Any, keys: Callable[[], Mapping[str, str]]) -> None:
        super().__init__(client, lambda: _asked_by(keys()))

    def close(self) -> None:
        """Do nothing: other accounts still use the shared client."""


@contextmanager
def _asked_by(keys: Mapping[str, str]) -> Iterator[None]:
    credentials = Credentials(keys[KEY_ID], keys[KEY], keys.get(TOKEN))
    token = _asking.set(credentials)
    try:
        yield
    finally:
        _asking.reset(token)


def sign_requests_of(client: Any) -> None:
    """Sign each request of ``client``, repeated ones too, with the keys of the account that asks.

    A call by nobody raises ``LookupError``: no request goes out unsigned, or signed by another.
    """
    model, hooks = client.meta.service_model, client.meta.events

    def sign(request: AWSRequest, **_given: Any) -> None:
        # What the endpoint's rules say comes before what the service's description says.
        signing = request.context.get("signing") or {}
        name = signing.get("signing_name") or model.signing_name
        region = signing.get("region") or client.meta.region_name
        SigV4Auth(_asking.get(), name, region).add_auth(request)

    hooks.register_last("request-created", sign)
