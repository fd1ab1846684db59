"""What is wrong with an exchange: each mistake with its line, all of them at once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from grader.inputs.problems import BadInput
from grader.rubric.load import load_rubric
from tests.known_checks import known_checks

if TYPE_CHECKING:
    from pathlib import Path

# Line numbers in the tests below count in this text.
CALCULATOR = """\
schema: rubric/1
title: A calculator
lab:
  region: us-east-1
  functions: {calc: calculatrice}
  queues: {input: queue1, out: queue2}
exchange:
  pairs: 8
  route: {from: input, through: calc, to: out}
  message:
    number1: {whole: [100, 9999]}
    number2: {whole: [100, 9999]}
    operation: {one_of: ["+", "-", "*", "/"]}
    version: 2
  answer:
    keys: [result, body]
    expect:
      of: operation
      "+": number1 + number2
      "-": number1 - number2
      "*": number1 * number2
      "/": number1 / number2
    within: 1.0e-6
criteria:
  - {id: handler, title: H, check: handler_answers, on: calc, points: 1}
  - {id: records, title: R, check: handler_reads_all_records, on: calc, points: 1}
  - {id: answers, title: A, check: answers_arrive, on: input -> out, points: 1}
  - {id: memory, title: M, check: function_memory, on: calc, expect: {at_least: 128}, points: 1}
  - {id: var, title: V, check: function_environment, on: calc, expect: {"*": {holds: out}}, points: 1}
"""


def problems_of(folder: Path, text: str) -> list[tuple[int | None, str]]:
    path = folder / "rubric.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        load_rubric(path, known_checks())
    except BadInput as bad:
        return [(p.line, f"{p.message} {p.remedy}") for p in bad.problems]
    return []


def test_it_is_a_rubric(tmp_path: Path) -> None:
    assert problems_of(tmp_path, CALCULATOR) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        # the way
        (
            "through: calc,",
            "through: calcu,",
            9,
            "no “calcu” under “functions”. Did you mean “calc”?",
        ),
        ("to: out}", "to: input}", 9, "from a queue to itself"),
        ("from: input", "form: input", 9, "Did you mean “from”?"),
        (
            "on: input -> out",
            "on: out -> input",
            27,
            "Write “on: input -> out”, or say which ones take part: exchange.route: ",
        ),
        # both forms
        ("pairs: 8", "pairs: 8\n  range: [1, 9]", 9, "Both forms of the exchange at once: “range”"),
        ("pairs: 8", "pairs: 8\n  answer_keys: [a]", 9, "“answer_keys” is of the short one"),
        # what is sent
        (
            "pairs: 8",
            "pairs: 6",
            8,
            "6 pairs cannot send each of the 4 values of “operation” equally",
        ),
        ("pairs: 8", "pairs: 6", 8, "pairs: 8."),
        ("  pairs: 8\n", "", 12, "5 pairs cannot send each of the 4 values"),
        ("{whole: [100, 9999]}", "{whole: [100, 100]}", 11, "“number1” is too narrow"),
        ("{whole: [100, 9999]}", "{whole: [9999, 100]}", 11, "“number1” is too narrow"),
        ("{whole: [100, 9999]}", "{whole: [100, 120]}", 21, "Not enough messages for “*”"),
        ("{whole: [100, 9999]}", "{whole: [100, 9999.5]}", 11, "must be a whole number"),
        ("{whole: [100, 9999]}", "{whole: [100]}", 11, "at least 2"),
        (
            "{whole: [100, 9999]}",
            "{real: [1, 9], decimals: -1}",
            11,
            "“decimals” is -1; it must be",
        ),
        ("{whole: [100, 9999]}", "{whole: [1, 9], decimals: 2}", 11, "“decimals” goes with “real”"),
        (
            "{whole: [100, 9999]}",
            "{whole: [1, 9], real: [1, 9]}",
            11,
            "must be one of: whole, real",
        ),
        ("{whole: [100, 9999]}", "{between: [1, 9]}", 11, "no such key as “between”"),
        ("{whole: [100, 9999]}", "[100, 9999]", 11, "A field is a constant"),
        ('["+", "-", "*", "/"]', '["+", "+"]', 13, "names the same value twice"),
        ('["+", "-", "*", "/"]', '["+"]', 13, "at least 2"),
        (
            "{whole: [100, 9999]}\n    number2: {whole: [100, 9999]}",
            "1\n    number2: 2",
            10,
            "no field",
        ),
        # what is right
        ("within: 1.0e-6", "within: -1", 23, "“within” is -1; it must be from 0 to 0.001"),
        ("within: 1.0e-6", "within: 0.5", 23, "“within” is 0.5"),
        ("    within: 1.0e-6\n", "", 15, "no whole numbers, and it is not said how exact"),
        ("of: operation", "of: operator", 18, "no field “operator”. Did you mean “operation”?"),
        ("of: operation", "of: number1", 18, "not one of some values"),
        ("      of: operation\n", "", 17, "“expect” has no “of”"),
        ('"/": number1', '"%": number1', 22, "“operation” never is “%”"),
        ('"/": number1', '"%": number1', 17, "no answer for the value “/” of “operation”"),
        ("number1 + number2", "number1 + nmber2", 19, "names “nmber2”, which is no field"),
        ("number1 + number2", "number1 + nmber2", 19, "Did you mean “number2”?"),
        ("number1 + number2", "number1.real", 19, "“.” is not allowed"),
        ("number1 + number2", "number1 +", 19, "it is no expression"),
        ("number1 + number2", "eval(number1)", 19, "it may call nothing but abs, round"),
        ("number1 + number2", "str(number1)", 19, "gives text or true/false"),
        ("number1 + number2", "number1 > 3", 19, "gives text or true/false"),
        ("number1 + number2", "number1 / 0", 19, "it divides by zero"),
        ("number1 + number2", "9 ** 9 ** 9", 19, "a number in it grows too large"),
        ("number1 + number2", "number1 * number2", 19, "the right answer and the answer of “*”"),
        ("number1 + number2", "7", 19, "must be text. Write an expression"),
        ("number1 + number2", "max(number1, number2)", 19, "only are too near each other"),
        ("number1 + number2", "7.0 + number1.x", 19, "cannot be used"),
        ("keys: [result, body]", "keys: []", 16, "at least 1"),
        ("keys: [result, body]", "key: [result]", 16, "Did you mean “keys”?"),
        # other expectations
        ("{at_least: 128}", "{at_lest: 128}", 28, "Did you mean “at_least”?"),
        ("{at_least: 128}", "{at_least: 1, at_most: 2}", 28, "at most 1"),
        ("{at_least: 128}", "{one_of: []}", 28, "at least 1"),
        ("{holds: out}", "{holds: output}", 29, "no queue called “output”. Did you mean “out”?"),
        ("{holds: out}", "a value", 29, "some variable: its value is not kept"),
        ("{holds: out}", "{any: false}", 29, "it must be true"),
    ],
)
def test_a_mistake_is_named_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, says: str
) -> None:
    assert old in CALCULATOR
    began = time.monotonic()
    found = problems_of(tmp_path, CALCULATOR.replace(old, new, 1))
    assert any(at == line and says in text for at, text in found), found
    assert time.monotonic() - began < 20


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    text = CALCULATOR
    for old, new in {
        "pairs: 8": "pairs: 6",
        "through: calc,": "through: calcu,",
        "number1: {whole: [100, 9999]}": "number1: {whole: [100, 100]}",
        "number1 - number2": "number1 - nmber2",
        "number1 * number2": "number1 ** (number2",
        "1.0e-6": "-1",
        "{at_least: 128}": "{at_lest: 128}",
        "{holds: out}": "{holds: output}",
    }.items():
        assert old in text
        text = text.replace(old, new, 1)
    assert {line for line, _ in problems_of(tmp_path, text)} >= {8, 9, 11, 20, 21, 23, 28, 29}


@pytest.mark.parametrize(
    "exchange",
    [
        "{pairs: 5, range: [100, 9999], message: [number1, number2], answer_keys: [body]}",
        "{pairs: 3}",
        "{message: {a: {whole: [100, 9999]}, b: {whole: [100, 9999]}}}",
        "{message: {a: {whole: [1, 100000]}}, answer: {keys: [double], expect: 2 * a}}",
        "{answer: {expect: number1 - number2}}",
        "{message: {a: {real: [1, 100], decimals: 2}, b: {real: [1, 100], decimals: 2}},"
        " answer: {within: 1.0e-6}}",
        "{message: {c: {real: [-40, 1000], decimals: 1}},"
        " answer: {expect: c * 9 / 5 + 32, within: 1.0e-6}}",
        "{pairs: 4, message: {n: {whole: [1000, 90000]}, up: {one_of: [true, false]}},"
        ' answer: {expect: {of: up, "true": n + 500, "false": n - 500}}}',
        "{pairs: 4, message: {n: {whole: [1000, 90000]}, factor: {one_of: [2, 3]}},"
        " answer: {expect: n * factor}}",
        "{message: {text: hello, n: {whole: [1000, 90000]}}, answer: {expect: n * len(text)}}",
    ],
)
def test_other_labs_can_be_said(tmp_path: Path, exchange: str) -> None:
    start, end = CALCULATOR.index("exchange:"), CALCULATOR.index("criteria:")
    text = f"{CALCULATOR[:start]}exchange: {exchange}\n{CALCULATOR[end:]}"
    route = "exchange: {route: {from: input, through: calc, to: out}, "
    assert problems_of(tmp_path, text.replace("exchange: {", route, 1)) == []
