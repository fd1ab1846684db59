"""What ``check`` tells beside the grade: whose account, in two portions, of what was asked about."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import TYPE_CHECKING, Any

import jsonschema
import msgspec
import pytest

from grader.cli import run
from grader.model.observation import Observation
from grader.observe.clock import ON_THE_WAY_S
from grader.rubric.pairs import Pairs
from grader.schemas import load
from tests.fault_proxy import fault_proxy
from tests.observing import answered, hand_in, lab, messages, observe_sandbox_account
from tests.own_checks import write_checks
from tests.polling import wait_for
from tests.programs import (
    LIMIT_S,
    background,
    command,
    environment,
    grader,
    read_to,
    with_constants,
)
from tests.quick_run import first_only_when_quick

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.server import Sandbox
    from tests.fault_proxy import Ask, Request, Response

RUN_CRITERIA = {"handler", "records", "sums"}


def report_in(path: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(path.read_bytes())
    jsonschema.Draft202012Validator(load("report")).validate(report)
    return report


# -- whose account --------------------------------------------------------------------------------


def test_check_says_first_whose_account_where_and_in_which_sandbox(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    address = aws_sandbox.endpoint_url.removeprefix("http://")
    env = environment(aws_sandbox, fresh_account)
    done = grader("check", "--region", "us-west-2", cwd=tmp_path, env=env)
    first, second, *_ = done.stderr.splitlines()
    assert first == f"Account {fresh_account}, us-west-2, the sandbox at {address}."
    assert "about 7 invocations" in second
    assert address not in done.stdout


@pytest.mark.slow
def test_every_address_that_is_not_aws_own_is_said(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    url = aws_sandbox.endpoint_url
    other = url.replace("127.0.0.1", "localhost")
    env = environment(aws_sandbox, fresh_account, AWS_ENDPOINT_URL_SQS=other)
    done = grader("check", "--no-exchange", cwd=tmp_path, env=env)
    line = done.stderr.splitlines()[0]
    assert url.removeprefix("http://") in line
    assert other.removeprefix("http://") in line
    # An address that is given counts for all.
    given = grader("check", "--no-exchange", "--endpoint-url", url, cwd=tmp_path, env=env)
    assert "localhost" not in given.stderr


@pytest.mark.slow
def test_nothing_is_promised_of_an_account_that_is_not_reached(tmp_path: Path) -> None:
    done = grader("check", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (3, "")


@pytest.mark.parametrize(
    ("broken", "said"),
    first_only_when_quick(
        [
            ("twice", "credentials, line 4: [default] begins there a second time"),
            ("above", "credentials, line 1: there is text above the block"),
            ("utf-16", "credentials, line 1: the file is encoded as UTF-16"),
            ("profile", "there is one named cours"),
        ]
    ),
)
def test_check_names_file_line_and_remedy_of_a_bad_paste(
    tmp_path: Path, broken: str, said: str
) -> None:
    keys = "aws_access_key_id = 111111111111\naws_secret_access_key = test\n"
    block, file = f"[default]\n{keys}", tmp_path / "credentials"
    texts = {"twice": block * 2, "above": f"Copied\n{block}", "profile": f"[cours]\n{keys}"}
    file.write_bytes(texts.get(broken, block).encode("utf-16" if broken == "utf-16" else "utf-8"))
    env = environment(AWS_SHARED_CREDENTIALS_FILE=str(file))
    profile = ["--profile", "course"] if broken == "profile" else []
    done = grader("check", *profile, "--json", "mine.json", cwd=tmp_path, env=env)
    assert done.returncode == 3
    assert said in done.stdout
    assert "Get new credentials" not in done.stdout
    report = report_in(tmp_path / "mine.json")
    assert {one["status"] for one in report["criteria"]} == {"ungraded"}


# -- two portions ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_what_was_looked_at_is_shown_while_the_function_runs(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    """The function is slower than the test: the first portion cannot come with the rest."""
    hand_in(
        aws_sandbox, fresh_account, handler="slow", environment={"SECONDS": "50"}, memory_mb=256
    )
    env = environment(aws_sandbox, fresh_account)
    with background(command("check", "--out", "kept"), cwd=tmp_path, env=env) as running:
        shown = read_to(running.stdout, "A function runs periodically")
        told = read_to(running.stderr, "invoked with one message, up to ")
        assert running.poll() is None
        os.killpg(running.pid, signal.SIGINT)
        rest, _errors = running.communicate(timeout=LIMIT_S)
    assert "expected 128 MB, found 256 MB." in shown
    assert shown.count("— waiting") == 3
    assert "…  -/4  Sums arrive in the output queue — waiting" in shown
    assert "Score" not in shown + rest
    assert "Account" in told
    assert not (tmp_path / "kept").exists()


@pytest.mark.slow
def test_each_portion_is_said_once_and_no_report_waits(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="multiplies", memory_mb=256)
    env = environment(aws_sandbox, fresh_account)
    done = grader("check", "--json", "mine.json", "--out", "kept", cwd=tmp_path, env=env)
    assert done.returncode == 1, done.stderr
    first, _, second = done.stdout.partition("\n\n")
    assert first.count("— waiting") == 3
    assert done.stdout.count("found 256 MB") == 1
    assert "The function adds two numbers — " in second
    assert "the two numbers multiplied" in second
    assert "Memory" not in second
    assert "Score: " in second
    report = report_in(tmp_path / "mine.json")
    kept = (tmp_path / "kept/students/me/observation.json").read_text()
    assert "aiting" not in json.dumps(report) + kept
    assert report["status"] == "graded"
    assert "looked_at" not in report
    for one in report["criteria"]:
        assert done.stdout.count(one["title"]) >= 1, one["title"]


def test_the_score_comes_before_the_last_look_and_what_that_finds_is_said(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    """Once all nine answers are taken another one comes: who shows the score only then shows one."""
    hand_in(aws_sandbox, fresh_account)
    sqs = aws_sandbox.client("sqs", fresh_account)
    output = sqs.get_queue_url(QueueName="output_queue")["QueueUrl"]
    last_pair: dict[str, int] = {}
    left = [9]

    def treat(request: Request, ask: Ask) -> Response:
        if request.operation == "SendMessage":
            last_pair.update(json.loads(json.loads(request.body)["MessageBody"]))
        if request.operation == "ReceiveMessage" and left[0] == 0:
            product = last_pair["number1"] * last_pair["number2"]
            sqs.send_message(QueueUrl=output, MessageBody=json.dumps({"body": product}))
        if request.operation == "DeleteMessage" or (
            request.operation == "ReceiveMessage" and left[0] == 0
        ):
            left[0] -= 1
        return ask(request)

    with fault_proxy(aws_sandbox.endpoint_url, treat) as late:
        env = environment(aws_sandbox, fresh_account)
        endpoint = ("--endpoint-url", late.endpoint_url)
        done = grader("check", *endpoint, "--json", "mine.json", cwd=tmp_path, env=env)
    before, changed, after = done.stdout.partition("What came after that changes it:\n")
    assert changed, done.stdout + done.stderr
    assert "Score: 20 of 20 points" in before
    assert "Noted" not in before
    assert after.split("\n") == ["", "Score: 20 of 20 points", "Noted: several answers", ""]
    assert report_in(tmp_path / "mine.json")["flags"] == ["several-answers"]


@pytest.mark.slow
def test_a_pipe_gets_the_json_alone_and_quiet_one_portion(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    hand_in(aws_sandbox, fresh_account)
    env = environment(aws_sandbox, fresh_account)
    done = grader("check", "--json", "-", "--seed", "7", cwd=tmp_path, env=env)
    assert json.loads(done.stdout)["score"] == 20
    assert done.stderr.count("— waiting") == 3
    assert "Message 1 of 5 goes through your queues, up to 120 s." in done.stderr
    assert "Message 2 of 5" not in done.stderr
    quiet = grader("check", "--quiet", cwd=tmp_path, env=env)
    assert (quiet.stderr, quiet.stdout.count("waiting")) == ("", 0)
    assert quiet.stdout.count("✓") == 12


@pytest.mark.slow
def test_what_an_interrupted_check_left_is_called_its_own_by_the_next_one(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    # Longer than a poll, which an interrupted run ends with.
    hand_in(aws_sandbox, fresh_account, handler="delays_answer", environment={"DELAY": "30"})
    functions = aws_sandbox.client("lambda", fresh_account)
    known = functions.get_function_configuration(FunctionName="first_lambda")["Environment"]
    sqs = aws_sandbox.client("sqs", fresh_account)
    url = sqs.get_queue_url(QueueName="output_queue")["QueueUrl"]
    delayed = "ApproximateNumberOfMessagesDelayed"

    def answering() -> bool:
        counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[delayed])["Attributes"]
        return int(counts[delayed]) > 0

    # However late it is interrupted, it still waits for that answer and has sent nothing else.
    site = with_constants(
        tmp_path / "site", "check", "grader.observe.invocation", ANSWER_APPEARS_S=100
    )
    env = environment(aws_sandbox, fresh_account, PYTHONPATH=site)
    with background(command("check"), cwd=tmp_path, env=env) as running:
        wait_for(answering)
        os.killpg(running.pid, signal.SIGINT)
        running.communicate(timeout=LIMIT_S)
        assert running.returncode == 130
    left = {"visible": 1, "in flight": 0}
    wait_for(lambda: messages(aws_sandbox, fresh_account, "output_queue") == left)
    came = time.monotonic()
    wait_for(lambda: time.monotonic() > came + ON_THE_WAY_S)
    at_once = {"Variables": {**known["Variables"], "DELAY": "0"}}
    functions.update_function_configuration(FunctionName="first_lambda", Environment=at_once)
    seen = observe_sandbox_account(aws_sandbox, fresh_account, rubric=lab(pairs=1))
    assert answered(seen) == 1
    assert seen.flags == ("earlier-answers",)
    assert messages(aws_sandbox, fresh_account, "output_queue") == left


@pytest.mark.slow
def test_nothing_waits_where_nothing_is_run(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    # Nothing was deployed: the function's work is decided by what was looked at.
    done = grader("check", cwd=tmp_path, env=environment(aws_sandbox, fresh_account))
    assert "waiting" not in done.stdout
    assert done.stdout.count("Score: 0 of 20") == 1


@pytest.mark.slow
def test_a_check_of_ones_own_that_fails_itself_is_told_once(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    hand_in(aws_sandbox, fresh_account)
    (tmp_path / "checks").mkdir()
    write_checks(
        tmp_path / "checks",
        '@check("broken", on="function")\n'
        "def test_broken(function):\n"
        '    """Never."""\n'
        "    print('it prints')\n"
        "    return 1 / 0\n",
    )
    from grader.rubric.load import default_rubric_path

    (tmp_path / "rubric.yaml").write_text(
        default_rubric_path().read_text()
        + "  - id: own\n    title: Own\n    check: broken\n    on: sum\n    points: 1\n"
    )
    done = grader("check", cwd=tmp_path, env=environment(aws_sandbox, fresh_account))
    assert done.returncode == 3
    assert done.stderr.count("ZeroDivisionError") == 1
    assert done.stderr.count("it prints") == 1


# -- of what was asked about ----------------------------------------------------------------------


@pytest.mark.slow
def test_looking_only_has_a_subtotal_and_a_status_of_its_own(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    hand_in(aws_sandbox, fresh_account)
    env = environment(aws_sandbox, fresh_account)
    done = grader("check", "--no-exchange", "--json", "mine.json", cwd=tmp_path, env=env)
    assert (done.returncode, "looked at, in points: 13 of 13" in done.stdout) == (0, True), (
        done.stdout
    )
    assert "Not looked at: handler, records, sums." in done.stdout
    assert "invocations" not in done.stderr
    assert "Seed" not in done.stderr
    report = report_in(tmp_path / "mine.json")
    assert (report["status"], report["score"], report["sure_points"]) == ("ungraded", None, 13)
    ids = {one["id"] for one in report["criteria"]}
    assert {*report["looked_at"]} == ids - RUN_CRITERIA
    ungraded = {one["id"] for one in report["criteria"] if one["status"] == "ungraded"}
    assert ungraded == RUN_CRITERIA


@pytest.mark.parametrize(
    ("deployed", "criteria", "status", "said"),
    [
        ({"memory_mb": 256}, ["timeout"], 0, "looked at, in points: 1 of 1"),
        ({"memory_mb": 256}, ["memory", "timeout"], 1, "looked at, in points: 1 of 2"),
        pytest.param(
            {"memory_mb": 256},
            ["handler"],
            0,
            "looked at, in points: 2 of 2",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {"handler": "wrong_keys"}, ["records"], 1, "raised KeyError", marks=pytest.mark.slow
        ),
    ],
)
def test_only_the_criteria_that_are_named_count(
    aws_sandbox: Sandbox,
    fresh_account: str,
    tmp_path: Path,
    deployed: dict[str, Any],
    criteria: list[str],
    status: int,
    said: str,
) -> None:
    hand_in(aws_sandbox, fresh_account, **deployed)
    env = environment(aws_sandbox, fresh_account)
    words = [word for one in criteria for word in ("--criterion", one)]
    done = grader("check", *words, "--json", "mine.json", cwd=tmp_path, env=env)
    assert (done.returncode, said in done.stdout) == (status, True), done.stdout
    report = report_in(tmp_path / "mine.json")
    assert {*criteria} <= {*report["looked_at"]}
    assert (report["status"], report["score"]) == ("ungraded", None)
    assert ("invocations" in done.stderr) == bool(RUN_CRITERIA & {*criteria})
    if criteria == ["records"]:  # what explains it is looked at too
        assert report["looked_at"] == ["handler", "records"]
    else:
        assert len(report["looked_at"]) == len(criteria)


def test_what_could_not_be_seen_of_what_was_asked_is_status_3(tmp_path: Path) -> None:
    done = grader("check", "--criterion", "memory", "--criterion", "timeout", cwd=tmp_path)
    assert done.returncode == 3
    assert done.stdout.count("No AWS credentials were found.") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    first_only_when_quick(
        [
            (["--criterion", "memry"], "no criterion “memry”. Did you mean “memory”?"),
            (["--criterion", "qwfp"], "Known here: "),
            (["--criterion", "qwfp", "--criterion", "zzz"], "“zzz”"),
            (["--criterion", "sums", "--no-exchange"], "Leave out --no-exchange."),
        ]
    ),
)
def test_a_criterion_that_cannot_be_looked_at_is_told_before_anything_is_asked(
    tmp_path: Path, words: list[str], said: str
) -> None:
    done = grader("check", *words, cwd=tmp_path)
    assert (done.returncode, said in done.stderr, done.stdout) == (2, True, ""), done.stderr


# -- what is kept ---------------------------------------------------------------------------------

KEPT = ["students/me/report.json", "students", "students/me", "students/me/observation.json"]


@pytest.mark.parametrize("what", [*KEPT, "students/me/accounts"])
def test_nothing_is_kept_through_a_link_and_nobody_is_asked_before(
    tmp_path: Path, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out, elsewhere = tmp_path / "mine", tmp_path / "elsewhere"
    (out / what).parent.mkdir(parents=True)
    if what.endswith(".json"):
        elsewhere.write_text("theirs")
    else:
        elsewhere.mkdir()
        (elsewhere / "notes.json").write_text("theirs")
    (out / what).symlink_to(elsewhere)
    (out / "notes").symlink_to(elsewhere)  # no business of the grader's
    assert run(["check", "--out", str(out), "--endpoint-url", "http://127.0.0.1:9"]) == 2
    said = capsys.readouterr()
    assert f"{out / what}: This is a link" in " ".join(said.err.split())
    assert "notes" not in said.err
    assert said.out == ""
    files = [elsewhere] if elsewhere.is_file() else [*elsewhere.iterdir()]
    assert [path.read_text() for path in files] == ["theirs"]


# -- the seed -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_seed_that_is_printed_sends_the_same_numbers_again(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    hand_in(aws_sandbox, fresh_account)
    env = environment(aws_sandbox, fresh_account)
    first = grader("check", "--out", "first", cwd=tmp_path, env=env)
    (line,) = (line for line in first.stderr.splitlines() if line.startswith("Seed: "))
    seed = line.removeprefix("Seed: ").partition(";")[0]
    assert line == f"Seed: {seed}; --seed {seed} sends the same numbers again."
    grader("check", "--out", "second", "--seed", seed, cwd=tmp_path, env=env)
    words = ["--seed", seed, "--attempt", "2000003"]
    other = grader("check", "--out", "other", *words, cwd=tmp_path, env=env)
    assert f"; {' '.join(words)} sends the same numbers again." in " ".join(other.stderr.split())

    def sent(folder: str) -> list[tuple[Any, ...]]:
        raw = (tmp_path / folder / "students/me/observation.json").read_bytes()
        seen = msgspec.json.decode(raw, type=Observation)
        pairs: Any = seen.exchange
        return [(one.number1, one.number2) for one in pairs.value.pairs]

    assert sent("first") == sent("second")
    drawn = Pairs(lab().exchange, int(seed), fresh_account, 2_000_003)
    assert {*sent("other")} <= {drawn.draw().two for _message in range(9)}
    assert {*sent("other")}.isdisjoint(sent("first"))
