import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import psutil
import pytest
from structlog.testing import capture_logs

from tests.local.support import HERE, eventually, is_alive
from workers.local.supervision.supervisor import Supervisor, Worker, next_delay
from workers.local.supervision.worker_spawners import Prefork

PROGRAM = [sys.executable, str(HERE / "worker.py")]
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("on", flush=True)
time.sleep(60)
"""


def is_written(output: Path, text: str = "") -> bool:
    """Tell whether a program has said something, or just this."""
    written = output.read_text() if output.exists() else ""
    return written == text if text else bool(written)


def is_replaced(worker: Worker, killed: int, restarts: int) -> bool:
    """Tell whether another process runs a worker."""
    return worker.restarts == restarts and worker.pid not in {None, killed}


@pytest.fixture(params=["programs", "forks"])
async def supervisor(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Supervisor]:
    """Supervise two workers, started in either way, and stop them afterwards."""
    environments = {name: {"INCIDENTS_SITE": f"site-of-{name}"} for name in ("projects", "audit")}
    spawner = Prefork(tmp_path / "workers.out", "tests.local.worker:run")
    supervisor = Supervisor(environments, tmp_path, PROGRAM if request.param == "programs" else spawner)
    supervisor.start()
    await eventually(lambda: all(worker.pid for worker in supervisor.workers))
    yield supervisor
    await supervisor.stop()


async def test_each_worker_has_a_process_with_its_name(supervisor: Supervisor, tmp_path: Path) -> None:
    """Ops finds a worker by name among the processes, and its output below its name."""
    for worker in supervisor.workers:
        output = tmp_path / f"{worker.name}.out"
        await eventually(partial(is_written, output, f"{worker.name} site-of-{worker.name}\n"))
        line = psutil.Process(worker.pid).cmdline()
        assert line in ([*PROGRAM, worker.name], [sys.executable, "-m", "workers", "worker", worker.name])


async def test_pages_are_where_they_are_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable that places the pages elsewhere does not reach workers whose pages are watched on this machine."""
    monkeypatch.setenv("INCIDENTS_HEALTH_HOST", "203.0.113.9")
    supervisor = Supervisor({"projects": {}}, tmp_path, PROGRAM)
    supervisor.start()
    (worker,) = supervisor.workers
    await eventually(partial(is_written, tmp_path / "projects.out"))
    assert psutil.Process(worker.pid).environ()["INCIDENTS_HEALTH_HOST"] == "127.0.0.1"
    await supervisor.stop()


async def test_killed_worker_is_back_soon(supervisor: Supervisor) -> None:
    """However often a worker is killed, it is back within a second or so, and no other is touched."""
    projects, audit = supervisor.workers
    other = audit.pid
    for restarts in (1, 2, 3):
        killed, begun = projects.pid, time.monotonic()
        assert killed
        os.kill(killed, signal.SIGKILL)
        await eventually(partial(is_replaced, projects, killed, restarts))
        assert time.monotonic() - begun < 2
    assert audit.pid == other


async def test_stop_waits_for_the_workers(supervisor: Supervisor) -> None:
    """After a stop no worker runs, and none is started again."""
    pids = [worker.pid for worker in supervisor.workers]
    await supervisor.stop()
    assert not [pid for pid in pids if pid and is_alive(pid)]
    assert [worker.pid for worker in supervisor.workers] == [None, None]


async def test_stubborn_worker_is_killed(tmp_path: Path) -> None:
    """A worker that does not end when it is asked is killed after a while."""
    supervisor = Supervisor({"projects": {}}, tmp_path, [sys.executable, "-c", STUBBORN])
    supervisor.start()
    output = tmp_path / "projects.out"
    await eventually(partial(is_written, output))
    (worker,) = supervisor.workers
    await supervisor.stop(seconds=0.1)
    assert worker.process
    assert worker.process.returncode == -signal.SIGKILL


async def test_worker_that_cannot_start_is_tried_again(tmp_path: Path) -> None:
    """A worker that ends at once is started again, and others run meanwhile."""
    supervisor = Supervisor({"projects": {}}, tmp_path, [sys.executable, "-c", "raise SystemExit(3)"])
    supervisor.start()
    (worker,) = supervisor.workers
    await eventually(lambda: worker.restarts == 2)
    await supervisor.stop()
    assert worker.restarts == 2
    assert not worker.is_killed_here


async def test_worker_that_does_not_answer_is_replaced(tmp_path: Path) -> None:
    """A worker that was stopped is killed and started again when its page has not answered for the set time.

    It is reported once: the supervisor expects the end of the process that it kills.
    """
    with capture_logs() as logs:
        await stop_answering(tmp_path)
    assert [entry["event"] for entry in logs if entry["log_level"] == "warning"] == ["worker_silent"]


async def stop_answering(tmp_path: Path) -> None:
    """Stop a worker, and wait until another process runs it."""
    supervisor = Supervisor({"projects": {}, "audit": {}}, tmp_path, PROGRAM, silent_seconds=2)
    supervisor.start()
    projects, audit = supervisor.workers
    await eventually(lambda: is_written(tmp_path / "projects.out") and is_written(tmp_path / "audit.out"))
    stopped, other = projects.pid, audit.pid
    assert stopped
    os.kill(stopped, signal.SIGSTOP)
    await eventually(partial(is_replaced, projects, stopped, 1))
    assert not is_alive(stopped)
    assert audit.pid == other
    assert audit.restarts == 0
    await supervisor.stop()


@pytest.mark.parametrize(
    "last, lived, code, expected",
    [
        (0, 0.1, 1, 0.2),
        (0.2, 0.1, 1, 0.4),
        (4.0, 0.1, 1, 5.0),
        (5.0, 0.1, 1, 5.0),
        (5.0, 31, 1, 0.2),
        (0.2, 2, -signal.SIGKILL, 0.2),
    ],
)
def test_restarts_slow_down(last: float, lived: float, code: int, expected: float) -> None:
    """The wait grows for a worker that keeps dying, but not for one that lived or was killed."""
    assert next_delay(last, lived, code) == expected
