"""Signs of life: heartbeats, service discovery, health pages."""

import asyncio
import json
import urllib.request
from typing import Any
from urllib.error import HTTPError

import pytest

from contracts.ids import uuid7
from contracts.subjects import LANES
from tests.support import Site, eventually
from tests.support.system import worker_process

FIELDS = {
    "version", "started_at", "lanes", "applied", "rejected", "retried", "dead", "lag", "oldest_pending_seconds",
    "figures",
}  # fmt: skip


async def fetch(url: str) -> tuple[int, str]:
    """Return the status and the text of a page; 0 while nobody answers."""

    def read() -> tuple[int, str]:
        try:
            with urllib.request.urlopen(url, timeout=5) as page:  # noqa: S310 - a page of this machine
                return page.status, page.read().decode()
        except HTTPError as error:
            return error.code, ""
        except OSError:
            return 0, ""

    return await asyncio.to_thread(read)


async def test_heartbeats_say_how_a_process_is(site: Site) -> None:
    """A heartbeat names version, start, lanes, counters and how much waits, on the subject of its process."""
    ops = await site.nats("ops", "ops")
    beats = await ops.subscribe("im.main.ops.heartbeat.>")
    await ops.flush()
    running, caller, project_id = await site.worker("projects"), await site.caller(), str(uuid7())
    await caller.send("projects.create", project_id, {"project_id": project_id})

    async def tells_all() -> dict[str, Any]:
        beat = await beats.next_msg(timeout=5)
        assert beat.subject == f"im.main.ops.heartbeat.projects.{running.instance}"
        document: dict[str, Any] = json.loads(beat.data)
        assert document["applied"] == 1
        assert document["lanes"] == list(range(LANES))
        assert document["lag"] == 0
        return document

    result = await eventually(tells_all)
    assert result.keys() >= FIELDS
    assert result["rejected"] == 0
    assert result["retried"] == 0
    assert result["dead"] == 0
    of_lanes = {"outbox_messages", "outbox_oldest_seconds", "events_missing", "dead_letters"}
    assert result["figures"].keys() == of_lanes | {
        *("exports_pending", "oldest_export_seconds"),
        *("erasure_journal_waiting_entries", "erasure_journal_late_seconds"),
    }


@pytest.mark.parametrize("subject", ["$SRV.PING", "$SRV.INFO.im-projects", "$SRV.STATS.im-projects"])
async def test_a_worker_is_found_as_a_service(site: Site, subject: str) -> None:
    """Every worker answers the discovery of NATS services under its name."""
    running = await site.worker("projects")
    ops = await site.nats("ops", "ops")
    reply = json.loads((await ops.request(subject, timeout=5)).data)
    verb = subject.split(".")[1].lower()
    assert reply["type"] == f"io.nats.micro.v1.{verb}_response"
    assert reply["name"] == "im-projects"
    assert reply["id"] == running.instance
    assert reply["version"].count(".") == 2
    assert "endpoints" in reply or verb == "ping"


async def test_the_pages_of_a_process(site: Site) -> None:
    """A process is live at once, ready when it takes messages, and counts for Prometheus."""
    async with worker_process(site, "projects") as process:

        async def is_ready() -> bool:
            return (await fetch(f"{process.url}/ready"))[0] == 200

        await eventually(is_ready)
        caller, project_id = await site.caller(), str(uuid7())
        await caller.send("projects.create", project_id, {"project_id": project_id})
        assert (await fetch(f"{process.url}/live"))[0] == 200
        status, metrics = await fetch(f"{process.url}/metrics")
        assert status == 200
        assert "incidents_applied_total 1.0" in metrics
        assert "incidents_ready 1.0" in metrics


async def test_a_process_without_its_servers_is_live_and_not_ready(site: Site) -> None:
    """Without its servers a process waits: it is live, and says that it is not ready."""
    site.server.stop()
    async with worker_process(site, "projects") as process:

        async def is_live() -> bool:
            return (await fetch(f"{process.url}/live"))[0] == 200

        await eventually(is_live)
        assert (await fetch(f"{process.url}/ready"))[0] == 503
