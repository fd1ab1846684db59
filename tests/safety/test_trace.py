"""Tracebacks of our faults: paths stay legible, what an exception quotes does not get through."""

from __future__ import annotations

import pytest

from grader.safety.trace import ShownFaults, trace_of

KEY = "wJalrXUtnFEMI" + "K7MDENG" * 4


def raised(text: str, depth: int = 0) -> Exception:
    try:
        if depth:
            raise raised(text, depth - 1) from None
        raise ValueError(text)  # noqa: TRY301 - a traceback is what it is for
    except ValueError as error:
        return error


def test_the_path_of_a_file_is_legible_however_long_it_is(tmp_path: object) -> None:
    code = "def fail():\n    raise KeyError('number1')\n"
    path = f"{tmp_path}/a_folder_whose_name_is_long_enough_to_look_like_a_key/own_checks.py"
    space: dict[str, object] = {}
    exec(compile(code, path, "exec"), space)
    with pytest.raises(KeyError) as caught:
        space["fail"]()  # type: ignore[operator]
    assert f'File "{path}", line 2, in fail' in trace_of(caught.value)


@pytest.mark.parametrize(
    ("said", "not_shown"),
    [
        (f"the account answered {KEY}", KEY),
        ("name \x1b]0;owned\x07 \u009b31m \u202e", "\x1b"),
        ("a\nTraceback (most recent call last):\nb", "\nb"),
        ("x" * 100_000, "x" * 400),
    ],
)
def test_what_an_exception_says_is_redacted_bounded_and_printable(
    said: str, not_shown: str
) -> None:
    trace = trace_of(raised(said))
    assert not_shown not in trace
    assert not any(ord(c) < 32 and c != "\n" for c in trace)
    assert "ValueError: " in trace


def test_what_led_to_it_comes_first() -> None:
    try:
        try:
            raise KeyError("first")  # noqa: TRY301 - as above
        except KeyError as error:
            raise RuntimeError("then") from error
    except RuntimeError as error:
        trace = trace_of(error)
    assert trace.index("KeyError") < trace.index("RuntimeError")


def test_an_exception_that_cannot_be_read_is_shown_all_the_same() -> None:
    class MuteError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert "MuteError: ?" in trace_of(MuteError())


def test_a_chain_that_goes_round_ends() -> None:
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    assert trace_of(one).count("ValueError") == 2


def test_the_same_fault_is_new_once_whatever_it_says() -> None:
    shown = ShownFaults()
    assert [shown.is_new(raised(f"student {n}")) for n in range(5)] == [True, *[False] * 4]
    assert shown.is_new(raised("deeper", depth=1))
    assert shown.repeat_count == 4


def test_what_failed_elsewhere_is_new_once_for_each_place() -> None:
    def failed(student: str, line: int) -> Exception:
        error = raised("elsewhere")
        place = f'  File "worker.py", line {line}, in judge'
        error.add_note(f"Traceback:\n{place}\nKeyError: {student}")
        return error

    shown = ShownFaults()
    assert [shown.is_new(failed(f"s{n}", line=7)) for n in range(3)] == [True, False, False]
    assert shown.is_new(failed("s0", line=8))


def test_a_note_does_nothing_to_a_terminal() -> None:
    error = raised("elsewhere")
    error.add_note("one\n\x1b]0;owned\x07")
    assert "one\n\\x1b]0;owned\\x07" in trace_of(error)
