"""The references in ``docs/``: what a schema says of itself, as Markdown.

``python -m tools.generate_reference`` writes anew what stands between ``<!-- generated: … -->`` and
``<!-- end -->`` in the files of :data:`REFERENCES`; a test keeps them equal to their sources. What
stands around is written by hand.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.checks import lab
from grader.checks.declare import declared
from grader.resources.kinds import KINDS
from grader.schemas import load
from tools import author_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

DOCS = Path(__file__).parents[1] / "docs"
REFERENCES = ("rubric.md", "report.md", "checks.md", "permissions.md")

Schema = dict[str, Any]

_PART = re.compile(r"(<!-- generated: (\S+) (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)
_NAMED_VALUE = re.compile(r"\{(\w+)\}")
_REFERENCE = "#/$defs/"
_ANY = "any JSON value"


def rendered(text: str) -> str:
    """``text`` with every part that is generated as its source has it now.

    Raises ``KeyError`` for a part that names no generator.
    """

    def anew(part: re.Match[str]) -> str:
        return f"{part[1]}\n{_GENERATORS[part[2]](part[3])}\n{part[4]}"

    return _PART.sub(anew, text)


def parts(text: str) -> list[tuple[str, str]]:
    """The generated parts of a reference, each as its generator's name and what it is given."""
    return [(part[2], part[3]) for part in _PART.finditer(text)]


def write_all() -> None:
    """Write the generated parts of every reference anew."""
    for name in REFERENCES:
        path = DOCS / name
        path.write_text(rendered(path.read_text(encoding="utf-8")), encoding="utf-8")


def schema_reference(name: str) -> str:
    """A schema: one table for its root and one for each object that it refers to by name."""
    schema = load(name)
    return "\n".join(_section(schema, title, part) for title, part in sections(schema))


def sections(schema: Schema) -> list[tuple[str, Schema]]:
    """The objects with named keys in a schema, the root first, each with its title."""
    found = {
        name: part for name, part in schema.get("$defs", {}).items() if part.get("type") == "object"
    }
    root = schema.get("$ref", "").removeprefix(_REFERENCE)
    first = [(schema["title"], found.pop(root) if root else schema)]
    return first + [(name, part) for name, part in found.items() if "properties" in part]


def _meaning(schema: Schema, part: Schema) -> str:
    """What a part says of itself, then what the thing it refers to says, unless that has a table."""
    said = part.get("description", "")
    target = _target(schema, part)
    if target is not None and not (said and _is_section(target)):
        said = f"{said} {target['description']}"
    return _prose(said)


def checks_reference(_which: str) -> str:
    """The checks that come with the grader: what each judges, and what it takes."""
    rows = [
        (f"`{info.name}`", f"`{info.on}`", _expect(info.expect_schema), sentence)
        for info, sentence in _checks()
    ]
    return _table(("check", "judges a", "`expect`", "passes if"), rows)


def fixtures_reference(_which: str) -> str:
    """The fixtures that give a check the facts of an account: what each gives, and what it takes."""
    rows = [
        (
            f"`{need.fixture}`",
            f"`{kind.type.__name__}`",
            f"the {need.word} "
            + ("where `on` begins" if need.end == "source" else "where `on` ends"),
            ", ".join(f"`{action}`" for action in kind.actions),
        )
        for kind in KINDS
        for need in kind.needs
    ]
    return _table(("fixture", "gives a", "of", "looking takes"), rows)


def _checks() -> Iterator[tuple[Any, str]]:
    modules = [lab, *(sys.modules[kind.observe.__module__] for kind in KINDS if kind.checks)]
    for value in (value for module in modules for value in vars(module).values()):
        found = declared(value)
        if found is not None:
            sentence = inspect.getdoc(value) or ""
            named = _NAMED_VALUE.sub(lambda name: f"*{name[1].replace('_', ' ')}*", sentence)
            yield found.info, named


def _expect(schema: Mapping[str, Any] | None) -> str:
    if schema is None:
        return "–"
    optional = [part for part in schema.get("anyOf", ()) if part.get("type") != "null"]
    target = _target(dict(schema), optional[0] if optional else dict(schema))
    if target is None:
        return _kind(dict(schema), dict(schema))
    keys = (f"`{key}` ({_kind(dict(schema), part)})" for key, part in target["properties"].items())
    may = "nothing, or an " if optional else ""
    return f"{may}object with {', '.join(keys)}: {_prose(target['description'])}"


def _section(schema: Schema, title: str, part: Schema) -> str:
    required = part.get("required", [])
    described = any("description" in one for one in part["properties"].values())
    rows = []
    for key, one in part["properties"].items():
        row = [f"`{key}`", _kind(schema, one), _presence(key, one, required)]
        rows.append((*row, _meaning(schema, one)) if described else tuple(row))
    head = ("key", "type", "if left out", "meaning")[: len(rows[0])]
    about = _prose(part.get("description", ""))
    return "\n".join([f"### {title}", "", about, "", _table(head, rows)])


def _presence(key: str, part: Schema, required: list[str]) -> str:
    if key in required:
        return "required"
    return f"`{json.dumps(part['default'], ensure_ascii=False)}`" if "default" in part else "–"


def _kind(schema: Schema, part: Schema) -> str:
    """The type of a value, in words, with its bounds."""
    target = _target(schema, part)
    if target is not None:
        name = part["$ref"].removeprefix(_REFERENCE)
        if _is_section(target) and "$schema" not in schema:  # of a check, which has no tables
            return "object with " + " or ".join(f"`{key}`" for key in target["properties"])
        linked = _is_section(target)
        return f"[{name}](#{name.lower()})" if linked else _kind(schema, target)
    if "const" in part:
        return f"`{part['const']}`"
    if "enum" in part:
        return ", ".join(f"`{one}`" for one in part["enum"])
    if "anyOf" in part:
        return " or ".join(_kind(schema, one) for one in part["anyOf"])
    kinds = part.get("type", _ANY)
    words = " or ".join(kinds) if isinstance(kinds, list) else kinds
    if kinds == "array":
        return f"list of {_kind(schema, part.get('items', {}))}"
    inner = part.get("additionalProperties")
    if kinds == "object" and isinstance(inner, dict):
        return f"object: name to {_kind(schema, inner)}"
    return f"{words}{_bounds(part)}"


def _bounds(part: Schema) -> str:
    if "minimum" in part and "maximum" in part:
        return f", {part['minimum']:,} to {part['maximum']:,}"
    return f", at least {part['minimum']:,}" if "minimum" in part else ""


def _target(schema: Schema, part: Schema) -> Schema | None:
    """What a part refers to, ``None`` if it stands for itself."""
    name: str = part.get("$ref", "").removeprefix(_REFERENCE)
    found: Schema | None = (schema or part).get("$defs", {}).get(name)
    return found


def _is_section(part: Schema) -> bool:
    return part.get("type") == "object" and "properties" in part


def _prose(text: str) -> str:
    """A docstring as Markdown, in JSON's words."""
    joined = " ".join(text.split())
    return joined.replace("``None``", "``null``").replace("``", "`")


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(_cells(line))} |\n" for line in lines)


def _listed(lines: Iterator[tuple[str, ...]]) -> str:
    head, *rows = lines
    return _table(head, rows)


def _cells(line: tuple[str, ...]) -> list[str]:
    return [cell.replace("|", "\\|") for cell in line]


_GENERATORS: dict[str, Callable[[str], str]] = {
    "schema": schema_reference,
    "checks": checks_reference,
    "fixtures": fixtures_reference,
    "run-fixtures": lambda which: _listed(author_reference.run_fixtures(which)),
    "case-fixtures": lambda which: _listed(author_reference.case_fixtures(which)),
    "fields": author_reference.fields,
    "words": author_reference.words,
    "policy": author_reference.policy,
}


if __name__ == "__main__":
    write_all()
