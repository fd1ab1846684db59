"""``rubric.yaml``: what is asked, of which resources, for how many points."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from grader import schemas
from grader.i18n.language import _
from grader.inputs.problems import BadInput, bad_input
from grader.inputs.schema_errors import schema_problems
from grader.inputs.text_file import read_text
from grader.inputs.yaml_lines import read_yaml
from grader.model.kind import SECTIONS
from grader.rubric.due import LateRule, due_problems
from grader.rubric.exchange import ExchangeRules  # noqa: TC001 - msgspec reads it
from grader.rubric.parts import found_problems
from grader.rubric.rules import FOUND, route, rule_problems

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.model.kind import Word
    from grader.model.outcome import CheckInfo

_LIMIT_BYTES = 256 * 1024
_PACKAGE = Path(__file__).parents[1]

Text: TypeAlias = str | dict[str, str]
"""A text in one language, or one per language code (``{en: …, fr: …}``)."""

Visibility: TypeAlias = Literal["hidden", "after_due_date", "after_published", "visible"]
"""When Gradescope shows a criterion to students."""


class Lab(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which resources the lab is made of: the rubric's name → AWS's name, empty where any will do.

    ``found`` are those that are looked for by the part they play, where none has the name.
    ``known_code`` holds the ``CodeSha256`` values of code that the course hands out.
    """

    region: str
    functions: dict[str, str]
    queues: dict[str, str]
    known_code: tuple[str, ...] = ()
    found: tuple[str, ...] = ()

    @property
    def named(self) -> dict[Word, dict[str, str]]:
        """The names of the resources of each word: the rubric's name → AWS's name."""
        return {word: getattr(self, section) for word, section in SECTIONS.items()}

    @property
    def names(self) -> dict[str, str]:
        """AWS's name of each resource, by the rubric's name, which is of one word only."""
        return {role: name for named in self.named.values() for role, name in named.items()}


class Criterion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the rubric. ``on`` names a resource or a route (``input -> sum``).

    ``visibility`` ``None`` leaves that to Gradescope.
    """

    id: str
    title: Text
    check: str
    on: str
    points: float
    expect: Any = None
    hint: Text = ""
    visibility: Visibility | None = None


class Rubric(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rubric as it was loaded: valid, every check known, every resource declared.

    ``source`` is the file's text, ``sha256`` its digest; both are set by the loader. ``due`` is ISO 8601
    with a zone, empty where the rubric has none; ``late`` is what lateness costs, if anything.
    """

    title: Text
    lab: Lab
    exchange: ExchangeRules
    criteria: tuple[Criterion, ...]
    source: str = ""
    sha256: str = ""
    due: str = ""
    late: LateRule | None = None

    @property
    def max_score(self) -> float:
        """The points of all criteria together."""
        return round(sum(criterion.points for criterion in self.criteria), 4)


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
        criterion["on"] = " -> ".join(route(criterion["on"]))
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
