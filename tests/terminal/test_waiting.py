"""What is said while somebody waits, and when they will not wait any longer."""

from __future__ import annotations

import io
import os
import signal
from typing import TYPE_CHECKING

import pytest

from grader.terminal.console import console
from grader.terminal.progress import working
from tests.fault_proxy import fault_proxy
from tests.observing import hand_in
from tests.programs import LIMIT_S, background, command, environment, grader, read_to
from tests.resources.test_schedule_runs import RUBRIC
from tests.terminal.test_report import Terminal
from tests.weather.sky import refusal

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.server import Sandbox
    from tests.fault_proxy import Ask, Request, Response


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "150 s at most."),
        pytest.param("fr", "pendant 150\u00a0s au plus.", marks=pytest.mark.slow),
    ],
)
def test_a_check_says_that_it_may_wait_for_the_schedule(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path, lang: str, said: str
) -> None:
    (tmp_path / "rubric.yaml").write_text(RUBRIC)
    env = environment(aws_sandbox, reference_account)
    done = grader("check", "--lang", lang, cwd=tmp_path, env=env)
    assert said in done.stderr
    quiet = grader("check", "--quiet", cwd=tmp_path, env=env)
    assert quiet.stderr == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            refusal(409, "CodeArtifactUserPendingException", Message="initializing"),
            "AWS is waking your function, up to 150 s.",
        ),
        (
            refusal(429, "TooManyRequestsException", Reason="ConcurrentInvocationLimitExceeded"),
            "Lambda has no room for first_lambda at this moment, up to",
        ),
    ],
)
def test_a_check_says_what_it_waits_for(
    aws_sandbox: Sandbox, reference_account: str, tmp_path: Path, answer: Response, said: str
) -> None:
    turned_away: list[Request] = []

    def treat(request: Request, ask: Ask) -> Response:
        if request.operation == "Invoke" and not turned_away:
            turned_away.append(request)
            return answer
        return ask(request)

    with fault_proxy(aws_sandbox.endpoint_url, treat) as busy:
        env = environment(aws_sandbox, reference_account) | {"AWS_ENDPOINT_URL": busy.endpoint_url}
        done = grader("check", cwd=tmp_path, env=env)
    assert turned_away
    assert said in done.stderr
    assert "Score: 20 of 20 points" in done.stdout


@pytest.mark.slow
def test_a_check_that_waits_for_no_schedule_does_not_speak_of_one(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    done = grader("check", cwd=tmp_path, env=environment(aws_sandbox, fresh_account))
    assert [line.split()[0] for line in done.stderr.splitlines()] == [
        "Account",
        "Checking",
        "Seed:",
    ]
    assert "at most" not in done.stderr


def test_on_a_terminal_something_moves_and_is_gone_afterwards() -> None:
    terminal, pipe = Terminal(), io.StringIO()
    with working(console(terminal)):
        pass
    assert "0:00:00" in terminal.text
    assert terminal.text.endswith("\x1b[2K")
    with working(console(pipe)), working(console(Terminal(), quiet=True)):
        pass
    assert pipe.getvalue() == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lang", "said"),
    [("en", "Interrupted."), pytest.param("fr", "Interrompu.", marks=pytest.mark.slow)],
)
def test_an_interrupted_check_says_so_in_one_line(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path, lang: str, said: str
) -> None:
    hand_in(aws_sandbox, fresh_account, handler="slow", environment={"SECONDS": "25"})
    with background(
        command("check", "--lang", lang), cwd=tmp_path, env=environment(aws_sandbox, fresh_account)
    ) as running:
        read_to(running.stderr, "75")
        os.killpg(running.pid, signal.SIGINT)
        output, errors = running.communicate(timeout=LIMIT_S)
    assert (running.returncode, errors) == (130, f"{said}\n")
    assert "20" not in output, "there is no score"
