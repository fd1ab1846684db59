"""A sentence is reworded: its translation is marked, and what stored reports hold is said as before."""

from __future__ import annotations

import json
import re
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from babel.messages.catalog import Catalog

from grader.i18n.language import language
from grader.i18n.message import Message, said
from tests.programs import environment, run
from tools.former_wordings import FORMER, Former, read_former, renew
from tools.generate_contracts import ROOT
from tools.update_catalogues import place, template, to_do

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

CHECKS = "grader/checks/lab.py"
COMMAND = "grader/commands/check.py"
OLD, NEW = "The queue {name} is missing.", "There is no queue {name}."
FRENCH = "La file {name} n'existe pas."


def catalogue(*said: tuple[str, str, str]) -> Catalog:
    """A catalogue of sentences, each with its translation and the file it stands in."""
    made = Catalog(locale="fr")
    for sentence, string, path in said:
        made.add(sentence, string, locations=[(path, 0)])
    return made


def source(*said: tuple[str, str]) -> Catalog:
    return catalogue(*((sentence, "", path) for sentence, path in said))


def entries(made: Catalog) -> dict[str, tuple[str, bool]]:
    return {str(one.id): (str(one.string or ""), one.fuzzy) for one in made if one.id}


def test_a_reworded_sentence_begins_with_the_translation_it_had_and_the_former_one_stays() -> None:
    french, former = catalogue((OLD, FRENCH, CHECKS)), Former()
    (lacking,) = renew(french, source((NEW, CHECKS)), former)
    assert former == {OLD: NEW}
    assert entries(french) == {NEW: (FRENCH, True), OLD: (FRENCH, False)}
    assert (lacking.id, lacking.previous_id) == (NEW, [OLD])
    assert all(text in to_do(lacking) for text in (NEW, OLD, FRENCH))


def test_a_wording_that_no_report_holds_is_marked_and_not_kept() -> None:
    french, former = catalogue((OLD, FRENCH, COMMAND)), Former()
    renew(french, source((NEW, COMMAND)), former)
    assert former == {}
    assert entries(french) == {NEW: (FRENCH, True)}


def test_a_sentence_that_is_gone_keeps_its_translation() -> None:
    french, former = (
        catalogue((OLD, FRENCH, CHECKS), ("Try again.", "Réessayez.", COMMAND)),
        Former(),
    )
    assert renew(french, source(), former) == []
    assert former == {OLD: None}
    assert entries(french) == {OLD: (FRENCH, False)}
    assert [one.string for one in french.obsolete.values()] == ["Réessayez."]
    renew(french, source(("Try again.", COMMAND)), former)
    assert entries(french)["Try again."] == ("Réessayez.", False)
    assert not french.obsolete


def test_rewording_twice_leads_to_todays_wording_and_keeps_no_draft() -> None:
    draft, last = "The queue {name} is not there.", "The queue {name} is not in this region."
    french, former = catalogue((OLD, FRENCH, CHECKS)), Former()
    renew(french, source((draft, CHECKS)), former)
    (lacking,) = renew(french, source((last, CHECKS)), former)
    assert former == {OLD: last}
    assert entries(french) == {last: (FRENCH, True), OLD: (FRENCH, False)}
    assert lacking.previous_id == [OLD]


def test_a_wording_that_comes_back_is_no_former_one() -> None:
    french, former = catalogue((OLD, FRENCH, CHECKS)), Former()
    renew(french, source((NEW, CHECKS)), former)
    assert renew(french, source((OLD, CHECKS)), former) == []
    assert former == {}
    assert entries(french) == {OLD: (FRENCH, False)}


def test_another_sentence_of_the_same_file_is_not_taken_for_a_rewording() -> None:
    french, former = catalogue((OLD, FRENCH, CHECKS)), Former()
    (lacking,) = renew(french, source(("Memory is too small.", CHECKS)), former)
    assert not lacking.string
    assert former == {OLD: None}


def test_former_wordings_are_none_of_todays_and_lead_to_some() -> None:
    former, today = read_former(), {one.id for one in template({}) if one.id}
    assert [name for name in former if name in today] == []
    assert [now for now in former.values() if now is not None and now not in today] == []
    assert [*former] == sorted(former)


@pytest.mark.parametrize("wording", read_former())
def test_what_a_report_may_hold_is_said_in_french(wording: str) -> None:
    assert language("fr").translated(wording) not in {None, "", wording}


@pytest.mark.slow
def test_the_command_takes_a_reworded_sentence_to_its_translation(tmp_path: Path) -> None:
    """What a contributor does, in a copy of the source."""
    for name in ("grader", "tools"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    old = "There is no function named {name} in {region}."
    new = "No function is named {name} in {region}."
    changed = [p for p in (tmp_path / "grader").rglob("*.py") if f'"{old}"' in p.read_text()]
    assert changed
    for path in changed:
        path.write_text(path.read_text().replace(f'"{old}"', f'"{new}"'))
    here = tmp_path / place("fr", "po").relative_to(ROOT)
    first = _command(tmp_path)
    assert first.returncode == 1
    assert all(text in first.stderr for text in (new, old, "aucune fonction nommée", str(here)))
    text = here.read_text()
    assert re.search(rf'#, fuzzy.*\n#\| msgid "{re.escape(old)}"\nmsgid "{re.escape(new)}"', text)
    french = "Aucune fonction ne s'appelle {name} en {region}."
    text = re.sub(r"#, fuzzy(, )?", r"#, ", text).replace("#, \n", "")
    text = re.sub(rf'(msgid "{re.escape(new)}"\nmsgstr ").*(")', rf"\g<1>{french}\2", text)
    here.write_text(text)
    last = _command(tmp_path)
    assert new not in last.stderr
    assert "#|" not in here.read_text()
    kept = json.loads((tmp_path / FORMER.relative_to(ROOT)).read_text())
    assert kept[old] == new
    told = (
        "from grader.i18n.message import Message, said\n"
        f"for text in ({old!r}, {new!r}):\n"
        "    print(said(Message(text, {'name': 'f', 'region': 'eu'}), 'fr'))"
    )
    done = run(
        [sys.executable, "-c", told], cwd=tmp_path, env=environment(PYTHONIOENCODING="utf-8")
    )
    assert done.stdout.splitlines() == [
        said(Message(old, {"name": "f", "region": "eu"}), "fr"),
        "Aucune fonction ne s'appelle f en eu.",
    ]


def _command(folder: Path) -> subprocess.CompletedProcess[str]:
    return run([sys.executable, "-m", "tools.update_catalogues"], cwd=folder, env=environment())
