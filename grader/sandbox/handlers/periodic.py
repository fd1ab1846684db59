"""Says that it ran."""

from typing import Any


def lambda_handler(event: dict[str, Any], context: object) -> None:
    print("periodic run:", event.get("time"))
