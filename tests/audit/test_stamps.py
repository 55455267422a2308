"""Time stamps over checkpoints: an authority says when a state of a log existed at the latest."""

import json
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from contracts.evidence.pdf_signatures import fingerprint
from contracts.ids import uuid7
from contracts.message import Store
from contracts.projects.commands import ProjectDeleted
from tests.audit.publisher import open_publisher
from tests.client.command_line import CommandResult, incidents
from tests.evidence.pdf_sample import StampingAuthority, listening
from tests.support import Site, eventually
from workers.local.run_worker import slice_of
from workers.runtime.process.assembly import run_here


async def stamped(site: Site, url: str) -> None:
    """Record three entries, and wait until an authority has stamped them in both logs."""
    folder = site.directory / "checkpoints"
    settings = site.settings(
        "audit", checkpoint_seconds=1, attestation_seconds=1, checkpoints=folder, timestamp_url=url
    )
    async with run_here(slice_of("audit"), settings):
        events = await open_publisher(site)
        for _ in range(3):
            await events.publish(ProjectDeleted(project_id=uuid7(), number=1))

        async def are_stamped() -> bool:
            rows = await site.sql("SELECT FROM audit.attestation WHERE kind = 'time-stamp' AND size = 3")
            return len(rows) == 2 and not await site.count("audit.undelivered")

        await eventually(are_stamped)


async def verify(site: Site, *line: object) -> CommandResult:
    """Type the command with the addresses of the owner."""
    environment = {
        "INCIDENTS_DATABASE_URL": site.database_url,
        "INCIDENTS_LOG_DATABASE_URL": site.log_database_url,
        "INCIDENTS_SIGNING_KEY": site.directory / "keys" / "package-signing.key",
        "INCIDENTS_CHECKPOINTS": site.directory / "checkpoints",
    }
    return await incidents("audit", "verify", *line, environment=environment)


def log_of(ended: CommandResult) -> dict[str, Any]:
    """Return what a verification says about the log server in JSON."""
    return next(log for log in json.loads(ended.out)["logs"] if log["log"] == Store.LOG_SERVER)


async def test_a_stamp_says_when_a_state_existed(site: Site) -> None:
    """A verification names the time and the certificate; another authority has stamped nothing."""
    server = StampingAuthority()
    with listening(server) as url:
        await stamped(site, url)
    own = fingerprint(server.certificate.public_bytes(Encoding.DER))
    ended = await verify(site)
    assert (ended.status, f"stamped: 3 entries on 2036-03-01 12:01 UTC, by the certificate {own}" in ended.out) == (
        0,
        True,
    ), ended
    known = await verify(site, "--authority", own.lower(), "--json")
    assert known.status == 0
    assert log_of(known)["stamped"]["entries"] == 3
    other = await verify(site, "--authority", own.replace(own[7:9], "0F" if own[7:9] != "0F" else "0E", 1))
    assert (other.status, "this authority has stamped no state of this log" in other.out) == (1, True), other


async def test_a_stamp_of_a_state_that_is_gone_is_reported(site: Site) -> None:
    """Somebody who removes entries and their checkpoints forgets the stamps outside the database."""
    with listening(StampingAuthority()) as url:
        await stamped(site, url)
    with psycopg.connect(site.database_url, autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("DELETE FROM audit.checkpoint WHERE store = 'log_server'")
        owner.execute("DELETE FROM audit.attestation WHERE store = 'log_server'")
    (site.directory / "checkpoints" / "log_server.notes").unlink()
    ended = await verify(site, "--json")
    assert ended.status == 1
    assert log_of(ended)["other_stamps"] == 1
    assert log_of(ended)["stamped"] is None


async def test_an_authority_that_sends_something_else_is_away(site: Site) -> None:
    """Nothing waits for a stamp, and what is none is not kept."""
    server = StampingAuthority()
    server.answer = b"<html>"
    folder = site.directory / "checkpoints"
    with listening(server) as url:
        await site.worker("audit", checkpoint_seconds=1, checkpoints=folder, timestamp_url=url)
        events = await open_publisher(site)
        await events.publish(ProjectDeleted(project_id=uuid7(), number=1))
        problem = "SELECT 1 FROM audit.witness WHERE name = 'rfc3161:127.0.0.1' AND problem LIKE '%no time stamp%'"
        await eventually(lambda: site.sql(problem))
    assert await site.count("audit.attestation") == 0
    assert not (folder / "log_server.stamps").exists()


@pytest.mark.parametrize("text", ["", "SHA256:AB", "nobody"])
async def test_a_bad_fingerprint_is_named(site: Site, text: str) -> None:
    """What is no fingerprint ends the command with status 2."""
    ended = await verify(site, "--authority", text)
    assert (ended.status, "is not a fingerprint" in ended.err) == (2, True), ended
