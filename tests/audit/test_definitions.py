"""What becomes of a definition and of the record that it was made."""

import psycopg

from contracts.audit import Entry, SiteLog
from contracts.properties import AddType, DeleteType, EditType
from incidents import Client, Refused
from tests.support import Site, eventually

CHANGES = ("administration.type-deleted", "administration.type-edited", "administration.type-added")


async def logged(client: Client) -> list[Entry]:
    """Return what the log server has, as soon as it has every change."""

    async def all_there() -> list[Entry]:
        try:
            entries = (await client.ask(SiteLog())).items
        except Refused as refused:  # a log server that was never written to
            raise AssertionError(refused.code) from refused
        assert len(entries) == len(CHANGES)
        return entries

    return await eventually(all_there)


async def test_definitions_and_their_activity_part_ways(site: Site) -> None:
    """A definition made, changed or deleted goes to incident_manager, its activity to the log server alone (ARC-03)."""
    await site.workers("administration", "audit")
    admin = await site.client()
    response = await admin.send(AddType(name="Theft"))
    await admin.send(EditType(id=response.id, name="Larceny"))
    assert await site.sql("SELECT name FROM administration.property") == [("Larceny",)]
    await admin.send(DeleteType(id=response.id))
    assert await site.count("administration.property") == 0
    entries = await logged(admin)
    assert [(entry.activity, entry.actor) for entry in entries] == [(name, "admin") for name in CHANGES]
    assert [entry.details["name"] for entry in entries] == ["Larceny", "Larceny", "Theft"]
    assert entries[1].details["changed"] == {"name": {"old": "Theft", "new": "Larceny"}}
    assert await site.count("audit.activity WHERE activity <> 'audit.page-viewed'") == 0
    with psycopg.connect(site.log_database_url) as log_server:
        rows = log_server.execute("SELECT nspname FROM pg_namespace WHERE nspname = 'administration'").fetchall()
    assert rows == []
