"""One pytest session: the checks that a rubric names, over many observations."""

from __future__ import annotations

import faulthandler
import sys
import time
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader.checks.case import Bound, Case
from grader.checks.declare import declared
from grader.checks.raised import Failure, Withheld
from grader.checks.variables import with_checked_environment
from grader.i18n.language import N_
from grader.i18n.message import Message, message, shown, within_limit
from grader.judging.checks_without_setup import needs_no_setup, run_without_setup
from grader.judging.pytest_session import run_pytest
from grader.model.evidence import Evidence
from grader.model.outcome import Outcome, Verdict
from grader.model.resolve_types import resolve_types
from grader.safety.trace import trace_of, words_of

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Sequence
    from pathlib import Path

    from grader.checks.declare import Declared
    from grader.judging.note import Note
    from grader.model.observation import Observation
    from grader.rubric.rubric import Rubric

resolve_types(Message, Evidence)

_STDERR = 2
_START_S = 60.0
_SLACK = 0.1


class EscapeError(RuntimeError):
    """A check tried to end the whole session."""


def judge(
    files: Sequence[Path],
    rubric: Rubric,
    observations: Sequence[Observation],
    *,
    without: Collection[tuple[int, int]],
    note: Note,
    limit_s: float,
) -> list[list[Outcome]]:
    """The outcomes of every observation, in the rubric's order.

    ``without`` are the (criterion, observation) that are left out. What was kept from being judged
    (something in a check ended the session) is judged in a second one, without the test in which
    that happened; what has no outcome then is ungraded.
    """
    session = _Session(rubric, observations, set(without), note, limit_s)
    done = session.outcomes(files)
    cases = session.cases
    if len(done) < len(cases):
        culprit = session.current
        again = _Session(rubric, observations, set(without), note, limit_s)
        again.only = cases.keys() - done.keys() - {culprit}
        done.update(again.outcomes(files))
    judged: list[list[tuple[int, Outcome]]] = [[] for _ in observations]
    for nodeid, case in cases.items():
        outcome = done.get(nodeid) or _no_outcome(case, session.names[nodeid])
        judged[case.number].append((case.bound.number, outcome))
    return [
        [outcome for _, outcome in sorted(of_one, key=lambda pair: pair[0])] for of_one in judged
    ]


class _Session:
    """The plug-in that turns checks into cases, watches over each, and keeps what it said."""

    def __init__(
        self,
        rubric: Rubric,
        observations: Sequence[Observation],
        without: set[tuple[int, int]],
        note: Note,
        limit_s: float,
    ) -> None:
        self.rubric, self.without = rubric, without
        self.observations = [with_checked_environment(seen) for seen in observations]
        self.note, self.limit_s = note, limit_s
        self.only: Collection[str] | None = None
        self.cases: dict[str, Case] = {}
        self.names: dict[str, Message] = {}
        self.without_setup: set[str] = set()
        self.current = ""
        self._armed = float("-inf")
        self._explained: set[int] = set()

    def outcomes(self, files: Sequence[Path]) -> dict[str, Outcome]:
        """Run, and read pytest-json-report's outcomes, by the test's node id."""
        faulthandler.dump_traceback_later(_START_S + self.limit_s, exit=True, file=_STDERR)
        try:
            report = run_pytest(files, self)
        finally:
            self.pytest_sessionfinish()
        return {
            test["nodeid"]: _outcome(test, self.cases[test["nodeid"]], self.names[test["nodeid"]])
            for test in report.get("tests", ())
        }

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test for each criterion of this check, each observation and, if asked for, pair."""
        check = declared(metafunc.function)
        if check is None:
            return
        pairs = self.rubric.exchange.pairs if "pair_number" in metafunc.fixturenames else 0
        cases = [
            Case(bound, observation, number, pair)
            for bound in self._bound(check)
            for number, observation in enumerate(self.observations)
            if (bound.number, number) not in self.without
            for pair in (range(pairs) if pairs else (None,))
        ]
        if needs_no_setup(metafunc.definition):
            self.without_setup.add(metafunc.definition.nodeid)
        metafunc.parametrize("case", cases, indirect=True, ids=map(str, range(len(cases))))

    def _bound(self, check: Declared) -> list[Bound]:
        return [
            Bound.to(self.rubric, number, check.expect)
            for number, criterion in enumerate(self.rubric.criteria)
            if criterion.check == check.info.name
        ]

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Function]) -> None:
        """Keep what has a case; an unused check has none."""
        kept = []
        for item in items:
            case = item.callspec.params.get("case") if hasattr(item, "callspec") else None
            if isinstance(case, Case):
                self.cases[item.nodeid] = case
                self.names[item.nodeid] = _sentence(item, case)
                if self.only is None or item.nodeid in self.only:
                    kept.append(item)
        # pytest tears down what the next test does not need, and does not see those that run here.
        items[:] = sorted(kept, key=self._needs_setup)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Function) -> bool | None:
        """Say which test begins, and end the process if it does not end by itself.

        Only a thread of C's outlives a check that never lets go of the interpreter. A check that needs
        no set-up is run here, any other by pytest.
        """
        self.current = item.nodeid
        case = self.cases[item.nodeid]
        self.note.write(case.bound.number, case.number)
        if (now := time.monotonic()) - self._armed > self.limit_s * _SLACK:
            # Arming starts a thread: far dearer than a test, so one serves many tests in a row.
            limit_s = self.limit_s * (1 + _SLACK)
            faulthandler.dump_traceback_later(limit_s, exit=True, file=_STDERR)
            self._armed = now
        if self._needs_setup(item):
            return None
        run_without_setup(item, case)
        return True

    def _needs_setup(self, item: pytest.Function) -> bool:
        return item.nodeid.partition("[")[0] not in self.without_setup

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """No test is under way any more."""
        faulthandler.cancel_dump_traceback_later()
        self.note.clear()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_pyfunc_call(self) -> Generator[None, object, object]:
        """Keep a check that wants to end the session from ending it."""
        return (yield from _contained())

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(self) -> Generator[None, object, object]:
        """The same for a check's fixture."""
        return (yield from _contained())

    def pytest_json_runtest_metadata(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> dict[str, Any] | None:
        """What the test said, beside pytest's outcome."""
        if call.excinfo is None:
            return None
        raised = call.excinfo.value
        number = self.cases[item.nodeid].bound.number
        verdict = _verdict(raised)
        if verdict is None:
            if number not in self._explained:
                self._explained.add(number)
                sys.stderr.write(trace_of(raised, frames=5))
            error = within_limit(f"{type(raised).__name__}: {words_of(raised)}", 300)
            failed = message(N_("The check itself failed: {error}"), error=error)
            verdict = _ungraded(failed)
        return {"verdict": msgspec.to_builtins(verdict)}


def _contained() -> Generator[None, object, object]:
    try:
        return (yield)
    except (pytest.exit.Exception, KeyboardInterrupt) as stop:
        raise EscapeError(f"{type(stop).__name__}: {words_of(stop)}") from stop


def _verdict(raised: BaseException) -> Verdict | None:
    if isinstance(raised, Failure | Withheld):
        return raised.verdict
    if isinstance(raised, AssertionError | pytest.fail.Exception):
        text = within_limit(words_of(raised)) or N_("The check did not pass.")
        return Verdict("failed", text, template=text)
    if isinstance(raised, pytest.skip.Exception):
        return _ungraded(message(N_("The check left this out: {reason}"), reason=words_of(raised)))
    return None


def _ungraded(why: Message) -> Verdict:
    return Verdict(
        "ungraded", str(why), because="unexpected", template=why.message_id, values=why.values
    )


def _outcome(test: dict[str, Any], case: Case, name: Message) -> Outcome:
    said = test.get("metadata", {}).get("verdict")
    if said is not None:
        verdict = {name: said[name] for name in said if name not in {"advice", "evidence"}}
        return Outcome(
            case.bound.criterion.id,
            str(name),
            named=name,
            advice=msgspec.convert(said["advice"], Message | None),
            evidence=msgspec.convert(said["evidence"], Evidence | None),
            **verdict,
        )
    if test.get("outcome") == "passed" and "call" in test:
        return Outcome(case.bound.criterion.id, str(name), "passed", named=name)
    return _no_outcome(case, name)


def _no_outcome(case: Case, name: Message) -> Outcome:
    text = N_("This check ended without an outcome.")
    criterion = case.bound.criterion.id
    return Outcome(
        criterion, str(name), "ungraded", text, because="unexpected", template=text, named=name
    )


def _sentence(item: pytest.Function, case: Case) -> Message:
    """The test's docstring, first line: what a student reads as its name."""
    lines = (item.function.__doc__ or "").strip().splitlines()
    if not lines:
        return Message(item.originalname.removeprefix("test_").replace("_", " "))
    lab, expect = case.bound.rubric.lab, case.bound.expect
    template = lines[0].strip()
    values = {
        "expect": getattr(expect, "said", shown(expect)),
        "pair_number": None if case.pair is None else case.pair + 1,
        # The rubric's, where it gives one: a test keeps its name.
        "function": lab.functions.get(case.bound.target) or case.target_name,
        "queue": lab.queues.get(case.bound.source) or case.source_name,
        "target_queue": lab.queues.get(case.bound.target) or case.target_name,
    }
    return message(template, **{name: values[name] for name in values if f"{{{name}}}" in template})
