"""Reading check files: which checks they hold, or what is wrong with them and where."""

from __future__ import annotations

import faulthandler
import inspect
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from grader.checks.declare import declared
from grader.i18n.language import _
from grader.inputs.problems import Problem
from grader.inputs.schema_errors import perhaps_meant
from grader.judging.check_files import LAB_CHECKS
from grader.judging.facts import FIXTURES_MODULE, NEEDS, needs_of_check
from grader.judging.pytest_session import check_of, run_pytest
from grader.judging.worker_tasks import FoundChecks
from grader.model.kind import Need
from grader.rubric.rules import SHAPES, shape_in_words

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from pathlib import Path

    from grader.judging.note import Note
    from grader.model.outcome import CheckInfo

_STDERR = 2


def collect(files: Sequence[Path], note: Note, limit_s: float) -> FoundChecks:
    """The checks that ``files`` hold, and what is wrong with them.

    Reading one of the author's files may take ``limit_s`` seconds, then the process ends. The lab's
    own checks, and whatever pytest does before and between, are not timed.
    """
    collection = _Collection(files, note, limit_s)
    try:
        run_pytest(files, collection, "--collect-only")
    finally:
        note.clear()
    return FoundChecks(collection.checks, collection.problems)


class _Collection:
    """The plug-in that looks at what pytest collected."""

    def __init__(self, files: Sequence[Path], note: Note, limit_s: float) -> None:
        self.places = {file: place for place, file in enumerate(files) if file not in LAB_CHECKS}
        self.note, self.limit_s = note, limit_s
        self.checks: dict[str, CheckInfo] = {}
        self.problems: list[Problem] = []
        self._seen: set[int] = set()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Import each file under watch, and keep what went wrong as a problem of that file."""
        file = collector.path
        if file in self.places:  # the module, and the classes in it
            self.note.write(self.places[file])
            faulthandler.dump_traceback_later(self.limit_s, exit=True, file=_STDERR)
        try:
            report = yield
            if isinstance(collector, pytest.Module):
                self._look_at(collector, report)
        except (SystemExit, KeyboardInterrupt) as stop:
            self.problems.append(_problem(file, stop))
            return pytest.CollectReport(collector.nodeid, "failed", None, [])
        finally:
            # The note stays: what ends the process between two files, the last one began.
            faulthandler.cancel_dump_traceback_later()
        return report

    def _look_at(self, module: pytest.Module, report: pytest.CollectReport) -> None:
        call: Any = getattr(report, "call", None)
        if not report.passed and call is not None:
            self.problems.append(_problem(module.path, call.excinfo.value))
        elif report.passed:
            self._misnamed(module)

    def _misnamed(self, module: pytest.Module) -> None:
        for name, value in vars(module.obj).items():
            check = declared(value)
            if check is None or name.startswith("test_") or value.__module__ != module.obj.__name__:
                continue
            message = _(
                "The check “{check}” is a function that pytest does not collect.",
                check=check.info.name,
            )
            self._refuse(check.info, message, _("Name it {name}.", name=f"test_{name}"))

    def pytest_itemcollected(self, item: pytest.Function) -> None:
        """Take one test function, once."""
        if id(item.function) in self._seen:
            return
        self._seen.add(id(item.function))
        check = check_of(item)
        if check is None:
            line = inspect.unwrap(item.function).__code__.co_firstlineno
            message = _("{name} is not bound to a check.", name=item.function.__name__)
            remedy = _("Put @check(name, on=...) above it.")
            self.problems.append(Problem(str(item.path), line, message, remedy))
            return
        info = replace(check.info, needs=needs_of_check(self._ours(item)))
        first = self.checks.setdefault(info.name, info)
        if first is not info:
            message = _(
                "The check “{check}” is already defined at {place}.",
                check=info.name,
                place=f"{first.file}:{first.line}",
            )
            self._refuse(info, message, _("Give it another name."))
        if inspect.iscoroutinefunction(item.function):
            message = _("{name} is async.", name=item.function.__name__)
            self._refuse(info, message, _("A check is a plain function."))
        self._unknown_fixtures(item, info)
        self._unobservable(info)

    def _ours(self, item: pytest.Function) -> Iterator[str]:
        """The fixtures that the test asks for, but those that an author's own stand in for."""
        for name in item.fixturenames:
            for definition in reversed(item._fixtureinfo.name2fixturedefs.get(name, ())):
                if definition.func.__module__ == FIXTURES_MODULE:
                    yield name
                if name not in definition.argnames:
                    break

    def _unknown_fixtures(self, item: pytest.Function, info: CheckInfo) -> None:
        known = item._fixtureinfo.name2fixturedefs
        if "request" in inspect.signature(item.function).parameters:
            message = _(
                "{name} takes “request”: what it asks for by it, nobody sees before.",
                name=item.name,
            )
            self._refuse(info, message, _("Name the fixtures as arguments."))
        for name in item.fixturenames:
            if name in known or name == "request":
                continue
            self._refuse(
                info, _("There is no fixture “{name}”.", name=name), perhaps_meant(name, NEEDS)
            )

    def _unobservable(self, info: CheckInfo) -> None:
        """Refuse a check that asks for facts which what it judges never has, under any rubric."""
        if not isinstance(info.on, str) or info.on not in SHAPES:
            message = _("No check judges a “{word}”.", word=info.on)
            self._refuse(info, message, perhaps_meant(str(info.on), SHAPES))
            self.checks.pop(info.name, None)  # nothing can be said of a criterion that names it
            return
        variables = Need("environment", "functions", "function", "target")
        for need in (*info.needs, *([variables] if info.environment else ())):
            if need.end is None or _has(info.on, need):
                continue
            message = _(
                "The check “{check}” judges a {kind}, which has no “{fixture}”.",
                check=info.name,
                kind=shape_in_words(info.on),
                fixture=need.fixture,
            )
            fits = ", ".join(f'on="{shape}"' for shape in SHAPES if _has(shape, need))
            remedy = _("Ask for something else, or write one of: {shapes}.", shapes=fits)
            self._refuse(info, message, remedy)

    def _refuse(self, info: CheckInfo, message: str, remedy: str) -> None:
        self.problems.append(Problem(info.file, info.line, message, remedy))


def _has(shape: str, need: Need) -> bool:
    """Whether a resource that an ``on`` of this shape names has such a fact."""
    return shape.split(" -> ")[0 if need.end == "source" else -1] == need.word


def _problem(file: Path, raised: BaseException) -> Problem:
    if isinstance(raised, pytest.Collector.CollectError) and raised.__cause__ is not None:
        raised = raised.__cause__
    frames = traceback.extract_tb(raised.__traceback__)
    line = next((frame.lineno for frame in reversed(frames) if frame.filename == str(file)), None)
    if isinstance(raised, SyntaxError) and raised.filename == str(file):
        message = _("Python cannot read this line: {fault}.", fault=raised.msg)
        return Problem(str(file), raised.lineno, message)
    if isinstance(raised, SystemExit):
        return Problem(str(file), line, _("This file ends the program when it is imported."))
    fault = f"{type(raised).__name__}: {raised}"
    return Problem(str(file), line, _("This file cannot be imported: {fault}", fault=fault))
