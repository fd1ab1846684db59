"""What the guides link to, in this repository, is there, down to the heading."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tools.generate_contracts import ROOT

if TYPE_CHECKING:
    from pathlib import Path

GUIDES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*/README.md")]
LINK = re.compile(r"\]\(([^)\s#]*)(?:#([^)\s]*))?\)")


def anchors(path: Path) -> set[str]:
    """The headings of a guide, as GitHub makes anchors of them."""
    text = re.sub(r"^```.*?^```$", "", path.read_text("utf-8"), flags=re.M | re.S)
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w -]", "", one).strip().lower().replace(" ", "-") for one in headings}


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_a_guide_links_to_is_there(guide: Path) -> None:
    for target, anchor in LINK.findall(guide.read_text("utf-8")):
        if "://" in target or target.startswith("mailto:"):
            continue
        path = (guide.parent / target).resolve() if target else guide
        assert path.exists(), target
        if anchor and path.suffix == ".md":
            assert anchor in anchors(path), f"{target}#{anchor}"


@pytest.mark.parametrize("name", ["SECURITY.md", "docs/decisions/0014-words.md"])
def test_the_files_that_are_named_for_what_they_hold_are_there(name: str) -> None:
    named = re.findall(r"`((?:grader|tests|docs)/[\w./-]+)`", (ROOT / name).read_text("utf-8"))
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []
