"""Writing a file whole or not at all."""

from __future__ import annotations

import json
import os
import re
import stat
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from grader.schemas import load

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

_STANDARD = (1, 2)
_UNFINISHED = re.compile(r"\..+\.[a-z0-9_]{8}\.unfinished")


def write_json(path: Path, data: bytes, schema_name: str) -> None:
    """Write JSON whole or not at all, readable by its owner only.

    Raises ``msgspec.ValidationError`` or ``jsonschema.ValidationError`` if it does not satisfy the
    shipped schema, ``ValueError`` if it is not JSON (``NaN`` is not), ``OSError`` if it cannot be
    written; nothing is left then, and what stood at ``path`` stays. What is not a file (a pipe,
    ``/dev/stdout``) is written to.
    """
    decoder = _decoder(schema_name)
    if decoder is not None:
        decoder.decode(data)
    else:
        _validator(schema_name).validate(json.loads(data, parse_constant=_not_json))
    write_bytes(path, data)


def write_text(path: Path, text: str, *, synced: bool = True) -> None:
    """Write UTF-8 text as :func:`write_json` does.

    Not ``synced``, it may be gone after a power cut: for what can be made again, and is much faster.
    """
    write_bytes(path, text.encode(), synced=synced)


def write_bytes(path: Path, data: bytes, *, synced: bool = True) -> None:
    """Write ``data`` as :func:`write_json` does, whatever it is."""
    try:
        there = path.stat()
    except FileNotFoundError:
        return _replace(path.resolve(), data, synced=synced)
    for standard in _STANDARD:
        with suppress(OSError):
            if os.path.samestat(there, os.fstat(standard)):
                # The shell's file, maybe: opened anew, it would be written from its start.
                return _pour(os.dup(standard), data)
    if stat.S_ISREG(there.st_mode):
        return _replace(path.resolve(), data, synced=synced)
    return _pour(os.open(path, os.O_WRONLY | getattr(os, "O_BINARY", 0)), data)


def file_identities(path: Path) -> set[object]:
    """What tells that two paths are one file: where it leads, and the file itself (a hard link)."""
    identities: set[object] = set()
    with suppress(OSError, RuntimeError):  # RuntimeError: links that lead in a circle
        identities.add(path.resolve())
    with suppress(OSError):
        there = path.stat()
        identities.add((there.st_dev, there.st_ino))
    return identities


def is_unfinished(path: Path) -> bool:
    """Whether a process that was killed while it wrote left this file: nobody reads it, and it may
    go."""
    return _UNFINISHED.fullmatch(path.name) is not None


def _pour(handle: int, data: bytes) -> None:
    with os.fdopen(handle, "wb") as file:
        file.write(data)


def _replace(path: Path, data: bytes, *, synced: bool) -> None:
    handle, name = tempfile.mkstemp(".unfinished", f".{path.name}.", path.parent)  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            if synced:
                file.flush()
                os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def kinds_of_files() -> dict[str, type]:
    """The files that a class has two of for each student, or one that grows with it: the type of each.

    Their schemas are generated from these types, and reading strictly as the type is the same check in a
    fraction of the time.
    """
    from grader.model.batch import Batch
    from grader.model.handed_back import HandedBack
    from grader.model.history import Former
    from grader.model.observation import Observation
    from grader.model.report import Report
    from grader.scoring.summary import Summary

    return {
        "observation": Observation,
        "report": Report,
        "history": Former,
        "batch": Batch,
        "summary": Summary,
        "handed-back": HandedBack,
    }


@cache
def _decoder(name: str) -> msgspec.json.Decoder[Any] | None:
    kind = kinds_of_files().get(name)
    return None if kind is None else msgspec.json.Decoder(kind)


@cache
def _validator(name: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    schema = load(name)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def _not_json(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")
