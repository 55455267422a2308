"""What a process says of its servers: it writes to them, since what can be read is not what can be written."""

import asyncio
import json
import sys
import urllib.request
from asyncio.subprocess import PIPE
from functools import partial
from typing import Any
from urllib.error import HTTPError

import pytest

from contracts.ids import uuid7
from tests.delivery.helpers import Inspector, creation
from tests.support import Site, eventually
from tests.support.system import worker_process
from workers.runtime.bus.streams import api, is_full
from workers.runtime.process.running_components import RunningComponents

_NO_PROBE = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '53100'; END $$
"""


HANGING_PROBE = """
import asyncio
from types import SimpleNamespace
from workers.common.health_state import Condition, Part
from workers.runtime.process.write_probe_watchdog import Probes, expect_ends

async def hang(running):
    while True:
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            pass

async def main():
    settings, worker = SimpleNamespace(watchdog_seconds=0.5), SimpleNamespace(name="projects")
    running = SimpleNamespace(condition=Condition(), settings=settings, worker=worker)
    probes = Probes(running, hang)
    task = asyncio.create_task(probes.run())
    await expect_ends(running, Part.DATABASE, probes, task, 0.5)

asyncio.run(main())
"""


@pytest.fixture
async def inspector(site: Site) -> Inspector:
    """Inspect the site of the test."""
    return Inspector(site, await site.overseer())


async def page(url: str) -> tuple[int, dict[str, Any]]:
    """Return the status and the document of a page."""

    def read() -> tuple[int, dict[str, Any]]:
        try:
            with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - a page of this machine
                return response.status, json.load(response)
        except HTTPError as error:
            with error:
                return error.code, json.load(error)
        except OSError:
            return 0, {}

    return await asyncio.to_thread(read)


async def says(url: str, status: int, *parts: str) -> bool:
    """Tell whether a process says that these parts fail, and nothing else."""
    code, health = await page(url)
    return (code, [part["part"] for part in health.get("failing", ())]) == (status, list(parts))


async def fails(running: RunningComponents, *parts: str) -> bool:
    """Tell whether these parts fail."""
    return [part["part"] for part in running.condition.as_json()] == list(parts)


async def test_what_cannot_be_written_is_named(site: Site) -> None:
    """/ready is 503 while the database refuses to write, says which part, why and since when; then it is 200 again."""
    async with worker_process(site, "projects", watchdog_seconds=1) as process:
        url = f"{process.url}/ready"
        await eventually(partial(says, url, 200))
        await site.sql(_NO_PROBE)
        await site.sql("CREATE TRIGGER refuse BEFORE INSERT ON runtime.probe FOR EACH ROW EXECUTE FUNCTION refuse()")
        await eventually(partial(says, url, 503, "database"))
        [failing] = (await page(url))[1]["failing"]
        assert failing["reason"] == "DiskFull 53100"
        assert failing["since"].endswith("+00:00")
        assert failing["seconds"] >= 0
        await site.sql("DROP TRIGGER refuse ON runtime.probe")
        await eventually(partial(says, url, 200))


async def test_a_process_that_starts_says_so(site: Site) -> None:
    """Before a process serves, its page says that it starts, and is no error."""
    site.server.stop()
    async with worker_process(site, "projects") as process:
        await eventually(partial(says, f"{process.url}/ready", 503, "start"))


async def test_events_that_are_refused_are_seen(site: Site, inspector: Inspector) -> None:
    """A stream of events that stores nothing makes the process unready, though everything can be read."""
    running = await site.worker("projects", watchdog_seconds=1)
    config = (await api(inspector.ops, "STREAM.INFO.EVENTS", {}))["config"]
    await api(inspector.ops, "STREAM.UPDATE.EVENTS", {**config, "max_msg_size": 1})
    caller, project_id = await site.caller(), uuid7()
    await caller.send("projects.create", project_id, creation(project_id))
    await eventually(partial(fails, running, "bus-storage"))
    assert not running.ready
    await api(inspector.ops, "STREAM.UPDATE.EVENTS", config)
    await eventually(partial(fails, running))
    assert running.ready


async def test_commands_that_are_not_stored_are_seen(site: Site, inspector: Inspector) -> None:
    """A stream of commands that stores nothing makes the process unready before anybody sends one."""
    running = await site.worker("projects", watchdog_seconds=1)
    config = (await api(inspector.ops, "STREAM.INFO.COMMANDS", {}))["config"]
    await api(inspector.ops, "STREAM.UPDATE.COMMANDS", {**config, "sealed": True})
    await eventually(partial(fails, running, "bus-storage"))
    assert not running.ready


async def test_probes_leave_nothing(site: Site, inspector: Inspector) -> None:
    """A probe that was stored is taken out of the stream of commands again, and delivered to nobody."""
    running = await site.worker("projects", watchdog_seconds=0.1)

    async def were_probed() -> bool:
        return int((await api(inspector.ops, "STREAM.INFO.COMMANDS", {}))["state"]["last_seq"]) > 3

    async def is_empty() -> bool:
        return not (await api(inspector.ops, "STREAM.INFO.COMMANDS", {}))["state"]["messages"]

    await eventually(were_probed)
    await eventually(is_empty)
    assert await inspector.dead_letters() == []
    assert running.ready


async def test_a_process_whose_probe_hangs_ends_itself() -> None:
    """Code that loses its cancellation stops the probes, but not the watchdog, which says where it hangs."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", HANGING_PROBE, stdout=PIPE, stderr=PIPE)
    output, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 70, errors.decode()
    [expired] = [line for line in output.decode().splitlines() if "watchdog_expired" in line]
    assert "hang:" in expired


@pytest.mark.parametrize(
    "description, expected",
    [("maximum bytes exceeded", True), ("maximum messages exceeded", True), ("no space left on device", False)],
)
def test_a_limit_is_no_failure(description: str, expected: bool) -> None:
    """A stream that has reached its limit works as it should: starting the server again would not help."""
    assert is_full({"code": 503, "err_code": 10077, "description": description}) is expected
