"""Nothing that Dask writes shows a secret, whatever becomes of a task."""

from __future__ import annotations

import io
import logging
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from grader.engines.dask_cluster import Cluster, cluster
from grader.engines.dask_worker import SealedTask, TaskFailed
from grader.engines.visit import RunOptions, Visit, identify_account, observe_account
from grader.model.access import Keys, Role
from grader.model.fact import Unknown
from grader.safety.secret import Secret, sealing
from tests.engines import tasks
from tests.engines.machines import Machines, machines
from tests.programs import LIMIT_S

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

CANARY = "canary-of-a-task"
HERE = Path(__file__).parents[2]
DEBUG = {
    "DASK_LOGGING__DISTRIBUTED": "debug",
    "DASK_DISTRIBUTED__ADMIN__LOG_LENGTH": "100000",
    "PYTHONPATH": str(HERE),
}
KEYS = Keys(Secret(f"{CANARY}-id"), Secret(f"{CANARY}-key"), Secret(f"{CANARY}-token"))


def visit(**changes: Any) -> Visit:
    given = {"access": KEYS, "account_id": None, "region": "us-east-1", "endpoint_url": None}
    return Visit(**(given | changes))


@pytest.fixture(scope="module")
def talkative(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    with machines(tmp_path_factory.mktemp("cluster") / "machines", tls=False, **DEBUG) as running:
        running.worker()
        yield running


class _Keeping(logging.Handler):
    """Not one of the handlers that write to a terminal, which a batch silences."""

    def __init__(self, log: io.StringIO) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        self._log.write(self.format(record))


@pytest.fixture(scope="module")
def written() -> Iterator[io.StringIO]:
    """What this process, the one that sends the tasks, logs of it."""
    log, dask = io.StringIO(), logging.getLogger("distributed")
    handler, level = _Keeping(log), dask.level
    dask.addHandler(handler)
    dask.setLevel(logging.DEBUG)
    yield log
    dask.removeHandler(handler)
    dask.setLevel(level)


@pytest.fixture(scope="module")
def engine(talkative: Machines, written: io.StringIO) -> Iterator[Cluster]:
    with cluster(talkative.address, 2) as running:
        yield running


def shown(error: BaseException | None) -> str:
    """Everything that an exception could show, and whatever it carries along."""
    assert error is not None
    carried = [error.__cause__, error.__context__]
    notes = getattr(error, "__notes__", [])
    return "".join([repr(error), repr(pickle.dumps(error)), *notes, repr(carried)])


def test_a_task_that_fails_shows_no_secret(
    engine: Cluster, talkative: Machines, written: io.StringIO
) -> None:
    future = engine.submit(tasks.quotes_its_secret, visit())
    error = future.exception(timeout=LIMIT_S)
    assert isinstance(error, TaskFailed)
    assert str(error).startswith("RuntimeError: ")
    assert "ValueError: Invalid header value" in error.__notes__[0]
    assert CANARY not in shown(error)
    # Dask did write of it: the test looks where there is something to see.
    assert "Compute Failed" in talkative.said()
    assert CANARY not in talkative.said() + written.getvalue()


def test_a_visit_that_crashes_shows_no_secret(
    engine: Cluster, talkative: Machines, written: io.StringIO
) -> None:
    options = RunOptions(seed=1, attempt=1, may_exercise=True, limit_s=60)
    nonsense: Any = None
    future = engine.submit(observe_account, visit(), nonsense, nonsense, options)
    assert isinstance(future.exception(timeout=LIMIT_S), TaskFailed)
    assert CANARY not in shown(future.exception())
    assert CANARY not in talkative.said() + written.getvalue()


def test_an_account_that_cannot_be_reached_shows_no_secret(
    engine: Cluster, talkative: Machines, written: io.StringIO
) -> None:
    broken = [
        visit(endpoint_url="not an address"),
        visit(access=Keys(KEYS.access_key_id, Secret(f"{CANARY}\n"), Secret(f"{CANARY}\r\nX: y"))),
        visit(access=Role("arn:aws:iam::1:role/x", Secret(CANARY)), endpoint_url="http://[::1]:9"),
    ]
    for one in broken:
        future = engine.submit(identify_account, one, 60)
        found = future.exception(timeout=LIMIT_S) or future.result().identity
        assert isinstance(found, Unknown | TaskFailed)
        assert CANARY not in repr(found)
    assert CANARY not in talkative.said() + written.getvalue()


def test_a_secret_does_not_come_back(
    engine: Cluster, talkative: Machines, written: io.StringIO
) -> None:
    error = engine.submit(tasks.cannot_be_sent_back, visit()).exception(timeout=LIMIT_S)
    assert "not serialised" in str(error)
    assert CANARY not in shown(error)
    assert CANARY not in talkative.said() + written.getvalue()


def test_a_secret_is_only_serialised_to_be_sealed() -> None:
    with pytest.raises(TypeError, match="not serialised"):
        pickle.dumps(visit())
    with sealing():
        assert pickle.loads(pickle.dumps(visit())) == visit()
    with pytest.raises(TypeError, match="not serialised"):
        pickle.dumps(KEYS)


def test_a_sealed_task_hides_what_is_in_it() -> None:
    sealed = SealedTask(identify_account, (visit(),))
    assert f"{sealed!r} {sealed} {[sealed]}".count("SealedTask(***)") == 3
    assert CANARY not in f"{sealed!r} {sealed} {vars(sealed).keys()}"
    assert sealed.open() == (identify_account, (visit(),))
