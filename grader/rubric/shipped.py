"""The labs that come with the grader, each a rubric that is named without a path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.i18n.language import _
from grader.inputs.problems import bad_input
from grader.inputs.schema_errors import did_you_mean
from grader.rubric.load import default_rubric_path, shipped

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT = "lambda-sqs"
"""The lab that is graded unless another is named."""

_ENDINGS = (".yaml", ".yml")


def shipped_labs() -> dict[str, Path]:
    """The rubrics of all labs that come with the grader, by name; the default one first."""
    others = sorted(shipped("labs").glob("*.yaml"))
    return {DEFAULT: default_rubric_path(), **{path.stem: path for path in others}}


def resolve_rubric(path_or_lab: Path) -> Path:
    """The file that is meant by ``path_or_lab``: a path, or the name of a shipped lab.

    A lab's name comes before a file of that name here, ``./NAME`` too: an ending or its whole path tells
    such a file apart. Raises :class:`BadInput` for a name that is neither.
    """
    name, labs = str(path_or_lab), shipped_labs()
    # A folder that somebody handed over must not choose what a lab's name means.
    if name in labs:
        return labs[name]
    if path_or_lab.exists() or path_or_lab.suffix in _ENDINGS or path_or_lab.name != name:
        return path_or_lab
    message = _("There is no file and no shipped lab called “{name}”.", name=name[:80])
    raise bad_input("--rubric", None, message, did_you_mean(name, labs))


def shipped_name(given: Path) -> str | None:
    """The shipped lab whose rubric ``given`` means; ``None`` for one of somebody's own.

    Raises :class:`BadInput` for a name that is no file and no shipped lab.
    """
    meant = resolve_rubric(given)
    return next((name for name, path in shipped_labs().items() if path == meant), None)


def lab_path(name: str, option: str) -> Path:
    """The rubric of the shipped lab ``name``, which ``option`` gave. Raises :class:`BadInput`."""
    labs = shipped_labs()
    if name not in labs:
        message = _("There is no shipped lab called “{name}”.", name=name[:80])
        raise bad_input(option, None, message, did_you_mean(name, labs))
    return labs[name]
