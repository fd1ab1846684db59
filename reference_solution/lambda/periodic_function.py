"""Runs periodically: logs the time, and the environment variable foo."""

import logging
import os
from datetime import datetime, timezone

logger = logging.getLogger()
logger.setLevel(logging.INFO)


def lambda_handler(event, context):
    """What comes in the event does not matter: the schedule sends it."""
    logger.info("It is %s, foo is %s", datetime.now(timezone.utc).isoformat(), os.environ["foo"])
