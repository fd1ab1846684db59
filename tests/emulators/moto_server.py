"""A second emulator of AWS, moto's server: an accident of one emulator is not AWS's behaviour.

It is asked only what looking asks. Functions are not run in it: that takes Docker.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVE = """
import logging, sys
from moto.server import ThreadedMotoServer
logging.getLogger("werkzeug").disabled = True
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(*server.get_host_and_port(), flush=True)
sys.stdin.read()
server.stop()
"""
"""It serves until whoever started it is gone, or closes its input."""

TRUSTED = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": ["lambda.amazonaws.com", "scheduler.amazonaws.com"]},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


class Moto:
    """A running server. It knows an account by the keys that were given to a role of that account."""

    region = "us-east-1"

    def __init__(self, endpoint_url: str) -> None:
        self.endpoint_url = endpoint_url
        self._accounts = iter(range(200_000_000_001, 300_000_000_000))
        self.credentials = cache(self._credentials)

    def new_account(self) -> str:
        """An account with the role that a lab's functions have, and nothing else."""
        account = str(next(self._accounts))
        self.client("iam", account).create_role(
            RoleName="LabRole", AssumeRolePolicyDocument=TRUSTED
        )
        return account

    def _credentials(self, account_id: str) -> dict[str, str]:
        sts = self._client("sts", aws_access_key_id="any", aws_secret_access_key="any")
        role = f"arn:aws:iam::{account_id}:role/LabRole"
        given = sts.assume_role(RoleArn=role, RoleSessionName="student")["Credentials"]
        sts.close()
        return {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }

    def client(self, service: str, account_id: str) -> Any:
        return self._client(service, **self.credentials(account_id))

    def _client(self, service: str, **keys: str) -> Any:
        config = Config(proxies={}, retries={"total_max_attempts": 1, "mode": "standard"})
        where = {"region_name": self.region, "endpoint_url": self.endpoint_url}
        return boto3.client(service, config=config, **where, **keys)  # type: ignore[call-overload]


@contextmanager
def moto() -> Iterator[Moto]:
    """A server of its own, on a free port of 127.0.0.1, for the ``with`` block."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            host, port = process.stdout.readline().split()
            yield Moto(f"http://{host}:{port}")
        finally:
            process.kill()
