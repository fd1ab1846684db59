"""The scores of a class as bars, and as the numbers that the bars stand for."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from grader.pages.speech import Speech

_MOST_BARS = 21
_WIDTH, _HEIGHT = 720, 240
_MOST_TICKS = 4
# The page's style decides these, for light, dark and paper.
_LOOKS = ("fill", "stroke", "stroke-width", "font-family", "font-size")
_LONG_FRACTION = re.compile(r"(\.\d\d)\d+")


@dataclass(frozen=True)
class Bar:
    """How many scores lie from ``low`` up to the next bar's ``low``."""

    low: float
    students: int


def bars(scores: Sequence[float], most: float) -> list[Bar]:
    """The scores counted in steps of 1, 2 or 5 times a power of ten, 21 bars at most."""
    step = _step(max(most, *scores, 0.01) if scores else max(most, 0.01), _MOST_BARS - 1)
    top = max([most, *scores, 0.0])
    count = [0] * (math.floor(_steps(top, step)) + 1)
    for score in scores:
        count[math.floor(_steps(score, step))] += 1
    return [Bar(round(index * step, 6), students) for index, students in enumerate(count)]


def plot(counted: Sequence[Bar], speech: Speech) -> Markup:
    """The bars as an ``<svg>`` without style, script or link: the page's style paints it."""
    import leather  # type: ignore[import-untyped]

    most = max(bar.students for bar in counted)
    every = max(1, int(_step(max(most, 1), _MOST_TICKS)))
    top = math.ceil(max(most, 1) / every) * every
    chart = leather.Chart()
    chart.add_columns([(speech.number(bar.low), bar.students) for bar in counted])
    chart.set_x_scale(leather.Ordinal([speech.number(bar.low) for bar in counted]))
    chart.set_y_scale(leather.Linear(0, top))
    chart.add_y_axis(
        ticks=list(range(0, top + 1, every)),
        tick_formatter=lambda value, *_: speech.number(float(value)),
    )
    group = _unpainted(chart.to_svg_group(_WIDTH, _HEIGHT))
    return Markup(f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" aria-hidden="true">{group}</svg>')  # noqa: S704


def _step(span: float, most: int) -> float:
    """The smallest round step of which at most ``most`` make up ``span``."""
    power = 10.0 ** math.floor(math.log10(span / most))
    return next(
        power * round_one
        for round_one in (1, 2, 5, 10)
        if span / (power * round_one) <= most + 1e-9
    )


def _steps(value: float, step: float) -> float:
    return round(value / step, 9)


def _unpainted(drawn: Element) -> str:
    """The drawing with its shapes alone, their classes kept; the background is the page's."""
    from xml.etree.ElementTree import tostring  # written, never parsed

    for element in list(drawn):
        if element.tag == "rect":
            drawn.remove(element)
    for element in drawn.iter():
        for look in _LOOKS:
            element.attrib.pop(look, None)
        for name, value in element.attrib.items():
            element.attrib[name] = _LONG_FRACTION.sub(r"\1", value)
    return tostring(drawn, encoding="unicode")
