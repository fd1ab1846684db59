"""A class whose accounts are looked at in the region of each row's profile."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import msgspec
import pytest

from grader.batch.pipeline import Pipeline
from grader.batch.plan import plan
from grader.batch.regrade import regrade
from grader.batch.run import ClassRun
from grader.batch.settings import Settings
from grader.batch.setup import load_setup
from grader.inputs.problems import BadInput
from grader.model.access import Keys
from grader.model.observation import decode, encode_observation
from grader.results.directory import Results
from grader.roster.load import load_roster
from grader.rubric.load import default_rubric_path
from grader.safety.secret import Secret
from tests.own_names import package

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.batch.parties import Graded
    from grader.batch.setup import GradingSetup
    from grader.model.report import Report
    from grader.sandbox.server import Sandbox


REGION = "region = eu-west-3\n"


class OfProfile:
    """A class of one student, whose account is reached by a profile."""

    def __init__(self, folder: Path, setup: GradingSetup, keys: str, endpoint_url: str) -> None:
        self.setup, self._config, self._keys = setup, folder / "config", keys
        self.results, self._path = Results(folder / "results"), folder / "class.csv"
        self._path.write_text(f"student_id,profile,endpoint_url\ns1,lab,{endpoint_url}\n")
        self.configure(REGION)

    def configure(self, region: str) -> None:
        """Let the profile have this line for its region."""
        key = f"aws_access_key_id = {self._keys}\naws_secret_access_key = test\n"
        self._config.write_text(f"[profile lab]\n{region}{key}")

    def grade(self, *, at_desk: bool = False, **how: Any) -> Report:
        """Grade the class; or as ``at_desk``, where the row is reached by keys that were pasted."""
        asked = {name: how.pop(name) for name in ("lang", "region") if name in how}
        settings, students = Settings(seed=1, **asked), load_roster(self._path)
        planned = plan(self.results, students, self.setup.rubric, settings, **how)

        def pasted(run: ClassRun) -> None:
            (row,) = students.entries
            keys = Keys(Secret(self._keys), Secret("test"))
            taken: list[Graded] = []
            given = (self.setup.rubric, self.setup.judge, self.setup.checks, settings)
            Pipeline(*given, taken.append).run([replace(row, access=keys)])
            for graded in taken:
                run.take(replace(graded, entry=row))

        work = pasted if at_desk else None
        run = ClassRun(self.setup, self.results, students, planned, work=work)
        run.run(lambda _graded: None)
        (report,) = run.reports
        return report


@pytest.fixture
def of_profile(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OfProfile]:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with load_setup(default_rubric_path(), [], workers=1) as setup:
        yield OfProfile(tmp_path, setup, fresh_account, aws_sandbox.endpoint_url)


def test_it_is_judged_there_again(of_profile: OfProfile) -> None:
    first = of_profile.grade()
    assert (first.status, first.region, first.score) == ("graded", "eu-west-3", 0)
    results = of_profile.results
    assert regrade(results, of_profile.setup, lang="en").reports == [first]
    results.write_batch(msgspec.structs.replace(results.batch(), state="interrupted"))
    assert of_profile.grade(resume=True) == first


@pytest.mark.parametrize("unrelated", [0, 1, 2])
def test_what_stands_in_the_labs_region_is_open_and_said(
    of_profile: OfProfile, aws_sandbox: Sandbox, reference_account: str, unrelated: int
) -> None:
    made: Any = boto3.client
    keys = aws_sandbox.credentials(reference_account)
    elsewhere = made("lambda", "eu-west-3", endpoint_url=aws_sandbox.endpoint_url, **keys)
    for number in range(unrelated):
        elsewhere.create_function(
            FunctionName=f"other{number}",
            Runtime="python3.13",
            Role=f"arn:aws:iam::{reference_account}:role/LabRole",
            Handler="lambda_function.lambda_handler",
            Code={"ZipFile": package("")},
        )
    first = of_profile.grade()
    assert (first.status, first.region, first.score) == ("ungraded", "eu-west-3", None)
    assert {one.open_by for one in first.criteria} == {"grader"}
    assert first.criteria[0].message.endswith("there is one of that name in us-east-1.")
    assert first.criteria[0].hint == (
        "This costs no points. That is the lab's region: check there (--region us-east-1, or column"
        " region of the roster)."
    )
    assert regrade(of_profile.results, of_profile.setup, lang="en").reports == [first]


@pytest.mark.slow
@pytest.mark.parametrize("region", ["", "region = eu-central-1\n"])
def test_what_was_seen_counts_though_the_profile_names_another_region_now_or_none(
    of_profile: OfProfile, region: str
) -> None:
    first = of_profile.grade()
    of_profile.configure(region)
    again = of_profile.grade(resume=True, lang="fr")
    assert (again.status, again.score, again.region) == ("graded", first.score, first.region)
    assert regrade(of_profile.results, of_profile.setup, lang="en").reports == [first]


@pytest.mark.slow
@pytest.mark.usefixtures("reference_account")
def test_what_was_seen_at_a_desk_in_the_labs_region_counts(of_profile: OfProfile) -> None:
    first = of_profile.grade(at_desk=True)
    assert (first.status, first.score, first.region) == ("graded", 20, "us-east-1")
    assert regrade(of_profile.results, of_profile.setup, lang="en").reports == [first]
    assert of_profile.grade(resume=True, lang="fr").score == 20


@pytest.mark.slow
@pytest.mark.usefixtures("reference_account")
def test_another_region_by_option_is_looked_at(of_profile: OfProfile) -> None:
    assert of_profile.grade().score is None
    moved = of_profile.grade(resume=True, force=True, region="us-east-1")
    assert (moved.score, moved.region) == (20, "us-east-1")


@pytest.mark.slow
def test_where_0_1_0_looked_in_the_environments_region_nobody_is_looked_at_elsewhere_unasked(
    of_profile: OfProfile,
) -> None:
    first = of_profile.grade()
    assert (first.score, first.region) == (0, "eu-west-3")
    results = of_profile.results
    # What 0.1.0 stored says neither what was asked for nor that a profile named the region.
    seen = results.folder("s1") / "observation.json"
    seen.write_bytes(
        encode_observation(msgspec.structs.replace(decode(seen.read_bytes()), asked=None))
    )
    (row,) = results.batch().students
    row = msgspec.structs.replace(row, profile_region=msgspec.UNSET)
    results.write_batch(msgspec.structs.replace(results.batch(), students=[row]))
    of_profile.configure("")
    assert of_profile.grade(resume=True).region == "eu-west-3"
    with pytest.raises(BadInput, match="s1 was looked at in eu-west-3") as caught:
        of_profile.grade(only=["s1"], force=True)
    assert "--region eu-west-3 and --force" in caught.value.problems[0].remedy
    for region in ("eu-west-3", "us-east-1"):
        assert of_profile.grade(only=["s1"], force=True, region=region).region == region
