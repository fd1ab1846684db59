from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from grader.inputs.problems import BadInput
from grader.rubric.exchange import ExchangeRules
from grader.rubric.load import default_rubric_path, load_rubric, text_in
from grader.rubric.rubric import Criterion, Lab, Rubric
from grader.schemas import path_of
from tests.known_checks import known_checks

if TYPE_CHECKING:
    from pathlib import Path

    from grader.model.kind import Need


@dataclass(frozen=True)
class StandInCheck:
    name: str
    on: str
    expect_schema: dict[str, Any] | None = None
    explains: str | None = None
    environment: tuple[str, ...] = ()

    @property
    def needs(self) -> tuple[Need, ...]:
        return known_checks()[self.name].needs

    @property
    def exercises(self) -> bool:
        return known_checks()[self.name].exercises

    @property
    def file(self) -> str:
        return known_checks()[self.name].file


CHECKS = {
    check.name: check
    for check in (
        StandInCheck("function_exists", "function"),
        StandInCheck(
            "function_runtime",
            "function",
            {
                "type": "object",
                "required": ["at_least"],
                "additionalProperties": False,
                "properties": {"at_least": {"type": "string"}},
            },
        ),
        StandInCheck(
            "function_memory",
            "function",
            {"type": "integer", "minimum": 128, "description": "Give the memory in MB."},
        ),
        StandInCheck("function_timeout", "function", {"type": "integer"}),
        StandInCheck("schedule_runs", "function"),
        StandInCheck(
            "function_environment",
            "function",
            {"type": "object", "additionalProperties": {"type": "string"}},
        ),
        StandInCheck("queue_exists", "queue"),
        StandInCheck("mapping_enabled", "queue -> function"),
        StandInCheck("handler_adds", "function"),
        StandInCheck("handler_reads_all_records", "function"),
        StandInCheck("sums_arrive", "queue -> queue"),
        StandInCheck(
            "schedule_enabled",
            "function",
            {
                "type": "object",
                "properties": {"ways": {"type": "array", "items": {"enum": ["rule", "scheduler"]}}},
            },
        ),
    )
}

# Line numbers in the tests below count in this text.
SMALL = """\
schema: rubric/1
title: {en: A lab, fr: Un TP}
lab:
  region: us-east-1
  functions: {sum: first_lambda, periodic: periodic_lambda}
  queues:
    input: input_queue
    output: output_queue
exchange:
  pairs: 5
  range: [100, 9999]
  message: [number1, number2]
criteria:
  - id: memory
    title: Memory
    check: function_memory
    on: sum
    expect: 128
    points: 1
  - id: sums
    title: Sums
    check: sums_arrive
    on: input → output
    points: 2.5
    hint: Look at the logs.
"""


@pytest.fixture
def write(tmp_path: Path):
    def write(content: str | bytes) -> Path:
        path = tmp_path / "rubric.yaml"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def problems_of(path: Path, checks: Any = CHECKS) -> list[tuple[int | None, str]]:
    with pytest.raises(BadInput) as caught:
        load_rubric(path, checks)
    return [(p.line, f"{p.message} {p.remedy}") for p in caught.value.problems]


def test_the_shipped_rubric_is_the_lab_of_twenty_points():
    rubric = load_rubric(default_rubric_path(), CHECKS)
    assert rubric.max_score == 20
    assert [(c.id, c.check, c.on, c.points) for c in rubric.criteria] == [
        ("function", "function_exists", "sum", 1),
        ("runtime", "function_runtime", "sum", 1),
        ("memory", "function_memory", "sum", 1),
        ("timeout", "function_timeout", "sum", 1),
        ("environment", "function_environment", "sum", 1),
        ("input-queue", "queue_exists", "input", 1),
        ("output-queue", "queue_exists", "output", 1),
        ("mapping", "mapping_enabled", "input -> sum", 3),
        ("handler", "handler_adds", "sum", 2),
        ("records", "handler_reads_all_records", "sum", 1),
        ("sums", "sums_arrive", "input -> output", 4),
        ("schedule", "schedule_enabled", "periodic", 3),
    ]
    expected = {c.id: c.expect for c in rubric.criteria if c.expect is not None}
    assert expected == {
        "runtime": {"at_least": "python3.8"},
        "memory": 128,
        "timeout": 60,
        "environment": {"foo": "bar"},
        "schedule": {"ways": ["rule", "scheduler"]},
    }
    assert rubric.exchange == ExchangeRules()
    assert msgspec.structs.replace(rubric.lab, known_code=()) == Lab(
        region="us-east-1",
        functions={"sum": "first_lambda", "periodic": "periodic_lambda"},
        queues={"input": "input_queue", "output": "output_queue"},
        found=("sum", "periodic", "input", "output"),
    )


def test_every_shipped_text_is_bilingual():
    rubric = load_rubric(default_rubric_path(), None)
    texts = [rubric.title, *(t for c in rubric.criteria for t in (c.title, c.hint))]
    assert all(isinstance(text, dict) and text.keys() == {"en", "fr"} for text in texts)


def test_a_shipped_hint_names_what_both_tools_call_it_or_what_each_does():
    # A student of one tool must not be told the other's words alone.
    rubric = load_rubric(default_rubric_path(), None)
    hints = [(c.id, lang, hint) for c in rubric.criteria for lang, hint in c.hint.items()]
    words = {
        "CDK": r"\b(?:LambdaFunction|SqsQueue|Lambda[A-Z]\w+|Cloudwatch\w+)",
        "HCL": r"\baws_\w+",
    }
    for id_, lang, hint in hints:
        named = {tool for tool in words if tool in hint}
        assert named in (set(), {"CDK", "HCL"}), (id_, lang)
        classes = {tool for tool, pattern in words.items() if re.search(pattern, hint)}
        assert classes <= named, (id_, lang)
        assert not re.search(r"\w=\d|\w=\"", hint), (id_, lang)


def test_source_and_digest_are_the_files(write):
    path = write(SMALL)
    rubric = load_rubric(path, CHECKS)
    assert rubric.source == SMALL
    assert rubric.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_byte_order_mark_is_no_fault(write):
    assert load_rubric(write(b"\xef\xbb\xbf" + SMALL.encode()), CHECKS).max_score == 3.5


def test_an_arrow_is_written_either_way(write):
    assert load_rubric(write(SMALL), CHECKS).criteria[1].on == "input -> output"


def test_the_exchange_may_be_left_out(write):
    lines = SMALL.splitlines(keepends=True)
    rubric = load_rubric(write("".join(lines[:8] + lines[12:])), CHECKS)
    assert rubric.exchange == ExchangeRules()


def test_without_checks_their_names_and_expectations_are_not_asked(write):
    rubric = load_rubric(write(SMALL.replace("function_memory", "own_check")), None)
    assert rubric.criteria[0].check == "own_check"


@pytest.mark.parametrize(
    ("text", "lang", "expected"),
    [
        ("plain", "fr", "plain"),
        ({"en": "yes", "fr": "oui"}, "fr", "oui"),
        ({"en": "yes"}, "fr", "yes"),
        ({"fr": "oui"}, "en", "oui"),
    ],
)
def test_a_text_is_shown_in_the_nearest_language(text, lang, expected):
    assert text_in(text, lang) == expected


def test_a_name_may_be_found_and_any_will_do(write):
    text = SMALL.replace("sum: first_lambda", "sum: {name: first_lambda, else: found}")
    text = text.replace("output: output_queue", "output: found")
    lab = load_rubric(write(text), None).lab
    assert lab.functions == {"sum": "first_lambda", "periodic": "periodic_lambda"}
    assert lab.queues == {"input": "input_queue", "output": ""}
    assert lab.found == ("sum", "output")


def test_two_queues_may_both_be_found(write):
    text = SMALL.replace("input: input_queue", "input: found")
    text = text.replace("output: output_queue", "output: found")
    assert load_rubric(write(text), None).lab.found == ("input", "output")


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("rubric/1", "rubric/2", 1, "must be “rubric/1”"),
        ("fr: Un TP", "de: Ein Praktikum", 2, "Known here: en, fr."),
        ("title: {en: A lab, fr: Un TP}", "title:", 2, "“title” is empty"),
        ("region: us-east-1", "region: us_east", 4, "us-east-1"),
        ("region:", "regoin:", 4, "Did you mean “region”?"),
        ("region:", "regoin:", 3, "“lab” has no “region”. Add that key."),
        ("sum: first_lambda", "sum: first lambda", 5, "1 to 64"),
        ("sum: first_lambda", "Sum: first_lambda", 5, "The name “Sum” cannot be used"),
        ("sum: first_lambda", "input: first_lambda", 7, "both a function and a queue"),
        ("input_queue", "input_queue.fifo", 7, "FIFO"),
        ("sum: first_lambda", "sum: {name: first_lambda}", 5, "has no “else”"),
        ("sum: first_lambda", "sum: {name: found, else: fond}", 5, "must be “found”"),
        ("sum: first_lambda", "sum: {name: first lambda, else: found}", 5, "1 to 64"),
        ("periodic: periodic_lambda", "periodic: found", 5, "Nothing can find “periodic”"),
        ("input_queue\n", "input_queue\n    spare: found\n", 8, "Nothing can find “spare”"),
        ("input_queue\n", "{name: output_queue, else: found}\n", 8, "are the same queue"),
        ("output: output_queue", "output: input_queue", 8, "are the same queue"),
        ("output: output_queue", 'output: "a\\n"', 8, "1 to 80"),
        ("pairs: 5", "pairs: 0", 10, "at least 1"),
        ("pairs: 5", "pairs: 51", 10, "at most 50"),
        ("pairs: 5", "pairs: 5.0", 10, "a whole number"),
        ("pairs: 5", "pairs: true", 10, "a whole number"),
        ("pairs: 5", "pairs: 5\n  deadline_s: 901", 11, "at most 900"),
        ("[100, 9999]", "[100, 4299]", 11, "[100, 4300]"),
        ("[100, 9999]", "[9999, 100]", 11, "too few"),
        ("[100, 9999]", "[0, 9999]", 11, "at least 1"),
        ("[100, 9999]", "[100]", 11, "at least 2"),
        ("number2]", "number1]", 12, "two different keys"),
        ("id: memory", "id: Memory Size", 14, "lower-case letters"),
        ("id: sums", "id: memory", 20, "already taken on line 14"),
        ("check: function_memory", "check: function_memry", 16, "Did you mean “function_memory”?"),
        ("on: sum", "on: sun", 17, "Did you mean “sum”?"),
        ("on: sum", "on: input", 17, "judges a function"),
        ("on: sum", "on: input -> sum", 17, "judges a function"),
        ("expect: 128", "expect: '128'", 18, "a whole number. Give the memory in MB."),
        ("expect: 128", "expect: 64", 18, "at least 128"),
        (
            "_memory\n    on: sum\n    expect: 128",
            "_timeout\n    on: sum\n    expect: a",
            18,
            "without",
        ),
        ("    expect: 128\n", "", 14, "needs an “expect”"),
        ("hint: Look at the logs.", "expect: 1", 25, "takes no “expect”"),
        ("points: 1\n", "points: -1\n", 19, "at least 0"),
        ("points: 1\n", "points: .nan\n", 19, "“.nan” is not a number"),
        ("points: 1\n", "points: .inf\n", 19, "“.inf” is not a number"),
        ("points: 1\n", "points: 1e999\n", 19, "not a number"),
        ("points: 1\n", "points: " + "9" * 5000 + "\n", 19, "not a number"),
        ("points: 1\n", "points: one\n", 19, "must be a number"),
        ("points: 1\n", "point: 1\n", 19, "Did you mean “points”?"),
        ("points: 1\n", "point: 1\n", 14, "Criterion 1 has no “points”"),
        ("points: 1\n", "points: 1\n    id: other\n", 20, "twice here; the first is on line 14"),
        ("title: Memory", "title: !!python/name:os.system x", 15, "A tag"),
        ("title: Memory", 'title: "\\ud800"', 15, "half a character"),
        ("title: Memory", "title: [Memory]", 15, "must be text"),
        (
            "on: input → output",
            "on: output -> input",
            23,
            "Write “on: input -> output”, or say which",
        ),
        ("on: input → output", "on: input", 23, "judges a queue -> queue"),
        ("    title: Memory", "  title: Memory", 15, "not valid YAML"),
        ("title: Sums", "title: Sums: all", 21, "not valid YAML"),
        ("title: Sums", 'title: "\\UFFFFFFFF"', 21, "not valid YAML"),
    ],
)
def test_a_mistake_is_named_with_its_line(write, old, new, line, says):
    assert old in SMALL
    found = problems_of(write(SMALL.replace(old, new, 1)))
    assert any(at == line and says in text for at, text in found), found


def test_all_points_zero_is_refused(write):
    text = SMALL.replace("points: 1\n", "points: 0\n").replace("2.5", "0")
    assert problems_of(write(text)) == [
        (13, "All points together are 0. Give at least one criterion points.")
    ]


def test_the_exchange_needs_its_three_resources(write):
    text = SMALL.replace("sum: first_lambda, ", "").replace("on: sum", "on: periodic")
    assert problems_of(write(text)) == [
        (
            22,
            "The check “sums_arrive” needs a resource called sum under “functions”. "
            "Add “sum: …” to lab.functions, or say which ones take part: exchange.route: {from: QUEUE,"
            " through: FUNCTION, to: QUEUE}.",
        )
    ]


def test_a_function_that_the_grader_runs_is_not_asked_for_runs_by_its_schedule(write):
    text = SMALL.replace("check: function_memory", "check: schedule_runs")
    text = text.replace("    expect: 128\n", "")
    [(line, problem)] = problems_of(write(text))
    assert line == text.splitlines().index("    on: sum") + 1
    assert "Name the function that only its schedule runs." in problem


def test_one_mistake_is_reported_once(write):
    assert len(problems_of(write(SMALL.replace("points: 1\n", "points: .nan\n")))) == 1
    assert len(problems_of(write(SMALL.replace("on: sum", "on: sun")))) == 1


def test_all_mistakes_are_reported_at_once(write):
    text = SMALL.replace("us-east-1", "nowhere").replace("id: memory", "id: M").replace("2.5", "-1")
    assert [line for line, _ in problems_of(write(text))] == [4, 14, 24]


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (b"", 1, "empty"),
        (b"# nothing\n", 1, "empty"),
        (b"- 1\n", 1, "must be a block"),
        (b"just text", 1, "must be a block"),
        (b"a: 1\nb: \xff\n", 2, "not UTF-8"),
        (b"a: 1\r\nb: \xff\r\n", 2, "not UTF-8"),
        ("schema: rubric/1\n".encode("utf-16"), 1, "UTF-16"),
        ("schema: rubric/1\n".encode("utf-16-le"), 1, "UTF-16"),
        (b"a: 1\nb: \0\n", 2, "NUL"),
        (b"a: 1\nb: \x01\n", 2, "cannot be shown"),
        (b"a: 1\n--- \nb: 1\n", 2, "another document"),
        (b"a: 1\nb: " + b"[" * 5000, 2, "nests deeper"),
        (b"a: &a [*a]\n", 1, "nests deeper"),
        (
            b"a: &a [1,1,1,1,1,1,1,1,1,1]\n"
            + b"".join(b"%c: &%c [%s]\n" % (98 + i, 98 + i, b",".join([b"*%c" % (97 + i)] * 10))
                       for i in range(9)),
            1,
            "aliases",
        ),
    ],
)  # fmt: skip
def test_what_is_no_rubric_at_all_is_refused(write, content, line, says):
    found = problems_of(write(content))
    assert any(at == line and says in text for at, text in found), found


def test_a_file_that_cannot_be_a_rubric_is_refused(tmp_path, write):
    assert "no such file" in str(problems_of(tmp_path / "none.yaml"))
    assert "a folder" in str(problems_of(tmp_path))
    assert "larger than 256 KiB" in str(problems_of(write(b"#" * (256 * 1024 + 1))))


def test_the_schema_is_a_schema_and_names_the_types_fields():
    path = path_of("rubric")
    schema = json.loads(path.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    for struct, part in (
        (Lab, schema["$defs"]["lab"]),
        (ExchangeRules, schema["$defs"]["exchange"]),
        (Criterion, schema["$defs"]["criterion"]),
    ):
        read = {f.name for f in msgspec.structs.fields(struct)} - {
            "found"
        }  # from both forms of a name
        assert set(part["properties"]) == read
        assert part["additionalProperties"] is False
        needed = {f.name for f in msgspec.structs.fields(struct) if f.required}
        assert set(part.get("required", [])) == needed
    own = {"source", "sha256"}
    assert (
        set(schema["properties"]) - {"schema"}
        == {f.name for f in msgspec.structs.fields(Rubric)} - own
    )


def assert_loads_or_names_lines(path: Path) -> None:
    try:
        rubric = load_rubric(path, CHECKS)
    except BadInput as bad:
        problems = bad.problems
    else:
        assert rubric.max_score > 0
        assert msgspec.json.encode(rubric)
        return
    assert problems
    assert all(p.line is not None and p.line >= 1 for p in problems)


fuzz = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SHARDS = st.sampled_from(
    (
        *("{", "}", "[", "]", ":", "- ", "&a ", "*a", "!!int ", "? ", "|", ">", "'", '"', "\t"),
        *("%YAML 1.1\n---\n", "<<: ", "null", "true", ".nan", "-1", "0x1F", "1e400", "2001-01-01"),
        *("\n  ", "\\", "\r", "\x85", "é", "→", "---\n", "...\n", "#", "@", "`", ", ", "9" * 5000),
    )
)


@fuzz
@given(content=st.binary(max_size=200))
def test_any_bytes_load_or_name_their_lines(write, content):
    assert_loads_or_names_lines(write(content))


@fuzz
@given(content=st.lists(SHARDS | st.text(max_size=4), max_size=20).map("".join))
def test_any_yaml_loads_or_names_its_lines(write, content):
    assert_loads_or_names_lines(write(content.encode("utf-8", "surrogatepass")))


@fuzz
@given(data=st.data())
def test_any_change_to_a_rubric_loads_or_names_its_lines(write, data):
    text = SMALL
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.sampled_from([0, 0, 1, 5, 30])))
        text = text[:start] + data.draw(SHARDS | st.just("")) + text[end:]
    assert_loads_or_names_lines(write(text))


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@fuzz
@given(data=st.data())
def test_any_value_anywhere_loads_or_names_its_line(write, data):
    document = {
        "schema": "rubric/1",
        "title": "t",
        "lab": {"region": "us-east-1", "functions": {"sum": "f"}, "queues": {"input": "q"}},
        "exchange": {"pairs": 5, "range": [1, 9999], "message": ["a", "b"], "answer_keys": ["c"]},
        "criteria": [
            {"id": "a", "title": "t", "check": "function_exists", "on": "sum", "points": 1},
            {"id": "b", "title": "t", "check": "queue_exists", "on": "input", "points": 1},
        ],
    }
    here: Any = document
    while True:
        key = data.draw(
            st.sampled_from(sorted(here) if isinstance(here, dict) else range(len(here)))
        )
        if isinstance(here[key], dict | list) and here[key] and data.draw(st.booleans()):
            here = here[key]
            continue
        here[key] = data.draw(PLAIN)
        break
    assert_loads_or_names_lines(write(json.dumps(document)))


@pytest.mark.parametrize("name", ["name", "email", "group", "status", "score"])
def test_a_criterion_is_no_other_column_of_the_grades(tmp_path: Path, name: str) -> None:
    path = tmp_path / "rubric.yaml"
    path.write_text(default_rubric_path().read_text().replace("id: memory", f"id: {name}"))
    with pytest.raises(BadInput, match=r"rubric.yaml:\d+: The id .* column of grades.csv"):
        load_rubric(path, None)


def test_a_file_given_by_mistake_is_not_quoted(tmp_path: Path) -> None:
    path = tmp_path / "class.csv"
    path.write_text("student_id,aws_secret_access_key\ns1,canary\n")
    with pytest.raises(BadInput, match="The file is text") as bad:
        load_rubric(path, None)
    assert "canary" not in str(bad.value)
    assert "student_id" not in str(bad.value)
