"""Reading ``rubric.yaml``: a :class:`Rubric`, or everything that is wrong with the file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from grader import schemas
from grader.i18n.language import _
from grader.inputs.problems import BadInput, bad_input
from grader.inputs.schema_errors import schema_problems
from grader.inputs.text_file import read_text
from grader.inputs.yaml_lines import read_yaml
from grader.model.kind import SECTIONS
from grader.rubric.due import due_problems
from grader.rubric.parts import found_problems
from grader.rubric.rubric import Rubric
from grader.rubric.rules import FOUND, rule_problems, split_on

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.model.outcome import CheckInfo
    from grader.rubric.rubric import Text

_LIMIT_BYTES = 256 * 1024
_PACKAGE = Path(__file__).parents[1]


def load_rubric(
    path: Path, checks: Mapping[str, CheckInfo] | None, *, more_checks: bool = False
) -> Rubric:
    """The rubric in the YAML file at ``path``.

    ``checks`` are the known checks by name; with ``None`` the names of checks and what they expect
    are not verified. ``more_checks``: there may be others, so that only a name that is nearly a known
    one is called unknown. Raises :class:`BadInput` with every problem, each with its
    line.
    """
    file = read_text(path, limit_bytes=_LIMIT_BYTES)
    document = read_yaml(file.text, str(path))
    problems = {
        *document.problems,
        *schema_problems(document, schemas.load("rubric"), str(path)),
        *rule_problems(document, checks, str(path), more_checks=more_checks),
        *due_problems(document, str(path)),
        *found_problems(document, None if more_checks else checks, str(path)),
    }
    if problems:
        raise BadInput(problems)
    value = dict(document.value) if isinstance(document.value, dict) else {}
    del value["schema"]
    value.setdefault("exchange", {})
    for criterion in value["criteria"]:
        criterion["on"] = " -> ".join(split_on(criterion["on"]))
    value["lab"] = _with_names(value["lab"])
    try:
        rubric = msgspec.convert(value, Rubric)
    except msgspec.ValidationError as error:  # the schema and the types disagree: ours to mend
        message = _("The rubric does not fit: {fault}.", fault=error)
        raise bad_input(path, 1, message) from None
    return msgspec.structs.replace(rubric, source=file.text, sha256=file.sha256)


def _with_names(lab: Mapping[str, Any]) -> dict[str, Any]:
    """The lab with a name for each resource, and which of them are found, apart."""
    plain, found = dict(lab), []
    for section in SECTIONS.values():
        plain[section] = dict(lab[section])
        for role, given in lab[section].items():
            if given == FOUND or isinstance(given, dict):
                plain[section][role] = "" if given == FOUND else given["name"]
                found.append(role)
    return plain | {"found": found}


def default_rubric_path() -> Path:
    """The rubric that comes with the grader: in the package, or beside it in a checkout."""
    return shipped("rubric.yaml")


def shipped(name: str) -> Path:
    """What comes with the grader under ``name``, in the package or beside it in a checkout."""
    packaged = _PACKAGE / name
    return packaged if packaged.exists() else _PACKAGE.parent / name


def text_in(text: Text, lang: str) -> str:
    """The text in the language ``lang``, else in English, else in whichever there is."""
    if isinstance(text, str):
        return text
    return text.get(lang) or text.get("en") or next(iter(text.values()), "")
