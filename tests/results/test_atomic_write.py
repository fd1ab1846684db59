from __future__ import annotations

import errno
import os
import stat
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec
import pytest

from grader.model.observation import encode_observation
from grader.model.report import encode_report
from grader.results.atomic_write import write_json, write_text
from tests.model.test_report import a_report
from tests.observations import reference
from tests.programs import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
posix = pytest.mark.skipif(os.name == "nt", reason="links, pipes and modes are POSIX's")


def test_an_observation_satisfies_its_schema(tmp_path: Path) -> None:
    path = tmp_path / "observation.json"
    write_json(path, encode_observation(reference()), "observation")
    assert path.exists()


@posix
def test_a_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    write_json(tmp_path / "report.json", encode_report(a_report()), "report")
    write_text(tmp_path / "grades.csv", "é")
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b'{"schema": "report/1"}', msgspec.ValidationError),
        (encode_report(a_report()).replace(b"17.5", b"NaN"), ValueError),
        (encode_report(a_report()).replace(b"17.5", b'"17.5"'), msgspec.ValidationError),
        (b"not JSON", ValueError),
    ],
)
def test_what_does_not_satisfy_the_schema_leaves_nothing(
    tmp_path: Path, data: bytes, error: type[Exception]
) -> None:
    (tmp_path / "report.json").write_text("before")
    with pytest.raises(error):
        write_json(tmp_path / "report.json", data, "report")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "report.json").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_json(tmp_path / "report.json", encode_report(a_report()), "report")
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def write_report(path: Path) -> None:
    write_json(path, encode_report(a_report()), "report")


def write_grades(path: Path) -> None:
    write_text(path, "grades\n" * 1000, synced=False)


@posix
@pytest.mark.parametrize("write", [write_report, write_grades])
def test_who_reads_the_file_meanwhile_reads_it_whole(
    tmp_path: Path, write: Callable[[Path], None]
) -> None:
    path = tmp_path / "file"
    path.write_text("before")
    with path.open() as reader:
        old = path.stat().st_ino
        write(path)
        assert reader.read() == "before"
        assert path.stat().st_ino != old


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process gets longer than a few bytes: what is longer is written in part."""
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@posix
@pytest.mark.parametrize("write", [write_report, write_grades])
def test_a_file_that_does_not_fit_leaves_the_old_one_whole(
    tmp_path: Path, write: Callable[[Path], None]
) -> None:
    path = tmp_path / "file"
    path.write_text("before")
    with full_disk(), pytest.raises(OSError, match="too large"):
        write(path)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_write_that_fails_midway_leaves_the_old_file_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def fails(*_given: Any) -> NoReturn:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    path = tmp_path / "report.json"
    path.write_text("before")
    monkeypatch.setattr(os, call, fails)
    with pytest.raises(OSError, match="Input/output"):
        write_report(path)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]


@posix
@pytest.mark.parametrize("before", ["before", None])
def test_a_link_stays_and_what_it_points_to_is_replaced(tmp_path: Path, before: str | None) -> None:
    link, target = tmp_path / "latest.csv", tmp_path / "elsewhere" / "grades.csv"
    target.parent.mkdir()
    if before is not None:
        target.write_text(before)
    link.symlink_to(Path("elsewhere") / "grades.csv")
    write_text(link, "é")
    assert link.is_symlink()
    assert not target.is_symlink()
    assert target.read_text(encoding="utf-8") == "é"
    assert len([*tmp_path.rglob("*")]) == 3


@posix
def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError, match="loop"):
        write_text(tmp_path / "loop", "x")
    assert (tmp_path / "loop").is_symlink()


@posix
def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()), daemon=True)
    reader.start()
    write_text(pipe, "through")
    reader.join(120)
    assert read == ["through"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert [*tmp_path.iterdir()] == [pipe]


@posix
def test_a_device_stays_a_device(tmp_path: Path) -> None:
    write_text(Path(os.devnull), "x")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


WRITES_BETWEEN = """
import sys
from pathlib import Path
from grader.results.atomic_write import write_text
print("before", flush=True)
write_text(Path("/dev/stdout"), "told\\n")
print("after", flush=True)
"""


@posix
@pytest.mark.parametrize("into", ["pipe", "file"])
def test_standard_output_is_written_to_wherever_it_leads(tmp_path: Path, into: str) -> None:
    out = tmp_path / "out"
    with out.open("wb") as file:
        given = {"stdout": file} if into == "file" else {}
        done = run([sys.executable, "-c", WRITES_BETWEEN], cwd=ROOT, **given)
    assert done.returncode == 0, done.stderr
    told = out.read_text() if into == "file" else done.stdout
    assert told == "before\ntold\nafter\n"
