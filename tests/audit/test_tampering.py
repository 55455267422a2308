"""The logs of a whole site, changed by the owner of its databases: `incidents audit verify` says what was changed."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from contracts.administration import DefineRole
from contracts.ids import uuid7
from contracts.message import Store
from contracts.projects.commands import CreateProject, DeleteProject, ProjectDeleted
from contracts.projects.parts import AddComment
from tests.audit.publisher import open_publisher
from tests.client.command_line import CommandResult, incidents
from tests.support import Site, eventually
from workers.audit.tamper_evidence.log_tree import Signer, grown
from workers.common.signing_key import SigningKey

LOGS = [(store, table) for store, table in ((Store.INCIDENT_MANAGER, "audit.activity"), (Store.LOG_SERVER, "entry"))]

FORGERY = """
    INSERT INTO {0} SELECT gen_random_uuid(), at, 'oscar', activity, project_id, command_id, revision, details,
        log_index, hash FROM {0} WHERE log_index = 2
"""


@pytest.fixture
async def recorded(site: Site) -> Site:
    """A site with some entries in both logs, all of them proven by a checkpoint, and no worker any more."""
    await site.workers("projects", "administration")
    await site.worker("audit", checkpoint_seconds=1, checkpoints=site.directory / "checkpoints")
    client = await site.client()
    ids = [uuid7() for _ in range(3)]
    for project_id in ids:
        await client.send(CreateProject(project_id=project_id))
        await client.send(AddComment(project_id=project_id, comment_id=uuid7(), text="Seen."))
        await client.send(AddComment(project_id=project_id, comment_id=uuid7(), text="Heard."))
    await client.send(DeleteProject(project_id=ids[-1]))
    await client.send(DefineRole(role_id="guards", name="Guards", permissions={}))

    async def are_signed() -> bool:
        rows = await site.sql("SELECT store, max(size) FROM audit.checkpoint GROUP BY store ORDER BY store")
        return [tuple(row) for row in rows] == [("incident_manager", 10), ("log_server", 5)]

    await eventually(are_signed)
    await eventually(lambda: _waits_for_nothing(site))
    return site


async def _waits_for_nothing(site: Site) -> bool:
    return await site.count("audit.undelivered") == 0


async def verify(site: Site, *line: object) -> CommandResult:
    """Type the command with the addresses of the owner."""
    environment = {
        "INCIDENTS_DATABASE_URL": site.database_url,
        "INCIDENTS_LOG_DATABASE_URL": site.log_database_url,
        "INCIDENTS_SIGNING_KEY": str(site.directory / "keys" / "package-signing.key"),
        "INCIDENTS_CHECKPOINTS": str(site.directory / "checkpoints"),
    }
    return await incidents("audit", "verify", *line, environment=environment)


async def discrepancies(site: Site) -> list[tuple[str, str, int, int]]:
    """Return what a verification finds in both logs."""
    ended = await verify(site, "--json")
    document = json.loads(ended.out)
    assert ended.status == (0 if document["intact"] else 1)
    return [
        (log["log"], expected["kind"], expected["first"], expected["last"])
        for log in document["logs"]
        for expected in log["discrepancies"]
    ]


def change(site: Site, store: Store, statement: str, **values: Any) -> None:
    """Run a statement as the owner of a store, who can switch off what protects it."""
    url = site.database_url if store is Store.INCIDENT_MANAGER else site.log_database_url
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")  # no trigger
        owner.execute(statement, values)


async def test_what_nobody_changed_is_intact(recorded: Site) -> None:
    """All entries of both logs are there, and checkpoints prove them, inside and outside the database."""
    ended = await verify(recorded)
    assert ended.status == 0
    assert ended.err == ""
    assert "activity of projects: 10 entries, 10 of them proven" in ended.out
    assert "log server: 5 entries, 5 of them proven" in ended.out
    notes = (recorded.directory / "checkpoints" / "log_server.notes").read_text()
    assert "incidents/main/log_server\n5\n" in notes


@pytest.mark.parametrize("store, table", LOGS)
@pytest.mark.parametrize(
    "statement, kind",
    [
        ("UPDATE {} SET actor = 'oscar' WHERE log_index = 2", "changed"),
        ("UPDATE {} SET at = at + interval '1 microsecond' WHERE log_index = 2", "changed"),
        ("UPDATE {} SET details = details || '{{\"more\": 1}}' WHERE log_index = 2", "changed"),
        ("UPDATE {} SET hash = sha256('') WHERE log_index = 2", "changed"),
        ("UPDATE {} SET log_index = 5 - log_index WHERE log_index IN (2, 3)", "changed"),
        ("DELETE FROM {} WHERE log_index = 2", "removed"),
        (FORGERY, "doubled"),
    ],
    ids=["actor", "time", "details", "hash", "swapped", "removed", "inserted"],
)
async def test_a_change_is_named(recorded: Site, store: Store, table: str, statement: str, kind: str) -> None:
    """The owner of a database changes one entry, and the verification names it."""
    change(recorded, store, statement.format(table))
    assert (await discrepancies(recorded))[0] == (store, kind, 2, 2)


async def test_a_log_that_does_not_grow_is_left_alone(recorded: Site) -> None:
    """Once everything is in the tree and signed, nothing is to be done, however old the last checkpoint is."""
    key = SigningKey.read(recorded.directory / "keys" / "package-signing.key")
    assert await grown(recorded.engine, Signer(recorded.name, key, timedelta(0))) == []
    assert await grown(recorded.engine, None) == []


@pytest.mark.parametrize("store, table", LOGS)
async def test_a_forged_entry_without_a_number_is_counted(recorded: Site, store: Store, table: str) -> None:
    """An entry that the log never had is served by no number, and is reported."""
    change(
        recorded,
        store,
        f"INSERT INTO {table} (event_id, at, actor, activity, details) "  # noqa: S608 - a constant
        "VALUES (gen_random_uuid(), now() + interval '2 hours', 'oscar', 'projects.opened', '{}')",
    )
    ended = await verify(recorded, "--json")
    assert ended.status == 1
    assert {log["log"]: log["inserted"] for log in ended.json["logs"]}[store] == 1


async def test_the_end_cannot_be_cut_off(recorded: Site) -> None:
    """Somebody who removes the last entries and all that counts them in the database forgets the files outside it."""
    for statement in (
        "DELETE FROM audit.activity WHERE log_index >= 6",
        "UPDATE audit.log SET size = 6 WHERE store = 'incident_manager'",
        "UPDATE audit.tree SET size = 6, edge = ARRAY[substring(edge[1] FOR 6 * 32)] WHERE store = 'incident_manager'",
        "DELETE FROM audit.checkpoint WHERE store = 'incident_manager' AND size > 6",
    ):
        change(recorded, Store.INCIDENT_MANAGER, statement)
    assert await discrepancies(recorded) == [("incident_manager", "removed", 6, 9)]


async def test_a_checkpoint_that_a_crash_cut_off_is_no_alarm(recorded: Site) -> None:
    """A file outside the database may end, or go on, in the middle of a note; the others count."""
    path = recorded.directory / "checkpoints" / "log_server.notes"
    note = path.read_text()
    path.write_text(f"{note[:40]}{note}{note[:-30]}")
    change(recorded, Store.LOG_SERVER, "DELETE FROM entry WHERE log_index = 4")
    change(recorded, Store.INCIDENT_MANAGER, "DELETE FROM audit.checkpoint WHERE store = 'log_server'")
    ended = await verify(recorded, "--json")
    assert [log["unsigned_checkpoints"] for log in ended.json["logs"]] == [0, 0]
    assert await discrepancies(recorded) == [("log_server", "removed", 4, 4)]


async def test_checkpoints_of_another_key_are_reported(recorded: Site) -> None:
    """A checkpoint that somebody else signed proves nothing and is counted."""
    change(recorded, Store.INCIDENT_MANAGER, "UPDATE audit.checkpoint SET note = replace(note, '10', '11')")
    ended = await verify(recorded)
    assert ended.status == 1
    assert "checkpoints are not signed with the key of this site" in ended.out


async def test_an_entry_that_is_gone_before_it_is_in_the_tree_leaves_a_mark(
    site: Site, capfd: pytest.CaptureFixture[str]
) -> None:
    """Somebody who is quicker than the tree stops neither it nor the log server, and is found by verification."""
    await site.worker("audit", checkpoints=site.directory / "checkpoints")
    events = await open_publisher(site)
    for store, table in (("incident_manager", "audit.activity"), ("log_server", "audit.undelivered")):
        await site.sql("UPDATE audit.log SET size = size + 1 WHERE store = :s", s=store)
        assert await site.count(table) == 0
    await events.publish(ProjectDeleted(project_id=uuid7(), number=1))

    async def are_grown() -> bool:
        return await site.sql("SELECT DISTINCT size FROM audit.tree") == [(2,)]

    await eventually(are_grown)
    await eventually(lambda: _waits_for_nothing(site))
    assert await discrepancies(site) == [("incident_manager", "removed", 0, 0), ("log_server", "removed", 0, 0)]
    assert capfd.readouterr().out.count("audit_entry_missing") == 2


@pytest.mark.parametrize("table", ["audit.activity", "audit.tile", "audit.checkpoint", "audit.attestation"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET store = 'x'", "DELETE FROM {}"])
def test_not_even_the_owner_changes_what_is_recorded_by_accident(site: Site, table: str, statement: str) -> None:
    """A second line behind the rights of workers: the tables refuse changes themselves."""
    column = "actor" if table == "audit.activity" else "store"
    with psycopg.connect(site.database_url, autocommit=True) as owner:
        owner.execute(
            "INSERT INTO audit.activity (event_id, at, actor, activity, details) "
            "VALUES (gen_random_uuid(), now(), 'oscar', 'projects.opened', '{}')"
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="is never changed"):
            owner.execute(statement.format(table).replace("store", column))


@pytest.mark.parametrize("statement", ["UPDATE entry SET actor = 'x'", "DELETE FROM entry", "TRUNCATE entry"])
def test_the_log_server_refuses_changes_too(site: Site, statement: str) -> None:
    """The same second line is drawn in the database of the log server."""
    with psycopg.connect(site.log_database_url, autocommit=True) as owner:
        owner.execute(
            "INSERT INTO entry (event_id, at, actor, activity, details) "
            "VALUES (gen_random_uuid(), now(), 'oscar', 'projects.opened', '{}')"
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="is never changed"):
            owner.execute(statement)


@pytest.mark.parametrize("days, first", [(1, 5), (-1, 0)])
async def test_a_verification_begins_at_a_date(recorded: Site, days: int, first: int) -> None:
    """Entries behind a checkpoint before the date are read, and what was changed before is not looked at."""
    change(recorded, Store.LOG_SERVER, "UPDATE entry SET actor = 'oscar' WHERE log_index = 2")
    day = (datetime.now(UTC) + timedelta(days=days)).date().isoformat()
    ended = await verify(recorded, "--since", day, "--json")
    log = ended.json["logs"][1]
    assert log["first"] == first
    assert log["entries"] == 5
    assert bool(log["discrepancies"]) == (first == 0)
    assert ("read from entry 5 on" in (await verify(recorded, "--since", day)).out) == (first == 5)


async def test_a_forged_time_of_a_checkpoint_hides_no_entry(recorded: Site) -> None:
    """A checkpoint that claims to be older than entries before it is no beginning."""
    change(recorded, Store.INCIDENT_MANAGER, "UPDATE audit.checkpoint SET at = '2001-01-01'")
    change(recorded, Store.LOG_SERVER, "UPDATE entry SET actor = 'oscar' WHERE log_index = 2")
    ended = await verify(recorded, "--since", "2002-01-01", "--json")
    assert ended.status == 1
    assert ended.json["logs"][1]["first"] == 0
    french = await verify(recorded, "--since", "01/01/2002", "--json", "--lang", "fr")
    assert french.status == 1
    assert french.json["logs"][1]["first"] == 0


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "01.02.2026"])
async def test_a_bad_date_is_named(recorded: Site, text: str) -> None:
    """What is no date ends the command with status 2, and a date to copy."""
    ended = await verify(recorded, "--since", text)
    assert (ended.status, f"--since: “{text}” is not a date: write it as 2026-03-31" in ended.err) == (2, True), ended
