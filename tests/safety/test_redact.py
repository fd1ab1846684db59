from __future__ import annotations

import json
import multiprocessing
import pprint
import string
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from grader.safety.redact import bounded, redact

if TYPE_CHECKING:
    from collections.abc import Callable

CANARY = "hunter2canary"
KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.mark.parametrize(
    "text",
    [
        f"AWS_SESSION_TOKEN={CANARY}",
        f"environ({{'AWS_SECRET_ACCESS_KEY': '{CANARY}', 'PATH': '/bin'}})",
        f'{{"DB_PASSWORD": "{CANARY}"}}',
        f"api_key: {CANARY}",
        f"MY_SECRET_VALUE = {CANARY}",
        f"GITHUB_TOKEN='{CANARY}'",
        f"GITHUB_TOKEN='{CANARY}",
        f"DB_PASSWORD {CANARY}",
        f"DB_PASSWORD\t{CANARY}",
        f"('DB_PASSWORD', '{CANARY}')",
        f"DB_PASSWORD -> {CANARY}",
        f"DB_PASSWORD=correct horse {CANARY}",
        f'DB_PASSWORD="abc\\"{CANARY}"',
        f"DB_PASSWORD='abc'\\''{CANARY}'",
        f'os.environ["DB_PASSWORD"] = "{CANARY}"',
        rf"{{\"DB_PASSWORD\": \"{CANARY}\"}}",
        rf"{{\\\"DB_PASSWORD\\\": \\\"abc\\\\\\\"{CANARY}\\\"}}",
        rf"PATH /bin\nDB_PASSWORD {CANARY}\nLANG C",
        f"{{'a': 1, 'api_keys': {{'one': '{CANARY}'}}}}",
        f"{'X' * 200}_KEY={CANARY}",
        "key id ASIAIOSFODNN7EXAMPLE used",
        "secret wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYwJal used",
        f"signed with {quote(KEY, safe='')} today",
    ],
)
def test_secrets_are_hidden(text: str) -> None:
    kept = redact(text)
    assert "[redacted]" in kept
    assert CANARY not in kept
    assert "ASIAIOSFODNN7EXAMPLE" not in kept
    assert "wJalrX" not in kept


LONG = f"correct horse battery staple {CANARY} " * 3
VARIABLES = {"A": "b", "API_SECRET": LONG, "PATH": "/bin", "Z_KEY": LONG}
IN_BYTES = {name.encode(): value.encode() for name, value in VARIABLES.items()}
PEM = f"-----BEGIN RSA PRIVATE KEY-----\n{'M' * 64}\n{CANARY}==\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"API_TOKEN: |\n  {CANARY}\n\n  {CANARY}\nA: b", "API_TOKEN: [redacted]\nA: b"),
        (f"- API_TOKEN: >-\n    {CANARY}\n  A: b", "- API_TOKEN: [redacted]\n  A: b"),
        (f"[INFO] A_KEY: 'abc\n  {CANARY}'\nA: b", "[INFO] A_KEY: [redacted]\nA: b"),
        (f"keys:\n- abc\n- {CANARY}\nothers:\n- d", "keys:\n[redacted]\nothers:\n- d"),
        (
            json.dumps({"token": {"a": CANARY, "b": [CANARY]}, "body": 42}, indent=2),
            '{\n  "token": [redacted]\n  },\n  "body": 42\n}',
        ),
        (
            f"[INFO] {pprint.pformat(VARIABLES)}",
            "[INFO] {'A': 'b',\n 'API_SECRET': [redacted],\n 'PATH': '/bin',\n"
            " 'Z_KEY': [redacted]}",
        ),
        (
            pprint.pformat([*VARIABLES.items()]),
            "[('A', 'b'),\n ('API_SECRET',\n  [redacted]),\n ('PATH', '/bin'),\n"
            " ('Z_KEY',\n  [redacted])]",
        ),
        (
            pprint.pformat(IN_BYTES),
            "{b'A': b'b',\n b'API_SECRET': [redacted]\n b'PATH': b'/bin',\n b'Z_KEY': [redacted]",
        ),
        (
            pprint.pformat([*IN_BYTES.items()][1:3]),
            "[(b'API_SECRET',\n  [redacted]\n (b'PATH', b'/bin')]",
        ),
        (pprint.pformat({"A_KEY": PEM, "B": "c"}), "{'A_KEY': [redacted],\n 'B': 'c'}"),
        (f"A_KEY={PEM}\nB=c", "A_KEY=[redacted]\n[redacted]\n-----END RSA PRIVATE KEY-----\nB=c"),
        (PEM[:-30], "-----BEGIN RSA PRIVATE KEY-----\n[redacted]"),
        (PEM[-45:], "[redacted]\n-----END RSA PRIVATE KEY-----"),
        (f'A_KEY = """\n{CANARY}\n"""\nB = 1', "A_KEY = [redacted]\nB = 1"),
        (f"A_KEY = '''\n{CANARY}", "A_KEY = [redacted]"),
    ],
)
def test_a_secret_that_goes_on_in_the_next_lines_is_hidden_and_nothing_else(
    text: str, kept: str
) -> None:
    assert redact(text, 4096) == kept
    assert redact(kept, 4096) == kept


def test_a_traceback_stays_legible() -> None:
    trace = """\
[ERROR] ValueError: bad token: {0}
Traceback (most recent call last):
  File "/var/task/lambda_function.py", line 6, in lambda_handler
    token = {0}
            ~~~~~^^^^^^^^^
  File "/var/task/keys.py", line 12, in load_key
    return parse(text)
           ^^^^^^^^^^^
KeyError: 'number1'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/var/task/lambda_function.py", line 8, in lambda_handler
    send(key={0}
RuntimeError: nothing was sent
Keys: {0}
    Traceback (most recent call last):
      File "/var/task/lambda_function.py", line 9, in lambda_handler
END RequestId: 1"""
    assert redact(trace.format('event["a"] + 1'), 4096) == trace.format("[redacted]")


@pytest.mark.parametrize(
    "text",
    [
        "KeyError: 'number1'",
        "KeyError: 'DB_PASSWORD'",
        "InvalidKeyException: no such number",
        "Invalid key",
        "Invalid key, try number1",
        "The token is expired",
        "The security token included in the request is expired.",
        'File "/var/task/lambda_function.py", line 6, in lambda_handler',
        'File "/var/task/token.py", line 6, in lambda_handler',
        "There is no function named first_lambda in us-east-1.",
        "lambda:GetFunctionConfiguration was denied",
    ],
)
def test_what_a_student_needs_to_read_stays(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('{"token": "abc", "body": 42}', '{"token": [redacted], "body": 42}'),
        ('{"key": 7, "body": 42}', '{"key": [redacted], "body": 42}'),
        (r"{\"token\": \"abc\", \"body\": 42}", r"{\"token\": [redacted], \"body\": 42}"),
        ("[('A_KEY', 'abc'), ('PATH', '/bin')]", "[('A_KEY', [redacted]), ('PATH', '/bin')]"),
        ("A_KEY=a b\nPATH=/bin", "A_KEY=[redacted]\nPATH=/bin"),
    ],
)
def test_what_stands_after_a_secret_stays(text: str, kept: str) -> None:
    assert redact(text) == kept
    assert redact(kept) == kept


NAME = "DB_PASSWORD"
SHAPES: tuple[Callable[[str], str], ...] = (
    lambda value: f"{NAME} {value}",
    lambda value: f"{NAME}={value}",
    lambda value: f"{NAME}: {value}",
    lambda value: f"{NAME} -> {value}",
    lambda value: f"{NAME} => {value}",
    lambda value: f"{NAME},{value}",
    lambda value: f"export {NAME}='{value}'; ls",
    lambda value: f"[{NAME}] = {value}",
    lambda value: repr((NAME, value)),
    lambda value: repr([("A", "b"), (NAME, value), ("C", "d")]),
    lambda value: repr({"A": "b", NAME: value, "C": "d"}),
    lambda value: repr({NAME: value.encode()}),
    lambda value: json.dumps({NAME: value, "C": "d"}),
    lambda value: json.dumps({"body": json.dumps({NAME: value, "C": "d"})}),
    lambda value: json.dumps({"body": json.dumps({"body": json.dumps({NAME: value})})}),
    lambda value: json.dumps({"body": repr({"A": "b", NAME: value, "C": "d"})}),
    lambda value: json.dumps(f"A b\n{NAME} {value}\nC d"),
    lambda value: repr(json.dumps({"A": "b", NAME: value, "C": "d"})),
    lambda value: json.dumps({NAME: value, "C": "d"}, indent=2),
    lambda value: pprint.pformat({"A": "b", NAME: f"{value} " * 20, "C": "d"}),
    lambda value: pprint.pformat([("A", "b"), (NAME, f"{value} " * 20), ("C", "d")]),
    lambda value: f"A: b\n{NAME}: |\n  {value}\n  {value}\nC: d",
)
VALUES = st.text(string.ascii_letters + string.digits + string.punctuation + " ", min_size=8)


@given(st.sampled_from(SHAPES), VALUES)
@example(SHAPES[15], "both \" and ' in it")
@example(SHAPES[12], "a backslash at the end\\")
def test_no_way_to_print_a_variable_lets_its_value_through(
    shape: Callable[[str], str], value: str
) -> None:
    value = value.strip()
    assume(len(value) >= 8 and value not in redact(shape("-")))
    kept = redact(shape(value), 4096)
    assert value not in kept
    assert json.dumps(value)[1:-1] not in kept


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "KEY",
            "KEY ",
            "KEY=",
            '"KEY":"a",',
            "\\",
            "KEY='\\",
            '"',
            'KEY="" ',
            "KEY=\"'`",
            "KEY= \n",
        ),
        *(
            "KEY=a\n b\n",
            "KEY='a'\n 'b'\n",
            "KEY=a\n\n\n",
            "KEY:\n- a\n",
            "'KEY',\n'a'\n",
            "KEY,\n ",
        ),
        *("KEY='''\n", "KEY='''KEY=\"\"\"\n", "KEY=[{(", "KEY=\t", "- KEY=a\n ", "\n ", "a\n"),
        *("-----BEGIN A-----\n", "-----BEGIN A-----\n\na\n", "-----END ", "-----BEGIN "),
    ],
)
def test_any_text_takes_a_time_that_grows_with_its_length(unit: str) -> None:
    # A regular expression cannot be interrupted: only another process can be ended.
    text = unit * (64_000 // len(unit))
    process = multiprocessing.get_context("spawn").Process(target=redact, args=(text, 64_000))
    process.start()
    try:
        process.join(60)
        assert process.exitcode == 0
    finally:
        process.kill()
        process.join()


@given(st.text(), st.integers(10, 200))
def test_what_is_kept_is_bounded_and_can_be_written(text: str, limit: int) -> None:
    assert len(redact(text, limit)) <= limit
    bounded(text, limit).encode()


def test_a_lone_surrogate_can_be_written() -> None:
    assert redact("a\ud800b").encode() == b"a?b"
