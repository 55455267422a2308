"""The end of a connection."""

import asyncio
from pathlib import Path

from incidents.connection import Troubles, open_connection
from tests.support import eventually
from workers.local.access.signing_keys import Trust
from workers.local.servers.nats import EmbeddedNats


async def test_a_connection_ends_quietly_when_the_server_is_away(tmp_path: Path) -> None:
    """What was still to be sent does not hide how the call itself ended."""
    trust = Trust.create(tmp_path / "keys", "main")
    server, credentials = EmbeddedNats(tmp_path / "nats", trust), tmp_path / "alice.creds"
    credentials.write_text(trust.mint("alice", "client"))
    server.start()
    async with open_connection(server.url, credentials, Troubles()) as connection:
        await asyncio.to_thread(server.stop)

        async def is_lost() -> bool:
            return bool(connection.is_reconnecting)

        await eventually(is_lost)
        await connection.publish("im.main.qry.alice.projects.list", bytes(100_000))
