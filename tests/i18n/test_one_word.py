"""One thing has one name in each language, and a student of another one understands it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tools.former_wordings import read_former
from tools.generate_reference import DOCS
from tools.update_catalogues import read

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = DOCS.parent
GUIDES = [
    ROOT / "README.md",
    *sorted(DOCS.glob("*.md")),
    *sorted(ROOT.glob("student_template/*.md")),
]

BUTTON = r"AWS Details, Show"
"""The panel has a second button of that name, for the key of SSH."""

ENGLISH = rf"\b(?:anew|inside of|[Mm]end|[Yy]ours to settle|made up)\b|{BUTTON}"
FRENCH = (
    r"\b(?:stratégie|event source mapping|e-mail|retourne|ordonnanceur|planificateur)\b|(?<!-)\blabs\b"
    r"|feuilles? (?:d'évaluation|de notes)|trace d'exécution|bloc d'accès|[Ll]es accès sont"
    rf"|sur la file|\bLe \{{key\}}|^attendu [^:]*, trouvé|{BUTTON}"
)


def sentences(language: str) -> Iterator[str]:
    """What is said today; what stored reports hold besides stays as it was written."""
    former = read_former()
    for entry in read("fr"):
        if entry.id and entry.id not in former:
            text = entry.id if language == "en" else entry.string
            yield from [text] if isinstance(text, str) else text


@pytest.mark.parametrize(("language", "avoided"), [("en", ENGLISH), ("fr", FRENCH)])
def test_a_sentence_uses_the_one_plain_word(language: str, avoided: str) -> None:
    said = [*sentences(language)]
    assert len(said) > 1000
    assert [text for text in said if re.search(avoided, text)] == []


def test_no_guide_names_a_button_that_there_is_twice() -> None:
    texts = {path: " ".join(path.read_text(encoding="utf-8").split()) for path in GUIDES}
    assert [path for path, text in texts.items() if BUTTON in text] == []
