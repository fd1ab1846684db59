"""The files of a folder or a ZIP file that came from elsewhere: listed and read within bounds.

Nothing is unpacked: members are read where they are, so that no name in an archive names a place here.
"""

from __future__ import annotations

import os
import stat
import time
import unicodedata
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grader.language import _
from grader.problems import refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

MOST_ENTRIES = 200_000
MOST_DEEP = 12
TOTAL_BYTES = 1024 * 1024 * 1024
"""Bytes that are read of a whole download: 10,000 students' texts are a hundredth of it."""

_JUNK = frozenset({"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"})
_READ = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED = 0x1
_UTF8 = 0x800


class Unreadable(Exception):  # noqa: N818 - it is the file's state
    """A file cannot be read. Its text is a sentence that says why."""


@dataclass(frozen=True)
class Entry:
    """A file, or a folder: then ``read`` is ``None``.

    ``parts`` is its path in the download, ``changed`` when it was last changed, in seconds.
    ``read(n)`` gives its first ``n`` bytes, and raises :class:`Unreadable`.
    """

    parts: tuple[str, ...]
    changed: float
    read: Callable[[int], bytes] | None

    @property
    def path(self) -> str:
        """The path in the download, for messages."""
        return "/".join(self.parts)


@contextmanager
def listed(path: Path, leave_out: Collection[Path] = ()) -> Iterator[tuple[list[Entry], list[str]]]:
    """The entries of the folder or ZIP file at ``path``, readable inside the ``with``, and the names of
    members that lead out of their archive, which are left alone.

    What macOS and Windows add by themselves is left out, and so are the files and folders
    ``leave_out``. Raises :class:`grader.problems.BadInput` when it is neither, or too large.
    """
    budget = _Budget(path, TOTAL_BYTES)
    try:
        if path.is_dir():
            yield list(_of_folder(path, {p.resolve() for p in leave_out}, budget)), []
            return
        if not path.exists():
            raise refuse(path, None, _("There is no such folder or file."), _("Check the path."))
        if not zipfile.is_zipfile(path):
            message = _("It is neither a folder nor a ZIP file.")
            raise refuse(path, None, message, _("Name what the LMS downloads."))
        with zipfile.ZipFile(path) as archive:
            yield _of_archive(archive, budget)
    except (zipfile.BadZipFile, NotImplementedError) as error:
        message = _("The ZIP file cannot be read ({error}).", error=type(error).__name__)
        raise refuse(path, None, message, _("Download it again.")) from None


@dataclass
class _Budget:
    """What may still be read of one download."""

    path: Path
    left: int
    entries: int = 0

    def count(self) -> None:
        self.entries += 1
        if self.entries > MOST_ENTRIES:
            message = _("It holds more than {most} files.", most=f"{MOST_ENTRIES:,}")
            raise refuse(self.path, None, message, _("Check that it is the right one."))

    def spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            message = _(
                "Its texts are larger than {size} MiB together.",
                size=f"{TOTAL_BYTES // 1024**2:,}",
            )
            raise refuse(self.path, None, message, _("Check that it is the right one."))


def _junk(name: str) -> bool:
    return name in _JUNK or name.startswith("._")


# -- a folder -------------------------------------------------------------------------------------


def _of_folder(top: Path, leave_out: set[Path], budget: _Budget) -> Iterator[Entry]:
    def walk(folder: Path, parts: tuple[str, ...]) -> Iterator[Entry]:
        with os.scandir(folder) as found:
            children = sorted(found, key=lambda child: child.name)
        for child in children:
            if _junk(child.name) or (not parts and child.name.startswith(".")):
                continue
            path = Path(child.path)
            if leave_out and path.resolve() in leave_out:
                continue
            budget.count()
            here = (*parts, unicodedata.normalize("NFC", child.name))
            changed = child.stat(follow_symlinks=False).st_mtime
            if child.is_dir(follow_symlinks=False):
                yield Entry(here, changed, None)
                if len(here) < MOST_DEEP:
                    yield from walk(path, here)
            elif child.is_file(follow_symlinks=False):
                yield Entry(here, changed, _file_reader(path, budget))
            else:
                reason = (
                    "link, which is not followed" if child.is_symlink() else "device, not a file"
                )
                yield Entry(here, changed, _refusing(f"It is a {reason}."))

    yield from walk(top, ())


def _file_reader(path: Path, budget: _Budget) -> Callable[[int], bytes]:
    def read(size: int) -> bytes:
        try:
            with path.open("rb") as file:
                raw = file.read(size)
        except OSError as error:
            raise Unreadable(f"It cannot be read ({error.strerror}).") from None
        budget.spend(len(raw))
        return raw

    return read


def _refusing(reason: str) -> Callable[[int], bytes]:
    def read(_size: int) -> bytes:
        raise Unreadable(reason)

    return read


# -- a ZIP file -----------------------------------------------------------------------------------


def _of_archive(archive: zipfile.ZipFile, budget: _Budget) -> tuple[list[Entry], list[str]]:
    entries: list[Entry] = []
    outside: list[str] = []
    for info in archive.infolist():
        budget.count()
        name = _name(info).replace("\\", "/")
        parts = tuple(part for part in name.split("/") if part not in {"", "."})
        if name.startswith("/") or ".." in parts or (parts and parts[0].endswith(":")):
            outside.append(name)
            continue
        if not parts or any(map(_junk, parts)) or parts[0].startswith("."):
            continue
        is_folder = name.endswith("/")
        reader = None if is_folder else _member_reader(archive, info, budget)
        entries.append(Entry(parts, _changed(info), reader))
    return entries, outside


def _name(info: zipfile.ZipInfo) -> str:
    """The member's name: macOS and others write UTF-8 and do not say so."""
    name = info.filename
    if not info.flag_bits & _UTF8:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = info.filename
    return unicodedata.normalize("NFC", name)


def _changed(info: zipfile.ZipInfo) -> float:
    try:
        return time.mktime((*info.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return time.time()


def _member_reader(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: _Budget
) -> Callable[[int], bytes]:
    if stat.S_ISLNK(info.external_attr >> 16):
        return _refusing("It is a link, which is not followed.")
    if info.flag_bits & _ENCRYPTED:
        return _refusing("It is protected by a password.")
    if info.compress_type not in _READ:  # others unpack without a bound
        return _refusing("It is compressed in a way that is not read.")

    def read(size: int) -> bytes:
        try:
            # The size that the archive claims is not believed.
            with archive.open(info) as member:
                raw = member.read(size)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
            raise Unreadable(f"It is damaged ({type(error).__name__}).") from None
        budget.spend(len(raw))
        return raw

    return read
