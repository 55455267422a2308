from pathlib import Path

import pytest
from nats.aio.msg import Msg
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.api import StreamConfig

from tests.runtime.callers import Connect
from workers.local.access.signing_keys import InvalidNameError, Scope, Trust, TrustError
from workers.runtime.bus.ordered_stream_reader import open_reader, place_of
from workers.runtime.bus.streams import purge, stream_state


async def test_client_uses_its_own_subjects(connect: Connect) -> None:
    """A client sends commands and queries under its own name and hears its own outcomes."""
    alice = await connect("alice", "client")
    for worker in ("projects", "administration", "reports", "retention"):
        await alice.publish(f"im.main.cmd.alice.{worker}.key.verb")
    await alice.publish("im.main.qry.alice.audit.log")
    await alice.subscribe("im.main.out.alice.*")
    await alice.subscribe("_INBOX_alice.>")
    assert alice.refusals == []


@pytest.mark.parametrize(
    "subject",
    [
        "im.main.cmd.bob.projects.key.create",
        "im.main.cmd.system.projects.key.create",
        "im.main.cmd.alice.audit.key.verb",
        "im.main.qry.bob.projects.list",
        "im.main.out.alice.1",
        "im.main.evt.projects.key.created",
        "im.main.work.projects.0.bob.key.create",
        "im.main.dead.projects.bob",
        "_INBOX_bob.1",
        "$JS.API.INFO",
        "$JS.API.STREAM.PURGE.COMMANDS",
        "$JS.ACK.COMMANDS.projects-0.1.1.1.1.0",
    ],
)
async def test_client_publishes_nothing_else(connect: Connect, subject: str) -> None:
    """Nobody acts as somebody else, and no client reaches the streams behind the workers' back."""
    alice = await connect("alice", "client")
    await alice.publish(subject)
    assert "permissions violation for publish" in alice.refusals[0]


@pytest.mark.parametrize(
    "subject",
    ["im.main.out.bob.*", "im.main.out.*.*", "_INBOX_bob.>", "_INBOX_projects.>", "im.main.evt.>", ">"],
)
async def test_client_hears_nobody_else(connect: Connect, subject: str) -> None:
    """What a principal receives is seen by that principal alone."""
    alice = await connect("alice", "client")
    await alice.subscribe(subject)
    assert "permissions violation for subscription" in alice.refusals[0]


async def test_new_user_needs_no_change_on_the_server(connect: Connect) -> None:
    """A user that is minted while the server runs can ask and is answered at once."""
    worker = await connect("projects", "worker")

    async def answer(message: Msg) -> None:
        await worker.bus.publish(message.reply, b"answer")

    await worker.bus.subscribe("im.main.qry.*.*.*", cb=answer)
    await worker.bus.flush()
    newcomer = await connect("newcomer", "client")
    reply = await newcomer.bus.request("im.main.qry.newcomer.projects.list", b"{}", timeout=5)
    assert reply.data == b"answer"
    assert worker.refusals == []


@pytest.mark.parametrize(
    "subject",
    [
        "$JS.EVENT.ADVISORY.FORGED",
        "$JS.API.STREAM.LIST",
        "$JS.API.STREAM.DELETE.EVENTS",
        "$JS.API.STREAM.UPDATE.COMMANDS",
        "$JS.API.CONSUMER.DURABLE.CREATE.COMMANDS.mine",
        "$JS.API.CONSUMER.CREATE.DEAD.mine",
        "im.main.cmd.alice.projects.key.create",
        "im.other.out.alice.1",
        "a.subject.of.five.tokens",
    ],
)
async def test_worker_publishes_no_more_than_it_needs(connect: Connect, subject: str) -> None:
    """A worker that is made to publish somewhere can neither act for a user nor alter a stream (SEQ-08)."""
    worker = await connect("projects", "worker")
    await worker.publish(subject)
    assert "permissions violation for publish" in worker.refusals[0]


async def test_worker_reads_and_trims_what_was_provisioned(connect: Connect) -> None:
    """A client publishes into a stream, and a worker reads it by a consumer of its own and trims it."""
    provider, alice = await connect("provision", "provision"), await connect("alice", "client")
    worker = await connect("audit", "worker")
    manager = provider.bus.jetstream()
    await manager.add_stream(StreamConfig("COMMANDS", subjects=["im.main.cmd.>"]))
    await alice.bus.jetstream().publish("im.main.cmd.alice.projects.key.create", b"{}")

    async with open_reader(worker.bus, "COMMANDS", ["im.main.cmd.>"], 0, 10) as reader:
        (message,) = await reader.fetch(10, 5)
    assert message.data == b"{}"
    assert place_of(message) == 1
    assert await purge(worker.bus, "COMMANDS", 1)
    assert (await stream_state(worker.bus, "COMMANDS")).first == 2
    assert provider.refusals + alice.refusals + worker.refusals == []


async def test_client_cannot_ask_jetstream(connect: Connect) -> None:
    """A client's request to the JetStream interface is never answered."""
    alice = await connect("alice", "client")
    with pytest.raises(NatsTimeoutError):
        await alice.bus.request("$JS.API.INFO", b"", timeout=0.2)


def test_keys_are_private_and_kept(tmp_path: Path) -> None:
    """The keys are readable by their owner alone, and creating them again changes nothing."""
    directory = tmp_path / "keys"
    first = Trust.create(directory, "main")
    assert directory.stat().st_mode & 0o777 == 0o700
    assert {0o600} == {path.stat().st_mode & 0o777 for path in directory.iterdir()}
    assert len(list(directory.glob("*.nk"))) == 7
    assert first.account_jwts.keys() == Trust.create(directory, "main").account_jwts.keys()
    assert first.system_account == Trust.load(directory).system_account


def test_interrupted_creation_is_completed(tmp_path: Path) -> None:
    """A creation that was killed half-way is completed by the next one."""
    Trust.create(tmp_path, "main")
    (tmp_path / "ops.nk").unlink()
    (tmp_path / "ops.new").touch()
    assert "BEGIN NATS USER JWT" in Trust.create(tmp_path, "main").mint("ops", "ops")


def test_directory_belongs_to_one_site(tmp_path: Path) -> None:
    """Keys of one site are not taken for another's, and missing ones are named."""
    Trust.create(tmp_path / "keys", "main")
    with pytest.raises(TrustError, match="of site 'main', not of 'other'"):
        Trust.create(tmp_path / "keys", "other")
    with pytest.raises(TrustError, match="nowhere/site is missing: name another directory"):
        Trust.load(tmp_path / "nowhere")
    with pytest.raises(InvalidNameError, match="'Main' cannot name a site"):
        Trust.create(tmp_path / "keys", "Main")


@pytest.mark.parametrize(
    "principal, scope, message",
    [
        ("", "client", "cannot name a principal"),
        ("Alice", "client", "cannot name a principal"),
        ("a.b", "client", "cannot name a principal"),
        ("a*", "client", "cannot name a principal"),
        ("alice\n", "client", "cannot name a principal"),
        ("x" * 65, "client", "cannot name a principal"),
        ("system", "client", "is reserved for the system"),
        ("projects", "ops", "is reserved for the system"),
        ("alice", "worker", "is not a worker"),
    ],
)
def test_names_are_refused_with_a_reason(tmp_path: Path, principal: str, scope: Scope, message: str) -> None:
    """A name that is no subject token, or that belongs to the system, gets no credentials."""
    with pytest.raises(InvalidNameError, match=message):
        Trust.create(tmp_path, "main").mint(principal, scope)
