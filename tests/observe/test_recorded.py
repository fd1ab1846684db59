"""What real AWS was seen to answer, played in front of the sandbox: what the reference gets for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader.batch.pipeline import Pipeline
from grader.batch.settings import Settings
from grader.model.access import Keys
from grader.model.fact import Unknown
from grader.observe import room
from grader.resources import ready
from grader.roster.load import RosterEntry
from grader.rubric.load import default_rubric_path, load_rubric
from grader.safety.secret import Secret
from grader.sandbox.cohort import COHORT, deploy_all
from tests.aws_player import Recorded, player, recorded
from tests.judges import Judge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.batch.parties import Graded
    from grader.sandbox.server import Sandbox

FILES = recorded()
QUICK = {"mapping-disabled-by-aws"}
"""In the run that is for everybody."""


@pytest.fixture(scope="module")
def played() -> set[tuple[str, str]]:
    """Of which files an answer was given, and to what."""
    return set()


@pytest.fixture(scope="module")
def graded(
    request: pytest.FixtureRequest, aws_sandbox: Sandbox, played: set[tuple[str, str]]
) -> Iterator[dict[str, Graded]]:
    """What came of each file that some chosen test is about, all of them at once."""
    chosen = {item.callspec.params["file"].name for item in request.session.items if _is_of(item)}
    files = [file for file in FILES if file.name in chosen]
    reference = next(one for one in COHORT if one.name == "reference")
    accounts = deploy_all(
        aws_sandbox, [msgspec.structs.replace(reference, name=file.name) for file in files]
    )
    came: dict[str, Graded] = {}

    def take(one: Graded) -> None:
        came[one.entry.student_id] = one

    playing = {accounts[file.name]: file for file in files}
    with (
        pytest.MonkeyPatch.context() as patch,
        player(aws_sandbox.endpoint_url, playing, played) as front,
        Judge(workers=1) as judge,
    ):
        # What is waited for here is over after a number of questions, not after a time.
        for module, name, seconds in (
            (ready, "READY_EVERY_S", 0.2),
            (ready, "READY_S", 10),
            (room, "FIRST_PAUSE_S", 0.1),
            (room, "LONGEST_PAUSE_S", 0.5),
            (room, "WAKING_S", 10),
            (room, "MOST_ROOM_S", 10),
        ):
            patch.setattr(module, name, seconds)
        checks = judge.collect()
        rubric = load_rubric(default_rubric_path(), checks)
        rows = [_row(file, accounts[file.name], line) for line, file in enumerate(files, 2)]
        settings = Settings(seed=1, jobs=24, endpoint_url=front.endpoint_url)
        Pipeline(rubric, judge, checks, settings, take).run(rows)
        yield came


def _is_of(item: Any) -> bool:
    return getattr(item, "originalname", "") == "test_what_aws_answered_is_judged_fairly"


def _row(file: Recorded, account: str, line: int) -> RosterEntry:
    keys = Keys(Secret(account), Secret("test"), None)
    return RosterEntry(student_id=file.name, access=keys, line=line)


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(file, id=file.name, marks=() if file.name in QUICK else pytest.mark.slow)
        for file in FILES
    ],
)
def test_what_aws_answered_is_judged_fairly(
    graded: dict[str, Graded], played: set[tuple[str, str]], file: Recorded
) -> None:
    report, seen = graded[file.name].report, graded[file.name].observation
    assert seen is not None, "the grader failed"
    said = [(one.id, one.status, one.message) for one in report.criteria if one.status != "passed"]
    asked = {operation for name, operation in played if name == file.name}
    assert asked or not {*file.answers, *file.patch}, "nobody asked what the file answers"
    assert not any("max retries" in message for _, _, message in said), said
    assert report.score in file.expect.score, (file.want, said)
    open_ = [one.id for one in report.criteria if one.status == "ungraded"]
    if report.score is None and file.expect.ungraded is not None:
        assert sorted(open_) == sorted(file.expect.ungraded), (file.want, said)
    if report.score is None and file.expect.kind is not None:
        assert kinds_in(seen), (file.want, said)
        assert kinds_in(seen) <= {*file.expect.kind}, (file.want, said)


def kinds_in(seen: Any) -> set[str]:
    """The kinds of all that is unknown in an observation."""
    if isinstance(seen, Unknown):
        return {seen.kind}
    if isinstance(seen, dict):
        parts = list(seen.values())
    elif isinstance(seen, tuple):
        parts = list(seen)
    else:
        parts = [getattr(seen, name) for name in getattr(seen, "__struct_fields__", ())]
    return set().union(*map(kinds_in, parts)) if parts else set()
