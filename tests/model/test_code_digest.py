from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import grader
from grader.model.code_digest import COUNTED, digest_of_package, grader_sha256, this_code

PACKAGE = Path(grader.__file__).parent


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return shutil.copytree(
        PACKAGE, tmp_path / "grader", ignore=shutil.ignore_patterns("__pycache__")
    )


def test_the_same_code_elsewhere_has_the_same_digest(copy: Path) -> None:
    assert digest_of_package(copy) == grader_sha256()
    assert this_code() == (grader.__version__, grader_sha256())


@pytest.mark.parametrize(
    "file",
    [
        "__init__.py",
        "checks/lab.py",
        "schemas/report.schema.json",
        "pages/templates/student.html",
        "i18n/locale/fr/LC_MESSAGES/grader.mo",
    ],
)
def test_a_file_that_changed_changes_the_digest(copy: Path, file: str) -> None:
    with (copy / file).open("ab") as changed:
        changed.write(b" ")
    assert digest_of_package(copy) != grader_sha256()


def test_a_file_that_is_new_gone_or_renamed_changes_the_digest(copy: Path) -> None:
    (copy / "checks/lab.py").rename(copy / "checks/labs.py")
    renamed = digest_of_package(copy)
    (copy / "checks/labs.py").unlink()
    gone = digest_of_package(copy)
    (copy / "checks/empty.py").touch()
    assert len({grader_sha256(), renamed, gone, digest_of_package(copy)}) == 4


def test_how_a_copy_came_to_its_machine_does_not_change_the_digest(copy: Path) -> None:
    lines = (copy / "cli.py").read_bytes()
    (copy / "cli.py").write_bytes(lines.replace(b"\n", b"\r\n"))
    # A wheel has the rubric inside the package, a clone beside it; and it has a digest of its own.
    (copy / "rubric.yaml").write_text("points: 0")
    (copy / "checks/__pycache__").mkdir()
    (copy / "checks/__pycache__/lab.cpython-311.pyc").write_bytes(b"compiled")
    (copy / ".mypy_cache").mkdir()
    (copy / ".mypy_cache/meta.json").write_text("{}")
    (copy / "checks/.#lab.py").write_text("an editor's")
    assert digest_of_package(copy) == grader_sha256()


def test_of_every_kind_of_file_it_is_known_whether_it_counts() -> None:
    kinds = {file.suffix for file in PACKAGE.rglob("*") if file.is_file()}
    assert kinds - COUNTED <= {".po", ".pyc", ".typed"}
