"""What a file is by its first bytes."""

from __future__ import annotations

import pytest

from grader.inputs.file_signature import kind_of_file, utf16_codec


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"%PDF-1.7", "pdf"),
        (b"\x89PNG\r\n", "image"),
        (b"\0\0\0\x18ftypheic", "image"),
        (b"RIFF\x01\x02\x03\x04WEBP", "image"),
        (b"PK\x03\x04", "zip"),
        (b"\x1f\x8b\x08", "archive"),
        (b"\xd0\xcf\x11\xe0", "word"),
        (b"{\\rtf1", "rtf"),
        (b"[default]\n", None),
        (b"", None),
    ],
)
def test_a_file_is_known_by_its_first_bytes(raw: bytes, kind: str | None) -> None:
    assert kind_of_file(raw) == kind


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("rest", [b"", b"\n"])
def test_latin_text_in_utf_16_is_known_without_its_mark(codec: str, rest: bytes) -> None:
    assert utf16_codec("student_id,profile".encode(codec) + rest) == codec


def test_a_byte_order_mark_of_utf_16_is_enough() -> None:
    assert utf16_codec("é".encode("utf-16")) == "utf-16"


@pytest.mark.parametrize(
    "raw", [b"", b"a\0", b"abcd", b"\0\0\0\0\0\0", b"a\0\0\0b\0\0\0", b"a\0bc"]
)
def test_what_is_no_text_in_utf_16_has_no_codec_of_it(raw: bytes) -> None:
    assert utf16_codec(raw) is None
