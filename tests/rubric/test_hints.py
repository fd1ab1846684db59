"""What the hints of the shipped rubrics have students try works with a right function."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from grader.rubric.exercised import exercised
from grader.rubric.load import default_rubric_path, load_rubric
from tests.labs import LABS

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = [default_rubric_path(), *sorted(LABS.glob("*.yaml"))]
RUN = [path for path in SHIPPED if exercised(load_rubric(path, None))]
"""A lab that only looks has nothing to try."""

FIRST_RECORD = '["Records"][0]'

BODY = re.compile(r'"\{(?:\\"|[^"])*\}"')


@pytest.mark.parametrize("path", RUN, ids=lambda path: path.stem)
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_consoles_test_event_is_given_a_message_of_the_lab(path: Path, lang: str) -> None:
    rubric = load_rubric(path, None)
    hints = [c.hint[lang] for c in rubric.criteria if isinstance(c.hint, dict)]
    (hint,) = [hint for hint in hints if re.search("template SQS|modèle SQS", hint)]
    (body,) = BODY.findall(hint)
    assert list(json.loads(json.loads(body))) == list(rubric.exchange.fields)


@pytest.mark.parametrize("path", RUN, ids=lambda path: path.stem)
def test_no_hint_has_students_read_one_record_where_all_of_them_count(path: Path) -> None:
    criteria = load_rubric(path, None).criteria
    all_count = any(c.check == "handler_reads_all_records" and c.points for c in criteria)
    texts = [text for c in criteria if isinstance(c.hint, dict) for text in c.hint.values()]
    assert not (all_count and any(FIRST_RECORD in text for text in texts))


@pytest.mark.parametrize("path", RUN, ids=lambda path: path.stem)
@pytest.mark.parametrize(
    ("lang", "words"), [("en", "Stop polling"), ("fr", "Arrêtez cette recherche")]
)
def test_who_is_sent_to_read_the_output_queue_is_told_to_stop(
    path: Path, lang: str, words: str
) -> None:
    hints = [c.hint[lang] for c in load_rubric(path, None).criteria if isinstance(c.hint, dict)]
    (hint,) = [hint for hint in hints if "Poll for messages" in hint]
    assert words in hint
