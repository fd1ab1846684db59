"""pytest, started for the judge: no set-up of the user's reaches it, and it prints nothing."""

from __future__ import annotations

import io
import os
import tempfile
from typing import TYPE_CHECKING, Any

import pytest
from _pytest._io import TerminalWriter

from grader.checks import fixtures
from grader.checks.declare import declared
from grader.judging.facts import FIXTURES
from grader.model.machine_limit import limit_reached

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from grader.checks.declare import Declared

# What a judge has no use for. Each costs hooks around every test.
_UNUSED = (
    *("cacheprovider", "capture", "debugging", "doctest", "faulthandler", "junitxml"),
    *("logging", "pastebin", "recwarn", "setuponly", "setupplan", "stepwise", "subtests"),
    *("threadexception", "tmpdir", "unittest", "unraisableexception", "warnings"),
)


class SilentPytest:
    """Silences pytest, and keeps the report that would have been saved."""

    def __init__(self) -> None:
        self.report: dict[str, Any] = {}
        self.fault: BaseException | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Put a writer to nowhere in the terminal reporter's place: others ask for it by name."""
        config.pluginmanager.unregister(name="terminalreporter")
        config.pluginmanager.register(_Nowhere(), "terminalreporter")

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
        """Keep what pytest itself failed by; of a limit of this machine it says nothing."""
        self.fault = excinfo.value
        return limit_reached(self.fault) is not None

    def pytest_json_modifyreport(self, json_report: dict[str, Any]) -> None:
        """Take the report."""
        self.report = json_report


class _Nowhere:
    def __init__(self) -> None:
        self._tw = TerminalWriter(io.StringIO())


def run_pytest(files: Sequence[Path], plugin: object, *options: str) -> dict[str, Any]:
    """pytest-json-report's report of one session over ``files``.

    Raises ``RuntimeError`` if pytest itself failed, or the limit of this machine by which it did.
    """
    engine = SilentPytest()
    with tempfile.TemporaryDirectory(prefix="grader-judge-") as root:
        code = pytest.main(
            [
                *("-c", os.devnull, "--rootdir", root, "--confcutdir", root),
                *("--noconftest", "--import-mode=importlib", "--disable-plugin-autoload"),
                *("-p", "pytest_jsonreport", "--json-report", "--json-report-file=none"),
                *("--json-report-omit", "collectors", "log", "traceback", "streams"),
                *("warnings", "keywords", "--tb=no", "--color=no", "-q"),
                *("-o", "python_files=*.py", "-o", "python_functions=test_*"),
                *(f"-pno:{name}" for name in _UNUSED),
                *options,
                "--",
                *map(str, files),
            ],
            plugins=[fixtures, FIXTURES, engine, plugin],
        )
    if code in {pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR}:
        if engine.fault is not None and limit_reached(engine.fault) is not None:
            raise engine.fault
        raise RuntimeError(f"pytest ended with {code!r}")
    return engine.report


def check_of(item: pytest.Item) -> Declared | None:
    """What the item's test function was declared to be."""
    return declared(getattr(item, "obj", None))
