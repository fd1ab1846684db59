"""What a rubric asks: of which resources, by which checks, for how many points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from grader.model.kind import SECTIONS
from grader.model.resolve_types import resolve_types
from grader.rubric.due import LateRule  # noqa: TC001 - msgspec reads it
from grader.rubric.exchange import ExchangeRules  # noqa: TC001 - msgspec reads it

if TYPE_CHECKING:
    from grader.model.kind import Word

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


resolve_types(Rubric)
