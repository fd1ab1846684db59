"""What was seen of a group's other accounts, beside what counts."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import msgspec
import pytest

from grader.inputs.problems import BadInput
from grader.model.fact import Found, Unknown
from grader.model.observation import Identity
from grader.results.directory import Results
from tests.export.results_folders import ANN, a_report
from tests.observations import reference

if TYPE_CHECKING:
    from pathlib import Path

    from grader.model.observation import Observation
    from grader.results.directory import StoredStudent


def account(number: int, region: str = "eu-west-3") -> Observation:
    identity = Found(Identity(f"{number:012}", f"arn:aws:iam::{number:012}:root"))
    return reference(identity=identity, region=region)


NOWHERE = reference(identity=Unknown("credentials", "They ended."))
ELSEWHERE = reference(identity=Unknown("credentials", "So did they."))


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return Results(tmp_path)


def stored(results: Results) -> StoredStudent:
    (one,) = results.each_stored([ANN])
    return one


def names(results: Results) -> list[str]:
    folder = results.folder(ANN.student_id) / "accounts"
    return sorted(path.name for path in folder.glob("*"))


def test_each_is_found_by_its_account_and_is_read_again(results: Results) -> None:
    others = [account(2), account(2, "us-west-2"), account(3), NOWHERE, ELSEWHERE]
    results.write_student(a_report(ANN, 3), account(1), others)
    assert names(results) == [
        "000000000002-us-west-2.json",
        "000000000002.json",
        "000000000003.json",
        "open-eu-west-3.json",
        "open.json",
    ]
    found = stored(results)
    assert (found.observation, len(found.others)) == (account(1), 5)
    assert all(one in found.others for one in others)
    path = results.folder(ANN.student_id) / "accounts/open.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_another_ways_no_more_goes(results: Results) -> None:
    results.write_student(a_report(ANN, 3), account(1), [account(2), NOWHERE])
    results.write_student(a_report(ANN, 3), account(2), [account(1)])
    assert names(results) == ["000000000001.json"]
    results.write_student(a_report(ANN, 3), account(2))
    assert not (results.folder(ANN.student_id) / "accounts").exists()
    assert stored(results).others == ()


def test_what_counts_is_no_other_account_though_a_killed_grader_left_it_in_both_places(
    results: Results,
) -> None:
    results.write_student(a_report(ANN, 3), account(1), [account(2)])
    folder = results.folder(ANN.student_id)
    (folder / "accounts/000000000001.json").write_bytes((folder / "observation.json").read_bytes())
    assert stored(results).others == (account(2),)


def test_a_damaged_one_is_named(results: Results) -> None:
    results.write_student(a_report(ANN, 3), account(1), [account(2)])
    path = results.folder(ANN.student_id) / "accounts/000000000002.json"
    path.write_text("{")
    with pytest.raises(BadInput) as caught:
        stored(results)
    assert [problem.file for problem in caught.value.problems] == [str(path)]


ESCAPING = ["/tmp/x", "../../../x", "1" * 300, "012345678901\n", ""]


@pytest.mark.parametrize("account_id", ESCAPING)
def test_no_name_of_a_file_is_what_somebody_wrote_for_an_account(
    results: Results, tmp_path: Path, account_id: str
) -> None:
    odd = msgspec.structs.replace(account(2), identity=Found(Identity(account_id, "arn")))
    with pytest.raises(msgspec.ValidationError):
        results.write_student(a_report(ANN, 3), account(1), [odd])
    assert [path.name for path in tmp_path.iterdir()] == ["students"]


def test_a_region_of_no_shape_is_in_no_name(results: Results) -> None:
    odd = [account(2, "../../../x"), account(2, "/tmp/x"), account(2, "x" * 300)]
    results.write_student(a_report(ANN, 3), account(1), odd)
    assert names(results) == ["000000000002-2.json", "000000000002-3.json", "000000000002.json"]


@pytest.mark.parametrize("account_id", ESCAPING)
def test_an_observation_of_no_account_id_is_damaged(results: Results, account_id: str) -> None:
    results.write_student(a_report(ANN, 3), account(1), [account(2)])
    path = results.folder(ANN.student_id) / "observation.json"
    there = json.loads(path.read_bytes())
    there["identity"]["value"]["account_id"] = account_id
    path.write_text(json.dumps(there))
    with pytest.raises(BadInput) as caught:
        stored(results)
    (problem,) = caught.value.problems
    assert problem.file == str(path)
    assert problem.remedy


def test_what_a_killed_grader_did_not_finish_is_removed(results: Results) -> None:
    results.write_student(a_report(ANN, 3), account(1), [account(2)])
    stray = results.folder(ANN.student_id) / "accounts/.a.json.abcd1234.unfinished"
    stray.write_text("{")
    with results.locked():
        assert not stray.exists()
