"""``grader doctor``: what is said of each account, and that nothing is done to it."""

from __future__ import annotations

import io
import os
import re
import time
import zipfile
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import msgspec
import pytest
from rich.console import Console

from grader.aws.clients import Clients
from grader.commands.exit_statuses import UNGRADED
from grader.commands.option_values import settings_of
from grader.doctor.examine import Examination, examine_class
from grader.model.fact import Found
from grader.roster.credentials_block import unreadable_text
from grader.roster.load import load_roster
from grader.terminal.doctor import show_examinations
from tests.known_checks import needs_of_rubric
from tests.observing import EMPTY, hand_in, lab, messages
from tests.own_names import Lab, own_names
from tests.programs import environment, grader
from tests.quick_run import first_only_when_quick
from tests.wire_faults import Wire, query, rest, rpc

if TYPE_CHECKING:
    from pathlib import Path

    from grader.rubric.rubric import Rubric
    from grader.sandbox.server import Sandbox

ENDED = "is not authorized to perform this with an explicit deny in policy voc-cancel-cred"
HOUR_S = 3600


def roster(folder: Path, sandbox: Sandbox, *rows: str) -> Path:
    """A roster of ``student_id,group,account_id,key`` rows; the key ``-`` leads nowhere, and without one
    the row names no way."""
    (folder / "blocks").mkdir(exist_ok=True)
    lines = ["student_id,group,account_id,endpoint_url,region,credentials_file"]
    for row in rows:
        student, group, account, key = row.split(",")
        if not key:
            lines.append(f"{student},{group},{account},,,")
            continue
        url = "http://127.0.0.1:9" if key == "-" else sandbox.endpoint_url
        (folder / f"blocks/{student}.ini").write_text(
            f"[default]\naws_access_key_id={key if key != '-' else '1' * 12}\n"
            "aws_secret_access_key=canary\naws_session_token=canary-token\n"
        )
        lines.append(f"{student},{group},{account},{url},,blocks/{student}.ini")
    path = folder / "class.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def lab_with_runs() -> Rubric:
    """The shipped rubric, with a criterion that looks into the log of the scheduled function."""
    rubric = lab()
    (schedule,) = (c for c in rubric.criteria if c.check == "schedule_enabled")
    runs = msgspec.structs.replace(schedule, id="runs", check="schedule_runs")
    return msgspec.structs.replace(rubric, criteria=(*rubric.criteria, runs))


def examine(
    path: Path, wire: Wire | None = None, jobs: int = 4, rubric: Rubric | None = None
) -> list[Examination]:
    settings = settings_of(seed=0, region=None, endpoint_url=None, lang=None, jobs=jobs)
    clients = Clients(wire.session if wire else None)
    rubric = rubric or lab_with_runs()
    needs = needs_of_rubric(rubric)
    return examine_class(load_roster(path), path, rubric, needs, settings, clients)


def examine_one(folder: Path, sandbox: Sandbox, account: str, wire: Wire) -> Examination:
    (one,) = examine(roster(folder, sandbox, f"s01,,,{account}"), wire)
    return one


def faults(one: Examination) -> str:
    return "\n".join(f"{message} {remedy}" for message, remedy in one.faults)


def by_own_names(folder: Path, aws_sandbox: Sandbox, account: str, wire: Wire) -> Examination:
    """The account as the shipped lab sees it in which every name is found."""
    path = roster(folder, aws_sandbox, f"s01,,,{account}")
    (one,) = examine(path, wire, rubric=own_names())
    return one


def test_what_plays_the_parts_is_asked_about_where_names_are_found(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    Lab(aws_sandbox, fresh_account).calculator()
    wire = Wire()
    one = by_own_names(tmp_path, aws_sandbox, fresh_account, wire)
    assert one.faults == []
    assert {*one.seen.functions} == {"calculatrice", "minuteur"}
    assert all(isinstance(fact, Found) for fact in one.seen.functions.values())
    # The function is only asked for, and both queues are known.
    assert wire.requests.count("lambda.Invoke") == 1
    assert wire.requests.count("sqs.DeleteMessageBatch") == 2


@pytest.mark.parametrize(
    ("operation", "answer"),
    first_only_when_quick(
        [
            ("lambda.ListFunctions", rest(403, "AccessDeniedException", "denied")),
            ("lambda.ListEventSourceMappings", rest(403, "AccessDeniedException", "denied")),
            ("sqs.ListQueues", rpc(403, "AccessDenied", "denied")),
            ("scheduler.ListSchedules", rest(403, "AccessDeniedException", "denied")),
        ]
    ),
)
def test_a_denied_list_is_named_where_names_are_found(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path, operation: str, answer: Any
) -> None:
    wire = Wire()
    wire.play(operation, answer, always=True)
    path = roster(tmp_path, aws_sandbox, f"s01,,,{reference_account}")
    (one,) = examine(path, wire, rubric=lab())
    assert operation.replace(".", ":") in faults(one)


# -- what it says ---------------------------------------------------------------------------------


def test_a_right_account_and_an_untouched_one_need_no_mending(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    untouched = aws_sandbox.new_account()
    path = roster(
        tmp_path, aws_sandbox, f"s01,,{reference_account},{reference_account}", f"s02,,,{untouched}"
    )
    done = grader("doctor", "class.csv", cwd=tmp_path, env=environment())
    assert done.returncode == 0, done.stderr
    assert "Nothing to fix" in done.stdout
    first, second = done.stdout.splitlines()[1:3]
    assert re.match(rf"s01 +{reference_account} +root +by \d\d:\d\d +2 of 2 +OK", first)
    assert re.match(rf"s02 +{untouched} +root +by \d\d:\d\d +0 of 2 +OK", second)
    assert all(not one.faults for one in examine(path))


@pytest.mark.slow
def test_what_is_wrong_is_told_student_by_student_in_the_rosters_order(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    other = aws_sandbox.new_account()
    roster(
        tmp_path,
        aws_sandbox,
        f"s09,,,{reference_account}",
        "s01,,,-",
        f"s05,,{'9' * 12},{other}",
        f"s02,,,{reference_account}",
    )
    done = grader("doctor", "class.csv", cwd=tmp_path, env=environment())
    assert done.returncode == UNGRADED
    table, to_fix = done.stdout.split("Fix before the batch:")
    assert [line.split()[0] for line in table.splitlines()[1:5]] == ["s09", "s01", "s05", "s02"]
    assert all(len(line) <= 80 for line in table.splitlines()[:5])
    lines = to_fix.strip().splitlines()
    assert [line.split(":")[0] for line in lines] == ["s09", "s01", "s05", "s02"]
    assert f"Account {reference_account} is also that of s02" in lines[0]
    assert "Could not connect" in lines[1]
    assert "endpoint_url" in lines[1]
    assert f"belong to account {other}, the roster says {'9' * 12}" in lines[2]
    assert f"Account {reference_account} is also that of s09" in lines[3]
    assert "canary" not in done.stdout + done.stderr


@pytest.mark.slow
def test_what_many_have_in_common_is_told_once(tmp_path: Path, aws_sandbox: Sandbox) -> None:
    path = roster(tmp_path, aws_sandbox, "s01,,,-", "s02,,,-", "s03,,,-")
    told = io.StringIO()
    show_examinations(examine(path), Console(file=told, width=200))
    (line,) = told.getvalue().split("Fix before the batch:")[1].strip().splitlines()
    assert line.startswith("s01, s02, s03: AWS could not be asked")
    assert "“by”" not in told.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("known", [True, False], ids=["the same account", "perhaps another"])
def test_a_partners_way_is_excused_where_the_account_is_reached_by_the_other(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path, known: bool
) -> None:
    claimed = reference_account if known else ""
    path = roster(
        tmp_path, aws_sandbox, f"s01,pair,{claimed},{reference_account}", f"s02,pair,{claimed},-"
    )
    path.write_text(path.read_text().replace(aws_sandbox.endpoint_url, ""))
    settings = settings_of(
        seed=0, region=None, endpoint_url=aws_sandbox.endpoint_url, lang=None, jobs=2
    )
    path.write_text(path.read_text().replace("http://127.0.0.1:9", ""))
    (tmp_path / "blocks/s02.ini").write_text(
        f"[default]\naws_access_key_id={reference_account}\naws_secret_access_key=y\n"
    )
    wire = Wire()
    wire.play("sts.GetCallerIdentity", query(403, "InvalidClientTokenId"))
    needs = needs_of_rubric(lab())
    found = examine_class(load_roster(path), path, lab(), needs, settings, Clients(wire.session))
    told = [fault for one in found for fault in one.faults]
    if known:
        assert told == []
    else:
        ((message, remedy),) = told
        assert "refused" in message
        assert remedy == "If it is the partner's account, leave it; else ask for a new block."
    assert sorted(isinstance(one.seen.identity, Found) for one in found) == [False, True]
    assert [one.ends for one in found].count("partner's") == 1


@pytest.mark.slow
def test_a_group_with_two_accounts_is_told_and_needs_no_mending(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    other = aws_sandbox.new_account()
    roster(tmp_path, aws_sandbox, f"s01,pair,,{reference_account}", f"s02,pair,,{other}")
    done = grader("doctor", "class.csv", cwd=tmp_path, env=environment())
    assert done.returncode == 0
    accounts = ", ".join(sorted([reference_account, other]))
    lines = " ".join(done.stdout.split())
    assert f"s01, s02: The rows of the group lead to 2 accounts, {accounts}: each" in lines
    assert "Nothing to fix before the batch." in done.stdout


def test_rows_of_one_group_may_lead_to_one_account(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    rows = (
        f"s01,pair,,{reference_account}",
        f"s02,pair,,{reference_account}",
        f"s03,,,{reference_account}",
    )
    found = examine(roster(tmp_path, aws_sandbox, *rows))
    told = [faults(one).partition(". If")[0].partition("of ")[2] for one in found]
    assert told == ["s03", "s03", "s01, s02"]


def test_who_goes_a_partners_way_needs_no_other_block(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    path = roster(
        tmp_path,
        aws_sandbox,
        f"s01,pair,{reference_account},{reference_account}",
        f"s02,pair,{'2' * 12},",
    )
    assert [faults(one) for one in examine(path)] == ["", ""]


@pytest.mark.slow
def test_an_account_that_two_rows_claim_is_told_even_where_it_cannot_be_reached(
    aws_sandbox: Sandbox, tmp_path: Path
) -> None:
    account = aws_sandbox.new_account()
    path = roster(tmp_path, aws_sandbox, f"s01,,{account},-", f"s02,,{account},-")
    for one, other in zip(examine(path), ["s02", "s01"], strict=True):
        assert f"Account {account} is also that of {other}" in faults(one)


@pytest.mark.slow
@pytest.mark.parametrize("other", ["us-west-2", "eu-west-1"], ids=["Learner Lab's", "rubric's"])
def test_functions_that_stand_in_the_other_region_are_found(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path, other: str
) -> None:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as file:
        file.writestr("a.py", "def b(event, context): pass\n")
    elsewhere: Any = boto3.client(
        "lambda",
        region_name=other,
        endpoint_url=aws_sandbox.endpoint_url,
        **aws_sandbox.credentials(fresh_account),
    )
    elsewhere.create_function(
        FunctionName="first_lambda",
        Runtime="python3.12",
        Role=f"arn:aws:iam::{fresh_account}:role/LabRole",
        Handler="a.b",
        Code={"ZipFile": code.getvalue()},
    )
    elsewhere.close()
    rubric = lab_with_runs()
    place = "us-east-1" if other == "us-west-2" else other
    rubric = msgspec.structs.replace(rubric, lab=msgspec.structs.replace(rubric.lab, region=place))
    path = roster(tmp_path, aws_sandbox, f"s01,,,{fresh_account}")
    path.write_text(path.read_text().replace(",,blocks", ",us-east-1,blocks"))
    (one,) = examine(path, Wire(), rubric=rubric)
    assert one.seen.elsewhere == other
    assert f"stand in {other}, not in us-east-1. Write {other} into" in faults(one)
    path.write_text(path.read_text().replace(",us-east-1,blocks", f",{other},blocks"))
    (again,) = examine(path, rubric=rubric)
    assert (again.seen.elsewhere, again.faults) == (None, [])


# -- what AWS refuses -----------------------------------------------------------------------------


def test_an_ended_learner_lab_is_named_though_identity_answers(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    wire = Wire()
    for operation in ("lambda", "sqs", "events", "scheduler"):
        wire.play(operation, rest(403, "AccessDeniedException", ENDED), always=True)
    one = examine_one(tmp_path, aws_sandbox, reference_account, wire)
    assert isinstance(one.seen.identity, Found)
    (fault,) = one.faults
    assert "The Learner Lab has ended" in fault[0]
    assert "start the lab again" in fault[1]
    assert wire.requests == ["sts.GetCallerIdentity", "lambda.GetFunctionConfiguration"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("operation", "answer", "action"),
    [
        ("lambda.GetFunctionConfiguration", rest, "lambda:GetFunctionConfiguration"),
        ("lambda.GetPolicy", rest, "lambda:GetPolicy"),
        ("lambda.ListEventSourceMappings", rest, "lambda:ListEventSourceMappings"),
        ("lambda.Invoke", rest, "lambda:InvokeFunction"),
        ("sqs.GetQueueUrl", rpc, "sqs:GetQueueUrl"),
        ("sqs.GetQueueAttributes", rpc, "sqs:GetQueueAttributes"),
        ("sqs.SendMessageBatch", rpc, "sqs:SendMessage"),
        ("sqs.DeleteMessageBatch", rpc, "sqs:DeleteMessage"),
        ("sqs.ChangeMessageVisibilityBatch", rpc, "sqs:ChangeMessageVisibility"),
        ("cloudwatch-logs.FilterLogEvents", rpc, "logs:FilterLogEvents"),
        ("eventbridge.ListRuleNamesByTarget", rpc, "events:ListRuleNamesByTarget"),
        ("eventbridge.ListRules", rpc, "events:ListRules"),
        ("eventbridge.DescribeRule", rpc, "events:DescribeRule"),
        ("eventbridge.ListTargetsByRule", rpc, "events:ListTargetsByRule"),
        ("scheduler.ListSchedules", rest, "scheduler:ListSchedules"),
        ("scheduler.GetSchedule", rest, "scheduler:GetSchedule"),
    ],
)
def test_the_denied_action_and_no_other_is_named(
    aws_sandbox: Sandbox,
    reference_account: str,
    tmp_path: Path,
    operation: str,
    answer: Any,
    action: str,
) -> None:
    wire = Wire()
    wire.play(operation, answer(403, "AccessDeniedException", "not authorized"), always=True)
    one = examine_one(tmp_path, aws_sandbox, reference_account, wire)
    assert one.seen.denied == [action]
    assert f"Denied: {action}. Allow it to root" in faults(one)


def test_expired_credentials_tell_how_old_their_file_is(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s01,,,{reference_account}")
    long_ago = time.time() - 26 * HOUR_S
    os.utime(tmp_path / "blocks/s01.ini", (long_ago, long_ago))
    wire = Wire()
    wire.play("sts.GetCallerIdentity", query(403, "ExpiredToken", "The token has expired"))
    (one,) = examine(path, wire)
    assert "ExpiredToken" in faults(one)
    assert "26 h old" in faults(one)
    assert "Ask for a new block" in faults(one)
    assert wire.requests == ["sts.GetCallerIdentity"]


def test_credentials_that_expire_while_asked_are_not_called_an_ended_lab(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    wire = Wire()
    wire.play("sqs.GetQueueUrl", rpc(403, "ExpiredToken", "The token has expired"))
    one = examine_one(tmp_path, aws_sandbox, reference_account, wire)
    (fault,) = one.faults
    assert "The credentials are refused" in fault[0]


def test_a_profile_that_is_not_there_was_refused_by_nobody(tmp_path: Path) -> None:
    (tmp_path / "class.csv").write_text("student_id,profile\ns01,nope\n")
    done = grader("doctor", "class.csv", cwd=tmp_path, env=environment())
    assert "There is no profile nope" in done.stdout
    assert "refused" not in done.stdout
    assert "Name no profile, or write a section of that name." in " ".join(done.stdout.split())


def test_a_wrong_clock_of_this_machine_is_no_ended_lab(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    wire = Wire()
    late = "Signature expired: 20260101T000000Z is now earlier than 20260101T000100Z (… - 5 min.)"
    wire.play("lambda", rest(403, "InvalidSignatureException", late), always=True)
    said = faults(examine_one(tmp_path, aws_sandbox, reference_account, wire))
    assert "this machine's clock is wrong" in said
    assert "Set the clock of this machine" in said
    assert "Learner Lab" not in said


@pytest.mark.parametrize(
    ("operation", "answer", "words"),
    [
        (
            "sqs",
            rpc(403, "OptInRequired", "needs a subscription"),
            "the AWS account is not activated yet",
        ),
        (
            "lambda",
            rest(403, "UnrecognizedClientException", "invalid"),
            "or that region is not enabled in the account",
        ),
    ],
)
def test_what_is_not_activated_is_called_so(
    aws_sandbox: Sandbox,
    reference_account: str,
    tmp_path: Path,
    operation: str,
    answer: Any,
    words: str,
) -> None:
    wire = Wire()
    wire.play(operation, answer, always=True)
    said = faults(examine_one(tmp_path, aws_sandbox, reference_account, wire))
    assert words in said
    assert "Allow it to" not in said
    assert "The Learner Lab has ended" not in said


def test_an_action_that_was_not_answered_is_told_as_such(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    wire = Wire()
    wire.play("scheduler.ListSchedules", rest(400, "OddException", "odd"), always=True)
    one = examine_one(tmp_path, aws_sandbox, reference_account, wire)
    assert "Not answered: scheduler:ListSchedules. " in faults(one)
    assert one.seen.denied == []


def test_an_account_that_is_slow_to_answer_does_not_hold_up_the_class(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = Wire()
    wire.session.events.register(
        "after-call.sts", lambda **_given: monkeypatch.setattr(time, "monotonic", lambda: 1e12)
    )
    one = examine_one(tmp_path, aws_sandbox, reference_account, wire)
    monkeypatch.undo()
    assert wire.requests == ["sts.GetCallerIdentity"]
    assert isinstance(one.seen.identity, Found)
    (fault,) = one.faults
    assert "Not answered: lambda:GetFunctionConfiguration, " in fault[0]


def test_an_end_is_by_the_lms_s_time_of_submission_and_never_by_the_download_s(
    aws_sandbox: Sandbox, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s01,,,{'3' * 12}", f"s02,,,{'4' * 12}")
    submitted = datetime.fromtimestamp(int(time.time()) - HOUR_S, UTC)
    header, first, second = path.read_text().splitlines()
    path.write_text(f"{header},submitted_at\n{first},{submitted.isoformat()}\n{second},\n")
    settings = settings_of(seed=0, region=None, endpoint_url=None, lang=None, jobs=2)
    needs = needs_of_rubric(lab())
    known, unknown = examine_class(load_roster(path), path, lab(), needs, settings)
    assert known.ends_by == submitted + timedelta(hours=4)
    # Its file was written a moment ago, from a download of whenever.
    assert (unknown.ends_by, unknown.ends) == (None, "not known")


def test_what_was_handed_in_and_is_no_block_is_told_before_the_batch(
    aws_sandbox: Sandbox, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s01,,,{'3' * 12}")
    (tmp_path / "blocks/s01.ini").write_text(unreadable_text(["It is a PDF, which is not read."]))
    settings = settings_of(seed=0, region=None, endpoint_url=None, lang=None, jobs=2)
    (one,) = examine_class(load_roster(path), path, lab(), needs_of_rubric(lab()), settings)
    ((message, remedy),) = one.faults
    assert "no block that can be read: It is a PDF" in message
    assert "Ask for the whole block" in remedy


@pytest.mark.slow
def test_when_a_session_ends_is_said_as_far_as_it_is_known(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    path = roster(tmp_path, aws_sandbox, f"s01,,,{reference_account}")
    block = tmp_path / "blocks/s01.ini"
    an_hour_ago = time.time() - HOUR_S
    os.utime(block, (an_hour_ago, an_hour_ago))
    (one,) = examine(path)
    assert one.ends_by is not None
    assert one.ends_by.timestamp() == pytest.approx(an_hour_ago + 4 * HOUR_S, abs=1)
    os.utime(block, (0, 0))
    (one,) = examine(path)
    assert (one.ends, one.faults) == ("not known", [])
    block.write_text(block.read_text().replace("aws_session_token=canary-token\n", ""))
    (one,) = examine(path)
    assert one.ends == "never"


# -- what it does not do --------------------------------------------------------------------------


def test_nothing_but_reading_is_asked_and_nothing_runs(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    wire = Wire()
    kinds: list[str] = []

    def note(request: Any, **_given: Any) -> None:
        kinds.append(request.headers["X-Amz-Invocation-Type"])

    wire.session.events.register("before-send.lambda.Invoke", note)
    one = examine_one(tmp_path, aws_sandbox, reference_account, wire)
    assert one.faults == []
    assert kinds == [b"DryRun"]
    assert one.seen.untold == ("sqs:ReceiveMessage",)
    others = {name.partition(".")[2] for name in wire.requests} - {"Invoke"}
    reading = ("Get", "List", "Describe", "Filter")
    assert {name for name in others if not name.startswith(reading)} == {
        "SendMessageBatch",
        "DeleteMessageBatch",
        "ChangeMessageVisibilityBatch",
    }
    for queue in ("input_queue", "output_queue"):
        assert messages(aws_sandbox, reference_account, queue) == EMPTY


def test_what_would_act_on_a_queue_is_asked_for_so_that_nothing_can_come_of_it(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    hand_in(aws_sandbox, fresh_account, old_messages=2)
    wire = Wire()
    asked: list[Any] = []
    done: list[Any] = []
    for operation in ("SendMessage", "DeleteMessage", "ChangeMessageVisibility"):
        name = f"sqs.{operation}Batch"
        wire.session.events.register(
            f"before-parameter-build.{name}", lambda params, **_given: asked.append(params)
        )
        wire.change(name, done.append)
    examine_one(tmp_path, aws_sandbox, fresh_account, wire)
    # SQS itself names a body without a character, and a delay of more than 900 s, as its limits.
    (sent,) = (one["Entries"] for one in asked if "MessageBody" in one["Entries"][0])
    assert [(entry["MessageBody"], entry["DelaySeconds"]) for entry in sent] == [("", 901)]
    assert len(done) == 5
    assert all(answer["Failed"] and not answer.get("Successful") for answer in done)
    assert messages(aws_sandbox, fresh_account, "output_queue") == {"visible": 2, "in flight": 0}
    assert messages(aws_sandbox, fresh_account, "input_queue") == EMPTY


def test_an_answer_that_does_not_tell_whether_an_action_is_allowed_is_no_fault(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    wire = Wire()
    wire.play("sqs.SendMessageBatch", rpc(400, "MissingParameter", "MessageBody"), always=True)
    one = examine_one(tmp_path, aws_sandbox, reference_account, wire)
    assert (one.faults, one.seen.untold) == ([], ("sqs:ReceiveMessage", "sqs:SendMessage"))
    told = io.StringIO()
    show_examinations([one], Console(file=told, width=200))
    assert "whether sqs:ReceiveMessage, sqs:SendMessage is allowed" in told.getvalue()


def test_no_log_is_looked_into_and_no_queue_tried_that_the_rubric_does_not_need(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    wire = Wire()
    rubric = lab()
    looking = ("function_exists", "queue_exists", "schedule_enabled")
    kept = tuple(c for c in rubric.criteria if c.check in looking)
    path = roster(tmp_path, aws_sandbox, f"s01,,,{reference_account}")
    examine(path, wire, rubric=msgspec.structs.replace(rubric, criteria=kept))
    asked = {name.partition(".")[2] for name in wire.requests}
    assert "GetSchedule" in asked
    assert not {name for name in asked if name.endswith("Batch")}
    assert not asked & {"Invoke", "FilterLogEvents"}


def test_nothing_is_asked_of_an_account_that_is_not_the_rosters(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    wire = Wire()
    (one,) = examine(roster(tmp_path, aws_sandbox, f"s01,,{'9' * 12},{reference_account}"), wire)
    assert "the roster says" in faults(one)
    assert wire.requests == ["sts.GetCallerIdentity"]


def test_rows_with_the_same_way_to_an_account_are_asked_once(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path
) -> None:
    wire = Wire()
    examine(
        roster(tmp_path, aws_sandbox, f"s01,,,{reference_account}", f"s02,,,{reference_account}"),
        wire,
    )
    assert wire.requests.count("sts.GetCallerIdentity") == 1


def test_a_roster_with_mistakes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "class.csv").write_text("student_id,role_arn\ns01,x\n")
    done = grader("doctor", "class.csv", cwd=tmp_path)
    assert done.returncode == 2
    assert "class.csv:2" in done.stderr
