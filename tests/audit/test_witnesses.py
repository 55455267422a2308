"""Witnesses of a site's logs: whoever owns the databases and the site's key cannot show two histories."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from contracts.evidence.checkpoints import Checkpoint, read_note, signed_note
from contracts.evidence.log_entries import leaf_of
from contracts.evidence.merkle_tree import leaf_hash, root_of
from contracts.ids import uuid7
from contracts.message import Store
from contracts.projects.commands import ProjectDeleted
from tests.audit.publisher import Publisher, open_publisher
from tests.client.command_line import CommandResult, incidents
from tests.support import Site, eventually
from tests.support.witness import WitnessProcess, log_keys, site_key, submit, witness_process
from workers.common.signing_key import is_signature
from workers.local.run_worker import slice_of
from workers.local.servers.nats import free_port
from workers.runtime.process.assembly import run_here

ORIGIN = "incidents/main/log_server"


@pytest.fixture
async def witness(site: Site) -> AsyncIterator[WitnessProcess]:
    """A witness that knows the logs of the site."""
    async with witness_process(site.directory / "witness", log_keys(site)) as process:
        yield process


@asynccontextmanager
async def system(site: Site, witness: WitnessProcess) -> AsyncIterator[Publisher]:
    """Run the worker of the logs with a witness, and return what publishes events to it."""
    folder, file = site.directory / "checkpoints", witness.write_file()
    settings = site.settings("audit", checkpoint_seconds=1, checkpoints=folder, witnesses=file, witness_seconds=5)
    async with run_here(slice_of("audit"), settings):
        yield await open_publisher(site)


async def record(site: Site, events: Publisher, count: int, *, cosigned: bool = True) -> None:
    """Record some more entries, and wait until a checkpoint has all of them, and its cosignature if there is one."""
    for _ in range(count):
        await events.publish(ProjectDeleted(project_id=uuid7(), number=1))
    table = "audit.attestation" if cosigned else "audit.checkpoint"

    async def is_signed() -> bool:
        rows = await site.sql(
            f"SELECT store FROM audit.log WHERE size = (SELECT max(size) FROM {table} t WHERE t.store = log.store)"  # noqa: S608 - a constant
        )
        return len(rows) == 2 and not await site.count("audit.undelivered")

    await eventually(is_signed)


async def verify(site: Site, *line: object, **more: object) -> CommandResult:
    """Type the command with the addresses of the owner."""
    environment = {
        "INCIDENTS_DATABASE_URL": site.database_url,
        "INCIDENTS_LOG_DATABASE_URL": site.log_database_url,
        "INCIDENTS_SIGNING_KEY": site.directory / "keys" / "package-signing.key",
    }
    return await incidents("audit", "verify", *line, environment={**environment, **more})


def log_of(ended: CommandResult, store: Store = Store.LOG_SERVER) -> dict[str, Any]:
    """Return what a verification says about a store in JSON."""
    document = json.loads(ended.out)
    return next(log for log in document["logs"] if log["log"] == store)


async def test_a_witness_cosigns_every_state(site: Site, witness: WitnessProcess) -> None:
    """Cosignatures are in the database and in the file, and a verification names who knows how much."""
    async with system(site, witness) as events:
        await record(site, events, 3)
        await record(site, events, 300)
    ended = await verify(site, "--witness-key", witness.line, "--json")
    assert (ended.status, log_of(ended)["witnessed"]["entries"]) == (0, 303), ended
    notes = (site.directory / "checkpoints" / "log_server.notes").read_text()
    assert "\u2014 witness.example/w1 " in notes
    online = await verify(site, "--witnesses", witness.folder / "witnesses")
    assert (online.status, "witnessed: 303 entries, by witness.example/w1 on " in online.out) == (0, True), online


def rewritten(site: Site, *, keep_size: bool) -> list[bytes]:
    """Change an entry of the log server and make the hash of each anew; return the hashes."""
    with psycopg.connect(site.log_database_url, autocommit=True, row_factory=dict_row) as owner:
        owner.execute("SET session_replication_role = replica")  # no trigger
        owner.execute("UPDATE entry SET actor = 'oscar' WHERE log_index = 1")
        if not keep_size:
            owner.execute("DELETE FROM entry WHERE log_index > 3")
        rows = owner.execute("SELECT * FROM entry ORDER BY log_index").fetchall()
        for row in rows:
            row["hash"] = leaf_hash(leaf_of(row))
            owner.execute("UPDATE entry SET hash = %(hash)s WHERE event_id = %(event_id)s", row)
    return [row["hash"] for row in rows]


def forge(site: Site, hashes: list[bytes]) -> None:
    """Make the tree anew and sign it with the site's key, and remove all checkpoints of before and their copies."""
    key, size = site_key(site), len(hashes)
    note = signed_note(Checkpoint(ORIGIN, size, root_of(hashes)), key.public_key, key.sign_raw)
    with psycopg.connect(site.database_url, autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("DELETE FROM audit.checkpoint WHERE store = 'log_server'")
        owner.execute("DELETE FROM audit.attestation WHERE store = 'log_server'")
        tree = (size, [b"".join(hashes)])
        owner.execute("UPDATE audit.tree SET size = %s, edge = %s WHERE store = 'log_server'", tree)
        owner.execute("UPDATE audit.log SET size = %s WHERE store = 'log_server'", (size,))
        owner.execute("INSERT INTO audit.checkpoint VALUES ('log_server', %s, now(), %s)", (size, note))
    (site.directory / "checkpoints" / "log_server.notes").unlink()


@pytest.mark.parametrize("keep_size", [True, False])
async def test_whoever_has_the_key_cannot_show_another_history(
    site: Site, witness: WitnessProcess, keep_size: bool
) -> None:
    """The owner makes everything anew, with the site's key: without a witness nobody notices, with one everybody."""
    async with system(site, witness) as events:
        await record(site, events, 5)
    forge(site, rewritten(site, keep_size=keep_size))
    assert (await verify(site)).status == 0
    offline = await verify(site, "--witness-key", witness.line)
    assert (offline.status, "no witness has cosigned a state of this log" in offline.out) == (1, True), offline
    online = await verify(site, "--witnesses", witness.folder / "witnesses", "--json")
    assert online.status == 1
    [answer] = log_of(online)["witnessed"]["answers"]
    assert answer["verdict"] == "refuses"
    assert log_of(online, Store.INCIDENT_MANAGER)["witnessed"]["answers"][0]["verdict"] == "agrees"


async def test_a_cosignature_of_somebody_else_does_not_count(site: Site, witness: WitnessProcess) -> None:
    """Another key of the same name has cosigned nothing."""
    async with system(site, witness) as events:
        await record(site, events, 2)
    async with witness_process(site.directory / "other", log_keys(site)) as other:
        ended = await verify(site, "--witness-key", other.line, "--json")
    assert ended.status == 1
    assert log_of(ended)["witnessed"]["entries"] == 0


async def _is_empty(site: Site, statement: str) -> bool:
    return not await site.sql(statement)


async def test_a_witness_that_is_away_delays_nothing(site: Site, capfd: pytest.CaptureFixture[str]) -> None:
    """Entries are recorded and signed without it; it is logged once, and asked again until it is back."""
    port, folder = free_port(), site.directory / "witness"
    async with witness_process(folder, log_keys(site), port) as witness:
        problem = "SELECT problem FROM audit.witness WHERE failing_since IS NOT NULL"
    async with system(site, witness) as events:
        await record(site, events, 3, cosigned=False)
        assert "refused" in (await eventually(lambda: site.sql(problem)))[0][0].lower()
        await record(site, events, 3, cosigned=False)
        async with witness_process(folder, log_keys(site), port):
            await record(site, events, 1)
            await eventually(lambda: _is_empty(site, problem))
    out = capfd.readouterr().out
    assert out.count("witness_away") == 1
    assert out.count("witness_back") == 1


async def test_a_witness_that_saw_another_history_is_an_alarm(
    site: Site, witness: WitnessProcess, capfd: pytest.CaptureFixture[str]
) -> None:
    """Where the witness has seen more than there is, as after a restore, the log says that it refuses."""
    key = site_key(site)
    other = signed_note(Checkpoint(ORIGIN, 100, root_of([b"x" * 32])), key.public_key, key.sign_raw)
    assert (await submit(witness, 0, [], other)).status == 200
    async with system(site, witness) as events:
        await record(site, events, 3, cosigned=False)
        refused = "SELECT 1 FROM audit.witness WHERE problem LIKE 'it saw 100 entries%'"
        await eventually(lambda: site.sql(refused))
    assert "witness_refused" in capfd.readouterr().out


async def test_a_tree_that_somebody_broke_is_not_cosigned(site: Site, witness: WitnessProcess) -> None:
    """Where no proof leads from what the witness saw to the tree, nobody is asked, and the site says why."""
    async with system(site, witness) as events:
        await record(site, events, 3)
        await site.sql("UPDATE audit.tree SET edge = '{}' WHERE store = 'log_server'")
        await record(site, events, 1, cosigned=False)
        refused = "SELECT 1 FROM audit.witness WHERE problem LIKE 'no proof leads%'"
        await eventually(lambda: site.sql(refused))


async def test_every_client_may_keep_checkpoints(site: Site, witness: WitnessProcess) -> None:
    """Each state is published when it is signed, and again with its cosignature; a client cannot publish any."""
    listener = await site.nats("olivia")
    subscription = await listener.subscribe("im.main.checkpoint.*")
    await listener.flush()
    await listener.publish("im.main.checkpoint.log_server", b"{}")
    messages: list[dict[str, Any]] = []

    async def has_both() -> bool:
        message = await subscription.next_msg(timeout=5)
        messages.append({**json.loads(message.data), "subject": message.subject})
        cosigned = {each["subject"] for each in messages if "witness.example/w1" in each["note"]}
        return cosigned == {f"im.main.checkpoint.{store}" for store in Store}

    async with system(site, witness) as events:
        await record(site, events, 3)
        await eventually(has_both)
    key = site_key(site).public_key
    for each in messages:
        checkpoint = read_note(each["note"], key, is_signature)
        assert checkpoint.origin == f"incidents/main/{each['log']}"
        assert checkpoint.size == each["size"]
    assert any("witness.example/w1" not in each["note"] for each in messages)
