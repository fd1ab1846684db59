"""Whether the value of an environment variable is a queue: its URL, its ARN, or its name."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_OF_AWS = re.compile(
    r"(?:[a-z0-9-]+\.)*sqs(?:-fips)?\.(?P<region>[a-z0-9-]+)(?:\.vpce)?\.amazonaws\.com(?:\.cn)?"
    r"|(?P<legacy>[a-z0-9-]+)\.queue\.amazonaws\.com(?:\.cn)?|queue\.amazonaws\.com"
    r"|sqs\.(?P<dual>[a-z0-9-]+)\.api\.aws"
)
"""The hosts of SQS. Source: AWS General Reference, Amazon SQS endpoints and legacy endpoints."""

_AWS_ENDS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")


def holds(value: str, queue: str, arn: str) -> bool:
    """``value`` is the queue called ``queue``; ``arn``, of anything, tells its account and region.

    A queue of that name in another account, or in another region, is another queue. Blanks around the
    value count: boto3 would send them.
    """
    if not queue:
        return False  # it was not found
    if value == queue:
        return True
    parts = arn.split(":")
    if len(parts) < 5:
        return False
    partition, region, account = parts[1], parts[3], parts[4]
    if value == f"arn:{partition}:sqs:{region}:{account}:{queue}":
        return True
    try:
        url = urlsplit(value)
        host = url.hostname or ""
    except ValueError:
        return False
    if url.scheme not in {"http", "https"} or url.path.rstrip("/") != f"/{account}/{queue}":
        return False
    found = _OF_AWS.fullmatch(host)
    if found is None:
        return not host.endswith(_AWS_ENDS)  # another endpoint's, such as the sandbox
    named = found["region"] or found["legacy"] or found["dual"]
    return not named or named == region
