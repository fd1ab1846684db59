"""Who of a class is graded, who keeps the result there is, and what has to be judged again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from msgspec import UNSET

from grader import __version__
from grader.batch.plan import plan
from grader.batch.settings import Settings
from grader.inputs.problems import BadInput
from grader.model.access import DefaultCredentials, MissingFile, Profile
from grader.model.batch import KnownWay, Student
from grader.model.fact import Found, Unknown
from grader.model.observation import Identity
from grader.model.report import Adjustment
from grader.results.directory import Results
from grader.roster.fingerprint import fingerprint
from grader.roster.load import Roster, RosterEntry
from grader.scoring.adjust import with_overrides
from tests.export.results_folders import ANN, BO, CY, RUBRIC, a_graded_class, a_report
from tests.observations import reference

if TYPE_CHECKING:
    from pathlib import Path

    from grader.batch.plan import Plan
    from grader.model.observation import Observation

OTHER_RUBRIC = msgspec.structs.replace(RUBRIC, title="Another", sha256="other")


def account(student: Student, **changes: Any) -> RosterEntry:
    """A row of the roster."""
    given: dict[str, Any] = msgspec.structs.asdict(student)
    del given["profile_region"]
    given["use"] = given["use"] or {}
    return RosterEntry(**(given | {"endpoint_url": None, "access": DefaultCredentials()} | changes))


def roster(*accounts: RosterEntry, sha256: str = "") -> Roster:
    return Roster(accounts or (account(ANN), account(BO), account(CY)), sha256)


def store(results: Results, student: Student, seen: Observation | None, **changes: Any) -> None:
    """What an earlier run left of a student with 18 points."""
    results.write_student(a_report(student, 18, **changes), seen)


@pytest.fixture
def results(tmp_path: Path) -> Results:
    """Ann is graded, Bo could not be though his account was seen, Cy was never looked at."""
    found = Results(a_graded_class(tmp_path / "results", {ANN: 18, BO: None}))
    found.write_batch(msgspec.structs.replace(found.batch(), students=[ANN, BO, CY]))
    found.write_student(a_report(ANN, 18), reference())
    found.write_student(a_report(BO, None), reference())
    return found


def planned(results: Results, by: Roster | None = None, rubric: Any = RUBRIC, **how: Any) -> Plan:
    settings = how.pop("settings", Settings(seed=1, attempt=7))
    return plan(results, by or roster(), rubric, settings, **how)


def todo(found: Plan) -> list[str]:
    return [one.student_id for one in found.todo]


def ids(known: Any) -> list[str]:
    return [one.report.student_id for one in known]


def rejudged(found: Plan) -> list[str]:
    return [one.student_id for one in found.rejudge]


def test_a_new_folder_is_begun_with_everybody(tmp_path: Path) -> None:
    for how in ({}, {"resume": True}):
        found = planned(Results(tmp_path / "new"), **how)
        assert (todo(found), found.start_over) == (["s1", "s2", "s3"], True)
        assert found.settings.attempt == 7


def test_what_a_folder_holds_is_not_begun_anew_unasked(results: Results) -> None:
    with pytest.raises(BadInput, match="already holds results"):
        planned(results)


def test_starting_over_keeps_nothing(results: Results) -> None:
    found = planned(results, force=True)
    assert (todo(found), found.start_over, found.kept) == (["s1", "s2", "s3"], True, ())


def test_going_on_grades_who_has_no_grade_and_keeps_the_others(results: Results) -> None:
    found = planned(results, resume=True)
    assert (todo(found), found.start_over, found.settings.attempt) == (["s2", "s3"], False, 2)
    assert (ids(found.kept), ids(found.earlier), found.rejudge) == (["s1"], ["s2"], ())
    assert found.raw_batch == results.raw_batch != b""


def test_whoever_is_asked_for_alone_is_graded_again_and_everybody_else_stays(
    results: Results,
) -> None:
    found = planned(results, only=["s1"])
    assert (todo(found), found.start_over) == (["s1"], False)
    assert (ids(found.kept), ids(found.earlier)) == (["s2"], ["s1"])


def test_nobody_is_asked_for_who_is_not_in_the_roster(results: Results) -> None:
    with pytest.raises(BadInput) as caught:
        planned(results, only=["s1", "s8", "s9"])
    assert [problem.message for problem in caught.value.problems] == [
        "There is no student 's8' in the roster.",
        "There is no student 's9' in the roster.",
    ]


@pytest.mark.parametrize(
    ("state", "how", "unfinished"),
    [
        ("interrupted", {"only": ["s1"]}, True),
        ("interrupted", {"resume": True}, False),
        ("finished", {"only": ["s1"]}, False),
    ],
)
def test_a_run_for_some_alone_ends_no_batch_that_was_interrupted(
    results: Results, state: Any, how: dict[str, Any], unfinished: bool
) -> None:
    results.write_batch(msgspec.structs.replace(results.batch(), state=state))
    assert planned(results, **how).unfinished is unfinished


def test_a_batch_that_had_only_started_is_begun_again(tmp_path: Path) -> None:
    root = a_graded_class(tmp_path / "results", {ANN: 18}, state="starting")
    found = planned(Results(root), roster(account(ANN)), resume=True)
    assert (todo(found), found.start_over, found.kept) == (["s1"], True, ())


def test_a_result_whose_account_was_not_reached_is_no_earlier_one(results: Results) -> None:
    store(results, ANN, reference(identity=Unknown("credentials", "They ended.")), name="Anna")
    found = planned(results, only=["s1"])
    assert (ids(found.kept), found.earlier, found.rejudge) == (["s2"], (), ())


@pytest.mark.parametrize(
    ("then", "now", "kept", "earlier"),
    [
        ({"account_id": "1"}, {"account_id": "1"}, ["s1"], []),
        ({"account_id": "1"}, {"account_id": "2"}, [], []),
        ({"account_id": "1"}, {"account_id": None}, [], ["s1"]),
        ({"account_id": None}, {"account_id": "1"}, [], ["s1"]),
        ({"region": "eu-west-3"}, {"region": "us-east-1"}, [], ["s1"]),
        ({"group": "a"}, {"group": "b"}, [], ["s1"]),
    ],
)
def test_another_account_is_graded_anew_and_what_may_be_the_same_one_loses_nothing(
    tmp_path: Path, then: Any, now: Any, kept: list[str], earlier: list[str]
) -> None:
    results = Results(
        a_graded_class(tmp_path / "results", {msgspec.structs.replace(ANN, **then): 18})
    )
    store(results, ANN, reference(), group=then.get("group"))
    found = planned(results, roster(account(ANN, **now)), resume=True)
    assert todo(found) == ([] if kept else ["s1"])
    assert (ids(found.kept), ids(found.earlier)) == (kept, earlier)


PAIR = [msgspec.structs.replace(one, group="pair") for one in (ANN, BO)]


def a_pair(folder: Path, *, flags: tuple[str, ...] = (), **batch: Any) -> Results:
    """Both of a pair are graded, and what is known of their ways is said by a version after 0.1.0."""
    results = Results(a_graded_class(folder / "results", dict.fromkeys([*PAIR, CY], 18)))
    known = {one.student_id: KnownWay(fingerprint(account(one)), "1" * 12) for one in PAIR}
    now = msgspec.structs.replace(results.batch(), **({"ways": known} | batch))
    results.write_batch(now)
    for one in PAIR:
        store(results, one, reference(), group="pair", flags=flags)
    store(results, CY, reference())
    return results


def of_pair(**changes: Any) -> Roster:
    """The roster of the pair, the second one's row with ``changes``."""
    return roster(account(PAIR[0]), account(PAIR[1], **changes), account(CY))


def test_a_pair_that_has_its_grade_keeps_it(tmp_path: Path) -> None:
    found = planned(a_pair(tmp_path), of_pair(), resume=True)
    assert (todo(found), found.groups, found.stored) == ([], {}, {})


def test_a_file_that_is_missing_is_no_new_way(tmp_path: Path) -> None:
    results, by = a_pair(tmp_path), of_pair(access=MissingFile())
    found = planned(results, by, resume=True)
    assert todo(found) == []
    assert found.ways == results.batch().ways


def test_a_file_that_is_missing_stops_no_desk_in_which_nobody_has_a_result(tmp_path: Path) -> None:
    results, by = a_pair(tmp_path, ways={}), of_pair(access=MissingFile())
    assert planned(results, by, resume=True, force=True, keep_all=True).ways == {}


def test_what_0_1_0_graded_is_no_new_way(tmp_path: Path) -> None:
    results, by = a_pair(tmp_path, ways=UNSET), of_pair(access=Profile("new"))
    found = planned(results, by, resume=True)
    assert todo(found) == []
    assert {name: way.fingerprint for name, way in found.ways.items()} == {
        row.student_id: fingerprint(row) for row in by.entries if row.group
    }


@pytest.mark.parametrize(
    ("open_by", "row"),
    [
        ({"flags": ("group-account-open",)}, {}),
        ({}, {"access": Profile("new")}),
        ({"ways": {}}, {}),
    ],
    ids=["an open way", "a new block", "a run that was killed"],
)
def test_a_pair_with_something_open_goes_on_from_what_stands(
    tmp_path: Path, open_by: dict[str, Any], row: dict[str, Any]
) -> None:
    found = planned(a_pair(tmp_path, **open_by), of_pair(**row), resume=True)
    assert (todo(found), ids(found.kept)) == (["s1", "s2"], ["s3"])
    assert [one.student_id for one in found.stored["group pair"]] == ["s1", "s2"]
    seen = reference()
    assert found.groups["group pair"].settled_accounts == {(seen.account_id, seen.region)}
    known = {"s1": "1" * 12, "s2": "1" * 12}
    if row:
        del known["s2"]
    assert found.groups["group pair"].led_to == ({} if open_by == {"ways": {}} else known)


def test_what_a_human_settled_for_one_of_a_pair_leaves_it_open_for_both(tmp_path: Path) -> None:
    results = a_pair(tmp_path)
    report = a_report(PAIR[0], None, group="pair")
    settled = with_overrides(report, [Adjustment(kind="total", points=9, why="Oral.")])
    assert settled.status == "graded"
    results.write_student(settled, reference())
    results.write_student(a_report(PAIR[1], None, group="pair"), reference())
    found = planned(results, of_pair(), resume=True)
    assert todo(found) == ["s1", "s2"]
    assert found.groups["group pair"].settled_accounts == frozenset()


def test_a_new_partner_takes_the_pair_along(tmp_path: Path) -> None:
    results = a_pair(tmp_path)
    more = account(Student("s4", group="pair"))
    with_more = roster(*of_pair().entries, more, sha256="more")
    assert todo(planned(results, with_more, resume=True)) == ["s1", "s2", "s4"]


def test_one_of_a_pair_alone_takes_the_other_along_and_all_is_looked_at_again(
    tmp_path: Path,
) -> None:
    found = planned(a_pair(tmp_path), of_pair(), only=["s2"])
    assert (todo(found), ids(found.earlier)) == (["s1", "s2"], ["s1", "s2"])
    assert found.groups["group pair"].settled_accounts == frozenset()
    assert found.groups["group pair"].led_to == {"s1": "1" * 12, "s2": "1" * 12}


def test_one_of_a_pair_alone_takes_the_other_along_into_a_new_folder(tmp_path: Path) -> None:
    assert todo(planned(Results(tmp_path / "new"), of_pair(), only=["s2"])) == ["s1", "s2"]


def test_an_account_that_was_seen_only_in_part_is_looked_at_again(tmp_path: Path) -> None:
    results = a_pair(tmp_path, flags=("group-account-open",))
    part = reference(
        identity=Found(Identity("2" * 12, "arn")), handler=Unknown("permission", "No.")
    )
    whole = reference(identity=Found(Identity("3" * 12, "arn")))
    for one in PAIR:
        results.write_student(
            a_report(one, 18, group="pair", flags=("group-account-open",)),
            reference(),
            [part, whole],
        )
    seen = planned(results, of_pair(), resume=True).groups["group pair"].settled_accounts
    assert {account_id for account_id, _ in seen} == {reference().account_id, "3" * 12}


@pytest.mark.parametrize(
    "changes",
    [
        {"rubric_sha256": "other"},
        {"name": "Anna"},
        {"email": "anna@example.org"},
        {"started_at": "2024-05-01T09:00:00.000Z"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_report_that_would_now_say_something_else_is_judged_again(
    results: Results, changes: dict[str, Any]
) -> None:
    """It is of another rubric, of a student who was renamed, of another observation."""
    store(results, ANN, reference(), **changes)
    assert rejudged(planned(results, resume=True)) == ["s1"]


def test_a_report_of_another_group_stands_only_until_the_student_is_graded(
    results: Results,
) -> None:
    store(results, ANN, reference(), group="a", rubric_sha256="other")
    found = planned(results, resume=True)
    assert todo(found) == ["s1", "s2", "s3"]
    assert [(one.student_id, one.group) for one in found.rejudge] == [("s1", "a")]


@pytest.mark.parametrize(
    ("batch", "own", "judged"),
    [
        ({}, "", []),
        ({"checks_sha256": "a"}, "a", []),
        ({"checks_sha256": "a"}, "b", ["s1", "s2"]),
        ({"checks_sha256": "a"}, "", ["s1", "s2"]),
        ({"grader_sha256": "other code"}, "", ["s1", "s2"]),
        # Which of the checks and which code the reports are by, nobody knows.
        ({"checks_sha256": "a", "state": "interrupted"}, "a", ["s1", "s2"]),
        ({"state": "interrupted"}, "", ["s1", "s2"]),
    ],
)
def test_by_other_checks_or_another_grader_everything_is_judged_again(
    results: Results, batch: dict[str, Any], own: str, judged: list[str]
) -> None:
    results.write_batch(msgspec.structs.replace(results.batch(), **batch))
    found = planned(results, only=["s2"], checks_sha256=own, force=True)
    assert rejudged(found) == judged


def test_in_another_language_everything_is_judged_again(results: Results) -> None:
    assert rejudged(planned(results, resume=True)) == []
    french = Settings(seed=1, lang="fr")
    assert rejudged(planned(results, settings=french, resume=True)) == ["s1", "s2"]


@pytest.mark.parametrize(
    ("how", "says"),
    [
        (
            {"settings": Settings(seed=1, region="eu-west-3")},
            "The region changed since this batch was started: none then, eu-west-3 now.",
        ),
        (
            {"settings": Settings(seed=1, endpoint_url="http://x")},
            "The endpoint changed since this batch was started: none then, http://x now.",
        ),
        (
            {"rubric": OTHER_RUBRIC},
            "The rubric changed since this batch was started: another title.",
        ),
        (
            {"checks_sha256": "own"},
            "The checks of your own changed since this batch was started.",
        ),
        (
            {"by": roster(account(ANN), account(BO), sha256="other")},
            "The roster changed since this batch was started: removed s3.",
        ),
    ],
    ids=["region", "endpoint", "rubric", "checks", "roster"],
)
def test_what_changed_since_is_refused_unless_it_is_forced(
    results: Results, how: dict[str, Any], says: str
) -> None:
    with pytest.raises(BadInput) as caught:
        planned(results, resume=True, **how)
    (only,) = caught.value.problems
    assert (only.file, only.message) == (str(results.root), says)
    assert not planned(results, resume=True, force=True, **how).start_over


def test_a_region_that_is_left_out_now_is_named_too(results: Results) -> None:
    results.write_batch(msgspec.structs.replace(results.batch(), region="eu-west-3"))
    with pytest.raises(BadInput, match=r"region changed .*: eu-west-3 then, none now"):
        planned(results, resume=True)


def test_another_version_of_the_grader_is_refused_unless_it_is_forced(results: Results) -> None:
    results.write_batch(msgspec.structs.replace(results.batch(), grader_version="0.0.1"))
    with pytest.raises(BadInput, match=f"version changed .*: 0.0.1 then, {__version__} now"):
        planned(results, resume=True)
    assert not planned(results, resume=True, force=True).start_over


@pytest.mark.parametrize("region", ["eu-west-3", None])
def test_a_region_that_a_partners_row_names_is_no_region_of_the_environment(
    tmp_path: Path, region: str | None
) -> None:
    """What 0.1.0 saw says not what it looked for."""
    seen = msgspec.structs.replace(reference(region="eu-west-3"), asked=None)
    one, other = msgspec.structs.replace(PAIR[0], region=region), PAIR[1]
    results = a_pair(tmp_path, ways=UNSET, students=[one, other, CY])
    for student in (one, other):
        store(results, student, seen, region="eu-west-3")
    by = roster(account(one), account(other), account(CY))
    if region is None:
        with pytest.raises(BadInput, match="looked at in eu-west-3"):
            planned(results, by, only=["s1"])
    else:
        assert todo(planned(results, by, only=["s1"])) == ["s1", "s2"]
