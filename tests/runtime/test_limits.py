"""What credentials are limited to: who exceeds it is refused by the server, and nobody else is harmed."""

from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from nats.aio.client import Client
from nats.errors import Error as NatsError

from tests.runtime.callers import Caller, Connect
from tests.support import eventually
from workers.local import credential_revocation
from workers.local.access.signing_keys import Trust
from workers.local.servers.nats import EmbeddedNats

PAYLOAD = 256 * 1024
SUBSCRIPTIONS = 200
CONNECTIONS = 4


async def is_closed(bus: Client) -> bool:
    """Tell whether the server has closed a connection."""
    return not bus.is_connected


async def open_caller(server: EmbeddedNats, trust: Trust, folder: Path, principal: str, **fields: int) -> Client:
    """Connect as a client that does not come back when it is closed."""
    credentials = folder / f"{principal}.creds"
    credentials.write_text(trust.mint(principal, "client", valid_seconds=fields.get("valid_seconds")))
    caller = Caller(principal)
    await caller.connect(server.url, credentials, allow_reconnect=False)
    return caller.bus


async def test_a_payload_ends_where_a_command_must(connect: Connect) -> None:
    """A message of more than 256 KiB closes its sender's connection, and nobody else's."""
    alice, bob = await connect("alice", "client"), await connect("bob", "client")
    await alice.publish("im.main.cmd.alice.projects.k.v", b"x" * (PAYLOAD - 100))
    assert not alice.refusals
    with suppress(NatsError):
        await alice.publish("im.main.cmd.alice.projects.k.v", b"x" * (PAYLOAD + 1))
    await eventually(partial(is_closed, alice.bus))
    await bob.publish("im.main.cmd.bob.projects.k.v")
    assert not bob.refusals


async def test_subscriptions_are_counted(connect: Connect) -> None:
    """A connection of a client holds 200 subscriptions at most, and those of others do not suffer."""
    alice, bob = await connect("alice", "client"), await connect("bob", "client")
    for number in range(SUBSCRIPTIONS - 1):
        await alice.bus.subscribe(f"_INBOX_alice.{number}")
    await alice.publish("im.main.cmd.alice.projects.k.v")
    assert not alice.refusals
    for number in range(SUBSCRIPTIONS):
        await bob.bus.subscribe(f"_INBOX_bob.{number}")
    with suppress(NatsError):
        await bob.subscribe("_INBOX_bob.more")
    await eventually(partial(is_closed, bob.bus))
    assert "maximum subscriptions exceeded" in str(bob.bus.last_error)
    await alice.publish("im.main.cmd.alice.projects.k.v")
    assert not alice.refusals


async def test_credentials_end(server: EmbeddedNats, trust: Trust, tmp_path: Path) -> None:
    """When credentials expire, their connection is closed and no other is opened with them."""
    bus = await open_caller(server, trust, tmp_path, "olivia", valid_seconds=2)

    await eventually(partial(is_closed, bus))
    await eventually(partial(Caller("olivia").is_refused, server.url, tmp_path / "olivia.creds"))


async def test_connections_of_all_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A principal who opens all connections of the site can be revoked: one connection is always reserved for that."""
    monkeypatch.setattr("workers.local.access.signing_keys.CONNECTIONS_MAX", CONNECTIONS)
    trust = Trust.create(tmp_path / "keys", "main")
    server = EmbeddedNats(tmp_path / "nats", trust)
    server.start()
    try:
        greedy = [await open_caller(server, trust, tmp_path, "mallory") for _ in range(CONNECTIONS)]
        (tmp_path / "olivia.creds").write_text(trust.mint("olivia", "client"))
        assert await Caller("olivia").is_refused(server.url, tmp_path / "olivia.creds")
        trust.revoke("mallory")
        await credential_revocation.push(server.url, trust)
        for bus in greedy:
            await eventually(partial(is_closed, bus))
        assert not await Caller("olivia").is_refused(server.url, tmp_path / "olivia.creds")
    finally:
        server.stop()
