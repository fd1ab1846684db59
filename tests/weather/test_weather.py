"""One grading in each kind of weather; `.ci/long` has five submissions and three seeds of each."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from tests.fault_proxy import Request, Response
from tests.weather.kinds import KINDS
from tests.weather.season import Came, Cell, season
from tests.weather.sky import Weather

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.server import Sandbox
    from tests.fault_proxy import Ask

SCALE = 0.1
OF_COUNTS = {"counts-down-late", "counts-down-very-late", "counts-up-late"}
"""Where a count could make a reader of nobody, or nobody of a reader: something has to be silent."""

QUICK = {"date-ahead"}

OVER_BEFORE_IT_IS_ASKED = {"counts-down-late"}
"""Shortened to two seconds, the count is right again by the time that somebody asks for it."""


def cell_of(kind: str) -> Cell:
    return Cell(kind, "first-record-only" if kind in OF_COUNTS else "result-text", 1)


@pytest.fixture(scope="module")
def came(
    request: pytest.FixtureRequest, aws_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> dict[Cell, Came]:
    """What came of each kind that some chosen test is about, all of them at once."""
    kinds = {item.callspec.params["kind"] for item in request.session.items if _is_of(item)}
    chosen = [cell_of(kind) for kind in KINDS if kind in kinds]
    folder: Path = tmp_path_factory.mktemp("weather")
    return season(aws_sandbox, chosen, scale=SCALE, keep=folder)


def _is_of(item: Any) -> bool:
    return getattr(item, "originalname", "") == "test_no_weather_costs_a_point"


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=() if kind in QUICK else pytest.mark.slow) for kind in KINDS],
)
def test_no_weather_costs_a_point(came: dict[Cell, Came], kind: str) -> None:
    cell = cell_of(kind)
    assert came[cell].wrong(cell) == [], came[cell].did[-40:]
    assert len(came[cell].reports) == (2 if kind == "another-grader" else 1)
    assert came[cell].did or kind in OVER_BEFORE_IT_IS_ASKED, "it was calm"


def test_what_befalls_a_request_does_not_depend_on_others_beside_it() -> None:
    def falls(beside: bool) -> list[bool]:
        fell: list[bool] = []

        def kind(weather: Weather, request: Request, ask: Ask) -> Response:
            response = ask(request)
            if request.operation == "ReceiveMessage":
                fell.append(weather.chance(0.5))
            return response

        weather = Weather("any", kind, seed=1)
        other = Request("1", "DeleteMessage", "POST", "/", {}, b"")
        mine = Request("1", "ReceiveMessage", "POST", "/", {}, b"")

        def ask(request: Request) -> Response:
            if beside and request is mine:
                meanwhile = threading.Thread(target=weather.treat, args=(other, ask))
                meanwhile.start()
                meanwhile.join()
            return Response(200, {}, b"{}")

        for _ in range(30):
            weather.treat(mine, ask)
        return fell

    assert falls(beside=False) == falls(beside=True)
