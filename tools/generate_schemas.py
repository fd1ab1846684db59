"""Write the generated JSON Schemas anew: ``python -m tools.generate_schemas``."""

from __future__ import annotations

import json

import msgspec

from grader.export.gradescope import GradescopeResults as Gradescope
from grader.export.lti import Score
from grader.export.lti_push import Pushed
from grader.model.batch import Batch
from grader.model.handed_back import HandedBack
from grader.model.history import Former
from grader.model.observation import Observation
from grader.model.report import Report
from grader.schemas import path_of
from grader.scoring.summary import Summary


def schema_text(kind: type, title: str) -> str:
    """The schema of a type, as the text of its file."""
    described = msgspec.json.schema(kind)
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title}
    # The inner title is the struct's name; the file's says what it is.
    schema |= {name: part for name, part in described.items() if name != "title"}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


GENERATED: dict[str, tuple[type, str]] = {
    "observation": (Observation, "What was seen in one AWS account"),
    "report": (Report, "One student's grade"),
    "history": (Former, "A report that another one replaced"),
    "handed-back": (HandedBack, "What was handed out of a class"),
    "batch": (Batch, "How a class was graded"),
    "summary": (Summary, "A class at a glance"),
    "gradescope": (Gradescope, "Gradescope's results.json"),
    "lti-score": (Score, "A score of LTI Assignment and Grade Services"),
    "lti-pushed": (Pushed, "What a platform said to a score: a line of lti-pushed.ndjson"),
}


def write_all() -> None:
    """Write every generated schema to its file."""
    for name, (kind, title) in GENERATED.items():
        path_of(name).write_text(schema_text(kind, title), encoding="utf-8")


if __name__ == "__main__":
    write_all()
