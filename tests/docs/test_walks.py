"""The guides for contributors and for authors of checks, walked as they are written."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.docs.walks import (
    blocks,
    copy_of_the_source,
    has_a_place,
    replaced,
    section,
    walk,
)
from tools.former_wordings import FORMER
from tools.generate_contracts import ROOT
from tools.generate_reference import DOCS

if TYPE_CHECKING:
    from pathlib import Path

CONTRIBUTING = ROOT / "CONTRIBUTING.md"
A_SENTENCE = "Change a sentence"
WALKS = ("Add a check", "Add a field", "Add a resource", "Add a format", "Write a lab")


@pytest.mark.slow
def test_a_sentence_is_changed_as_the_guide_says(tmp_path: Path) -> None:
    here = copy_of_the_source(tmp_path / "here")
    printed = walk(section(CONTRIBUTING, A_SENTENCE), here)
    assert "which was 'Create a rule that runs the function.'" in printed
    assert "keeps 'Create a rule that runs the function.', which reports" in printed
    kept = json.loads((here / FORMER.relative_to(ROOT)).read_text(encoding="utf-8"))
    assert "Create a rule that runs the function." in kept


@pytest.mark.slow
@pytest.mark.sandbox
@pytest.mark.parametrize("title", WALKS)
def test_a_walk_ends_where_the_guide_says(title: str, tmp_path: Path) -> None:
    here = copy_of_the_source(tmp_path / "here")
    walk(section(CONTRIBUTING, title), here)
    checked = walk(
        "```sh\n.venv/bin/ruff check grader tests\n.venv/bin/ruff format --check grader tests\n"
        ".venv/bin/mypy\n```\n",
        here,
    )
    assert "All checks passed!" in checked
    assert "Success" in checked


@pytest.mark.sandbox
@pytest.mark.slow
@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("One from start to end", "Stage"),
        ("When absence is the question", "Dead letters"),
    ],
)
def test_a_check_of_ones_own_is_written_as_its_guide_says(
    title: str, said: str, tmp_path: Path
) -> None:
    shutil.copy(ROOT / "rubric.yaml", tmp_path)
    printed = walk(section(DOCS / "checks.md", title), tmp_path)
    assert "rubric.yaml: right, 13 criteria" in printed
    assert said in printed


@pytest.mark.parametrize("title", ["Set up", "Tests"])
def test_what_the_guide_types_is_typed_by_the_readme_or_the_ci_or_names_a_test(title: str) -> None:
    """No walk takes these. ``.ci/run`` has ruff in an environment of its own."""
    typed = "".join((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", ".ci/run"))
    shell = [block for _, kind, block in blocks(section(CONTRIBUTING, title)) if kind == "sh"]
    commands = "".join(shell).replace(" && ", "\n").splitlines()
    assert commands
    for command in commands:
        if found := re.fullmatch(r"\.venv/bin/pytest -n 0 (tests/\S+)(?: -k (\w+))?", command):
            assert (found[2] or "def test_") in (ROOT / found[1]).read_text(encoding="utf-8")
        else:
            program = re.escape(command.removeprefix(".venv/"))
            assert re.search(rf"{program}(?= |$)", typed, re.M), command


def test_each_block_of_the_guide_says_where_it_goes() -> None:
    text = CONTRIBUTING.read_text(encoding="utf-8")
    written = [(words, block) for words, kind, block in blocks(text) if kind not in {"sh", "po"}]
    assert [block for words, block in written if not has_a_place(words)] == []


@pytest.mark.parametrize("title", [A_SENTENCE, *WALKS])
def test_what_a_walk_replaces_stands_there_once(title: str) -> None:
    """The walks themselves take minutes: this says at once which of them is to be mended."""
    places = [*replaced(section(CONTRIBUTING, title))]
    assert places
    for name, text, written in places:
        there = ROOT / name
        source = there.read_text(encoding="utf-8") if there.exists() else ""
        assert written.count(text) or source.count(text) == 1, f"{title}: {text!r} in {name}"


def test_the_generators_of_the_guide_are_those_that_there_are() -> None:
    text = section(CONTRIBUTING, "What is generated")
    there = {path.stem for path in (ROOT / "tools").glob("*_*.py")}
    commands = {name for name in there if f"python -m tools.{name}`" in text}
    runnable = {
        name for name in there if "__main__" in (ROOT / f"tools/{name}.py").read_text("utf-8")
    }
    assert commands == runnable
