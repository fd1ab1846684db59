"""What every page must be, whatever is in it: one file that loads nothing and runs only its own."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING

import pytest

from grader.pages.text import page_text
from tests.pages.classes_shown import HOSTILE
from tests.pages.reading import Page, every_page, page
from tests.quick_run import first_only_when_quick

if TYPE_CHECKING:
    from pathlib import Path

COHORTS = ["demo", "failing", "hostile"]
ADDRESSES = {"src", "href", "action", "data", "poster", "srcset", "xlink:href", "background"}


@pytest.fixture(scope="module", params=first_only_when_quick(COHORTS))
def pages(request: pytest.FixtureRequest, cohorts: dict[str, Path]) -> dict[str, Page]:
    root = cohorts[request.param]
    return {str(path.relative_to(root)): page(path) for path in every_page(root)}


def test_the_policy_allows_the_style_and_script_inside_and_nothing_else(
    pages: dict[str, Page],
) -> None:
    for one in pages.values():
        expected = {"default-src": ["'none'"], "base-uri": ["'none'"], "form-action": ["'none'"]}
        expected["style-src"] = [_hash(each.text) for each in one.all("style")]
        if one.all("script"):
            expected["script-src"] = [_hash(each.text) for each in one.all("script")]
        assert _policy(one) == expected


def _policy(one: Page) -> dict[str, list[str]]:
    (meta,) = one.all("meta", **{"http-equiv": "Content-Security-Policy"})
    rules = (rule.split() for rule in meta.attributes["content"].split(";"))
    return {name: values for name, *values in rules}


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_no_attribute_carries_style_or_code(pages: dict[str, Page]) -> None:
    for one in pages.values():
        for element in one.elements:
            odd = {name for name in element.attributes if name == "style" or name.startswith("on")}
            assert not odd, (element.tag, odd)


def test_nothing_is_loaded_and_links_lead_to_students_only(pages: dict[str, Page]) -> None:
    for one in pages.values():
        assert not re.search(r"@import|url\(", one.one("style").text)
        for element in one.elements:
            for name in ADDRESSES & element.attributes.keys():
                assert element.tag == "a"
                assert re.fullmatch(r"students/[\w.%@-]+/index\.html", element.attributes[name])


def test_only_the_class_page_has_a_script(pages: dict[str, Page]) -> None:
    assert {name: len(one.all("script")) for name, one in pages.items()} == {
        name: int(name == "index.html") for name in pages
    }


def test_every_link_of_the_class_page_leads_to_a_page(cohorts: dict[str, Path]) -> None:
    for name in COHORTS:
        links = page(cohorts[name] / "index.html").all("a")
        assert links
        for link in links:
            assert (cohorts[name] / link.attributes["href"]).is_file()


@pytest.mark.slow
def test_hostile_texts_are_text(cohorts: dict[str, Path]) -> None:
    for number, text in enumerate(HOSTILE, start=1):
        one = page(cohorts["hostile"] / f"students/h{number}/index.html")
        name = page_text(text, 120).strip() or f"h{number}"
        assert one.one("h1").text == name
        assert one.one("title").text.startswith(name)
        assert not {element.tag for element in one.elements} & {"img", "script", "textarea"}


def test_what_turns_or_hides_text_is_made_visible(cohorts: dict[str, Path]) -> None:
    for path in every_page(cohorts["hostile"]):
        source = path.read_text(encoding="utf-8")
        assert not re.search(r"[\u202a-\u202e\u2066-\u2069\u2028\x00\x1b\x85]", source)
        assert "\u0301" * 5 not in source


def test_a_joiner_ends_no_tower_of_accents() -> None:
    tower = "\u0627" + ("\u0301" * 4 + "\u200d") * 3
    assert page_text(tower, 120).count("\u0301") == 4
    assert page_text("علی\u200cزاده", 120) == "علی\u200cزاده"


def test_hostile_texts_are_bounded(cohorts: dict[str, Path]) -> None:
    assert max(path.stat().st_size for path in every_page(cohorts["hostile"])) < 1_000_000
