from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from grader.inputs.yaml_lines import Document
from grader.model.fact import Found
from grader.model.mistakes import MISTAKES
from grader.model.observation import decode
from grader.rubric.exchange import AnswerRules, ExchangeRules
from grader.rubric.exchange_rules import exchange_problems, least_room
from grader.rubric.expression import ExpressionError
from grader.rubric.pairs import NoRoomError, Pairs
from grader.rubric.readings import LEAST_GAP, gap
from tests.exchanges import OPERATIONS, calculator, drawn

if TYPE_CHECKING:
    from grader.rubric.pairs import Drawn
    from grader.rubric.readings import Reading

SHORT = ExchangeRules()

FIRST_OF_SEED_1 = [(9529, 3924), (6918, 2755), (2896, 2279), (239, 9186), (6987, 1565)]
"""What version 0.1.0 drew."""

STORED = Path(__file__).parents[1] / "results" / "stored-0.1.0" / "students"


def take(
    count: int,
    seed: int = 1,
    account: str = "1" * 12,
    attempt: int = 1,
    rules: ExchangeRules = SHORT,
) -> list[Drawn]:
    pairs = Pairs(rules, seed, account, attempt, strict=True)
    return [pairs.draw(index) for index in range(count)]


def numbers(drawn: list[Drawn]) -> list[tuple[int, int] | None]:
    return [one.two for one in drawn]


def far_apart(drawn: list[Drawn], within: float = 0) -> None:
    """Everything that may be made of these messages is far from everything else."""
    readings = [(number, r) for number, one in enumerate(drawn) for r in one.readings.all]
    for (first, one), (second, other) in combinations(readings, 2):
        if first == second and _rounded(one) and _rounded(other):
            continue
        distance = abs(one.value - other.value)
        assert distance > gap(one, other, Decimal(repr(within))), (one, other)
        if one.whole and other.whole:
            assert distance > LEAST_GAP
        else:
            assert distance > Decimal("0.01") * max(abs(one.value), abs(other.value))


def _rounded(reading: Reading) -> bool:
    """It is the right answer, or how that is rounded."""
    return reading.name in {"", "rounded"}


@pytest.mark.slow
@given(st.integers(0, 2**31))
def test_whatever_a_function_makes_of_a_pair_is_far_from_everything_else(seed: int) -> None:
    far_apart(take(14, seed))


@pytest.mark.slow
@given(st.integers(0, 2**31))
def test_the_answers_of_four_operations_are_far_apart_too(seed: int) -> None:
    far_apart(take(18, seed, rules=calculator()), 1e-6)


@pytest.mark.parametrize("rules", [SHORT, calculator()])
def test_every_mistake_that_may_be_read_has_words(rules: ExchangeRules) -> None:
    named = {reading.name for drawn in take(18, rules=rules) for reading in drawn.readings.wrong}
    assert len(named) > 2
    assert named <= MISTAKES.keys()


def test_the_short_form_draws_what_it_always_drew() -> None:
    assert numbers(take(5)) == FIRST_OF_SEED_1


@pytest.mark.parametrize("student", ["reference", "first-record-only", "joins-text", "wrong-keys"])
def test_what_version_0_1_0_sent_is_drawn_again_for_its_seed(student: str) -> None:
    seen = decode((STORED / student / "observation.json").read_bytes())
    facts = (seen.handler, seen.records, seen.exchange)
    sent = [p for fact in facts if isinstance(fact, Found) for p in fact.value.pairs]
    drawn = take(len(sent), seen.seed, seen.account_id or "", seen.attempt)
    assert numbers(drawn) == [(pair.number1, pair.number2) for pair in sent]


def test_two_fields_of_whole_numbers_and_their_sum_are_the_short_form_in_long() -> None:
    message: dict[str, Any] = {name: {"whole": [100, 9999]} for name in ("number1", "number2")}
    drawn = take(5, rules=ExchangeRules(message=message))
    assert [tuple(one.fields.values()) for one in drawn] == FIRST_OF_SEED_1


def test_the_same_seed_account_and_attempt_give_the_same_pairs() -> None:
    assert take(10) == take(10)


@pytest.mark.parametrize("other", [{"seed": 2}, {"account": "2" * 12}, {"attempt": 2}])
def test_another_seed_account_or_attempt_gives_other_pairs(other: dict[str, Any]) -> None:
    assert not set(numbers(take(10))) & set(numbers(take(10, **other)))


@pytest.mark.slow
def test_a_range_without_room_is_an_error_and_not_an_endless_search() -> None:
    with pytest.raises(NoRoomError, match="too near"):
        take(10, rules=ExchangeRules(range=(100, 140)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pairs", "seeds"),
    [
        (1, 200),
        *(pytest.param(*more, marks=pytest.mark.slow) for more in [(5, 200), (20, 40), (50, 10)]),
    ],
)
@pytest.mark.parametrize("low", [1, pytest.param(100, marks=pytest.mark.slow)])
def test_the_smallest_range_that_a_rubric_may_name_has_room_for_every_seed(
    pairs: int, seeds: int, low: int
) -> None:
    most = 3 * (1 + 3) + 3 * 2 * pairs
    rules = ExchangeRules(range=(low, low + least_room(pairs)))
    for seed in range(seeds):
        assert len(set(numbers(take(most, seed, rules=rules)))) == most


@pytest.mark.slow
def test_what_faults_make_a_run_draw_beyond_its_room_is_nearer_and_never_missing() -> None:
    pairs = Pairs(calculator(), 1, "1" * 12, 1)
    drawn = [pairs.draw(index) for index in range(4 * 60)]
    values = [reading.value for one in drawn for reading in one.readings.all]
    assert len({one.readings.right.value for one in drawn}) == len(drawn)
    assert all(
        values.count(one.readings.right.value) == 1 for one in drawn
    )  # no mistake equals a right answer


def test_no_number_is_too_large_to_be_compared_with_what_is_right() -> None:
    expect = {**OPERATIONS, "/": "number1 / 7 if number1 < 5000 else number1 * 10.0 ** 30"}
    rules = calculator(answer=AnswerRules(("result",), {"of": "operation", **expect}, 1e-6))
    readings = drawn(rules, number1=6000, number2=7, operation="/").readings
    assert readings.right.value == Decimal("6E33")
    assert readings.named(Decimal("6E33")) == readings.right
    for answer in ("1e9999999", "-1e9999999", "1e-9999999"):
        assert readings.named(Decimal(answer)) is None


def test_each_value_is_sent_equally_often_in_turn() -> None:
    sent = [one.fields["operation"] for one in take(8, rules=calculator())]
    assert sent == [*OPERATIONS, *OPERATIONS]


def test_of_two_fields_each_value_is_sent_equally_often_and_in_every_company() -> None:
    rules = calculator(
        message={
            "number1": {"whole": [100, 9999]},
            "number2": {"whole": [100, 9999]},
            "operation": {"one_of": list(OPERATIONS)},
            "unit": {"one_of": ["m", "km"]},
            "version": 2,
        }
    )
    sent = [(one.fields["operation"], one.fields["unit"]) for one in take(8, rules=rules)]
    assert len(set(sent)) == 8
    assert {one.fields["version"] for one in take(2, rules=rules)} == {2}


@pytest.mark.parametrize("seed", range(20))
def test_no_draw_hides_that_an_answer_was_rounded(seed: int) -> None:
    divided = [one for one in take(18, seed, rules=calculator()) if one.fields["operation"] == "/"]
    for one in divided:
        first, second = (int(one.fields[name]) for name in ("number1", "number2"))
        found = one.readings.named(Decimal(first // second))
        assert found is not None
        assert (found.name, found.detail) == ("rounded", "0")
        for decimals in range(4):
            reading = one.readings.named(Decimal(repr(round(first / second, decimals))))
            assert reading is not None
            assert (reading.name, reading.detail) == ("rounded", str(decimals))


def test_roundings_that_never_differ_are_not_drawn_until_they_do() -> None:
    """A hundredth of 1 to 4 is lost when rounded to one decimal as when rounded to none."""
    rules = ExchangeRules(
        message={"a": {"whole": [1000, 9999]}, "b": {"whole": [1, 4]}},
        answer=AnswerRules(("r",), "3 * a + b / 100", 0.0),
    )
    for seed in range(9):
        (one,) = take(1, seed, rules=rules)
        found = one.readings.named(Decimal(3 * int(one.fields["a"])))
        assert found is not None
        assert found.name == "rounded"


# -- any rubric -----------------------------------------------------------------------------------

WHOLE = st.tuples(st.integers(-1000, 10_000), st.integers(1, 200_000)).map(
    lambda ends: {"whole": [ends[0], ends[0] + ends[1]]}
)
REAL = st.tuples(st.integers(0, 100), st.integers(1, 5000), st.integers(1, 3)).map(
    lambda given: {"real": [given[0], given[0] + given[1]], "decimals": given[2]}
)
LEAVES = st.sampled_from(["a", "b", "2", "0.5", "100"])
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "%"]), inner).map(
            lambda of: f"({of[0]} {of[1]} {of[2]})"
        ),
        inner.map("abs({})".format),
        inner.map("round({}, 1)".format),
        st.tuples(inner, inner).map("max({0[0]}, {0[1]})".format),
        st.tuples(inner, inner, inner).map("({0[0]} if {0[1]} > {0[2]} else 3)".format),
    ),
    max_leaves=5,
)


@st.composite
def exchanges(draw: st.DrawFn) -> dict[str, Any]:
    """An exchange as somebody may write it."""
    given: dict[str, Any] = {
        "pairs": draw(st.sampled_from([2, 4])),
        "message": {"a": draw(WHOLE | REAL), "b": draw(WHOLE | REAL)},
    }
    values = draw(st.sampled_from([(), ("x", "y")]))
    expect: Any = draw(EXPRESSIONS)
    if values:
        given["message"]["which"] = {"one_of": list(values)}
        expect = {"of": "which", **{value: draw(EXPRESSIONS) for value in values}}
    given["answer"] = {"keys": ["r"], "expect": expect, "within": draw(st.sampled_from([0, 1e-6]))}
    return given


def problems(exchange: dict[str, Any]) -> list[str]:
    document = Document({"exchange": exchange}, {}, frozenset(), ())
    return [str(one) for one in exchange_problems(document, "rubric.yaml", {})]


@pytest.mark.slow
@given(exchanges(), st.integers(0, 1000))
def test_the_messages_of_a_valid_rubric_are_far_apart_or_lint_says_why_not(
    given_exchange: dict[str, Any], seed: int
) -> None:
    found = problems(given_exchange)
    if found:
        assert all(one.endswith((".", "?")) for one in found)
        return
    answer = given_exchange["answer"]
    rules = ExchangeRules(
        pairs=given_exchange["pairs"],
        message=given_exchange["message"],
        answer=AnswerRules(("r",), answer["expect"], answer["within"]),
    )
    drawn = take(4 + rules.pairs, seed, rules=rules)
    far_apart(drawn, answer["within"])
    for one in drawn:
        for reading in one.readings.all:
            named = one.readings.named(reading.value)
            assert named is not None
            assert named.name == reading.name or (_rounded(named) and _rounded(reading))


@given(EXPRESSIONS)
@settings(max_examples=30)
def test_an_expression_over_its_fields_is_worked_out_or_refused_in_words(text: str) -> None:
    rules = ExchangeRules(
        message={"a": {"whole": [1, 9]}, "b": {"whole": [1, 9]}}, answer=AnswerRules(expect=text)
    )
    assume(len(text) < 200)
    with suppress(ExpressionError, NoRoomError):
        assert take(1, rules=rules)[0].readings.right.value.is_finite()
