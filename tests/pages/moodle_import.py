"""Feedback files as Moodle takes them from a ZIP file; written from its rules, not from our writer.

Source: Moodle 4.5, mod/assign/feedback/file/importziplib.php and lib/filestorage/file_storage.php.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

PLUGINS = {("assignfeedback", "file"), ("assignsubmission", "file")}
_REMOVED = re.compile(r"""[\x00-\x1f\x7f]|[&<>"`|':\\/]""")


def taken(data: bytes, participants: Collection[int]) -> dict[int, dict[str, bytes]]:
    """The files that each participant gets, by name. What Moodle skips in silence is in nothing."""
    found: dict[int, dict[str, bytes]] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist():
            parts = [_REMOVED.sub("", part) for part in ["import", *entry.filename.split("/")]]
            if entry.is_dir() or parts[-1].startswith((".", "~")):
                continue
            placed = _placed(parts, participants)
            if placed is not None:
                who, name = placed
                found.setdefault(who, {})[name] = archive.read(entry)
    return found


def _placed(parts: list[str], participants: Collection[int]) -> tuple[int, str] | None:
    for place, part in enumerate(parts):
        info = part.split("_", 4)
        if len(info) < 4:
            continue
        if not re.fullmatch(r"\s*[0-9]+\s*", info[1]) or int(info[1]) not in participants:
            continue
        if (info[2], info[3]) not in PLUGINS:
            continue
        rest = info[4] if len(info) == 5 else ""
        return int(info[1]), "/".join([rest, *parts[place + 1 :]])
    return None
