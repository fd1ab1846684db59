"""Everything that is looked at in one account, found where it has another name, and put to work."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from grader.i18n.language import N_
from grader.i18n.message import message
from grader.model.fact import Fact, Found, Missing, Unknown
from grader.model.observation import FoundAs
from grader.observe.exercise import Behaviour, exercise
from grader.observe.meant import but_another, idle, not_there
from grader.observe.obstacles import BEING_UPDATED, Stage
from grader.observe.target import target_of
from grader.observe.which_output import MOST_CANDIDATES, which_output
from grader.resources.find import NAMELESS, Finder, Several, ambiguous, not_found
from grader.resources.inventory import Inventory
from grader.resources.lab_access import EnvironmentNeeds
from grader.rubric.pairs import Pairs
from grader.rubric.parts import parts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from grader.aws.account_client import Aws
    from grader.model.kind import Kind, Word
    from grader.observe.assembled import Facts
    from grader.resources.ready import Waits
    from grader.rubric.needs import Needs
    from grader.rubric.rubric import Rubric

NOT_EXERCISED = Unknown.saying(
    "not-observed", N_("The function was not exercised (--no-exchange).")
)
NOBODY_ASKS = Unknown.saying("not-observed", N_("No criterion asks what the function does."))


class AccountObserver(EnvironmentNeeds):
    """Looks once at what the checks need; a :class:`~grader.resources.lab_access.LabView`."""

    def __init__(
        self,
        aws: Aws,
        rubric: Rubric,
        needs: Needs,
        waits: Waits,
        use: Mapping[str, str],
        *,
        may_exercise: bool,
    ) -> None:
        self.aws, self.waits = aws, waits
        self._rubric, self._needs, self._may_exercise = rubric, needs, may_exercise
        self._names = {**rubric.lab.names, **use}
        self.found_as = {
            role: FoundAs(name, "use", message(N_("which --use names")))
            for role, name in use.items()
        }
        self._finder: Finder | None = None
        self._several: dict[str, Several] = {}
        self._unused: Unknown | None = None
        self._kinds: list[Kind[Any]] = []
        self.facts: Facts = {}
        self.urls: dict[str, str | None] = {}
        self.pending: set[str] = set()
        self.began = 0.0

    def at(self, kinds: Iterable[Kind[Any]]) -> None:
        """Look at the needed resources of these kinds; wait for those in transition."""
        self.began = time.monotonic()
        for kind in kinds:
            self._kinds.append(kind)
            facts = self.facts[kind.fact] = {}
            for role in self._needs.facts[kind.fact]:
                nameless = kind.always and not self._names[role]
                facts[role] = NAMELESS if nameless else kind.observe(self, role)

    def find(self, kinds: Iterable[Kind[Any]], account_id: str) -> None:
        """Find what has no name, or another one than the rubric's, by the part it plays."""
        facts_by_role = {
            role: self.facts[kind.fact] for kind in kinds for role in self.facts[kind.fact]
        }
        of_kind = {role: kind for kind in kinds for role in self.facts[kind.fact]}
        names_by_role = {
            role: self._names[role]
            for role in facts_by_role
            if not isinstance(facts_by_role[role][role], Missing)
        }
        parts = parts_of(self._rubric, self._needs.facts["schedules"])
        self._finder = finder = Finder(
            Inventory(self.aws, account_id), parts, names_by_role, facts_by_role
        )
        sought = []
        for role, facts in facts_by_role.items():
            missing = facts[role]
            if role in self.found_as and isinstance(missing, Missing):
                facts[role] = self._unused = not_there(missing, role, self._names[role])
            elif role in self._rubric.lab.found and isinstance(missing, Missing):
                sought.append(role)
        for role in finder.order(sought):
            found = finder.find(role)
            if isinstance(found, FoundAs):
                self.found_as[role] = found
                names_by_role[role] = self._names[role] = found.name
                facts_by_role[role][role] = of_kind[role].observe(self, role)
                continue
            if isinstance(found, Several):
                self._several[role] = found
            if isinstance(missing := facts_by_role[role][role], Missing):
                facts_by_role[role][role] = not_found(missing, of_kind[role].word, role, found)
        for role, queues in self._needs.held.items():
            # Its variables were looked at before it was known which queue they may hold.
            if isinstance(facts_by_role[role][role], Found) and any(
                queue in self.found_as for queue in queues
            ):
                facts_by_role[role][role] = of_kind[role].observe(self, role)

    def say_instead(self, role: str) -> None:
        """Say which other resource plays the part that the one of the rubric's name does not play."""
        finder, lab = self._finder, self._rubric.lab
        if finder is None or role not in lab.found or role in self.found_as:
            return
        other = finder.instead(role)
        if other is not None:
            self.found_as[role] = but_another(self._names[role], role, other)

    def say_what_plays_no_part(self) -> None:
        """For each unconnected resource, record which other resource plays its role."""
        parts = parts_of(self._rubric, self._needs.facts["schedules"])
        for role in idle(parts, self.facts, self._names):
            self.say_instead(role)

    def name(self, role: str) -> str:
        """AWS's name of the resource."""
        return self._names[role]

    def fact(self, fact: str, role: str) -> Fact[Any]:
        """What was seen before."""
        return self.facts[fact][role]

    def others(self, word: Word, role: str) -> tuple[str, ...]:
        """The rubric's names of the functions or queues but that of ``role``."""
        named = self._rubric.lab.named[word]
        return tuple(name for other, name in named.items() if other != role and name)

    def fed_by(self, role: str) -> str | None:
        """AWS's name of the function that the exchange feeds from the queue."""
        route = self._rubric.exchange.route
        return self._names.get(route.through) or None if role == route.source else None

    def exercised(self, role: str) -> bool:
        """The exchange runs this function."""
        return (
            role == self._rubric.exchange.route.through
            and self._needs.exercise
            and self._may_exercise
        )

    def exercise(
        self,
        seed: int,
        account_id: str,
        attempt: int,
        on_exercise_start: Callable[[], None],
        on_answered: Callable[[Behaviour], None],
    ) -> Behaviour:
        """The function at work, where some check asks for it and the run may.

        ``on_exercise_start`` is called before what takes its time: all that is seen by looking, or by
        one question to the function where several queues could be its output, is known then.
        ``on_answered`` is given what it does once all that was sent has its right answer.
        """
        lab, rules = self._rubric.lab, self._rubric.exchange
        if not self._may_exercise:
            return Behaviour(NOT_EXERCISED, NOT_EXERCISED, NOT_EXERCISED)
        if not self._needs.exercise:
            return Behaviour(NOBODY_ASKS, NOBODY_ASKS, NOBODY_ASKS)
        route = rules.route
        through, source, to = route.through, route.source, route.to
        if through not in lab.functions or not {source, to} <= lab.queues.keys():
            none_named = N_("The rubric names no function between two queues.")
            absent = Unknown.saying("not-observed", none_named)
            return Behaviour(absent, absent, absent)
        if self._unused is not None:
            # Somebody meant another one: nothing is run on a guess.
            return Behaviour(self._unused, self._unused, self._unused)
        pairs = Pairs(rules, seed, account_id, attempt)
        untold = self._ask_for_output(pairs)
        if untold is not None:
            return Behaviour(untold, untold, untold)
        stage = Stage(
            function=self.facts["functions"][through],
            function_ready=through not in self.pending,
            input_name=self._names[source] or source,
            input=self.facts["queues"][source],
            input_url=self.urls.get(source),
            output=self.facts["queues"][to],
            output_url=self.urls.get(to),
            input_mappings=self.facts["mappings"][source],
            output_mappings=self.facts["mappings"][to],
            route=route,
        )
        done = exercise(self.aws, stage, rules, pairs, self.waits, on_exercise_start, on_answered)
        made = done.handler.value if isinstance(done.handler, Found) else None
        if made is not None and not made.answered and made.failure is None:
            self.say_instead(to)
        return done

    def _ask_for_output(self, pairs: Pairs) -> Unknown | None:
        """Ask the function itself which of several queues it answers into.

        Why what it does cannot be known then, where that is so.
        """
        rules, route = self._rubric.exchange, self._rubric.exchange.route
        several, to = self._several.get(route.to), route.to
        function, source = (
            self.facts["functions"][route.through],
            self.facts["queues"][route.source],
        )
        if several is None or self._finder is None or not isinstance(source, Found):
            return None
        if not isinstance(function, Found) or function.value.state == "Failed":
            return None
        # What feeds a function is the way in of something else: an answer there would set that off.
        names = [one.name for one in several.candidates if not self._finder.fed_by(one.name)]
        if not names or len(names) > MOST_CANDIDATES:
            return None
        mappings = self.facts["mappings"][route.source]
        target = target_of(function.value, mappings, source.value.arn, rules)
        chosen = (
            BEING_UPDATED
            if route.through in self.pending
            else which_output(self.aws, target, pairs, names, self.waits, ambiguous(to, several))
        )
        if isinstance(chosen, Unknown):
            # That no queue has the name that the rubric gives is certain all the same.
            if not self._rubric.lab.names.get(to):
                self._look_again(to, lambda _kind: chosen)
            return chosen
        if chosen is not None:
            self.found_as[to], self._names[to] = chosen, chosen.name
            self._look_again(to, lambda kind: kind.observe(self, to))
            if to in self._needs.held.get(route.through, ()):
                # Its variables were looked at before it was known which queue they may hold.
                self._look_again(
                    route.through, lambda kind: kind.observe(self, route.through), only="functions"
                )
        return None

    def _look_again(
        self, role: str, look: Callable[[Kind[Any]], Fact[Any]], only: str | None = None
    ) -> None:
        """Look at ``role`` again, and replace the facts of each kind by what ``look`` returns."""
        for kind in self._kinds:
            if role in self.facts[kind.fact] and only in {None, kind.fact}:
                self.facts[kind.fact][role] = look(kind)
