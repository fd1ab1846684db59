"""The numbers by which a run can be made again, as files hold them."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from msgspec import Meta

from grader.model.run_bounds import GREATEST_ATTEMPT, GREATEST_SEED

Seed: TypeAlias = Annotated[int, Meta(ge=0, le=GREATEST_SEED)]
Attempt: TypeAlias = Annotated[int, Meta(ge=0, le=GREATEST_ATTEMPT)]
