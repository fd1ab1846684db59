"""Turns YAML text into plain values, and remembers the line of each."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer, MaxDepthExceededError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import Reader

from grader.i18n.language import N_, _
from grader.inputs.problems import Problem, bad_input

KeyPath: TypeAlias = tuple[str | int, ...]
"""Where a value stands in a document: the keys and list indexes that lead to it."""

_MAX_DEPTH = 40
_MAX_NODES = 20_000
_TAG = "tag:yaml.org,2002:"
_TOO_MUCH = N_("The file holds more, or nests deeper, than a rubric can.")
_FLATTEN = N_("Write it without aliases (*name) and with fewer levels.")
_CHECK_AROUND = N_("Check the indentation, colons and quotes on this line and the one above.")

# What ruamel.yaml lets through, besides its own errors, on text that is hardly YAML.
_PARSER_FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True)
class Document:
    """A YAML document: its plain value, the line (from 1) of each place, and what is wrong with it.

    ``unread`` are the places whose value could not be read: they hold ``None``.
    Of two equal keys the first is kept.
    """

    value: object
    lines: dict[KeyPath, int]
    unread: frozenset[KeyPath]
    problems: tuple[Problem, ...]

    def line(self, place: KeyPath) -> int:
        """The line where ``place`` stands, or the nearest thing around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


class _QuietComposer(Composer):
    """Composes without Python warnings: the document's problems are all we report."""

    def __init__(self, loader: object = None) -> None:
        super().__init__(loader)
        self.warn_double_anchors = False


class _CountingReader(Reader):
    """Remembers the line it had reached when it was reset, which happens on errors too."""

    reached = 0

    def reset_reader(self) -> None:
        self.reached = getattr(self, "line", 0)
        super().reset_reader()


def read_yaml(text: str, file: str) -> Document:
    """The one YAML 1.2 document in ``text``. Nothing in it can name a Python object.

    Raises :class:`BadInput` when it is not YAML or is empty. Lesser faults (a key
    twice, a tag, ``.nan``) are in the result's ``problems``.
    """
    root = _compose(text, file)
    if root is None:
        remedy = _("Start from the rubric that comes with grader.")
        raise bad_input(file, 1, _("The file is empty."), remedy)
    reading = _Reading(file)
    value = reading.value(root, ())
    return Document(value, reading.lines, frozenset(reading.unread), tuple(reading.problems))


def _compose(text: str, file: str) -> Node | None:
    yaml = YAML(typ="safe", pure=True)
    yaml.Composer = _QuietComposer
    yaml.Reader = _CountingReader
    yaml.max_depth = _MAX_DEPTH
    try:
        node: Node | None = yaml.compose(text)
    except MaxDepthExceededError as error:
        line = 1 if error.problem_mark is None else error.problem_mark.line + 1
        raise bad_input(file, line, _(_TOO_MUCH), _(_FLATTEN)) from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(str(error.problem or _("it cannot be read")).split())[:200]
        line = 1 if mark is None else mark.line + 1
        message = _("This is not valid YAML: {fault}.", fault=what)
        raise bad_input(file, line, message, _(_CHECK_AROUND)) from None
    except YAMLError as error:
        # The reader's errors carry a position instead of a mark.
        position = getattr(error, "position", 0)
        line = text.count("\n", 0, position if isinstance(position, int) else 0) + 1
        message = _("This is not valid YAML: a character that cannot be shown.")
        raise bad_input(file, line, message, _("Delete it.")) from None
    except _PARSER_FAULTS:
        line = min(yaml.reader.reached, text.count("\n")) + 1
        raise bad_input(file, line, _("This is not valid YAML."), _(_CHECK_AROUND)) from None
    return node


class _UnreadableError(Exception):
    """A value that cannot be used: what is wrong with it, and the remedy."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message, self.remedy = message, remedy


@dataclass
class _Reading:
    """One walk over a document's nodes, collecting lines and problems on the way."""

    file: str
    lines: dict[KeyPath, int] = field(default_factory=dict)
    unread: set[KeyPath] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    nodes: int = 0

    def value(self, node: Node, place: KeyPath) -> object:
        line = node.start_mark.line + 1
        self.lines.setdefault(place, line)
        self.nodes += 1
        # Aliases are followed each time they stand: a few lines could mean billions of values.
        if self.nodes > _MAX_NODES or len(place) > _MAX_DEPTH:
            raise bad_input(self.file, line, _(_TOO_MUCH), _(_FLATTEN))
        kind = str(node.tag).removeprefix(_TAG)
        if isinstance(node, MappingNode) and kind == "map":
            return self._mapping(node, place)
        if isinstance(node, SequenceNode) and kind == "seq":
            return [self.value(item, (*place, i)) for i, item in enumerate(node.value)]
        try:
            return _scalar(node.value if isinstance(node, ScalarNode) else "", kind)
        except _UnreadableError as error:
            self.unread.add(place)
            self.problems.append(Problem(self.file, line, error.message, error.remedy))
            return None

    def _mapping(self, node: MappingNode, place: KeyPath) -> dict[str, object]:
        result: dict[str, object] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = key_node.value
            if not isinstance(key, str):
                message = _("A key must be a plain word.")
                self.problems.append(Problem(self.file, line, message, _("Put quotes around it.")))
            elif key in result:
                message = _(
                    "The key “{key}” stands twice here; the first is on line {line}.",
                    key=key[:60],
                    line=self.lines[*place, key],
                )
                self.problems.append(Problem(self.file, line, message, _("Remove one of them.")))
            else:
                self.lines[*place, key] = line
                result[key] = self.value(value_node, (*place, key))
        return result


def _scalar(text: str, kind: str) -> object:
    """The value of a scalar of the YAML type ``kind``. Dates stay text."""
    match kind:
        case "null":
            return None
        case "bool":
            return text.lower() in {"true", "yes", "on", "y"}
        case "int" | "float":
            return _number(text, kind)
        case "str" | "timestamp" | "merge" | "value":
            if re.search("[\ud800-\udfff]", text):
                message = _("The text holds half a character (\\ud8…).")
                raise _UnreadableError(message, _("Delete it."))
            return text
    raise _UnreadableError(_("A tag (!…) cannot be used here."), _("Remove it."))


def _number(text: str, kind: str) -> int | float:
    digits = text.replace("_", "").lower()
    try:
        if kind == "int":
            number: int | float = int(digits, 0 if re.match(r"[-+]?0[xob]", digits) else 10)
        else:
            number = float(digits)
    except ValueError:  # YAML spells .nan and .inf with a point
        number = math.nan
    # Past 2**53, JSON readers disagree on which number is meant.
    if math.isfinite(number) if isinstance(number, float) else abs(number) <= 2**53:
        return number
    message = _("“{text}” is not a number that can be used.", text=text[:30])
    raise _UnreadableError(message, _("Write an ordinary number."))
