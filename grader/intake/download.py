"""The files of a folder or a ZIP file that came from elsewhere: listed and read within bounds.

Nothing is unpacked: members are read where they are, so that no name in an archive names a place here.
"""

from __future__ import annotations

import calendar
import os
import stat
import struct
import time
import unicodedata
import zipfile
import zlib
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grader.i18n.language import _
from grader.inputs.problems import bad_input, cannot_be_read

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

MOST_ENTRIES = 200_000
MOST_DEEP = 12
TOTAL_BYTES = 1024 * 1024 * 1024
"""How many bytes are read of a whole download: 10,000 students' texts are a hundredth of it."""

_JUNK = frozenset({"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"})
_READ = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED = 0x1
_UTF8 = 0x800
_UNIVERSAL_TIME = 0x5455
# What zipfile raises of a member: of its header (struct.error, and ValueError of its name) too.
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError),
    *(OverflowError, MemoryError),
)
_WESTERNMOST_S = 12 * 3600


class Unreadable(Exception):  # noqa: N818 - it is the file's state
    """A file cannot be read. Its text is a sentence that says why."""


@dataclass(frozen=True)
class Entry:
    """A file, or a folder: then ``read`` is ``None``.

    ``parts`` is its path in the download, ``changed`` the Unix time at which it was last changed, at
    the latest. ``read(n)`` gives its first ``n`` bytes, and raises :class:`Unreadable`. ``packed``: it
    comes out of an archive, whose times are mostly those of its own making.
    """

    parts: tuple[str, ...]
    changed: float
    read: Callable[[int], bytes] | None
    packed: bool = False

    @property
    def path(self) -> str:
        """The path in the download, for messages."""
        return "/".join(self.parts)


@contextmanager
def open_download(
    path: Path, leave_out: Collection[Path] = ()
) -> Iterator[tuple[list[Entry], list[str]]]:
    """The entries of the folder or ZIP file at ``path``, readable inside the ``with``, and the names of
    members that lead out of their archive, which are left alone.

    What macOS and Windows add by themselves is left out, and so are the files and folders
    ``leave_out``. Raises :class:`BadInput` when it is neither, cannot be read or is too
    large; what of it cannot be read is an entry that says so.
    """
    with ExitStack() as opened:
        try:
            found = _found(path, leave_out, opened)
        except OSError as error:
            remedy = _("Check the path and its permissions.")
            raise bad_input(path, None, cannot_be_read(error), remedy) from None
        except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error) as error:
            message = _("The ZIP file cannot be read ({error}).", error=type(error).__name__)
            raise bad_input(path, None, message, _("Download it again.")) from None
        yield found


def _found(
    path: Path, leave_out: Collection[Path], opened: ExitStack
) -> tuple[list[Entry], list[str]]:
    budget = _Budget(path, TOTAL_BYTES)
    if path.is_dir():
        ours = {path.parent.resolve() / path.name for path in leave_out}
        return list(_of_folder(path.resolve(), ours, budget)), []
    if not path.exists():
        raise bad_input(path, None, _("There is no such folder or file."), _("Check the path."))
    # A pipe would be waited for.
    file = opened.enter_context(path.open("rb")) if path.is_file() else None
    if file is None or not zipfile.is_zipfile(file):
        message = _("It is neither a folder nor a ZIP file.")
        raise bad_input(path, None, message, _("Name what the LMS downloads."))
    return _of_archive(opened.enter_context(zipfile.ZipFile(file)), budget)


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
            raise bad_input(self.path, None, message, _("Check that it is the right one."))

    def spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            message = _(
                "Its texts are larger than {size} MiB together.",
                size=f"{TOTAL_BYTES // 1024**2:,}",
            )
            raise bad_input(self.path, None, message, _("Check that it is the right one."))


def _junk(name: str) -> bool:
    return name in _JUNK or name.startswith("._")


# -- a folder -------------------------------------------------------------------------------------


def _of_folder(top: Path, leave_out: set[Path], budget: _Budget) -> Iterator[Entry]:
    def walk(children: list[os.DirEntry[str]], parts: tuple[str, ...]) -> Iterator[Entry]:
        for child in children:
            path = Path(child.path)
            hidden = not parts and child.name.startswith(".")
            if _junk(child.name) or hidden or path in leave_out:
                continue
            budget.count()
            here = (*parts, unicodedata.normalize("NFC", child.name))
            try:
                changed = child.stat(follow_symlinks=False).st_mtime
                inside = _children(path) if child.is_dir(follow_symlinks=False) else None
            except OSError as error:
                yield Entry(here, 0.0, _refusing(cannot_be_read(error)))
                continue
            if inside is not None:
                yield Entry(here, changed, None)
                if len(here) < MOST_DEEP:
                    yield from walk(inside, here)
            elif child.is_file(follow_symlinks=False):
                yield Entry(here, changed, _file_reader(path, budget))
            else:
                why = (
                    _("It is a link, which is not followed.")
                    if child.is_symlink()
                    else _("It is a device, not a file.")
                )
                yield Entry(here, changed, _refusing(why))

    yield from walk(_children(top), ())


def _children(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as found:
        return sorted(found, key=lambda child: child.name)


def _file_reader(path: Path, budget: _Budget) -> Callable[[int], bytes]:
    def read(size: int) -> bytes:
        try:
            with path.open("rb") as file:
                raw = file.read(size)
        except OSError as error:
            raise Unreadable(cannot_be_read(error)) from None
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
        entries.append(Entry(parts, _changed(info), reader, packed=True))
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
    """Where only the clock of whoever made the archive is told: the latest that it can mean on Earth.

    Source: Info-ZIP's extended timestamp, else the two words of MS-DOS, which know no time zone.
    """
    extra = info.extra
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        if kind == _UNIVERSAL_TIME and 5 <= size <= len(extra) - 4 and extra[4] & 1:
            return float(struct.unpack_from("<i", extra, 5)[0])
        extra = extra[4 + size :]
    try:
        return calendar.timegm(info.date_time) + _WESTERNMOST_S
    except ValueError:
        return time.time()


def _member_reader(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: _Budget
) -> Callable[[int], bytes]:
    if stat.S_ISLNK(info.external_attr >> 16):
        return _refusing(_("It is a link, which is not followed."))
    if info.flag_bits & _ENCRYPTED:
        return _refusing(_("It is protected by a password."))
    if info.compress_type not in _READ:  # others unpack without a bound
        return _refusing(_("It is compressed in a way that is not read."))

    def read(size: int) -> bytes:
        try:
            # The size that the archive claims is not believed.
            with archive.open(info) as member:
                raw = member.read(size)
        except _DAMAGE as error:
            why = _("It is damaged ({error}).", error=type(error).__name__)
            raise Unreadable(why) from None
        budget.spend(len(raw))
        return raw

    return read
