"""The least that asking AWS takes in Python: the bare loop's questions without boto3.

Measured from inside: prints JSON. The standard library's HTTP and TLS, a connection for each thread and
service that stays open, requests signed by hand, answers read by ``json``: no models, no retries, no
hooks. Source: AWS, Signature Version 4; the services' JSON protocols.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import io
import json
import os
import ssl
import threading
import time
from functools import cache, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from benchmarks.bare import measure, visited

if TYPE_CHECKING:
    from collections.abc import Callable
    from urllib.parse import SplitResult

TIMEOUT_S = 60
_FUNCTIONS = "/2015-03-31/functions"


def main() -> None:
    """Ask about every account of a roster."""
    measure(lambda: Floor().visit, __doc__)


class Floor:
    """Asks about accounts, each thread by connections of its own."""

    def __init__(self) -> None:
        bundle = os.environ.get("AWS_CA_BUNDLE")
        self._tls = ssl.create_default_context(cafile=bundle)
        self._local = threading.local()
        self._opened: list[http.client.HTTPConnection] = []

    def close(self) -> None:
        """Close every thread's connections."""
        while self._opened:
            self._opened.pop().close()

    def visit(self, row: dict[str, str]) -> bool:
        """Ask about one account: whether all of it was right."""
        if not hasattr(self._local, "open"):
            self._local.open = {}
        ask = partial(self._ask, row)
        clients = {
            "sts": Sts(ask),
            "lambda": Functions(ask),
            "sqs": ByTarget(ask, "sqs", "AmazonSQS", "1.0"),
            "events": ByTarget(ask, "events", "AWSEvents", "1.1"),
            "scheduler": Scheduler(ask),
        }
        return visited(clients)

    def _ask(
        self,
        row: dict[str, str],
        service: str,
        method: str,
        path: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> bytes:
        """The answer's body. Raises ``HTTPException`` where it is an error."""
        url = urlsplit(row["endpoint_url"])
        connection: http.client.HTTPConnection | None = self._local.open.get(service)
        if connection is None:
            connection = self._local.open[service] = self._connection(url)
            self._opened.append(connection)
        head = {"host": url.netloc, **(headers or {})}
        connection.request(
            method, path, body or None, signed(row, service, method, path, body, head)
        )
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise http.client.HTTPException(f"{path}: {answer.status} {said!r}")
        return said

    def _connection(self, url: SplitResult) -> http.client.HTTPConnection:
        host = url.hostname or ""
        if url.scheme == "https":
            return http.client.HTTPSConnection(host, url.port, timeout=TIMEOUT_S, context=self._tls)
        return http.client.HTTPConnection(host, url.port, timeout=TIMEOUT_S)


class ByTarget:
    """A service that is told the operation by a header; methods are called as boto3's."""

    def __init__(self, ask: Callable[..., bytes], service: str, prefix: str, version: str) -> None:
        self._ask, self._service, self._prefix = ask, service, prefix
        self._type = f"application/x-amz-json-{version}"

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = "".join(part.capitalize() for part in name.split("_"))
        return partial(self._call, operation)

    def _call(self, operation: str, **asked: Any) -> Any:
        headers = {"content-type": self._type, "x-amz-target": f"{self._prefix}.{operation}"}
        said = self._ask(self._service, "POST", "/", json.dumps(asked).encode(), headers)
        return json.loads(said or b"{}")


class Sts:
    """STS, as far as it is asked."""

    def __init__(self, ask: Callable[..., bytes]) -> None:
        self._ask = ask

    def get_caller_identity(self) -> bytes:
        """GetCallerIdentity, its XML unread."""
        form = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
        return self._ask("sts", "POST", "/", b"Action=GetCallerIdentity&Version=2011-06-15", form)


class Functions:
    """Lambda, as far as it is asked."""

    def __init__(self, ask: Callable[..., bytes]) -> None:
        self._ask = partial(ask, "lambda")

    def get_function_configuration(self, FunctionName: str) -> Any:  # noqa: N803 - AWS's name
        """GetFunctionConfiguration."""
        path = f"{_FUNCTIONS}/{_escaped(FunctionName)}/configuration"
        return json.loads(self._ask("GET", path))

    def list_event_source_mappings(self, EventSourceArn: str) -> Any:  # noqa: N803
        """ListEventSourceMappings."""
        query = f"EventSourceArn={_escaped(EventSourceArn)}"
        return json.loads(self._ask("GET", f"/2015-03-31/event-source-mappings?{query}"))

    def get_policy(self, FunctionName: str) -> Any:  # noqa: N803
        """GetPolicy."""
        return json.loads(self._ask("GET", f"{_FUNCTIONS}/{_escaped(FunctionName)}/policy"))

    def invoke(self, FunctionName: str, LogType: str, Payload: str) -> dict[str, Any]:  # noqa: N803
        """Invoke."""
        path = f"{_FUNCTIONS}/{_escaped(FunctionName)}/invocations"
        said = self._ask("POST", path, Payload.encode(), {"x-amz-log-type": LogType})
        return {"Payload": io.BytesIO(said)}


class Scheduler:
    """EventBridge Scheduler, as far as it is asked."""

    def __init__(self, ask: Callable[..., bytes]) -> None:
        self._ask = partial(ask, "scheduler")

    def list_schedules(self) -> Any:
        """ListSchedules."""
        return json.loads(self._ask("GET", "/schedules"))


def signed(
    row: dict[str, str],
    service: str,
    method: str,
    path: str,
    body: bytes,
    headers: dict[str, str],
    now: float | None = None,
) -> dict[str, str]:
    """``headers``, in small letters and ``host`` among them, with those that sign the request."""
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    date = moment[:8]
    headers = {**headers, "x-amz-date": moment}
    names = ";".join(sorted(headers))
    where, _, query = path.partition("?")
    canonical = "\n".join(
        [
            method,
            quote(where, safe="/~"),
            query,
            *(f"{name}:{headers[name]}" for name in sorted(headers)),
            "",
            names,
            hashlib.sha256(body).hexdigest(),
        ]
    )
    scope = f"{date}/{row['region']}/{service}/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = _signing_key(row["aws_secret_access_key"], date, row["region"], service)
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{digest}"
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={row['aws_access_key_id']}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}"
    )
    return headers


@cache
def _signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _escaped(text: str) -> str:
    return quote(text, safe="-_.~")


if __name__ == "__main__":
    main()
