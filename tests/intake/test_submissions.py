"""Whose submission a file is, in folders and ZIP files as Moodle and Canvas give them."""

from __future__ import annotations

import errno
import io
import os
import stat
import struct
import zipfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.inputs.problems import BadInput
from grader.intake import download
from grader.intake.download import Entry, Unreadable, open_download
from grader.intake.submissions import submissions_in
from grader.model.student_id import id_fault

if TYPE_CHECKING:
    from collections.abc import Iterator


def entry(path: str, changed: float = 0.0) -> Entry:
    return Entry(tuple(path.split("/")), changed, lambda _size: b"")


def students(*paths: str) -> dict[str, str]:
    return {one.student_id: one.name for one in submissions_in(map(entry, paths))}


@pytest.mark.parametrize(
    ("path", "student_id", "name"),
    [
        ("Ann Lee_1234_assignsubmission_file_/a.txt", "1234", "Ann Lee"),
        ("Ann Lee_1234_assignsubmission_file/sub/a.txt", "1234", "Ann Lee"),
        ("Ann Lee_1234_assignsubmission_onlinetext_/onlinetext.html", "1234", "Ann Lee"),
        ("Ann Lee_1234_assignsubmission_onlinetext/texteenligne.html", "1234", "Ann Lee"),
        ("Ann Lee_1234_assignsubmission_onlinetext.html", "1234", "Ann Lee"),
        ("Ann Lee_1234_assignsubmission_onlinetext_onlinetext.html", "1234", "Ann Lee"),
        (
            "Ann_Marie O'Neil-Süß_99_assignsubmission_file_my_7_keys.txt",
            "99",
            "Ann_Marie O'Neil-Süß",
        ),
        ("Participant_42_assignsubmission_file/a.txt", "42", ""),
        ("Ann_7_1234_assignsubmission_file/a.txt", "1234", "Ann_7"),
        ("_1234_assignsubmission_file/a.txt", "1234", ""),
        ("Ann_1_assignsubmission_file_Bo_2_assignsubmission_file_a.txt", "1", "Ann"),
        ("Groupe 3_17_assignsubmission_file/a.txt", "17", "Groupe 3"),
        ("Groupe par défaut_assignsubmission_file/a.txt", "Groupe-par-defaut", "Groupe par défaut"),
        ("王伟_8_assignsubmission_file/a.txt", "8", "王伟"),
        ("leeann_1234_56789_credentials.txt", "1234", "leeann"),
        ("leeann_1234_56789_2024_06_keys.txt", "1234", "leeann"),
        ("999_1_123_456_block.txt", "123", "999_1"),
        ("1234_56789_keys.txt", "1234", ""),
        ("leeann_LATE_1234_56789_my_keys-1.txt", "1234", "leeann"),
        ("lee_ann_1234_text.html", "1234", "lee_ann"),
        ("anon_ab12C_56789_a.txt", "anon_ab12C", ""),
        ("LATE_anon_ab12C_text.html", "anon_ab12C", ""),
        ("s01/credentials", "s01", ""),
        ("s01.txt", "s01", ""),
        ("ann.lee@example.org", "ann.lee@example.org", ""),
        ("Élodie du Pont/a.txt", "Elodie-du-Pont", "Élodie du Pont"),
        ("nul/a.txt", "student-nul", "nul"),
    ],
)
def test_a_submission_is_the_students_whose_name_it_bears(
    path: str, student_id: str, name: str
) -> None:
    assert students(path, "z/other") == {student_id: name, "z": ""}


def test_all_that_a_student_handed_in_is_one_submission_its_newest_file_last() -> None:
    found = submissions_in(
        [
            entry("Ann_7_assignsubmission_onlinetext/onlinetext.html", 9.0),
            entry("Ann_7_assignsubmission_file/b.txt", 5.0),
            entry("Ann_7_assignsubmission_file/a.txt", 5.0),
        ]
    )
    assert [[file.parts[-1] for file in one.files] for one in found] == [
        ["a.txt", "b.txt", "onlinetext.html"]
    ]


def test_names_that_would_get_the_same_id_get_ids_of_their_own_that_stay() -> None:
    both = students("José/a", "Jose/a", "Jôse/a")
    assert len({student.casefold() for student in both}) == 3
    assert both["Jose"] == ""
    assert students("José/a", "Jose/a").items() < both.items()


def test_case_does_not_make_two_students_of_one() -> None:
    assert list(students("S01/a.txt", "s01.txt")) == ["S01"]


def test_a_folder_packed_around_the_download_is_seen_through() -> None:
    assert students("Lab 1/Ann_7_assignsubmission_file/a.txt") == {"7": "Ann"}
    assert students("Lab 1/leeann_1234_56789_a.txt") == {"1234": "leeann"}
    assert students("Lab 1/s01/a.txt", "Lab 1/s02/a.txt") == {"s01": "", "s02": ""}
    assert students("s01/.aws/credentials") == {"s01": ""}


@given(st.lists(st.text(min_size=1, max_size=130).map(lambda t: t.replace("/", "_")), max_size=8))
def test_every_id_is_one_that_a_roster_takes(names: list[str]) -> None:
    found = submissions_in([entry(f"{name}/a") for name in [*names, "x"]])
    assert not [one for one in found if id_fault(one.student_id)]
    assert len({one.student_id.casefold() for one in found}) == len(found)


# -- folders --------------------------------------------------------------------------------------


def test_a_folder_is_read_without_what_systems_add_and_without_following_links(
    tmp_path: Path,
) -> None:
    top = tmp_path / "download"
    (top / "__MACOSX").mkdir(parents=True)
    (top / "__MACOSX/a.txt").write_text("x")
    (top / ".DS_Store").write_text("x")
    (top / "s01/.aws").mkdir(parents=True)
    (top / "s01/.aws/credentials").write_text("x")
    (top / "s02").symlink_to(tmp_path)
    (top / "s03").mkdir()
    (top / "roster.csv").write_text("ours")
    with open_download(top, leave_out=[top / "roster.csv"]) as (entries, outside):
        found = {e.path: e for e in entries}
        assert sorted(found) == ["s01", "s01/.aws", "s01/.aws/credentials", "s02", "s03"]
        read = found["s02"].read
        assert read is not None
        with pytest.raises(Unreadable, match="link"):
            read(10)
    assert outside == []


def test_what_cannot_be_read_is_told_and_the_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("s01", "s02", "s03", "s08"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").write_text("x")
    os.mkfifo(tmp_path / "s04")
    (tmp_path / "s05").symlink_to(tmp_path / "absent")
    (tmp_path / "s06").symlink_to(tmp_path / "s06")
    (tmp_path / "s07").write_text("x")
    real = os.scandir

    def scandir(folder: Path) -> Iterator[os.DirEntry[str]]:
        if Path(folder).name in {"s02", "s03"}:
            # What a folder of mode 000 answers to whoever is not root.
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
        return real(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    with open_download(tmp_path, leave_out=[tmp_path / "s07"]) as (entries, _):
        said = {}
        for one in entries:
            try:
                said[one.path] = "" if one.read is None else one.read(9).decode()
            except Unreadable as error:
                said[one.path] = str(error)
    link = "It is a link, which is not followed."
    assert said == {
        "s01": "",
        "s01/a": "x",
        "s02": "It cannot be read (Permission denied).",
        "s03": "It cannot be read (Permission denied).",
        "s04": "It is a device, not a file.",
        "s05": link,
        "s06": link,
        "s08": "",
        "s08/a": "x",
    }


def test_a_download_that_cannot_be_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for path, reason in (
        (tmp_path / "pipe", "neither a folder nor a ZIP"),
        (tmp_path / "loop", "no such folder or file"),
        (tmp_path / ("x" * 300), "File name too long"),
    ):
        with pytest.raises(BadInput, match=reason), open_download(path):
            pass
    monkeypatch.setattr(os, "scandir", _denied)
    with pytest.raises(BadInput, match="Permission denied"), open_download(tmp_path):
        pass


def _denied(*_given: object) -> None:
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


# -- ZIP files ------------------------------------------------------------------------------------


def archive(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def test_a_name_that_leads_out_of_the_archive_is_left_alone_and_told(tmp_path: Path) -> None:
    names = ["../up.txt", "/etc/passwd", "s01/../../x", "C:/x", "..\\win"]
    path = archive(tmp_path / "a.zip", **dict.fromkeys([*names, "s01/a.txt"], b"x"))
    with open_download(path) as (entries, outside):
        assert [e.path for e in entries] == ["s01/a.txt"]
    assert len(outside) == len(names)
    assert [p.name for p in tmp_path.iterdir()] == ["a.zip"]


def test_a_member_that_unpacks_to_more_than_it_says_is_read_in_part_only(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", **{"s01/a.txt": b"0" * 50_000_000})
    with open_download(path) as (entries, _):
        read = entries[0].read
        assert read is not None
        assert len(read(1000)) == 1000


def test_what_is_read_of_a_whole_download_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = archive(tmp_path / "a.zip", **{f"s{n}/a": b"0" * 1000 for n in range(5)})
    monkeypatch.setattr(download, "MOST_ENTRIES", 4)
    with pytest.raises(BadInput, match="more than 4 files"), open_download(path):
        pass
    monkeypatch.setattr(download, "MOST_ENTRIES", 9)
    monkeypatch.setattr(download, "TOTAL_BYTES", 2500)
    with open_download(path) as (entries, _):
        reads = [one.read for one in entries if one.read is not None]
        assert [len(read(1000)) for read in reads[:2]] == [1000, 1000]
        with pytest.raises(BadInput, match="larger"):
            reads[2](1000)


def test_links_passwords_and_odd_compression_cannot_be_read_and_say_so(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as file:
        link = zipfile.ZipInfo("s01/link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(link, "/etc/passwd")
        file.writestr("s02/a", b"x", zipfile.ZIP_LZMA)
        file.writestr("s03/a", b"x")
    raw = bytearray(path.read_bytes())
    central = raw.rfind(b"PK\x01\x02")  # the last member's entry: flags stand 8 bytes in
    raw[central + 8] |= 1
    path.write_bytes(raw)
    with open_download(path) as (entries, _):
        for one, reason in zip(entries, ["link", "compressed", "password"], strict=True):
            assert one.read is not None
            with pytest.raises(Unreadable, match=reason):
                one.read(10)


def test_a_damaged_member_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("s01/a", b"hello")
        file.writestr("s02/a", b"whole")
    path.write_bytes(path.read_bytes().replace(b"hello", b"jello"))
    with open_download(path) as (entries, _):
        first, second = (e.read for e in entries)
        assert first is not None
        assert second is not None
        with pytest.raises(Unreadable, match="damaged"):
            first(10)
        assert second(10) == b"whole"


@pytest.mark.parametrize(
    ("at", "bytes_"),
    [
        (0, b"XX"),  # the member's own header
        (26, b"\xff\xff"),  # the length of the name in it
        (30, b"\xff\xfe\xfd"),  # the name itself
        (50, b"\x00\xff\x00\xff\x00"),  # what is compressed
    ],
)
def test_one_damaged_member_costs_the_others_nothing(
    tmp_path: Path, at: int, bytes_: bytes
) -> None:
    names = [f"Élodie{n}_{n}_assignsubmission_file/a" for n in (7, 8)]
    path = archive(tmp_path / "a.zip", **{name: os.urandom(200) for name in names})
    raw = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as file:
        start = file.infolist()[1].header_offset
    raw[start + at : start + at + len(bytes_)] = bytes_
    path.write_bytes(raw)
    with open_download(path) as (entries, _):
        first, second = (entry.read for entry in entries)
        assert first is not None
        assert second is not None
        assert len(first(300)) == 200
        with pytest.raises(Unreadable, match="damaged"):
            second(300)


@given(st.data())
def test_whatever_is_damaged_in_an_archive_is_told(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = archive(tmp_path_factory.mktemp("zip") / "a.zip", **{"s01/a": b"x" * 50, "s02/é": b"y"})
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(raw)
    with suppress(BadInput, Unreadable), open_download(path) as (entries, _):
        for entry in entries:
            if entry.read is not None:
                assert entry.read(100) in {b"x" * 50, b"y"}


@pytest.mark.parametrize("utf8", [True, False])
def test_names_are_utf_8_whether_the_archive_says_so_or_not(tmp_path: Path, utf8: bool) -> None:
    name = "Élodie_7_assignsubmission_file/a.txt"
    path = archive(tmp_path / "a.zip", **{name: b"x"})
    if not utf8:
        raw = path.read_bytes()
        path.write_bytes(raw.replace(b"\x00\x08", b"\x00\x00"))  # the flag 0x800, twice
        assert zipfile.ZipFile(io.BytesIO(path.read_bytes())).namelist() != [name]
    with open_download(path) as (entries, _):
        assert [e.path for e in entries] == [name]


def test_a_time_without_a_zone_is_taken_for_the_latest_that_it_can_mean(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    told = zipfile.ZipInfo("s01/a", (2024, 5, 1, 10, 0, 0))
    other = struct.pack("<HH4s", 0x000A, 4, b"none")
    told.extra = other + struct.pack("<HHBi", 0x5455, 5, 1, 1714550400)  # 08:00 in UTC
    untold = zipfile.ZipInfo("s02/a", (2024, 5, 1, 10, 0, 0))
    cut = zipfile.ZipInfo("s03/a", (2024, 5, 1, 10, 0, 0))
    cut.extra = struct.pack("<HHB", 0x5455, 1, 1)
    with zipfile.ZipFile(path, "w") as file:
        for one in (told, untold, cut):
            file.writestr(one, "x")
    with open_download(path) as (entries, _):
        changed = [datetime.fromtimestamp(one.changed, UTC).isoformat() for one in entries]
    westernmost = "2024-05-01T22:00:00+00:00"
    assert changed == ["2024-05-01T08:00:00+00:00", westernmost, westernmost]


@pytest.mark.parametrize(
    "name",
    [
        "_1" * 30_000,
        "1" * 60_000 + "_",
        "_assignsubmission_a!" * 3_000 + "!",
        "anon_a_" * 9_000,
        "_1_LATE_" * 8_000 + "\n",
    ],
)
def test_a_name_as_long_as_an_archive_allows_is_read_in_one_go(name: str) -> None:
    # Read again from every letter, a class of them would take hours.
    submissions_in([entry(f"{name}{number}") for number in range(50)])


@pytest.mark.parametrize("content", [b"PK\x05\x06" + b"\xff" * 18, b"hello", b""])
def test_what_is_no_download_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"a\.zip"), open_download(path):
        pass
    with pytest.raises(BadInput, match="no such"), open_download(tmp_path / "absent"):
        pass


def test_a_file_that_cannot_be_read_any_more_is_told(tmp_path: Path) -> None:
    (tmp_path / "s01").write_text("x")
    with open_download(tmp_path) as (entries, _):
        (tmp_path / "s01").unlink()
        read = entries[0].read
        assert read is not None
        with pytest.raises(Unreadable, match="No such file"):
            read(1)
