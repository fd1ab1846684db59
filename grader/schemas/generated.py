"""Which schemas are generated, and from what."""

from __future__ import annotations

from grader.batch_file import Batch
from grader.export.gradescope import Results as Gradescope
from grader.export.lti import Score
from grader.export.lti_push import Pushed
from grader.observation import Observation
from grader.report import Report
from grader.schemas import path_of, schema_text
from grader.summary import Summary

GENERATED: dict[str, tuple[type, str]] = {
    "observation": (Observation, "What was seen in one AWS account"),
    "report": (Report, "One student's grade"),
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
