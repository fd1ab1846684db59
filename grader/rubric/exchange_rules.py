"""What the exchange of a rubric must keep to beyond its schema: it can be drawn, sent and told apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from grader import schemas
from grader.i18n.language import _, plural
from grader.inputs.problems import Problem
from grader.inputs.schema_errors import did_you_mean, schema_problems, value_in_words
from grader.rubric.drawable import undrawable
from grader.rubric.exchange import PAIRS, RANGE, ExchangeRules, OneOf, Route, field_of, in_words
from grader.rubric.expression import ExpressionError, expression

if TYPE_CHECKING:
    from grader.inputs.yaml_lines import Document, KeyPath
    from grader.rubric.exchange import Field

_ROOM_PER_PAIR = 100
"""Far enough apart for any seed: at 80 a pair finds its place with few tries, at 60 not always."""

_ROUTE = ("from", "through", "to")
_MOST_WITHIN = 0.001
_DRAWN = ("whole", "real", "one_of")


def least_room(pairs: int) -> int:
    """How far apart the ends of the range must be for an exchange of ``pairs`` pairs.

    Enough for every pair that a run can draw: both direct invocations (one record and three) and each
    pair with a fresh one after it, all of them tried three times.
    """
    return _ROOM_PER_PAIR * (3 * (1 + 3) + 3 * (2 * pairs))


def route_of(exchange: object) -> Route:
    """The route in an exchange as it was written, as far as it can be read."""
    given = exchange.get("route") if isinstance(exchange, dict) else None
    known = given if isinstance(given, dict) else {}
    defaults = msgspec.to_builtins(Route())
    named = [known.get(name) for name in _ROUTE]
    return Route(
        *(
            one if isinstance(one, str) else defaults[name]
            for name, one in zip(_ROUTE, named, strict=True)
        )
    )


def exchange_problems(document: Document, file: str, lab: dict[str, Any]) -> list[Problem]:
    """Every rule that the exchange of a document breaks, as far as its shape lets it be read."""
    top = document.value if isinstance(document.value, dict) else {}
    given = top.get("exchange")
    rules = _Rules(document, file, given if isinstance(given, dict) else {})
    rules.check_route(lab)
    if rules.check_forms():
        rules.check_range()
    else:
        rules.check_message()
        rules.check_answer()
        if not rules.problems and not document.problems and _shaped(document, rules.given, file):
            for place, message, remedy in undrawable(rules.given):
                rules.say(place, message, remedy)
    return rules.problems


def _shaped(document: Document, exchange: dict[str, Any], file: str) -> bool:
    """The exchange keeps to its schema."""
    schema = schemas.load("rubric")
    part = {"$ref": "#/$defs/exchange", "$defs": schema["$defs"]}
    return not schema_problems(document, part, file, value=exchange, at=("exchange",))


@dataclass
class _Rules:
    document: Document
    file: str
    given: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)
    fields: dict[str, Field] = field(default_factory=dict)

    # -- the way --------------------------------------------------------------------------------

    def check_route(self, lab: dict[str, Any]) -> None:
        given = self.given.get("route")
        if not isinstance(given, dict):
            return
        sections = dict(zip(_ROUTE, ("queues", "functions", "queues"), strict=True))
        for name, section in sections.items():
            role, known = given.get(name), lab.get(section)
            if isinstance(role, str) and isinstance(known, dict) and role not in known:
                message = _(
                    "The lab declares no {name} under “{section}”.",
                    name=value_in_words(role),
                    section=section,
                )
                self.say(("route", name), message, did_you_mean(role, known))
        if route_of(self.given).source == route_of(self.given).to:
            message = _("The route leads from a queue to itself.")
            self.say(("route",), message, _("Name two different queues."))

    # -- the short form ---------------------------------------------------------------------------

    def check_forms(self) -> bool:
        """Whether the exchange uses the short form. Reports a problem if it uses both."""
        message = self.given.get("message")
        short: list[str] = [name for name in ("range", "answer_keys") if name in self.given]
        short += ["message"] if isinstance(message, list) else []
        long = ["answer"] if "answer" in self.given else []
        long += ["message"] if isinstance(message, dict) else []
        if short and long:
            what = _(
                "Both forms of the exchange at once: “{short}” is of the short one, “{long}” of the"
                " other.",
                short=short[0],
                long=long[0],
            )
            remedy = _(
                "Write message: {a: {whole: [100, 9999]}, …} and answer: {keys: […]}, and remove"
                " “range” and “answer_keys”."
            )
            self.say((short[0],), what, remedy)
        return not long

    def check_range(self) -> None:
        pairs, ends = self.given.get("pairs", PAIRS), self.given.get("range", list(RANGE))
        if not (_whole(pairs) and isinstance(ends, list) and len(ends) == 2):
            return
        low, high = ends
        # The sums, products and other near misses of all pairs must stay apart from one another.
        room = least_room(pairs)
        if _whole(low) and _whole(high) and 1 <= pairs <= 50 and high - low < room:
            message = plural(
                pairs,
                "The numbers from {low} to {high} are too few for {count} pair.",
                "The numbers from {low} to {high} are too few for {count} pairs.",
                low=low,
                high=high,
            )
            remedy = _(
                "Let the greatest be {room} or more above the least: [{low}, {high}].",
                room=room,
                low=low,
                high=low + room,
            )
            self.say(("range",), message, remedy)

    # -- what is sent -----------------------------------------------------------------------------

    def check_message(self) -> None:
        message = self.given.get("message")
        if not isinstance(message, dict):
            self.fields = ExchangeRules().fields
            return
        for name, given in message.items():
            self._check_field(("message", name), name, given)
        if self.fields.keys() == message.keys() and not any(
            hasattr(drawn, "whole") or hasattr(drawn, "real") for drawn in self.fields.values()
        ):
            what = _("Every message would be the same: no field is a number that is drawn.")
            remedy = _("Give one {whole: [100, 9999]} or {real: [1, 100], decimals: 2}.")
            self.say(("message",), what, remedy)

    def _check_field(self, at: KeyPath, name: str, given: object) -> None:
        if not isinstance(given, dict):
            if isinstance(given, list):
                return  # the schema says so
            self.fields[name] = field_of(given)
            return
        kinds = [kind for kind in _DRAWN if kind in given]
        if len(kinds) != 1:
            what = _(
                "“{field}” must be one of: whole, real, one_of, or a constant.", field=name[:60]
            )
            self.say(at, what, _("Write {whole: [100, 9999]}, for example."))
            return
        if "decimals" in given and kinds != ["real"]:
            what = _("“decimals” goes with “real” only.")
            self.say((*at, "decimals"), what, _("Remove it."))
        try:
            known = given if kinds == ["real"] else {kinds[0]: given[kinds[0]]}
            drawn = field_of(known)
        except msgspec.ValidationError:
            return  # the schema says so
        self.fields[name] = drawn
        ends = getattr(drawn, "whole", None) or getattr(drawn, "real", None)
        if ends is not None and not ends[0] < ends[1]:
            what = _(
                "The range of “{field}” is too narrow: it ends where it begins.", field=name[:60]
            )
            self.say((*at, kinds[0]), what, _("Write the least number first, then the greatest."))
        if isinstance(drawn, OneOf):
            self._check_values((*at, "one_of"), name, drawn)

    def _check_values(self, at: KeyPath, name: str, drawn: OneOf) -> None:
        if len(set(map(in_words, drawn.one_of))) < len(drawn.one_of):
            self.say(
                at, _("“{field}” names the same value twice.", field=name[:60]), _("Remove one.")
            )
            return
        pairs, count = self.given.get("pairs", PAIRS), len(drawn.one_of)
        if _whole(pairs) and count and pairs % count:
            what = _(
                "{pairs} pairs cannot send each of the {count} values of “{field}” equally often.",
                pairs=pairs,
                count=count,
                field=name[:60],
            )
            more = -(-pairs // count) * count
            remedy = _("Write a multiple of {count}: pairs: {more}.", count=count, more=more)
            self.say(("pairs",) if "pairs" in self.given else at, what, remedy)

    # -- what is right ----------------------------------------------------------------------------

    def check_answer(self) -> None:
        answer = self.given.get("answer")
        if not isinstance(answer, dict):
            return
        within = answer.get("within")
        if isinstance(within, int | float) and not 0 <= within <= _MOST_WITHIN:
            what = _(
                "“within” is {value}; it must be from 0 to {limit}.",
                value=within,
                limit=_MOST_WITHIN,
            )
            self.say(("answer", "within"), what, _("Write within: 1.0e-6, or 0 for exactly."))
        expect, at = answer.get("expect"), ("answer", "expect")
        if isinstance(expect, str):
            self._check_expression(at, expect)
        elif isinstance(expect, dict):
            self._check_branches(at, expect)

    def _check_branches(self, at: KeyPath, expect: dict[str, Any]) -> None:
        for value, text in expect.items():
            if value != "of" and isinstance(text, str):
                self._check_expression((*at, value), text)
        of = expect.get("of")
        if not isinstance(of, str):
            return  # the schema says so
        named = self.fields.get(of)
        if named is None and of not in self.given.get("message", {}):
            message = _("The message has no field {name}.", name=value_in_words(of))
            self.say((*at, "of"), message, did_you_mean(of, self.fields))
        elif named is not None and not isinstance(named, OneOf):
            message = _(
                "“of” names {name}, which is not one of some values.", name=value_in_words(of)
            )
            remedy = _("Give that field “one_of”, with the values below.")
            self.say((*at, "of"), message, remedy)
        elif isinstance(named, OneOf):
            values = [in_words(value) for value in named.one_of]
            for key in expect.keys() - {"of"} - set(values):
                message = _("“{field}” never is “{value}”.", field=of[:60], value=key[:60])
                self.say((*at, key), message, did_you_mean(key, values))
            for value in values:
                if value not in expect:
                    message = _(
                        "There is no answer for the value “{value}” of “{field}”.",
                        value=value[:60],
                        field=of[:60],
                    )
                    self.say(at, message, _("Add a line for it."))

    def _check_expression(self, at: KeyPath, text: str) -> None:
        try:
            found = expression(text)
        except ExpressionError as error:
            message = _("The expression cannot be used: {why}.", why=error)
            self.say(at, message, _("Write something like number1 + number2."))
            return
        known = self.fields.keys() | set(self.given.get("message") or ())
        for name in sorted(found.names - known):
            message = _(
                "The expression names {name}, which is no field of the message.",
                name=value_in_words(name),
            )
            self.say(at, message, did_you_mean(name, known))

    def say(self, place: KeyPath, message: str, remedy: str) -> None:
        """Note a problem at a place of the exchange."""
        line = self.document.line(("exchange", *place))
        self.problems.append(Problem(self.file, line, message, remedy))


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
