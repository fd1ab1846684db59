"""Check files as an author writes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

Write: TypeAlias = Callable[..., Path]

HEAD = """
import os, re, subprocess, sys, threading, time
import pytest
from grader.checks import check, fail, same, block
"""
HANG = "threading.Event().wait()"
GENEROUS_S = 60.0
"""The limit where a test is not about it: a loaded machine takes its time."""


def write_checks(folder: Path, body: str, name: str = "check_own.py", head: str = HEAD) -> Path:
    """Write a check file, and give the folder it is in."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(head + body)
    return folder
