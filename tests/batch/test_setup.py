from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from grader.batch.setup import load_setup, load_setup_and_roster
from grader.inputs.problems import BadInput
from grader.rubric.load import default_rubric_path
from tests.export.results_folders import a_graded_class, a_student
from tests.programs import grader_here

if TYPE_CHECKING:
    from pathlib import Path

    from grader.inputs.problems import Problem
    from tests.own_checks import Write

OWN = '@check("handler_is_named", on="function")\ndef test_own(function):\n    pass\n'
BROKEN = "def broken(:\n"


@pytest.fixture
def rubric(tmp_path: Path) -> Path:
    """The lab's rubric with one more criterion, in a folder of its own."""
    path = tmp_path / "rubric" / "rubric.yaml"
    path.parent.mkdir()
    more = "  - {id: named, title: Named, check: handler_is_named, on: sum, points: 2}\n"
    path.write_text(default_rubric_path().read_text(encoding="utf-8") + more)
    return path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def problems_of(rubric: Path, *folders: Path, roster: Path | None = None) -> tuple[Problem, ...]:
    checks = list(folders)
    loading = (
        load_setup_and_roster(rubric, checks, roster) if roster else load_setup(rubric, checks)
    )
    with pytest.raises(BadInput) as caught, loading:
        pass
    return caught.value.problems


def said(problems: tuple[Problem, ...]) -> str:
    return "\n".join(map(str, problems))


def test_what_is_right_is_loaded(rubric: Path, write: Write) -> None:
    folder = write(OWN)
    with load_setup(rubric, [folder]) as setup:
        assert setup.check_dirs == (str(folder),)
        asked = {one.check for one in setup.rubric.criteria}
        assert asked <= set(setup.checks)


@pytest.mark.slow
def test_a_large_group_by_which_a_class_was_graded_is_gone_on_with(tmp_path: Path) -> None:
    people = [msgspec.structs.replace(a_student(f"s{n}"), group="TD1") for n in range(11)]
    lines = "".join(f"{one.student_id},TD1,p{one.student_id}\n" for one in people)
    (tmp_path / "class.csv").write_text(f"student_id,group,profile\n{lines}")
    line = ["batch", "class.csv", "--only", "s99"]
    assert "11 rows have the group TD1" in grader_here(*line, cwd=tmp_path).stderr
    a_graded_class(tmp_path / "results", dict.fromkeys(people, 18))
    for going_on in (line, ["desk", "class.csv", "--release", "s99", "--port", "0"]):
        done = grader_here(*going_on, cwd=tmp_path)
        assert done.returncode == 2
        assert "There is no student 's99'" in done.stderr


def test_a_check_that_may_be_in_a_broken_file_is_not_called_unknown(
    rubric: Path, write: Write
) -> None:
    (only,) = problems_of(rubric, write(BROKEN, head=""))
    assert only.file.endswith("check_own.py")


@pytest.mark.parametrize("broken", [BROKEN, "import os\nos._exit(0)\n"])
def test_a_broken_check_file_hides_no_other_problem(
    rubric: Path, write: Write, tmp_path: Path, broken: str
) -> None:
    change(rubric, "check: function_memory", "check: function_memry")
    change(rubric, "expect: {at_least: python3.8}", "expect: [3]")
    roster = tmp_path / "class.csv"
    roster.write_text("student_id,profile\n../up,a\n")
    folder = write(broken, "check_broken.py", head="")
    missing = tmp_path / "missing"
    problems = problems_of(rubric, folder, missing, roster=roster)
    text = said(problems)
    assert len(problems) == 5, text
    assert "Did you mean “function_memory”?" in text
    assert "check_broken.py" in text
    assert f"{missing}: There is no such folder" in text
    assert f"{roster}:2: " in text
    assert len([one for one in problems if one.file == str(rubric)]) == 2


def test_without_a_broken_file_a_check_that_nobody_defines_is_unknown(
    rubric: Path, write: Write
) -> None:
    (only,) = problems_of(rubric, write("x = 1\n"))
    assert "There is no check “handler_is_named”." in only.message


def test_a_good_file_beside_a_broken_one_is_known(rubric: Path, write: Write) -> None:
    write(OWN)
    change(rubric, "check: handler_is_named, on: sum", "check: handler_is_named, on: input")
    folder = write(BROKEN, "check_broken.py", head="")
    text = said(problems_of(rubric, folder))
    assert "judges a function, but “input” is a queue" in text
    assert "check_broken.py" in text


def test_a_folder_that_is_not_there_is_named_once(rubric: Path, tmp_path: Path) -> None:
    (only,) = problems_of(rubric, tmp_path / "missing")
    assert (only.file, only.remedy) == (str(tmp_path / "missing"), "Give --checks a folder.")
