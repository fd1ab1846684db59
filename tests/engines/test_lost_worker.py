"""A worker that is gone in the middle of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.engines.dask_worker import RERUN
from grader.observe.pairs import Pairs
from grader.rubric.load import default_rubric_path
from tests.class_rosters import read, reports, roster
from tests.engines.machines import machines
from tests.observing import hand_in, messages
from tests.polling import until
from tests.programs import LIMIT_S, background, command, environment

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.server import Sandbox

pytestmark = pytest.mark.slow

SEED, PAIRS, NUMBERS = 5, 2, (100, 9999)


def test_an_account_is_visited_again_with_new_pairs(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="slow", environment={"SECONDS": "1"})
    rubric = default_rubric_path().read_text()
    assert "pairs: 5" in rubric
    assert f"range: {[*NUMBERS]}" in rubric
    (tmp_path / "two.yaml").write_text(rubric.replace("pairs: 5", f"pairs: {PAIRS}"))
    path = roster(tmp_path, aws_sandbox, f"s1,Ann,,{fresh_account}")
    with machines(tmp_path / "machines") as running:
        first = running.worker()
        how = ["--engine", "dask", "--scheduler", running.address]
        how += ["--seed", str(SEED), "--rubric", "two.yaml"]
        with background(
            command("batch", path, *how), cwd=tmp_path, env=environment(**running.settings)
        ) as process:
            until(lambda: any(messages(aws_sandbox, fresh_account, "input_queue").values()))
            first.kill()
            running.worker()
            _, errors = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0, errors
    assert reports(tmp_path)["s1"].score == 20
    seen = read(tmp_path / "results/students/s1/observation.json")
    assert seen["attempt"] == 1 + RERUN
    sent = {(pair["number1"], pair["number2"]) for pair in seen["exchange"]["value"]["pairs"]}
    earlier = Pairs(SEED, fresh_account, 1, *NUMBERS)
    assert len(sent) == PAIRS
    assert not sent & {next(earlier) for _ in range(20)}
