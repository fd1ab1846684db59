"""The control: an observation that can always be judged, unless nothing can."""

from __future__ import annotations

from grader.model.fact import Unknown
from grader.model.observation import Observation

_NOT_LOOKED = Unknown("not-observed", "control")

CONTROL = Observation(
    region="",
    seed=0,
    attempt=0,
    started_at="",
    finished_at="",
    duration_s=0.0,
    grader_version="",
    identity=_NOT_LOOKED,
    functions={},
    queues={},
    mappings={},
    schedules={},
    handler=_NOT_LOOKED,
    records=_NOT_LOOKED,
    exchange=_NOT_LOOKED,
)
"""Nothing was looked at: whatever fails when this is judged is in no student's account."""
