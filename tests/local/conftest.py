from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.local.support import Running, Up
from tests.support import Site
from workers.local.backup import stream_snapshots
from workers.local.servers.postgres import EmbeddedPostgres
from workers.runtime.bus.streams import api

NAMES = ("empty_incident_manager", "empty_log_server")


@pytest.fixture
def up() -> Iterator[Up]:
    """Start `up` processes, and kill what the test leaves of them."""
    started: list[Running] = []

    def start(directory: Path, **environment: str) -> Running:
        started.append(Running(directory, environment))
        return started[-1]

    yield start
    for running in started:
        running.process.terminate()
        running.process.wait()


@pytest.fixture
def empty(postgres: EmbeddedPostgres) -> Iterator[tuple[str, str]]:
    """Make two databases that hold nothing."""
    for name in NAMES:
        postgres.ensure_database(name)
    yield postgres.url(NAMES[0]), postgres.url(NAMES[1])
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as owner:
        for name in NAMES:
            owner.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
async def target(tmp_path: Path, empty: tuple[str, str]) -> AsyncIterator[Site]:
    """Servers that hold nothing: a message bus with other keys and no streams, and empty databases."""
    async with Site(tmp_path / "target", *empty).open() as opened:
        bus = await opened.nats("provision", "provision")
        for stream in stream_snapshots.SAVED:
            await api(bus, f"STREAM.DELETE.{stream}", {})
        yield opened
