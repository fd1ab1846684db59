"""The grader over a roster, as ``grader batch`` does it, measured from inside: prints JSON.

Its *others* are the processes under it: the judge's, and Dask's workers where it has them.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from benchmarks.measuring import Moment, descendants, peak_mb

if TYPE_CHECKING:
    from grader.batch.parties import Graded


def main() -> None:
    """Grade a class into a folder that does not exist yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("roster", type=Path)
    parser.add_argument("results", type=Path)
    parser.add_argument("--jobs", type=int, required=True)
    parser.add_argument("--engine", choices=["threads", "dask"], default="threads")
    given = parser.parse_args()
    print(json.dumps(graded(given.roster, given.results, given.jobs, given.engine)))


def graded(roster: Path, out: Path, jobs: int, kind: Literal["threads", "dask"]) -> dict[str, Any]:
    """Grade ``roster`` and measure: what starting took once, and then all accounts together."""
    # Imported here as the program does, so that it counts.
    from grader.batch.plan import plan
    from grader.batch.run import ClassRun
    from grader.batch.settings import Settings
    from grader.batch.setup import load_setup_and_roster
    from grader.engines.choose import engine_of
    from grader.results.directory import Results
    from grader.rubric.load import default_rubric_path
    from grader.terminal.console import console
    from grader.terminal.progress import progress
    from grader.terminal.report import show_class

    durations: list[float] = []
    results = Results(out)
    settings = Settings(seed=1, jobs=jobs)
    with (
        load_setup_and_roster(default_rubric_path(), None, roster, workers=1) as (setup, students),
        engine_of(kind, None, jobs) as engine,
    ):
        planned = plan(results, students, setup.rubric, settings)
        run = ClassRun(setup, results, students, planned, engine)
        started = Moment.now()
        with Path(os.devnull).open("w", encoding="utf-8") as nobody:
            terminal = console(nobody)
            with progress(planned.todo, terminal, quiet=False) as tell:

                def shown(one: Graded) -> None:
                    durations.append(one.observation.duration_s if one.observation else 0.0)
                    tell(one.report)

                summary = run.run(shown)
            show_class(run.reports, summary, terminal)
        ended = Moment.now()
        others = [peak_mb(pid) for pid in descendants(os.getpid())]
        used = ended.since(started)
        return {
            "students": len(planned.todo),
            "ungraded": summary.ungraded,
            "points": [report.score for report in run.reports],
            "start_cpu_s": started.own_s + started.children_s,
            "own_cpu_s": used.own_s,
            "others_cpu_s": used.children_s,
            "cpu_s": used.own_s + used.children_s,
            "wall_s": used.wall_s,
            "slowest_s": max(durations, default=0.0),
            "peak_mb": peak_mb(os.getpid()),
            "others_peak_mb": sum(others),
        }


if __name__ == "__main__":
    main()
