from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader.inputs.problems import BadInput
from tests.judges import Judge
from tests.observations import lab_rubric
from tests.own_checks import GENEROUS_S, HANG
from tests.quick_run import first_only_when_quick

if TYPE_CHECKING:
    from tests.own_checks import Write


def refused(folder: Path, limit_s: float = GENEROUS_S) -> str:
    with Judge([folder], workers=1, limit_s=limit_s) as judge, pytest.raises(BadInput) as raised:
        judge.collect()
    assert all(str(folder) in problem.file for problem in raised.value.problems)
    return str(raised.value)


GOOD = '@check("own", on="function")\ndef test_own(function):\n    pass\n'


@pytest.mark.parametrize(
    ("body", "line", "said"),
    first_only_when_quick(
        [
            ("def broken(:\n    pass\n", 1, "cannot read this line"),
            ("x = 1\nimport no_such_module\n", 2, "No module named 'no_such_module'"),
            ("x = 1\n\n1 / 0\n", 3, "ZeroDivisionError"),
            ("import sys\nsys.exit(0)\n", 2, "ends the program"),
            ("import pytest\npytest.exit('no')\n", 2, "no"),
            ("import os\nos._exit(0)\n", None, "ends the program"),
            ("def test_lonely(function):\n    pass\n", 1, "not bound to a check"),
            (
                "from grader.checks import check\n" + GOOD + GOOD.replace("_own", "_two"),
                5,
                "already",
            ),
            (
                "from grader.checks import check\n" + GOOD.replace("test_", ""),
                2,
                "Name it test_own.",
            ),
            (
                "from grader.checks import check\n" + GOOD.replace("(function)", "(fonction)"),
                2,
                "Did you mean “function”?",
            ),
            ("from grader.checks import check\n" + GOOD.replace("def", "async def"), 2, "async"),
        ],
        keep=4,
    ),
)
def test_a_check_file_that_cannot_be_used_is_refused_with_its_line(
    write: Write, body: str, line: int | None, said: str
) -> None:
    folder = write(body, head="")
    message = refused(folder)
    place = f"{folder / 'check_own.py'}:" + (f"{line}: " if line else " ")
    assert message.startswith(place), message
    assert said in message


@pytest.mark.slow
def test_a_check_file_that_is_never_read_to_its_end_is_named(write: Write) -> None:
    write("x = 1\n", "check_a.py")
    folder = write(f"{HANG}\n", "check_b.py")
    write("x = 1\n", "check_c.py")
    message = refused(folder, limit_s=10)
    assert message.startswith(f"{folder / 'check_b.py'}: "), message
    assert "longer than 10 s" in message


@pytest.mark.slow
def test_a_file_that_takes_the_worker_down_hides_nothing_of_the_others(write: Write) -> None:
    write("import os\nos._exit(0)\n", "check_a.py")
    write("x = (\n", "check_b.py", head="")
    write(GOOD, "check_c.py")
    folder = write("import os\nos._exit(0)\n", "check_d.py")
    with Judge([folder], workers=1, limit_s=GENEROUS_S) as judge:
        found = judge.survey()
        checks, problems = found.checks, found.problems
    assert sorted(Path(problem.file).name for problem in problems) == [
        *("check_a.py", "check_b.py", "check_d.py")
    ]
    lab = {one.check for one in lab_rubric().criteria}
    general = {"answers_arrive", "handler_answers"}
    assert {"own", "schedule_runs", "dead_letter_queue", *lab, *general} == set(checks)


LAB_CHECKS_SLOWLY = """
import builtins, time

def slowly(name, *given, at_once=builtins.__import__, **named):
    if name == "grader.checks.triggers":
        time.sleep(15)
    return at_once(name, *given, **named)

builtins.__import__ = slowly
"""


@pytest.mark.slow
def test_only_an_authors_file_is_timed_and_not_the_labs_own(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(LAB_CHECKS_SLOWLY)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Judge([write(GOOD)], workers=1, limit_s=10) as judge:
        assert "own" in judge.collect()


@pytest.mark.slow
def test_what_comes_after_reading_a_file_is_not_timed(write: Write) -> None:
    folder = write(f"""
from grader.judging import collection

def slowly(item, at_once=collection.check_of):
    time.sleep(15)
    return at_once(item)

collection.check_of = slowly
{GOOD}
""")
    with Judge([folder], workers=1, limit_s=10) as judge:
        assert "own" in judge.collect()


def test_every_problem_is_named_at_once(write: Write) -> None:
    write("x = (\n", "check_a.py", head="")
    folder = write("1 / 0\n", "test_b.py", head="")
    message = refused(folder)
    assert "check_a.py" in message
    assert "test_b.py" in message


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "nowhere"
    assert refused(folder).startswith(f"{folder}: There is no such folder")


def test_checks_say_what_they_are(write: Write) -> None:
    folder = write("""
@check("own", on="queue", expect=list[int], explains="queues")
def test_own(queue, expect):
    pass
""")
    with Judge([folder], workers=1) as judge:
        checks = judge.collect()
    own = checks["own"]
    assert (own.on, own.explains, Path(own.file).name) == ("queue", "queues", "check_own.py")
    assert own.expect_schema == {"type": "array", "items": {"type": "integer"}}
    assert {checks[one.check].on for one in lab_rubric().criteria} == {
        *("function", "queue", "queue -> function", "queue -> queue")
    }
