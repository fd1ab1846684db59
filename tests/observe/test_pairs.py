from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.observe.pairs import ROOM, Pairs, readings
from grader.rubric.rules import least_room


def take(
    count: int, seed: int = 1, account: str = "1" * 12, attempt: int = 1
) -> list[tuple[int, int]]:
    pairs = Pairs(seed, account, attempt, 100, 9999)
    return [next(pairs) for _ in range(count)]


@given(st.integers(0, 2**31))
def test_whatever_a_function_makes_of_a_pair_is_far_from_everything_else(seed: int) -> None:
    values = [value for pair in take(14, seed) for value in readings(*pair)]
    assert all(abs(a - b) > ROOM for a, b in combinations(values, 2))


def test_the_same_seed_account_and_attempt_give_the_same_pairs() -> None:
    assert take(10) == take(10)


@pytest.mark.parametrize("other", [{"seed": 2}, {"account": "2" * 12}, {"attempt": 2}])
def test_another_seed_account_or_attempt_gives_other_pairs(other: dict[str, int]) -> None:
    assert not set(take(10)) & set(take(10, **other))


def test_a_range_without_room_is_an_error_and_not_an_endless_search() -> None:
    pairs = Pairs(1, "1" * 12, 1, 100, 140)
    with pytest.raises(ValueError, match="no room"):
        [next(pairs) for _ in range(10)]


@pytest.mark.parametrize(("pairs", "seeds"), [(1, 200), (5, 200), (20, 200), (50, 20)])
@pytest.mark.parametrize("low", [1, 100])
def test_the_smallest_range_that_a_rubric_may_name_has_room_for_every_seed(
    pairs: int, seeds: int, low: int
) -> None:
    most = 3 * (1 + 3) + 3 * 2 * pairs
    for seed in range(seeds):
        drawn = Pairs(seed, "1" * 12, 1, low, low + least_room(pairs))
        assert len({next(drawn) for _ in range(most)}) == most
