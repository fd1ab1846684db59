"""The JSON Schemas (2020-12) of every file the grader reads or writes, as shipped files.

Those of the files it writes are generated from the types; ``python -m grader.schemas`` writes them
anew, and a test keeps file and type equal.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

FOLDER = Path(__file__).parent


def path_of(name: str) -> Path:
    """Where the schema ``name`` (``report``) is shipped."""
    return FOLDER / f"{name}.schema.json"


@cache
def load(name: str) -> dict[str, Any]:
    """The shipped schema ``name``. The same object every time: do not change it."""
    schema: dict[str, Any] = json.loads(path_of(name).read_bytes())
    return schema


def schema_text(kind: type, title: str) -> str:
    """The schema of a type, as the text of its file."""
    described = msgspec.json.schema(kind)
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title}
    # The inner title is the struct's name; the file's says what it is.
    schema |= {name: part for name, part in described.items() if name != "title"}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
