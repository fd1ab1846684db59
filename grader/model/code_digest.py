"""Which grader this is: two with the same digest make the same report of the same account."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import grader

COUNTED = {".css", ".html", ".js", ".json", ".mo", ".py"}
"""The suffixes of what is run or read: code, schemas, pages' templates, compiled catalogues.

Not the shipped rubric: it has a digest of its own, and stands elsewhere in a clone than in a wheel.
"""


def digest_of_package(package: Path) -> str:
    """SHA-256 of a package's files and their names, in hexadecimal, alike on every machine."""
    digest = hashlib.sha256()
    names = {path.relative_to(package).as_posix(): path for path in package.rglob("*")}
    for name, path in sorted(names.items()):
        # Editors and tools keep copies and caches in folders whose names begin with a dot.
        if path.suffix in COUNTED and not name.startswith(".") and "/." not in name:
            content = path.read_bytes().replace(b"\r\n", b"\n")  # as git may write them on Windows
            digest.update(name.encode() + hashlib.sha256(content).digest())
    return digest.hexdigest()


@cache
def grader_sha256() -> str:
    """The digest of this package, read once: a process goes on with the code it has begun with."""
    return digest_of_package(Path(str(grader.__file__)).parent)


def this_code() -> tuple[str, str]:
    """The version, for people, and the digest, which tells any two graders apart."""
    return grader.__version__, grader_sha256()
