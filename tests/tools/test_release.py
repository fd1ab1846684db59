"""What a release moves, and what is tried first before a change lands."""

from __future__ import annotations

import json
import re
import sys
import tomllib

import pytest

from grader import __version__
from tests.programs import run
from tools.generate_contracts import ROOT

CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
SECTIONS = re.findall(r"^## (\d+\.\d+\.\d+)( \(unreleased\))?$", CHANGELOG, re.M)
POINTS_AT = re.compile(r"\]\(([^)\s]*)|^ *\[[^\]]+\]: *(\S+)|(?:src|href)=[\"']?([^\"'\s>]+)", re.M)
"""What a link or a picture of Markdown, or of HTML in it, points at."""


def test_the_version_stands_in_one_file() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["hatch"]["version"]["path"] == "grader/__init__.py"
    written = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "grader").rglob("*.py")
        if f'"{__version__}"' in path.read_text(encoding="utf-8")
    ]
    assert written == ["grader/__init__.py"]


def test_every_version_has_a_section_of_the_changelog_the_newest_first() -> None:
    versions = [tuple(map(int, version.split("."))) for version, _open in SECTIONS]
    assert versions == sorted(versions, reverse=True)
    assert __version__ in [version for version, _open in SECTIONS]
    still_open = [version for version, unreleased in SECTIONS if unreleased]
    assert still_open in ([], [SECTIONS[0][0]]), "only the newest section is unreleased"


def test_what_takes_seconds_is_tried_first() -> None:
    text = (ROOT / ".ci/run").read_text(encoding="utf-8")
    steps = [
        *("bin/ruff check .", "bin/ruff format --check .", "bin/shellcheck"),
        *('bash -euo pipefail -c "${tests% && *}"', "bin/lint-imports", "bin/mypy\n"),
        *("apt-get", "readme_command 'grader demo'", 'bash -euo pipefail -c "$tests"'),
    ]
    places = [text.index(step) for step in steps]
    assert places == sorted(places)


def test_what_an_index_shows_points_at_nothing_that_lies_in_the_repository() -> None:
    pytest.importorskip("hatch_fancy_pypi_readme", reason="needs the extra test")
    built = run([sys.executable, "-m", "hatchling", "metadata"], cwd=ROOT)
    assert built.returncode == 0, built.stderr
    readme = json.loads(built.stdout)["readme"]
    assert readme["content-type"] == "text/markdown"
    text = re.sub(r"^```.*?^```$", "", readme["text"], flags=re.M | re.S)
    targets = [target for groups in POINTS_AT.findall(text) for target in groups if target]
    assert targets
    assert [target for target in targets if not target.startswith("https://")] == []
    assert "docs/instructor.md" in text
