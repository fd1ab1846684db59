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

BODY = re.compile(r'"\{(?:\\"|[^"])*\}"')


@pytest.mark.parametrize("path", RUN, ids=lambda path: path.stem)
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_consoles_test_event_is_given_a_message_of_the_lab(path: Path, lang: str) -> None:
    rubric = load_rubric(path, None)
    hints = [c.hint[lang] for c in rubric.criteria if isinstance(c.hint, dict)]
    (hint,) = [hint for hint in hints if re.search("template SQS|modèle SQS", hint)]
    (body,) = BODY.findall(hint)
    assert list(json.loads(json.loads(body))) == list(rubric.exchange.fields)
