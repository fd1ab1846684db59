"""What ``pyproject.toml`` asks for, against what those packages ask for in their turn."""

from __future__ import annotations

import tomllib
from importlib.metadata import requires
from pathlib import Path

import pytest


@pytest.mark.sandbox
def test_the_boto3_of_the_sandbox_is_the_one_of_the_botocore_that_ministack_pins() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    boto3 = next(r for r in project["optional-dependencies"]["sandbox"] if r.startswith("boto3"))
    assert boto3.replace("boto3", "botocore") in (requires("ministack") or [])
