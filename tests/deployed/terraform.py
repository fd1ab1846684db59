"""The tools that students deploy with: Terraform, Node and CDK for Terraform's Python, as they are."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from tests.programs import NotDoneError, environment, run

if TYPE_CHECKING:
    import subprocess

    from grader.sandbox.server import Sandbox

ROOT = Path(__file__).parents[2]
STACK = Path("cdktf.out", "stacks", "lambda_sqs_lab")

HCL = Path("opentofu")

LEFT_BEHIND = shutil.ignore_patterns(
    ".venv", "__pycache__", "cdktf.out", ".terraform*", "*.tfstate*", "lambda.zip"
)
"""What may lie in a project because somebody worked in it: no copy for a test has any of it."""

_LIMIT_S = 600
_STEPS = 60
_STEP = re.compile(r"HTTP Request Sent|HTTP Response Received|Waiting for state.*|[Rr]etry.*")
_SAID = re.compile(r"(?:rpc\.method|http\.status_code|tf_resource_type)=\S+|attempt=\d+")
_TIME = len("2026-01-01T00:00:00.000Z")
_PACKAGES = "the packages of reference_solution/requirements.txt"


def need(*tools: str) -> None:
    """Skip, and say what is missing; fail instead where ``REQUIRE_DEPLOY_TOOLS`` is set, as in CI."""
    missing = [tool for tool in tools if tool != "cdktn" and not shutil.which(tool)]
    bindings = ("cdktn", "cdktn_provider_aws")
    if "cdktn" in tools and not all(map(importlib.util.find_spec, bindings)):
        missing.append(_PACKAGES)
    if missing:
        _without(f"Not on this machine: {', '.join(missing)}.")


def _without(reason: str) -> None:
    if os.environ.get("REQUIRE_DEPLOY_TOOLS"):
        pytest.fail(reason)
    pytest.skip(reason)


def synthesize(project: Path, folder: Path) -> Path:
    """The stack that a copy of ``project`` synthesizes in ``folder``.

    One copied over another there goes on with its state: a student's next version.
    """
    need("node", "cdktn")
    shutil.copytree(project, folder, ignore=LEFT_BEHIND, dirs_exist_ok=True)
    _run([sys.executable, "main.py"], folder, environment())
    return folder / STACK


def zip_commands(guide: Path) -> list[list[str]]:
    """Each command by which a guide zips the code, as its words."""
    lines = re.findall(r"^py.* -m zipfile .*$", guide.read_text(encoding="utf-8"), re.MULTILINE)
    return [shlex.split(line, comments=True) for line in lines]


def zipped(project: Path, folder: Path) -> Path:
    """The stack in HCL of a copy of ``project`` in ``folder``, its code zipped as the README says.

    One copied over another there goes on with its state: a student's next version.
    """
    shutil.copytree(project, folder, ignore=LEFT_BEHIND, dirs_exist_ok=True)
    _, *words = zip_commands(project / "README.md")[0]
    _run([sys.executable, *words], folder / HCL, environment())
    return folder / HCL


class Terraform:
    """Terraform in ``folder``, working on one account of the sandbox.

    ``TF_CLI_ARGS_init`` and ``TF_CLI_CONFIG_FILE`` say where the AWS provider lies
    on this machine; without them it downloads it.
    """

    def __init__(self, folder: Path, sandbox: Sandbox, account_id: str) -> None:
        need("terraform")
        self._folder, self._sandbox = folder, sandbox
        self._log = folder / "provider.log"
        self._env = environment(
            sandbox,
            account_id,
            CHECKPOINT_DISABLE="1",
            TF_IN_AUTOMATION="1",
            TF_LOG_PROVIDER="DEBUG",
            TF_LOG_PATH=str(self._log),
        )
        done = self._try("init")
        if done.returncode and "registry.terraform.io" in done.stderr:
            _without("Terraform could not download the AWS provider, nor find it on this machine.")
        assert not done.returncode, done.stdout + done.stderr

    def apply(self, *options: str) -> None:
        """Deploy what the folder describes."""
        self._do("apply", "-auto-approve", *options)

    def destroy(self) -> None:
        """Take away what was deployed."""
        self._do("destroy", "-auto-approve")

    def _do(self, *arguments: str) -> None:
        done = self._try(*arguments)
        assert not done.returncode, done.stdout + done.stderr

    def _try(self, verb: str, *options: str) -> subprocess.CompletedProcess[str]:
        line = ["terraform", verb, "-input=false", "-no-color", *options]
        try:
            return _process(line, self._folder, self._env)
        except NotDoneError as late:
            raise NotDoneError(
                f"{late}\nThe provider did:\n{self._last_steps()}\n"
                f"The sandbox is at:\n{self._where_the_sandbox_is()}"
            ) from None

    def _last_steps(self) -> str:
        """What the AWS provider asked and waited for last, which Terraform does not say."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        steps = [(line, step) for line in lines if (step := _STEP.search(line))]
        return "\n".join(
            " ".join([line[:_TIME], step[0], *_SAID.findall(line)])
            for line, step in steps[-_STEPS:]
        )

    def _where_the_sandbox_is(self) -> str:
        """The last threads of the server; its main one, which answers requests, is the very last."""
        log = self._sandbox.directory / "server.log"
        before = log.stat().st_size
        os.kill(self._sandbox.pid, signal.SIGUSR1)
        written = Retrying(
            retry=retry_if_result(lambda text: "Current thread" not in text),
            wait=wait_fixed(0.05),
            stop=stop_after_delay(5),
            retry_error_callback=lambda state: state.outcome and state.outcome.result(),
        )
        text = written(lambda: log.read_bytes()[before:].decode(errors="replace"))
        return "\n".join(text.splitlines()[-_STEPS:])


def _run(line: list[str], cwd: Path, env: dict[str, str]) -> None:
    done = _process(line, cwd, env)
    assert not done.returncode, done.stdout + done.stderr


def _process(line: list[str], cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return run(line, cwd=cwd, env=env, limit_s=_LIMIT_S)
