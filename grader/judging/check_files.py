"""Which files hold checks: those of the lab, and an author's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from grader.resources.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

LAB_CHECKS = (
    Path(__file__).parent.parent / "checks" / "lab.py",
    *(Path(kind.checks) for kind in KINDS if kind.checks),
)
"""The lab's checks, and those that come with a kind of resource."""


def own_check_files(folders: Sequence[Path]) -> list[Path]:
    """The check files ``test_*.py`` and ``check_*.py`` of each folder, whole paths, in order."""
    patterns = ("test_*.py", "check_*.py")
    found = (file for folder in folders for pattern in patterns for file in folder.glob(pattern))
    return sorted({file.resolve() for file in found})
