"""The JSON Schemas (2020-12) of every file the grader reads or writes, as shipped files.

Those of the files it writes are generated from the types; ``python -m tools.generate_schemas``
writes them anew, and a test keeps file and type equal.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

SCHEMA_FOLDER = Path(__file__).parent


def path_of(name: str) -> Path:
    """Where the schema ``name`` (``report``) is shipped."""
    return SCHEMA_FOLDER / f"{name}.schema.json"


@cache
def load(name: str) -> dict[str, Any]:
    """The shipped schema ``name``. The same object every time: do not change it."""
    schema: dict[str, Any] = json.loads(path_of(name).read_bytes())
    return schema
