"""Reads a text file that a person wrote: bounded in size, UTF-8, faults named by line."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.i18n.language import _
from grader.inputs.bounded_read import NotOrdinaryError, TooLargeError, read_bounded
from grader.inputs.file_signature import kind_of_file, utf16_codec
from grader.inputs.problems import bad_input, reason

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class TextFile:
    """A file's text without its byte order mark, and the SHA-256 of its bytes in hexadecimal."""

    text: str
    sha256: str


def read_text(path: Path, *, limit_bytes: int, save_as: str = "UTF-8") -> TextFile:
    """The text of the file at ``path``.

    ``save_as`` is what the remedy calls the right encoding, in the words of the user's editor.
    Raises :class:`BadInput` when the file is missing, not a regular file, larger
    than ``limit_bytes``, not UTF-8, or holds NUL bytes. No message quotes the file's contents.
    """
    raw = read_bytes(path, limit_bytes=limit_bytes)
    save_again = _("Save it again as “{encoding}”.", encoding=save_as)
    if kind_of_file(raw) == "zip":
        raise bad_input(
            path,
            1,
            _("This is a ZIP file, not text."),
            _("Unpack it. Of a download of submissions, “grader roster” makes a roster."),
        )
    if utf16_codec(raw):
        raise bad_input(path, 1, _("The file is encoded as UTF-16, not UTF-8."), save_again)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The codec counts from after the byte order mark.
        start = error.start + (3 if raw.startswith(b"\xef\xbb\xbf") else 0)
        line = _line_at(raw.decode("latin-1"), start)
        message = _(
            "The file is not UTF-8: byte {number} of the file, on this line, is not text.",
            number=start + 1,
        )
        raise bad_input(path, line, message, save_again) from None
    if (nul := text.find("\0")) >= 0:
        raise bad_input(path, _line_at(text, nul), _("The file holds a NUL byte."), save_again)
    return TextFile(text, hashlib.sha256(raw).hexdigest())


def read_bytes(path: Path, *, limit_bytes: int) -> bytes:
    """The bytes of the file at ``path``. Raises :class:`BadInput` as :func:`read_text` does."""
    try:
        return read_bounded(path, limit_bytes)
    except IsADirectoryError:
        message, remedy = _("This is a folder, not a file."), _("Name the file inside it.")
    except (FileNotFoundError, NotADirectoryError):
        message, remedy = _("There is no such file."), _("Check the path.")
    except NotOrdinaryError:
        message, remedy = _("This is not an ordinary file."), _("Name a file.")
    except TooLargeError:
        message = _("The file is larger than {size} KiB.", size=f"{limit_bytes // 1024:,}")
        remedy = _("Check that it is the right file.")
    except (OSError, ValueError) as error:  # ValueError: a path no file system accepts
        why = reason(error) if isinstance(error, OSError) else _("the path is not valid")
        message = _("The file cannot be read ({reason}).", reason=why)
        remedy = _("Check the path and its permissions.")
    raise bad_input(path, None, message, remedy)


def unicode_fault(text: str) -> tuple[str, str] | None:
    """Why no file can hold ``text`` of the command line, and the remedy; ``None`` where one can.

    Of bytes that are no UTF-8, as a terminal of another encoding gives them, Python makes halves of
    pairs of characters.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        remedy = _("Set the terminal to UTF-8, or write the text without accents.")
        return _("It is not in UTF-8, and would be written into a file that is."), remedy
    return None


def _line_at(text: str, position: int) -> int:
    """The line (from 1) of a position, whichever line ends the file has."""
    before = text[:position].replace("\r\n", "\n").replace("\r", "\n")
    return before.count("\n") + 1
