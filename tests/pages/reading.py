"""Reading a page as a program does: its elements, its text, its policy."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Page:
    """Elements in their order, each with the text inside it."""

    source: str
    elements: list[Element] = field(default_factory=list)

    def all(self, tag: str, **attributes: str) -> list[Element]:
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}
        return [
            one
            for one in self.elements
            if one.tag == tag and wanted.items() <= one.attributes.items()
        ]

    def one(self, tag: str, **attributes: str) -> Element:
        (found,) = self.all(tag, **attributes)
        return found

    @property
    def text(self) -> str:
        return " ".join(self.one("body").text.split())


class _Reader(HTMLParser):
    BLOCKS = frozenset({"p", "div", "dt", "dd", "th", "td", "li", "h1", "h2", "h3", "summary"})
    EMPTY = frozenset({"meta", "link", "input", "rect", "br", "img", "line"})

    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page, self._open = page, list[Element]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._page.elements.append(element)
        if tag in self.BLOCKS:
            self.handle_data(" ")
        if tag not in self.EMPTY:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._page.elements.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data


def page(path: Path) -> Page:
    """The page in a file. Its elements must be closed in order."""
    made = Page(path.read_text(encoding="utf-8"))
    reader = _Reader(made)
    reader.feed(made.source)
    reader.close()
    assert not reader._open, "an element is left open"
    return made


def every_page(root: Path) -> list[Path]:
    """The pages of a results directory, the class page first."""
    return [root / "index.html", *sorted(root.glob("students/*/index.html"))]
