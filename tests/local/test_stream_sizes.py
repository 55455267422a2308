"""Streams are as large as the server has room for."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import nats
import pytest
from nats.aio.client import Client as Nats

from workers.local.access.signing_keys import Trust
from workers.local.servers.nats import EmbeddedNats
from workers.runtime.bus.streams import NoRoomError, api, provision

MIB = 1 << 20
STREAMS = ("COMMANDS", "EVENTS", "DEAD")


@asynccontextmanager
async def ops(directory: Path, mebibytes: int) -> AsyncIterator[Nats]:
    """Connect as who provisions to a server that may have so much on its disk."""
    trust = Trust.create(directory / "keys", "main")
    server = EmbeddedNats(directory / "nats", trust)
    server.prepare()
    conf = server.directory / "server.conf"
    conf.write_text(re.sub(r"max_file_store: \d+", f"max_file_store: {mebibytes * MIB}", conf.read_text()))
    server.launch()
    server.wait()
    credentials = directory / "ops.creds"
    credentials.write_text(trust.mint("provision", "provision"))
    connection = await nats.connect(server.url, user_credentials=str(credentials), inbox_prefix="_INBOX_provision")
    try:
        yield connection
    finally:
        await connection.close()
        server.stop()


async def sizes(connection: Nats) -> list[int]:
    """Return the sizes of the streams, in MiB."""
    info = [await api(connection, f"STREAM.INFO.{name}", {}) for name in STREAMS]
    return [stream["config"]["max_bytes"] // MIB for stream in info]


@pytest.mark.parametrize(
    "mebibytes, expected",
    [(16_384, [1024, 4096, 256]), (5_376, [1024, 4096, 256]), (5_000, [512, 2048, 128]), (336, [64, 256, 16])],
)
async def test_streams_share_what_there_is(tmp_path: Path, mebibytes: int, expected: list[int]) -> None:
    """All shrink by the same share, and what was made smaller is as it should be from then on."""
    async with ops(tmp_path, mebibytes) as connection:
        assert (await provision(connection, "main")).differences == []
        assert await sizes(connection) == expected
        again = await provision(connection, "main")
        assert again.created == []
        assert again.differences == []


async def test_a_stream_below_the_smallest_is_a_difference(tmp_path: Path) -> None:
    """A stream that is made smaller than allowed is refused."""
    async with ops(tmp_path, 1024) as connection:
        await provision(connection, "main")
        config = (await api(connection, "STREAM.INFO.DEAD", {}))["config"]
        await api(connection, "STREAM.UPDATE.DEAD", {**config, "max_bytes": MIB})
        [difference] = (await provision(connection, "main")).differences
        assert difference[:2] == ("stream DEAD", "max_bytes")


async def test_too_little_room_is_told_in_a_sentence(tmp_path: Path) -> None:
    """It says how much the streams need; nothing is made before."""
    async with ops(tmp_path, 300) as connection:
        with pytest.raises(NoRoomError, match=r"^The streams need 353 MB .*: give it a larger disk"):
            await provision(connection, "main")
        assert (await api(connection, "STREAM.NAMES", {}))["total"] == 0


def test_a_restart_keeps_the_room(tmp_path: Path) -> None:
    """A disk that is fuller at the next start takes nothing from the streams that were made before."""
    server = EmbeddedNats(tmp_path / "nats", Trust.create(tmp_path / "keys", "main"))
    server.prepare()
    conf = server.directory / "server.conf"
    large = re.sub(r"max_file_store: \d+", f"max_file_store: {1 << 60}", conf.read_text())
    conf.write_text(large)
    server.prepare()
    assert conf.read_text() == large
