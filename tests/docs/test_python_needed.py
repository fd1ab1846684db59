"""The guides' first commands say which Python is needed, before pip tries in vain."""

from __future__ import annotations

import re
import shlex
import sys
from typing import TYPE_CHECKING

import pytest

from tests.programs import run
from tools.generate_reference import DOCS

if TYPE_CHECKING:
    from pathlib import Path

GUIDES = [
    DOCS.parent / "README.md",
    DOCS / "student.md",
    DOCS.parent / "student_template/README.md",
]


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_first_command_without_uv_says_which_python_is_needed(
    guide: Path, tmp_path: Path
) -> None:
    text = guide.read_text(encoding="utf-8")
    uv, *commands = re.split(r"^(python3 -c '.*?')", text, flags=re.MULTILINE)
    assert re.search(r"\buv (run|venv)\b", uv), "uv stands first"
    # uv and what brings it work with any Python.
    assert "pip install" not in re.sub(r"\buv pip install\b|\bpip install --user uv\b", "", uv)
    for command in commands[::2]:
        _python, option, code = shlex.split(command)
        assert run([sys.executable, option, code], cwd=tmp_path).returncode == 0
        older = code.replace("(3, 11)", f"({sys.version_info.major + 1}, 0)")
        refused = run([sys.executable, option, older], cwd=tmp_path)
        assert (refused.returncode, "Python 3.11 or later" in refused.stderr) == (1, True)
