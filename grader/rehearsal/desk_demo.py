"""A class for a desk that is only tried: a sandbox, the demo cohort in it, and blocks to paste."""

from __future__ import annotations

import csv
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from grader.i18n.language import _, plural
from grader.inputs.problems import bad_input
from grader.model.access import Keys
from grader.rehearsal.demo import own_sandbox
from grader.results.atomic_write import write_text
from grader.results.keep_aside import folder_beside
from grader.results.named_folder import writable
from grader.roster.credentials_block import block_text
from grader.safety.secret import Secret
from grader.sandbox.cohort import COHORT, DEMO, deploy_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rich.console import Console

    from grader.sandbox.submission import DemoSubmission

_NOT_HERE = frozenset({"unreachable"})
"""Its address is the roster's; at a desk nobody can name one."""

ROSTER, BLOCKS, RESULTS = "class.csv", "blocks", "results"


class DemoClass(NamedTuple):
    """A class that can hand in: its roster, what each student pastes, and where AWS answers."""

    roster: Path
    blocks: Path
    results: Path
    endpoint_url: str
    region: str


@contextmanager
def demo_class(folder: Path, errors: Console, *, force: bool, quiet: bool) -> Iterator[DemoClass]:
    """The class in ``folder``, and the sandbox with its accounts, for the ``with`` block.

    What lies in ``folder`` is put aside with ``force``; without it :class:`BadInput` is raised.
    """
    writable(folder)
    if folder.is_dir() and any(folder.iterdir()):
        if not force:
            message = _("This folder already holds something.")
            raise bad_input(
                folder, None, message, _("Give --force to put it aside, or another --out.")
            )
        folder.rename(folder_beside(folder))
    submissions = [
        msgspec.structs.replace(submission, description=_(submission.description))
        for submission in COHORT
        if submission.name in DEMO and submission.name not in _NOT_HERE
    ]
    with own_sandbox(None) as aws:
        if not quiet:
            told = plural(
                len(submissions),
                "Deploying {count} submission to {url} …",
                "Deploying {count} submissions to {url} …",
                url=aws.endpoint_url,
            )
            errors.print(told)
        accounts = deploy_all(aws, submissions)
        made = DemoClass(
            folder / ROSTER, folder / BLOCKS, folder / RESULTS, aws.endpoint_url, aws.region
        )
        made.blocks.mkdir(parents=True)
        _write_roster(made.roster, submissions)
        for submission in submissions:
            given = aws.credentials(accounts[submission.name])
            keys = Keys(Secret(given["aws_access_key_id"]), Secret(given["aws_secret_access_key"]))
            write_text(made.blocks / f"{submission.name}.txt", block_text(keys), synced=False)
        yield made


def _write_roster(path: Path, submissions: Sequence[DemoSubmission]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["student_id", "name", "email"])
        writer.writerows((s.name, s.description, f"{s.name}@example.org") for s in submissions)
