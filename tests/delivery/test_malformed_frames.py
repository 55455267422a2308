"""Bytes that no library sends: a message costs only itself, whatever is in its frame."""

import pytest
from nats.aio.client import Client as Nats

from contracts.ids import uuid7
from tests.delivery.helpers import Inspector, creation
from tests.support import Caller, Site, eventually
from tests.support.system import worker_process

BLOCKS = (
    b"X\r\n\r\n",
    b"\r\n\r\n",
    b"\n\n",
    b"\x00",
    b"NATS/1.0",
    b"NATS/1.0\r\n",
    b"NATS/1.0 \xff\xff\xff\r\n\r\n",
    b"NATS/1.0 200 \xff\r\n\r\n",
    b"NATS/1.0 503\r\n\r\n",
    b"NATS/1.0 409 Consumer Deleted\r\n\r\n",
    b"NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: 999\r\n\r\n",
    b"NATS/1.0\r\nno colon\r\n: no name\r\n\xff: \xff\r\na b: c\r\n\r\n",
)
STATUSES = ("503", "404", "100", "200", "409", "x", "")
TOKENS = (b"\x7f", b"\xff\xfe", b"\x0b", b"\x0c", b"a\x0bb", b"a\x0cb", b"\x00", b"\xc2\x85", b"\x1b[2J", b"x" * 1500)


async def publish(nats: Nats, subject: bytes, reply: bytes = b"", block: bytes = b"", body: bytes = b"{}") -> None:
    """Publish a frame as it is; the server may drop it."""
    words = b" ".join(part for part in (subject, reply) if part)
    if block:
        head = b"HPUB %b %d %d" % (words, len(block), len(block) + len(body))
    else:
        head = b"PUB %b %d" % (words, len(body))
    await nats._send_command(b"%b\r\n%b%b\r\n" % (head, block, body))
    await nats.flush()


async def send(caller: Caller) -> str:
    """Create a project as somebody else, within five seconds."""
    project_id = uuid7()
    command_id = await caller.publish("projects.create", project_id, creation(project_id))

    async def is_applied() -> str:
        outcome = caller.outcomes.get(command_id)
        return str(outcome[0]["status"]) if outcome else ""

    return await eventually(is_applied, within=5)


@pytest.mark.timeout(240)
async def test_no_bytes_of_a_command_stop_a_worker(site: Site, inspector: Inspector) -> None:
    """After every odd frame somebody else's command is applied within five seconds, by the same process."""
    mallory, caller = await site.nats("mallory"), await site.caller()
    async with worker_process(site, "projects") as process:
        assert await eventually(lambda: send(caller), within=30) == "applied"
        for block in BLOCKS:
            await publish(mallory, b"im.main.cmd.mallory.projects.x.y", b"_INBOX_mallory.1", block)
            assert await send(caller) == "applied"
        for token in TOKENS:
            await publish(mallory, b"im.main.cmd.mallory.projects.%b.create" % token, b"_INBOX_mallory.%b" % token)
            await publish(mallory, b"im.main.cmd.mallory.projects.x.%b" % token)
            assert await send(caller) == "applied"
        for status in STATUSES:
            block = f"NATS/1.0\r\nStatus: {status}\r\nNats-Msg-Id: {uuid7()}\r\n\r\n".encode()
            await publish(mallory, b"im.main.cmd.mallory.projects.x.create", block=block)
            assert await send(caller) == "applied"
        assert process.is_running
        await inspector.wait_until_idle()


@pytest.mark.timeout(240)
async def test_no_bytes_of_a_query_stop_a_worker(site: Site) -> None:
    """After every odd question somebody else's command is applied and query answered, by the same process."""
    mallory, caller = await site.nats("mallory"), await site.caller()
    async with worker_process(site, "projects") as process:
        assert await eventually(lambda: send(caller), within=30) == "applied"
        for block in BLOCKS:
            await publish(mallory, b"im.main.qry.mallory.projects.list", b"_INBOX_mallory.1", block)
            await publish(mallory, b"im.main.qry.mallory.projects.list", block=block)
            assert await send(caller) == "applied"
        for token in TOKENS:
            await publish(mallory, b"im.main.qry.mallory.projects.%b" % token, b"_INBOX_mallory.%b" % token)
            assert await send(caller) == "applied"
        assert (await caller.ask("projects.list", {"limit": 1}))[1] == ""
        assert process.is_running
