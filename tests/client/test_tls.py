"""`tls://` in an address means TLS: a server without it gets nothing, neither from callers nor from workers."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from nats.errors import SecureConnWantedError

from incidents.connection import Troubles, open_connection
from incidents.errors import UnreachableError
from tests.client.command_line import incidents
from tests.client.conftest import Bus
from workers.common.process_settings import Settings
from workers.runtime.bus.hardened_parser import BusClient
from workers.runtime.process.assembly import connection_of, open_broker


@pytest.fixture
def url(bus: Bus) -> str:
    """Return the address of a server without TLS, as if it had it."""
    return bus.url.replace("nats://", "tls://")


async def test_a_caller_refuses_a_server_without_tls(bus: Bus, url: str) -> None:
    """The command line says so in its words, and connects to the same server under nats://."""
    where: dict[str, Any] = {"INCIDENTS_NATS_URL": url, "INCIDENTS_NATS_CREDS": bus.credentials("alice")}
    for language, words in (("en", "asks for TLS, and the server offers none"), ("fr", "demande TLS, mais le serveur")):
        ended = await incidents("me", "--json", "--lang", language, environment=where)
        assert ended.status == 3
        assert ended.json["error"]["code"] == "unreachable"
        assert words in ended.json["error"]["message"]
    async with open_connection(bus.url, bus.credentials("alice"), Troubles()) as connection:
        assert connection.is_connected


async def test_nothing_is_sent_to_a_server_without_tls(bus: Bus) -> None:
    """A server that leaves TLS out of its greeting receives no credentials."""
    received: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"server_id":"x","version":"2.15.1","max_payload":1024,"nonce":"abc"}\r\n')
        received.set_result(await reader.read())
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(UnreachableError, match="asks for TLS"):
            async with open_connection(f"tls://127.0.0.1:{port}", bus.credentials("alice"), Troubles()):
                pass
        assert await received == b""


async def test_a_worker_refuses_a_server_without_tls(bus: Bus, url: str) -> None:
    """The connections of workers are made of the same stuff, that of the broker included."""
    errors: list[Exception] = []

    async def record(error: Exception) -> None:
        errors.append(error)

    with pytest.raises(Exception, match="no servers"):
        await BusClient().connect(url, max_reconnect_attempts=1, reconnect_time_wait=0, error_cb=record)
    assert {type(error) for error in errors} == {SecureConnWantedError}
    settings = Settings(nats_url=bus.url, nats_creds=Path(bus.credentials("projects", "worker")), site="main")
    broker = open_broker("projects", settings)
    await broker.connect()
    assert isinstance(connection_of(broker), BusClient)
    await broker.stop()
