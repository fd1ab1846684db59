"""A file that may be anything is read within bounds, or refused; nothing is waited for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from grader.inputs.bounded_read import NotOrdinaryError, TooLargeError, read_bounded
from grader.inputs.problems import BadInput
from grader.inputs.text_file import read_bytes


def test_a_file_is_read_up_to_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for size in (0, 1, 99, 100):
        path.write_bytes(b"x" * size)
        assert read_bounded(path, 100) == b"x" * size
    path.write_bytes(b"x" * 101)
    with pytest.raises(TooLargeError):
        read_bounded(path, 100)


def test_a_sparse_file_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    os.truncate(path, 2**40)
    with pytest.raises(TooLargeError):
        read_bounded(path, 100)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no such system")
def test_what_the_system_makes_up_is_read_whole_although_it_has_no_size() -> None:
    path = Path("/proc/self/status")
    assert path.stat().st_size == 0
    assert read_bounded(path, 2**20).startswith(b"Name:")
    assert read_bounded(path, 2**20).count(b"\n") > 20
    with pytest.raises(TooLargeError):
        read_bounded(path, 10)


def test_pipes_and_devices_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(NotOrdinaryError):
            read_bounded(path, 100)
    with pytest.raises(IsADirectoryError):
        read_bounded(tmp_path, 100)


def test_what_is_wrong_with_a_file_of_a_persons_is_said(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(b"x" * 2049)
    for name, said in {
        "": "This is a folder, not a file.",
        "none": "There is no such file.",
        "large/inside": "There is no such file.",
        "pipe": "This is not an ordinary file.",
        "large": "The file is larger than 2 KiB.",
        "no\0name": "The file cannot be read (the path is not valid).",
    }.items():
        with pytest.raises(BadInput) as bad:
            read_bytes(tmp_path / name, limit_bytes=2048)
        assert said in str(bad.value)
