"""Workers as forks of one process that has imported what they need."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import psutil
import pytest

from tests.local.support import eventually, is_alive
from workers.local.servers.nats import free_port
from workers.local.supervision.worker_spawners import FORK_SECONDS_MAX, Prefork, StartedProcess

ENTRY = "tests.local.worker:run"


def templates(parent: psutil.Process) -> list[psutil.Process]:
    """Return the children of a process that are templates or spares, and live."""
    results = []
    for each in parent.children():
        with suppress(psutil.NoSuchProcess):
            if each.cmdline()[-1:] == ["fork"]:
                results.append(each)
    return results


class Forks:
    """Forks stand-ins for workers, which write into a folder of their own."""

    def __init__(self, folder: Path, entry: str, fork_seconds: float) -> None:
        self.folder = folder
        self.prefork = Prefork(folder / "workers.out", entry, fork_seconds_max=fork_seconds)

    async def fork(self, name: str) -> StartedProcess:
        """Fork a worker."""
        environment = {**os.environ, "INCIDENTS_SITE": f"of-{name}", "INCIDENTS_HEALTH_PORT": str(free_port())}
        return await self.prefork.spawn(name, environment, self.folder / f"{name}.out")

    async def wait_for(self, *names: str) -> None:
        """Wait until workers run."""
        for name in names:
            await eventually(partial(self._says, name))

    def template(self) -> psutil.Process:
        """Return the process that everything is forked from; there is one."""
        (template,) = templates(psutil.Process())
        return template

    async def spare(self, template: psutil.Process, killed: int = 0) -> psutil.Process:
        """Return the spare of a template, once it has one that was not killed."""
        spares: list[psutil.Process] = []

        def _lives() -> bool:
            spares[:] = [each for each in templates(template) if each.pid != killed]
            return bool(spares)

        await eventually(_lives)
        return spares[0]

    def _says(self, name: str) -> bool:
        output = self.folder / f"{name}.out"
        return output.exists() and output.read_text() == f"{name} of-{name}\n"


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Callable[[str], Forks]]:
    """Start templates, and end them afterwards."""
    started: list[Forks] = []

    def _start(entry: str = ENTRY, fork_seconds: float = FORK_SECONDS_MAX) -> Forks:
        started.append(Forks(tmp_path, entry, fork_seconds))
        return started[-1]

    yield _start
    for each in started:
        await each.prefork.close()


async def test_a_fork_has_what_a_worker_has(start: Callable[[], Forks]) -> None:
    """A fork has an environment, an output, a session and a name of its own, and no descriptor of its parent's."""
    forks = start()
    worker = await forks.fork("audit")
    await forks.wait_for("audit")
    process = psutil.Process(worker.pid)
    assert process.cmdline()[-4:] == ["-m", "workers", "worker", "audit"]
    assert os.getsid(worker.pid) == worker.pid
    paths = [str(each.readlink()) for each in Path(f"/proc/{worker.pid}/fd").iterdir()]
    assert len([path for path in paths if path.startswith("socket:")]) == 1  # that of its pages


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_how_a_fork_ended_is_known(start: Callable[[], Forks], number: signal.Signals) -> None:
    """The status of a fork is that of its end, and a signal after it reaches nobody."""
    forks = start()
    worker, other = await forks.fork("audit"), await forks.fork("projects")
    await forks.wait_for("audit", "projects")
    worker.send_signal(number)
    assert await worker.wait() == -number
    worker.send_signal(number)
    assert worker.returncode == -number
    assert other.returncode is None
    assert is_alive(other.pid)


async def test_a_worker_that_fails_says_why(start: Callable[[str], Forks]) -> None:
    """The status of a worker that cannot start is its own, and its reason is in its output."""
    forks = start("tests.local.worker:fail")
    assert await (await forks.fork("audit")).wait() == 1
    assert (forks.folder / "audit.out").read_text() == "audit cannot start\n"


async def test_a_template_that_cannot_start_ends_each_start(
    start: Callable[[], Forks], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When nothing can be imported each start ends with a status, and the reason is in the template's output."""
    monkeypatch.setenv("PYTHONPATH", "")
    monkeypatch.chdir("/")
    monkeypatch.setattr(sys, "executable", str(Path(sys.base_prefix) / "bin" / "python3"))
    forks = start()
    assert [await (await forks.fork("audit")).wait() for _ in range(2)] == [1, 1]
    assert (forks.folder / "workers.out").read_text().count("No module named") == 2


async def test_forks_die_with_their_template(start: Callable[[], Forks]) -> None:
    """When the template is killed its forks go with it, and the next ones come from its spare, which has one, too."""
    forks = start()
    workers = [await forks.fork(name) for name in ("audit", "projects")]
    await forks.wait_for("audit", "projects")
    template = forks.template()
    spare = await forks.spare(template)
    template.kill()
    assert [await each.wait() for each in workers] == [-signal.SIGKILL] * 2
    again = await forks.fork("retention")
    await forks.wait_for("retention")
    assert psutil.Process(again.pid).ppid() == spare.pid
    assert is_alive((await forks.spare(spare)).pid)


async def test_a_spare_that_dies_is_replaced(start: Callable[[], Forks]) -> None:
    """When the spare is killed the template makes another one, and its forks live."""
    forks = start()
    worker = await forks.fork("audit")
    await forks.wait_for("audit")  # a fork has the command line of a spare until it is a worker
    template = forks.template()
    killed = await forks.spare(template)
    killed.kill()
    await forks.spare(template, killed.pid)
    template.kill()
    assert await worker.wait() == -signal.SIGKILL
    await forks.fork("projects")
    await forks.wait_for("projects")


LONELY = """
import asyncio, sys
from pathlib import Path
from workers.local.supervision.supervisor import Supervisor
from workers.local.supervision.worker_spawners import Prefork
async def main():
    folder = Path(sys.argv[1])
    workers = {name: {} for name in ("audit", "projects")}
    Supervisor(workers, folder, Prefork(folder / "workers.out", "tests.local.worker:run")).start()
    await asyncio.Event().wait()
asyncio.run(main())
"""


async def test_nothing_outlives_who_asked(tmp_path: Path) -> None:
    """When the supervisor is killed, the template, its spare and the workers go with it."""
    supervisor = await asyncio.create_subprocess_exec(sys.executable, "-c", LONELY, tmp_path)
    await eventually(lambda: (tmp_path / "audit.out").exists() and (tmp_path / "projects.out").exists())
    left = psutil.Process(supervisor.pid).children(recursive=True)
    assert len(left) == 4
    supervisor.kill()
    await supervisor.wait()
    await eventually(lambda: not any(is_alive(each.pid) for each in left))


async def test_a_template_that_hangs_is_left_alone(start: Callable[..., Forks]) -> None:
    """A worker is forked from another template while one is stopped, whose forks live and which forks nothing later."""
    forks = start(fork_seconds=0.5)
    before = await forks.fork("audit")
    await forks.wait_for("audit")
    stopped = forks.template()
    stopped.suspend()
    await forks.fork("projects")
    await forks.wait_for("projects")
    assert before.returncode is None
    before.send_signal(signal.SIGKILL)
    assert await before.wait() == -signal.SIGKILL
    stopped.resume()
    await eventually(lambda: stopped.children() == templates(stopped))
    assert (forks.folder / "projects.out").read_text().count("\n") == 1
