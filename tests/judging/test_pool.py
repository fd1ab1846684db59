from __future__ import annotations

import os
import signal
import sys
import threading
from concurrent.futures import CancelledError
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tenacity import retry, stop_after_delay, wait_fixed

from grader.judging import pool
from grader.judging.worker_process import WorkerProcess
from grader.model.fact import Found
from grader.rubric.load import default_rubric_path, load_rubric
from grader.rubric.rubric import Criterion
from grader.safety.printable import printable
from tests.judges import Judge
from tests.known_checks import OPTIONAL
from tests.observations import a_function, lab_rubric, only, reference, sum_function
from tests.own_checks import GENEROUS_S, HANG
from tests.processes import is_running
from tests.programs import LIMIT_S, background, environment
from tests.quick_run import first_only_when_quick

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.model.observation import Observation
    from grader.model.outcome import Outcome
    from grader.rubric.rubric import Rubric
    from tests.own_checks import Write

ROOT = Path(__file__).parents[2]


def rubric_for(*checks: str, lab: tuple[str, ...] = ("memory",)) -> Rubric:
    """Some of the lab's criteria, and one for each of these checks."""
    rubric = only(lab_rubric(), *lab)
    own = tuple(Criterion(id=name, title=name, check=name, on="sum", points=1) for name in checks)
    return lab_rubric(criteria=rubric.criteria + own)


def judged(
    folder: Path, *checks: str, students: int = 1, limit_s: float = GENEROUS_S
) -> list[list[Outcome]]:
    with Judge([folder], workers=1, limit_s=limit_s) as judge:
        return judge.judge(rubric_for(*checks), [reference()] * students)


def test_an_own_check_is_a_plain_test(write: Write) -> None:
    folder = write('''
@check("named", on="function")
def test_named(function):
    """The function is called {function}."""
    assert function.name == "adder"

@check("slow", on="function")
def test_slow(function):
    assert function.timeout_s < 10, "The function may run for too long."

@check("failing", on="function")
def test_failing(function):
    fail("expected {a}, found {b} {c}", a=1, b=[2, 3], c="{x}", hint="Try.")
''')
    _, named, slow, failing = judged(folder, "named", "slow", "failing")[0]
    assert (named.outcome, named.test) == ("passed", "The function is called adder.")
    assert (slow.outcome, slow.test) == ("failed", "slow")
    assert slow.message.startswith("The function may run for too long.")
    assert (failing.outcome, failing.hint) == ("failed", "Try.")
    assert failing.message == "expected 1, found 2, 3 {x}"
    assert failing.values == {"a": 1, "b": [2, 3], "c": "{x}"}


FOREIGN = ["{expected:>30000000}", "{actual!r:^9}", "{expected.__class__}", "{0}{", "%s {expected}"]


@pytest.mark.parametrize("foreign", first_only_when_quick(FOREIGN))
def test_what_a_student_wrote_is_no_template_of_an_own_check(write: Write, foreign: str) -> None:
    folder = write("""
@check("said", on="function")
def test_said(function):
    fail(f"no handler: {function.handler}")

@check("compared", on="function")
def test_compared(function):
    fail(f"no handler: {function.handler} " + "x{n}" * 1_000, n="y" * 500)

@check("hinted", on="function")
def test_hinted(function):
    fail("{actual}, not {expected}", actual=function.handler, expected="{actual}", hint=function.handler)
""")
    hostile = reference(functions=sum_function(Found(a_function(handler=foreign))))
    rubric = rubric_for("said", "compared", "hinted")
    with Judge([folder], workers=1, limit_s=GENEROUS_S) as judge:
        outcomes = judge.judge(rubric, [reference(), hostile, reference()])
    for found in outcomes:
        assert [one.outcome for one in found] == ["passed", "failed", "failed", "failed"]
        assert [len(one.message) <= 1_000 for one in found] == [True] * 4
        assert all(len(one.said.message_id) <= 1_000 for one in found)
        assert [one.message for one in found] == [str(one.said) for one in found]
    _, said, compared, hinted = outcomes[1]
    assert said.message == f"no handler: {foreign}"
    assert compared.message.startswith(f"no handler: {foreign} xyyy")
    assert (hinted.message, hinted.hint) == (f"{foreign}, not {{actual}}", foreign)


def test_an_own_check_may_be_parametrized(write: Write) -> None:
    folder = write("""
@check("several", on="function")
@pytest.mark.parametrize("least", [64, 128, 256])
def test_several(function, least):
    assert function.memory_mb >= least, f"not {least}"
""")
    _, *several = judged(folder, "several")[0]
    assert [one.outcome for one in several] == ["passed", "passed", "failed"]


def test_the_default_rubric_suits_the_labs_checks() -> None:
    with Judge(workers=1) as judge:
        checks = judge.collect()
    rubric = load_rubric(default_rubric_path(), checks)
    asked = {criterion.check for criterion in rubric.criteria}
    assert asked == checks.keys() - OPTIONAL, "who is left out stands in tests/known_checks.py"


def test_what_a_session_left_is_freed_when_it_is_over(write: Write) -> None:
    """Its objects hold each other: over a class of thousands they would be more than all else."""
    folder = write("""
import gc
import pytest
from grader.checks import check

@check("sessions", on="function")
def test_sessions(function):
    here = [each for each in gc.get_objects() if isinstance(each, pytest.Session)]
    pytest.fail(f"{len(here)} of them")
""")
    with Judge([folder], workers=1) as judge:
        said = [
            outcome.message
            for _ in range(4)
            for (outcome,) in judge.judge(rubric_for("sessions", lab=()), [reference()])
        ]
    assert said == ["1 of them"] * 4


def test_the_first_of_several_observations_is_the_first(write: Write) -> None:
    memory = [128, 256, 128, 512, 64]
    seen = [reference(functions=sum_function(Found(a_function(memory_mb=mb)))) for mb in memory]
    with Judge(workers=2) as judge:
        outcomes = judge.judge(only(lab_rubric(), "memory"), seen)
        assert judge.judge(lab_rubric(), []) == []
        assert judge.submit(lab_rubric(), []).result() == []
    found = [one.actual if one.outcome == "failed" else 128 for (one,) in outcomes]
    assert found == memory


@pytest.mark.parametrize(
    ("body", "detail"),
    first_only_when_quick(
        [
            ("sys.exit(0)", "SystemExit"),
            ("pytest.exit('enough')", "enough"),
            ("raise KeyboardInterrupt", "KeyboardInterrupt"),
            ("1 / 0", "ZeroDivisionError"),
            ("pytest.skip('not today')", "not today"),
            ("return False", "PytestReturnNotNoneWarning"),
        ]
    ),
)
@pytest.mark.parametrize("asked", first_only_when_quick(["function", "request, function"]))
def test_a_check_that_goes_wrong_is_ungraded_and_alone(
    write: Write, body: str, detail: str, asked: str
) -> None:
    folder = write(f"""
@check("bad", on="function")
def test_bad({asked}):
    {body}

@check("good", on="function")
def test_good(function):
    assert function
""")
    for memory, bad, good in judged(folder, "bad", "good", students=2):
        assert (memory.outcome, good.outcome) == ("passed", "passed")
        assert (bad.outcome, bad.because) == ("ungraded", "unexpected")
        assert detail in bad.message


def test_a_fixture_that_ends_the_session_costs_only_its_own_check(write: Write) -> None:
    folder = write("""
@pytest.fixture
def bad():
    pytest.exit("enough")

@check("bad", on="function")
def test_bad(bad):
    pass

@check("good", on="function")
def test_good(function):
    pass
""")
    for memory, bad, good in judged(folder, "bad", "good", students=3):
        assert [memory.outcome, bad.outcome, good.outcome] == ["passed", "ungraded", "passed"]


@pytest.mark.parametrize("workers", [1, 2])
def test_no_more_is_read_ahead_than_keeps_the_workers_at_work(workers: int) -> None:
    read = []

    def batches() -> Iterator[list[Observation]]:
        for number in range(9):
            read.append(number)
            yield []

    with Judge([], workers=workers) as judge:
        for done, outcomes in enumerate(judge.judge_each(lab_rubric(), batches()), 1):
            assert (outcomes, len(read)) == ([], min(done + workers, 9))


def test_what_was_not_reached_when_the_session_stopped_is_judged_again(write: Write) -> None:
    folder = write("""
@check("bad", on="function")
def test_bad(request, function):
    request.session.shouldstop = "enough"

@check("good", on="function")
def test_good(function):
    pass
""")
    ((memory, bad, good),) = judged(folder, "bad", "good")
    assert [memory.outcome, bad.outcome, good.outcome] == ["passed", "passed", "passed"]


HOLDS_THE_INTERPRETER = "re.match('(a+)+$', 'a' * 64 + 'b')"


@pytest.mark.parametrize(
    ("body", "kind", "limit_s"),
    [
        pytest.param(HANG, "time-limit", 10, marks=pytest.mark.slow),
        pytest.param(HOLDS_THE_INTERPRETER, "time-limit", 10, marks=pytest.mark.slow),
        ("os._exit(3)", "unexpected", GENEROUS_S),
    ],
)
def test_a_check_that_takes_its_process_down_is_ungraded_and_alone(
    write: Write, body: str, kind: str, limit_s: float
) -> None:
    folder = write(f"""
@check("bad", on="function")
def test_bad(function):
    if function.memory_mb == 256:
        {body}
""")
    big = reference(functions=sum_function(Found(a_function(memory_mb=256))))
    with Judge([folder], workers=1, limit_s=limit_s) as judge:
        outcomes = judge.judge(rubric_for("bad"), [reference(), big, reference()])
    assert [bad.outcome for _, bad in outcomes] == ["passed", "ungraded", "passed"]
    assert [memory.outcome for memory, _ in outcomes] == ["passed", "failed", "passed"]
    assert outcomes[1][1].because == kind


def test_however_many_end_a_checks_process_the_others_are_judged(write: Write) -> None:
    """Whoever is judged with them, and in which order: half of the session end it."""
    folder = write("""
@check("bad", on="function")
def test_bad(function):
    if function.memory_mb == 256:
        os._exit(3)
""")
    big = reference(functions=sum_function(Found(a_function(memory_mb=256))))
    with Judge([folder], workers=1, limit_s=GENEROUS_S) as judge:
        outcomes = judge.judge(rubric_for("bad"), [big, big, reference(), big, big, reference()])
    ends, passes = ("ungraded", "The check ended the program that ran it."), ("passed", "")
    found = [(bad.outcome, bad.message) for _, bad in outcomes]
    assert found == [ends, ends, passes, ends, ends, passes]


@pytest.mark.slow
def test_a_check_that_costs_too_much_is_given_up_and_says_so(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "GIVEN_UP_S", 1)
    hangs = tmp_path / "hangs"
    folder = write(f"""
@check("bad", on="function")
def test_bad(function):
    with open({str(hangs)!r}, "a") as file:
        file.write("hang\\n")
    {HANG}
""")
    outcomes = judged(folder, "bad", students=30, limit_s=10)
    assert {(memory.outcome, bad.outcome) for memory, bad in outcomes} == {("passed", "ungraded")}
    assert hangs.read_text() == "hang\n"
    # Nobody is told that *their* check took too long because another's did.
    first, *others = [bad.message for _, bad in outcomes]
    assert first == "The check took longer than 10 s."
    assert {message.partition(":")[0] for message in others} == {"The check was not run here"}


def test_a_check_that_ends_the_process_after_its_last_test_is_given_up_too(write: Write) -> None:
    """Each time it is the last of those left: it would end it once for each student."""
    folder = write("""
import os, pytest

@pytest.fixture(scope="module")
def ends():
    yield
    os._exit(3)

@check("bad", on="function")
def test_bad(function, ends):
    pass
""")
    calls: list[bytes] = []
    with pytest.MonkeyPatch.context() as patch:
        real = WorkerProcess.call

        def counted(process: WorkerProcess, task: bytes) -> bytes:
            calls.append(task)
            return real(process, task)

        patch.setattr(WorkerProcess, "call", counted)
        outcomes = judged(folder, "bad", students=12)
    assert {(memory.outcome, bad.outcome) for memory, bad in outcomes} == {("passed", "ungraded")}
    assert len(calls) <= 5  # to collect, three ends, and what is left


def test_what_the_user_set_up_for_pytest_does_not_reach_the_judge(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write("""
@check("clean", on="function")
def test_clean(function):
    assert not [name for name in os.environ if name.startswith(("PYTEST_ADD", "AWS_"))]
""")
    stray = "raise RuntimeError('a conftest.py was read')"
    (folder / "conftest.py").write_text(stray)
    (tmp_path / "conftest.py").write_text(stray)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --nothing-like-this\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTEST_ADDOPTS", "-k nothing")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    ((memory, clean),) = judged(folder, "clean")
    assert (memory.outcome, clean.outcome) == ("passed", "passed")
    assert sorted(path.name for path in folder.iterdir()) == ["check_own.py", "conftest.py"]


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="Linux has such a file")
def test_the_system_shows_no_credentials_of_a_judges_process(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write("""
@check("clean", on="function")
def test_clean(function):
    assert not [name for name in os.environ if name.startswith("AWS_")]
    kept = open("/proc/self/environ", "rb").read()
    assert b"PATH=" in kept
    assert b"AWS_" not in kept and b"wJalr" not in kept, kept
    started = subprocess.run(["env"], capture_output=True, check=True).stdout
    assert b"PATH=" in started and b"AWS_" not in started
""")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "wJalr" * 100)
    ((_, clean),) = judged(folder, "clean")
    assert clean.outcome == "passed", clean.message
    assert os.environ["AWS_SECRET_ACCESS_KEY"] == "wJalrXUtnFEMI"


def test_nothing_that_a_check_prints_reaches_standard_output(
    write: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = write("""
@check("loud", on="function")
def test_loud(function):
    print("loud 1")
    sys.stdout.flush()
    os.write(1, b"loud 2")
    subprocess.run([sys.executable, "-c", "print('loud 3')"], check=True)
    assert sys.stdin.read() == ""
""")
    ((_, loud),) = judged(folder, "loud")
    assert loud.outcome == "passed"
    out, err = capfd.readouterr()
    assert out == ""
    assert all(word in err for word in ("loud 1", "loud 2", "loud 3"))


@pytest.mark.parametrize("acts", ["\x1b[2J", "\x9b2J", "\u202e"])
def test_what_a_student_wrote_does_nothing_to_a_terminal(
    write: Write, capfd: pytest.CaptureFixture[str], acts: str
) -> None:
    folder = write("""
class NoWords(Exception):
    def __str__(self):
        raise ValueError("words of no use")

@check("raised", on="function")
def test_raised(function):
    error = KeyError(function.handler)
    error.add_note(function.handler)
    raise error

@check("printed", on="function")
def test_printed(function):
    print(function.handler, "out")
    sys.stderr.write(function.handler)
    sys.__stderr__.write(f"{function.handler} last")

@check("worded", on="function")
def test_worded(function):
    raise NoWords
""")
    hostile = reference(functions=sum_function(Found(a_function(handler=f"handler{acts}"))))
    rubric = rubric_for("raised", "printed", "worded")
    with Judge([folder], workers=1, limit_s=GENEROUS_S) as judge:
        ((memory, raised, printed, worded),) = judge.judge(rubric, [hostile])
    assert (memory.outcome, printed.outcome) == ("passed", "passed")
    assert (raised.outcome, worded.outcome) == ("ungraded", "ungraded")
    assert "NoWords" in worded.message
    told = capfd.readouterr().err
    assert acts not in told
    assert "KeyError" in told
    assert f"{printable(acts)} out" in told
    assert f"{printable(acts)} last" in told


def test_closing_ends_a_check_at_once(write: Write, tmp_path: Path) -> None:
    marker = tmp_path / "begun"
    folder = write(f"""
@check("bad", on="function")
def test_bad(function):
    open({str(marker)!r}, "w").close()
    {HOLDS_THE_INTERPRETER}
""")
    with Judge([folder], workers=1, limit_s=600) as judge:
        running = judge.submit(rubric_for("bad"), [reference()])
        waiting = judge.submit(rubric_for("bad"), [reference()])
        while not marker.exists():
            assert not running.done()
            threading.Event().wait(0.01)
    for future in (running, waiting):
        with pytest.raises(CancelledError):
            future.result(timeout=0)


@pytest.mark.skipif(os.name == "nt", reason="process groups are POSIX's")
def test_ctrl_c_ends_the_parent_and_its_workers_without_a_word(
    write: Write, tmp_path: Path
) -> None:
    marker = tmp_path / "begun"
    folder = write(f"""
@check("bad", on="function")
def test_bad(function):
    open({str(marker)!r}, "w").close()
    {HANG}
""")
    program = f"""
from pathlib import Path
from tests.judges import Judge
from tests.judging.test_pool import reference, rubric_for
if __name__ == "__main__":
    try:
        with Judge([Path({str(folder)!r})], workers=1, limit_s=600) as judge:
            judge.judge(rubric_for("bad"), [reference()])
    except KeyboardInterrupt:
        print("interrupted")
"""
    script = folder / "program.py"
    script.write_text(program)
    with background([sys.executable, script], env=environment(PYTHONPATH=str(ROOT))) as parent:
        while not marker.exists():
            assert parent.poll() is None
            threading.Event().wait(0.01)
        os.killpg(parent.pid, signal.SIGINT)
        assert parent.communicate(timeout=LIMIT_S) == ("interrupted\n", "")
    assert parent.returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C reaches a process group on POSIX")
def test_a_worker_that_has_hardly_begun_hears_no_interrupt(
    write: Write, capfd: pytest.CaptureFixture[str], interrupted_at_birth: Path
) -> None:
    folder = write("""
import signal

@check("free", on="function")
def test_free(function):
    # What a check starts can be interrupted: nothing stays blocked.
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == set()
    assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
""")
    ((_, free),) = judged(folder, "free")
    assert free.outcome == "passed"
    assert capfd.readouterr().err == ""
    assert len(list(interrupted_at_birth.iterdir())) == 1


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX's")
@pytest.mark.parametrize("at_work", [False, True])
def test_a_parent_that_is_killed_leaves_no_worker_and_no_folder(
    write: Write, tmp_path: Path, at_work: bool
) -> None:
    marker = tmp_path / "begun"
    folder = write(f"""
@check("bad", on="function")
def test_bad(function):
    open({str(marker)!r}, "w").close()
    {HANG}
""")
    script = folder / "program.py"
    script.write_text(f"""
import time
from pathlib import Path
from tests.judges import Judge
from tests.judging.test_pool import reference, rubric_for
if __name__ == "__main__":
    with Judge([Path({str(folder)!r})], workers=1, limit_s=600) as judge:
        judge.collect()
        if {at_work}:
            judge.submit(rubric_for("bad"), [reference()])
            while not Path({str(marker)!r}).exists():
                time.sleep(0.01)
        print(judge._all[0]._process.pid, judge._folder, flush=True)
        time.sleep(600)
""")

    @retry(stop=stop_after_delay(LIMIT_S), wait=wait_fixed(0.05), reraise=True)
    def all_is_gone() -> None:
        assert not is_running(int(pid))
        assert not Path(left).exists()

    with background([sys.executable, script], env=environment(PYTHONPATH=str(ROOT))) as parent:
        assert parent.stdout is not None
        pid, _, left = parent.stdout.readline().strip().partition(" ")
        assert is_running(int(pid))
        assert Path(left).is_dir()
        parent.kill()
        all_is_gone()
