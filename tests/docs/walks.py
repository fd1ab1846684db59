"""A guide's walk, taken as it is written, in a copy of the source.

A block of code goes where the words before it say: *New file `PATH`*, *at the end of `PATH`*, or *in
`PATH`, instead of `TEXT`*. A block ``sh`` is commands, each of which ends with status 0 or with the one
that its comment names; a block ``po`` is what a translator writes into the catalogue.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.programs import environment, run
from tools.generate_contracts import ROOT
from tools.update_catalogues import place

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

_BLOCK = re.compile(r"((?:^(?!```).*\n)*)^```(\w+)\n((?:^(?!```).*\n)*)^```$", re.M)
_NEW = re.compile(r"[Nn]ew file\s+`([^`]+)`")
_END = re.compile(r"[Aa]t the end of `([^`]+)`")
_INSTEAD = re.compile(r"[Ii]n `([^`]+)`,\s+instead of\s+`([^`]+)`")
_STATUS = re.compile(r"# status (\d+)$")
_ENTRY = re.compile(r'^msgid "(.*)"\nmsgstr "(.*)"$', re.M)
_LIMIT_S = 1200
"""Against hanging, not of speed: a walk runs many tests, some of them beside other tests."""
_NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv*", "__pycache__", ".*_cache", "node_modules", ".terraform", "cdktf.out"
)


def section(guide: Path, title: str) -> str:
    """The part of a guide under the heading ``title``, to the next of its level."""
    text = guide.read_text(encoding="utf-8")
    _, there, after = text.partition(f"\n## {title}\n")
    assert there, f"{guide.name} has no section {title}"
    return re.split(r"^## ", after, maxsplit=1, flags=re.M)[0]


def copy_of_the_source(folder: Path) -> Path:
    """The source, in ``folder``, with the virtual environment that runs the tests."""
    shutil.copytree(ROOT, folder, ignore=_NOT_COPIED)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def blocks(text: str) -> Iterator[tuple[str, str, str]]:
    """Each block of code: the paragraph before it, its language, and what it holds."""
    for before, language, block in _BLOCK.findall(text):
        yield before.strip().rpartition("\n\n")[2], language, block


def has_a_place(words: str) -> bool:
    """Whether the paragraph before a block says where it goes, or that it goes nowhere."""
    places = (_NEW, _END, _INSTEAD)
    return "For instance" in words or any(said.search(words) for said in places)


def replaced(text: str) -> Iterator[tuple[str, str, str]]:
    """What a walk puts something else in the place of: the file, the text, and what the walk itself
    wrote there before."""
    written: dict[str, str] = {}
    for words, _language, block in blocks(text):
        if found := _INSTEAD.search(words):
            yield found[1], found[2], written.get(found[1], "")
        said = found or _NEW.search(words) or _END.search(words)
        if said:
            written[said[1]] = written.get(said[1], "") + block


def walk(text: str, folder: Path) -> str:
    """Do what ``text`` says in ``folder``: what its commands printed."""
    env = with_programs(environment(PYTHONPATH=str(folder), PYTHONDONTWRITEBYTECODE="1"))
    printed = ""
    for words, language, block in blocks(text):
        if language == "sh":
            printed += _typed(block, folder, env)
        elif language == "po":
            _translate(block, folder)
        elif found := _NEW.search(words):
            (folder / found[1]).parent.mkdir(parents=True, exist_ok=True)
            (folder / found[1]).write_text(block, encoding="utf-8")
        elif found := _END.search(words):
            with (folder / found[1]).open("a", encoding="utf-8") as file:
                # As anybody would write it, and as the style has it.
                file.write(f"\n\n{block}" if found[1].endswith(".py") else block)
        elif found := _INSTEAD.search(words):
            _replace(folder / found[1], found[2], block.rstrip("\n"))
    return printed


def with_programs(env: dict[str, str]) -> dict[str, str]:
    """The environment in which ``grader`` is the one that is tested."""
    return env | {"PATH": os.pathsep.join([str(Path(sys.executable).parent), env["PATH"]])}


def _typed(block: str, folder: Path, env: dict[str, str]) -> str:
    printed = ""
    for line in block.replace("\\\n", " ").splitlines():
        expected = _STATUS.search(line)
        done: subprocess.CompletedProcess[str] = run(
            ["bash", "-c", line], cwd=folder, env=env, limit_s=_LIMIT_S
        )
        output = done.stdout + done.stderr
        assert done.returncode == int(expected[1] if expected else 0), f"{line}\n{output}"
        printed += output
    return printed


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} has no {old!r}: mend the walk, or give it another example"
    path.write_text(text.replace(old, new), encoding="utf-8")


def _translate(block: str, folder: Path) -> None:
    """Write translations into the French catalogue, each without its mark, as in an editor."""
    from babel.messages.pofile import read_po, write_po

    path = folder / place("fr", "po").relative_to(ROOT)
    with path.open("rb") as file:
        catalogue = read_po(file, locale="fr")
    for sentence, translation in _ENTRY.findall(block):
        message = catalogue.get(sentence)
        assert message is not None, sentence
        message.string = translation
        message.flags.discard("fuzzy")
    with path.open("wb") as file:
        write_po(file, catalogue)
