"""What a run leaves of students it did not come to: rows that were corrected, and no report yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from msgspec import UNSET

from grader.batch.plan import plan
from grader.batch.regrade import regrade
from grader.batch.settings import Settings
from grader.i18n.message import message
from grader.model.observation import FoundAs
from grader.results.directory import Results
from grader.results.read_class import read_class
from grader.rubric.load import default_rubric_path, load_rubric
from tests.batch.classes import ByKeys, Class, Row, looked_at
from tests.batch.test_plan import ANN, PAIR, RUBRIC, a_pair, account, ids, of_pair, roster, todo
from tests.export.results_folders import a_graded_class, a_report
from tests.judges import Judge
from tests.observations import reference
from tests.observing import hand_in
from tests.quick_run import first_only_when_quick

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.batch.plan import Plan
    from grader.roster.load import Roster
    from grader.rubric.rubric import Rubric
    from grader.sandbox.server import Sandbox

SEEN = reference().account_id
OTHER = "2" * 12


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(workers=1) as one:
        yield one


@pytest.fixture
def class_(tmp_path: Path, aws_sandbox: Sandbox, judge: Judge) -> Class:
    return Class(tmp_path, aws_sandbox, judge, judge.collect())


@pytest.fixture
def rubric(class_: Class) -> Rubric:
    """Of six points, for which nothing is run."""
    return looked_at(load_rubric(default_rubric_path(), class_.checks))


def resumed(results: Results, by: Roster) -> Plan:
    return plan(results, by, RUBRIC, Settings(seed=1), resume=True)


@pytest.mark.parametrize(
    ("row", "kept", "earlier"),
    [
        ({"account_id": SEEN}, ["s1"], []),
        ({"account_id": OTHER}, [], []),
        ({"region": "eu-west-3", "use": {"sum": "mine"}}, ["s1"], []),
        ({"region": "us-east-1", "use": {"sum": "mine"}}, [], ["s1"]),
        ({"use": {"sum": "other"}}, [], ["s1"]),
        ({"use": UNSET}, [], ["s1"]),
    ],
    ids=[
        "its account",
        "another account",
        "its region and function",
        "another region",
        "another function",
        "the rubric's function",
    ],
)
def test_a_report_is_kept_where_it_is_of_what_the_row_names(
    tmp_path: Path, row: dict[str, Any], kept: list[str], earlier: list[str]
) -> None:
    """A run by this roster had begun: ``batch.json`` has the row as it is now."""
    root = a_graded_class(tmp_path / "results", {msgspec.structs.replace(ANN, **row): 18})
    results = Results(root)
    used = {"sum": FoundAs("mine", "use", message("which --use names"))}
    seen = reference(found_as=used if "use" in row else {})
    results.write_student(a_report(ANN, 18, account_id=SEEN), seen)
    found = resumed(results, roster(account(ANN, **row)))
    assert (ids(found.kept), ids(found.earlier)) == (kept, earlier)
    assert todo(found) == ([] if kept else ["s1"])


def test_of_a_pair_the_account_of_any_row_is_kept(tmp_path: Path) -> None:
    rows = [
        msgspec.structs.replace(one, account_id=named)
        for one, named in zip(PAIR, (SEEN, OTHER), strict=True)
    ]
    results = a_pair(tmp_path)
    results.write_batch(msgspec.structs.replace(results.batch(), students=[*rows]))
    for row in rows:
        report = a_report(row, 18, account_id=SEEN)
        results.write_student(report, reference())
    assert todo(resumed(results, roster(*map(account, rows)))) == []


def test_a_row_of_a_pair_that_was_corrected_is_tried_until_it_was_visited(tmp_path: Path) -> None:
    """Its keys are those it had, so that nothing else tells."""
    results, by = a_pair(tmp_path), of_pair(account_id=OTHER)
    found = plan(results, by, RUBRIC, Settings(seed=1), only=["s3"], force=True)
    assert (todo(found), found.ways.keys()) == (["s3"], {"s1"})
    begun = [
        msgspec.structs.replace(PAIR[1], account_id=OTHER) if s.student_id == "s2" else s
        for s in results.batch().students
    ]
    results.write_batch(
        msgspec.structs.replace(results.batch(), students=begun, ways=dict(found.ways))
    )
    again = resumed(results, by)
    assert todo(again) == ["s1", "s2"]
    assert again.groups["group pair"].led_to.keys() == {"s1"}


def test_a_row_of_a_pair_that_was_corrected_is_not_taken_for_visited(tmp_path: Path) -> None:
    """Its keys had led to the account before, of which there is a result that stands."""
    found = plan(
        a_pair(tmp_path),
        of_pair(account_id=OTHER),
        RUBRIC,
        Settings(seed=1),
        resume=True,
        force=True,
    )
    assert todo(found) == ["s1", "s2"]
    assert found.groups["group pair"].led_to.keys() == {"s1"}


@pytest.mark.parametrize("group", first_only_when_quick(["", "pair"]))
def test_whose_account_was_corrected_is_graded_on_it_by_the_next_run(
    class_: Class, rubric: Rubric, reference_account: str, aws_sandbox: Sandbox, group: str
) -> None:
    partial = aws_sandbox.new_account()
    hand_in(aws_sandbox, partial, memory_mb=256)
    first = Row("s1", "", reference_account, account_id=reference_account)
    before = Row("s2", group, reference_account, account_id=reference_account)
    reports, _ = class_.grade(rubric, first, before)
    assert reports["s2"].score == 6
    after = Row("s2", group, partial, account_id=partial)
    class_.grade(rubric, first, after, only=["s1"], force=True)
    # Until then nobody hands out or judges what was seen of the account before.
    read = read_class(class_.results.root)
    assert [one.student_id for one in read.rows] == ["s1"]
    said = f"It is of AWS account {reference_account}, not of the roster's."
    assert [problem.message for problem in read.problems] == [said]
    again = regrade(class_.results, class_.setup(rubric), lang="en")
    assert [one.student_id for one in again.reports] == ["s1"]
    assert [one.student_id for one in again.missing] == ["s2"]
    wire = ByKeys()
    reports, _ = class_.grade(rubric, first, after, wire=wire, resume=True)
    assert (reports["s2"].account_id, reports["s2"].score) == (partial, 5)
    nobody = ByKeys()
    class_.grade(rubric, first, after, wire=nobody, resume=True)
    assert nobody.asked == {}


def test_an_interrupted_batch_stays_so_until_nobody_is_left_without_a_report(
    class_: Class, rubric: Rubric, reference_account: str, aws_sandbox: Sandbox
) -> None:
    rows = [Row("s1", "", reference_account), Row("s2", "", aws_sandbox.new_account())]
    class_.grade(rubric, rows[0])
    batch = class_.results.batch()
    class_.results.write_batch(msgspec.structs.replace(batch, state="interrupted"))
    for only, state in (("s1", "interrupted"), ("s2", "finished")):
        (class_.results.root / "index.html").unlink(missing_ok=True)
        class_.grade(rubric, *rows, only=[only])
        assert class_.results.batch().state == state
        assert (class_.results.root / "index.html").exists() is (state == "finished")


def test_the_account_that_a_pair_had_before_counts_for_none_of_its_members(
    class_: Class, rubric: Rubric, reference_account: str, aws_sandbox: Sandbox
) -> None:
    """The partner keeps what was seen of it beside their own."""
    partial, untouched = aws_sandbox.new_account(), aws_sandbox.new_account()
    hand_in(aws_sandbox, partial, memory_mb=256)
    second = Row("s2", "pair", partial, account_id=partial)
    reports, _ = class_.grade(
        rubric, Row("s1", "pair", reference_account, account_id=reference_account), second
    )
    assert {one.score for one in reports.values()} == {6}
    first = Row("s1", "pair", untouched, account_id=untouched)
    reports, _ = class_.grade(rubric, first, second, resume=True, force=True)
    assert {(one.account_id, one.score) for one in reports.values()} == {(partial, 5)}
    assert class_.others("s1") == class_.others("s2") == [f"{untouched}.json"]


def test_the_account_that_a_pair_had_before_is_not_chosen_by_another_rubric(
    class_: Class, rubric: Rubric, reference_account: str, aws_sandbox: Sandbox
) -> None:
    partial, untouched = aws_sandbox.new_account(), aws_sandbox.new_account()
    hand_in(aws_sandbox, partial, memory_mb=256)
    second, alone = (
        Row("s2", "pair", reference_account, account_id=reference_account),
        Row("s3", "", untouched),
    )
    class_.grade(rubric, Row("s1", "pair", partial, account_id=partial), second, alone)
    first = Row("s1", "pair", untouched, account_id=untouched)
    class_.grade(rubric, first, second, alone, only=["s3"], force=True)
    dearer = tuple(
        msgspec.structs.replace(one, expect=256) if one.id == "memory" else one
        for one in rubric.criteria
    )
    changed = msgspec.structs.replace(rubric, criteria=dearer, sha256="f" * 64)
    done = regrade(class_.results, class_.setup(changed), lang="en")
    assert {(one.account_id, one.score) for one in done.reports[:2]} == {(reference_account, 5)}
