"""A message bus for tests of its permissions: one server a file, and callers with credentials made on the spot."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.runtime.callers import Caller, Connect
from workers.local.access.signing_keys import Scope, Trust
from workers.local.servers.nats import EmbeddedNats


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedNats]:
    """Run one server for all tests of this file."""
    directory = tmp_path_factory.mktemp("access")
    server = EmbeddedNats(directory / "nats", Trust.create(directory / "keys", "main"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def trust(server: EmbeddedNats) -> Trust:
    """Load the keys that the server trusts."""
    return Trust.load(server.directory.parent / "keys")


@pytest.fixture
async def connect(server: EmbeddedNats, trust: Trust, tmp_path: Path) -> AsyncIterator[Connect]:
    """Connect principals with credentials that are minted on the spot."""
    async with AsyncExitStack() as stack:

        async def _connect(principal: str, scope: Scope) -> Caller:
            credentials = tmp_path / f"{principal}.creds"
            credentials.write_text(trust.mint(principal, scope))
            caller = Caller(principal)
            await caller.connect(server.url, credentials)
            stack.push_async_callback(caller.bus.close)
            return caller

        yield _connect
