"""Every word of the pages, in each language they speak."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grader.pages.words_en import ENGLISH
from grader.pages.words_fr import FRENCH

if TYPE_CHECKING:
    from grader.pages.plural import Words

WORDS: Final[dict[str, Words]] = {"en": ENGLISH, "fr": FRENCH}
"""The words by language, then by name. Each language has them all."""
