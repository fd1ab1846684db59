"""Which way is tried when, for any ways that work, fail early or late, or lead elsewhere."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from grader.batch.ways import Way, WayOutcome, Ways, WayStep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.batch.ways import ReadAccess


class World(NamedTuple):
    """What AWS would say to a way: the account it leads to, whether it may read, what it is refused.

    ``use`` is what is looked for there.
    """

    account: str | None = "A"
    answer: ReadAccess = "reads"
    refusals: int = 0
    late: bool = False
    use: str = ""

    @property
    def leads_to(self) -> tuple[str, str] | None:
        """The account as it is observed."""
        return (self.account, self.use) if self.account else None


WORLDS = st.builds(
    World,
    account=st.sampled_from(["A", "A", "A", "B", None]),
    answer=st.sampled_from(["reads", "reads", "unsure", "denied"]),
    refusals=st.sampled_from([0, 0, 1, 2]),
    late=st.booleans(),
    use=st.sampled_from(["", "", "x"]),
)
ROWS = st.lists(st.tuples(st.sampled_from("pqr"), WORLDS), min_size=1, max_size=6)


def way(name: str, party: str | None = None, keys: str | None = None) -> Way:
    return Way((name,), party or name, keys or name)


def rosters() -> st.SearchStrategy[dict[Way, World]]:
    """Ways of some parties. One that may not read is refused something when it looks, too."""
    return ROWS.map(
        lambda rows: {
            way(f"{number}", party): world._replace(
                refusals=world.refusals or (2 if world.answer == "denied" else 0)
            )
            for number, (party, world) in enumerate(rows)
        }
    )


class Run:
    """A run over ``worlds``: what is under way ends in an order that ``chance`` makes up."""

    def __init__(
        self, worlds: dict[Way, World], order: Sequence[Way], seed: int, *, late: bool
    ) -> None:
        self.worlds, self.chance, self.late = worlds, random.Random(seed), late
        self.ways = Ways(order)
        self.under_way: list[WayStep] = [WayStep("identify", one) for one in order]
        self.looked: list[WayStep] = []
        self.results: dict[str, list[WayOutcome]] = {}
        self._passed_over: set[Way] = set()
        while self.under_way:
            self._on()
        assert self.results.keys() == {one.party for one in worlds}

    def _on(self) -> None:
        step = self.chance.choice(self.under_way)
        world = self.worlds[step.way]
        if step.do == "identify" and self.late and world.late and step.way not in self._passed_over:
            self._passed_over.add(step.way)
            self.ways.passed_over(step.way)
        else:
            self.under_way.remove(step)
            if step.do == "identify":
                self.ways.identified(step.way, world.leads_to, world.account)
            elif step.do == "ask":
                self.ways.record_access(step.way, world.answer)
            else:
                self.ways.record_look(step.way, world.refusals)
        new = self.ways.steps()
        self.looked += [one for one in new if one.do == "look"]
        self.under_way += new
        at_work = Counter(
            self.worlds[one.way].account for one in self.under_way if one.do == "look"
        )
        assert max(at_work.values(), default=0) <= 1, "two attempts at one account at once"
        for party, outcomes in self.ways.settled():
            assert party not in self.results
            self.results[party] = outcomes


@given(rosters(), st.randoms(use_true_random=False), st.booleans())
def test_no_account_is_exercised_by_two_attempts_at_once_and_everybody_gets_a_result(
    worlds: dict[Way, World], chance: random.Random, late: bool
) -> None:
    run = Run(worlds, list(worlds), chance.randrange(2**32), late=late)
    assert all(count == 1 for count in Counter(step.way for step in run.looked).values())
    for account in {world.account for world in worlds.values()}:
        numbers = [s.number for s in run.looked if worlds[s.way].account == account]
        assert numbers == list(range(len(numbers)))  # each attempt has pairs of its own


@given(rosters(), st.randoms(use_true_random=False))
def test_no_result_depends_on_the_order_of_rows_or_of_answers(
    worlds: dict[Way, World], chance: random.Random
) -> None:
    def run() -> Run:
        order = list(worlds)
        chance.shuffle(order)
        return Run(worlds, order, chance.randrange(2**32), late=False)

    one, other = run(), run()
    assert one.results == other.results
    assert {step.way for step in one.looked} == {step.way for step in other.looked}


@given(rosters(), st.randoms(use_true_random=False))
def test_whose_answer_is_late_changes_nobodys_result(
    worlds: dict[Way, World], chance: random.Random
) -> None:
    """Another way may have done the work, one that could do it as well."""

    def results(run: Run) -> dict[str, set[tuple[str, object, object]]]:
        def content(one: WayOutcome) -> object:
            refusals = worlds[one.by].refusals
            return refusals if one.what == "seen" and refusals == 0 else None

        return {
            party: {(one.what, worlds[one.by].leads_to, content(one)) for one in outcomes}
            for party, outcomes in run.results.items()
        }

    worlds = {
        # Whoever looks alone is not asked whether it may read: who may do everything says yes.
        one: world._replace(answer="reads" if world.refusals == 0 else world.answer)
        for one, world in worlds.items()
    }
    seed = chance.randrange(2**32)
    on_time = results(Run(worlds, list(worlds), seed, late=False))
    late = results(Run(worlds, list(worlds), seed, late=True))
    for party in on_time:
        good = {one for one in on_time[party] if one[2] == 0}
        assert good == {one for one in late[party] if one[2] == 0}
        assert {one[1] for one in on_time[party]} == {one[1] for one in late[party]}


@given(rosters(), st.randoms(use_true_random=False), st.booleans())
def test_whoever_may_read_an_account_gets_the_best_that_was_seen_and_nobody_else_does(
    worlds: dict[Way, World], chance: random.Random, late: bool
) -> None:
    run = Run(worlds, list(worlds), chance.randrange(2**32), late=late)
    for party, outcomes in run.results.items():
        own = [one for one in worlds if one.party == party]
        for outcome in outcomes:
            if outcome.what == "nowhere":
                assert outcome.by in own
                assert worlds[outcome.by].leads_to is None
                continue
            account = worlds[outcome.by].leads_to
            there = [one for one in worlds if worlds[one].leads_to == account]
            mine = [one for one in there if one in own]
            may = outcome.by in own or any(worlds[one].answer == "reads" for one in mine)
            assert outcome.what == "barred" or may
            readers = [one for one in there if worlds[one].answer == "reads"]
            if any(worlds[one].answer == "reads" for one in mine):
                assert outcome.what == "seen"
                best = min(worlds[one].refusals for one in readers)
                assert worlds[outcome.by].refusals <= best
        assert len({worlds[one.by].leads_to for one in outcomes if one.what != "nowhere"}) == len(
            {worlds[one].leads_to for one in own if worlds[one].leads_to}
        )


def looks(**worlds: World) -> tuple[list[str], dict[str, list[WayOutcome]]]:
    """Who looked, in turn, and the results, of ways by their party and name (``p1``)."""
    ways = {way(name, name[0]): world for name, world in worlds.items()}
    run = Run(ways, list(ways), 1, late=False)
    return [step.way.rank[0] for step in run.looked], run.results


def test_a_way_that_may_not_read_does_no_work_while_another_may() -> None:
    tried, results = looks(p1=World(answer="denied", refusals=5), q1=World())
    assert tried == ["q1"]
    assert [one.what for one in results["p"]] == ["barred"]
    assert results["q"] == [WayOutcome("seen", way("q1"))]


def test_after_a_refusal_the_next_way_to_the_account_is_tried() -> None:
    tried, results = looks(p1=World(refusals=3), p2=World(refusals=1), p3=World(), p4=World())
    assert tried == ["p1", "p2", "p3"]
    assert results["p"] == [WayOutcome("seen", way("p3"))]


def test_where_every_way_is_refused_something_the_least_refused_counts() -> None:
    _tried, results = looks(p1=World(refusals=3), q1=World(refusals=1), r1=World(refusals=2))
    assert {one.by for outcomes in results.values() for one in outcomes} == {way("q1")}


def test_a_lone_partys_account_is_looked_at_as_far_as_it_may_be() -> None:
    tried, results = looks(p1=World(answer="denied", refusals=2))
    assert tried == ["p1"]
    assert results["p"] == [WayOutcome("seen", way("p1"))]
    tried, results = looks(
        p1=World(answer="denied", refusals=2), p2=World(answer="denied", refusals=1)
    )
    assert tried == ["p1", "p2"]
    assert results["p"] == [WayOutcome("seen", way("p2"))]


def test_ways_that_may_read_nothing_are_not_tried_where_others_lead_there_too() -> None:
    denied = World(answer="denied", refusals=2)
    tried, results = looks(p1=denied, q1=denied)
    assert tried == []
    assert results == {
        "p": [WayOutcome("barred", way("p1"))],
        "q": [WayOutcome("barred", way("q1"))],
    }


def test_nor_where_a_partner_may_read_and_was_refused_something_else() -> None:
    tried, results = looks(p1=World(answer="denied", refusals=2), p2=World(refusals=3))
    assert tried == ["p2"]
    assert results["p"] == [WayOutcome("seen", way("p2"))]


def test_equal_keys_are_tried_once() -> None:
    ways = {way(name, name, "the same"): World(refusals=1) for name in "pqr"}
    run = Run(ways, list(ways), 1, late=False)
    assert [step.way.rank[0] for step in run.looked] == ["p"]
    assert {one.by for outcomes in run.results.values() for one in outcomes} == {way("p")}


def test_a_way_that_is_late_takes_up_what_was_refused() -> None:
    ways = Ways([way("p"), way("q")])
    ways.identified(way("p"), "A")
    assert ways.steps() == []
    ways.passed_over(way("q"))
    assert ways.steps() == [WayStep("look", way("p"))]
    ways.record_look(way("p"), 2)
    assert (ways.steps(), ways.settled()) == ([], [])
    ways.identified(way("q"), "A")
    assert ways.steps() == [WayStep("ask", way("p")), WayStep("ask", way("q"))]
    ways.record_access(way("q"), "reads")
    assert ways.steps() == []
    ways.record_access(way("p"), "denied")
    assert ways.steps() == [WayStep("look", way("q"), 1)]
    ways.record_look(way("q"), 0)
    assert ways.steps() == []
    assert dict(ways.settled()) == {
        "p": [WayOutcome("seen", way("p"))],
        "q": [WayOutcome("seen", way("q"))],
    }


def test_a_party_whose_account_was_seen_waits_for_nobody() -> None:
    ways = Ways([way("p"), way("q")])
    ways.identified(way("p"), "A")
    ways.passed_over(way("q"))
    ways.steps()
    ways.record_look(way("p"), 0)
    assert ways.steps() == []
    assert ways.settled() == [("p", [WayOutcome("seen", way("p"))])]
