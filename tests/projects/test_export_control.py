"""Exports under the control of their authors: listed with what became of each, and cancelled."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from contracts.errors import Code
from contracts.permissions import Node
from contracts.projects.commands import DeleteProject
from contracts.projects.export_control import CancelExport, Export, ExportState, ListExports
from contracts.projects.exports import ExportProject
from incidents import Client
from tests.projects.helpers import refusal_of
from tests.projects.packages import PASSWORD
from tests.projects.test_export_kills import STORING
from tests.projects.test_export_many import create
from tests.projects.test_export_work import EXPORTER, error_of, result_of, until_taken
from tests.support import Site, eventually
from workers.runtime.storage.database import open_engine


async def begin(client: Client, ids: list[UUID]) -> CancelExport:
    """Begin an export of one project or of several, and return the command that cancels it."""
    single = ids[0] if len(ids) == 1 else None
    command = ExportProject(project_id=single, password=PASSWORD) if single else ExportProject(project_ids=ids)
    submitted = await client.submit(command)
    return CancelExport(export_id=submitted.command_id, project_id=single)


async def the_export(client: Client, export_id: UUID) -> Export:
    """Return the description of one export."""
    [export] = (await client.ask(ListExports(export_id=export_id))).items
    return export


@pytest.mark.parametrize("count", [1, 2])
async def test_a_cancelled_export_ends_without_a_package(site: Site, count: int) -> None:
    """Its command is refused as cancelled, nothing of it is left but its line in the list, and no report is wanted."""
    await site.worker("projects")
    client = await site.client()
    cancelling = await begin(client, await create(client, count))
    cancelled = await client.send(cancelling)
    assert cancelled.export_id == cancelling.export_id
    assert cancelled.project_id == cancelling.project_id
    error = await error_of(client, cancelling.export_id)
    assert error["code"] == Code.CONFLICT
    assert error["details"]["fields"][0]["kind"] == "export_cancelled"
    export = await the_export(client, cancelling.export_id)
    assert export.state == ExportState.CANCELLED
    assert export.package_id == cancelled.package_id
    assert export.bytes is None
    for table in ("projects.export_part", "projects.package", "published.requested_package_reports"):
        assert await site.count(table) == 0
    assert await site.sql("SELECT sealed_password, letter FROM projects.export") == [(None, None)]


async def test_a_cancellation_wins_until_the_outcome_is_written(site: Site) -> None:
    """An export that is cancelled while its package is stored ends without one."""
    await site.workers("projects", "reports")
    client = await site.client()
    ids = await create(client, 1)
    engine = open_engine(site.database_url, connections=1)
    async with engine.begin() as holder:
        await holder.execute(text("LOCK TABLE projects.package IN EXCLUSIVE MODE"))
        cancelling = await begin(client, ids)
        await eventually(lambda: site.count(STORING))
        await client.send(cancelling)
        assert (await the_export(client, cancelling.export_id)).state is ExportState.CANCELLED
    await engine.dispose()
    assert (await error_of(client, cancelling.export_id))["details"]["fields"][0]["kind"] == "export_cancelled"
    assert await site.count("projects.package") == 0


async def test_an_export_that_is_made_is_not_cancelled(site: Site) -> None:
    """Then the cancellation is refused, and the list has the figures of the package."""
    await site.workers("projects", "reports")
    client = await site.client()
    cancelling = await begin(client, await create(client, 1))
    result = await result_of(client, cancelling.export_id)
    refused = await refusal_of(client.send(cancelling))
    assert refused.code == Code.CONFLICT
    assert refused.details["fields"][0]["kind"] == "export_ended"
    export = await the_export(client, cancelling.export_id)
    figures = (export.state, export.included, export.bytes, export.sha256)
    assert figures == (ExportState.MADE, 1, result.package.bytes, result.package.sha256)


async def test_an_export_is_cancelled_once_and_by_its_author(site: Site) -> None:
    """For everybody else it does not exist, and whoever cancels it again is told that it ended."""
    await site.worker("projects")
    client = await site.client()
    cancelling = await begin(client, await create(client, 1))
    await site.grant("olivia", EXPORTER)
    olivia = await site.client("olivia")
    refused = await refusal_of(olivia.send(cancelling))
    assert refused.code == Code.GONE
    assert refused.details["fields"][0]["kind"] == "no_export"
    refused = await refusal_of(olivia.ask(ListExports(export_id=cancelling.export_id)))
    assert refused.code == Code.GONE
    assert refused.details["fields"][0]["kind"] == "no_export"
    assert (await olivia.ask(ListExports())).items == []
    await client.send(cancelling)
    await error_of(client, cancelling.export_id)
    refused = await refusal_of(client.send(cancelling))
    assert refused.code == Code.CONFLICT
    assert refused.details["fields"][0]["kind"] == "export_ended"


async def test_exports_are_listed_with_their_progress(site: Site) -> None:
    """The newest comes first, page by page; a project is found in the exports that name it."""
    await site.worker("projects")
    client = await site.client()
    ids = await create(client, 3)
    older = await begin(client, ids[:2])
    await until_taken(site, 1)
    newer = await begin(client, ids[2:])
    await until_taken(site, 2)
    first = await client.ask(ListExports(limit=1))
    second = await client.ask(ListExports(limit=1, after=first.next))
    pages = [*first.items, *second.items]
    assert [(each.export_id, each.done, each.total) for each in pages] == [
        (newer.export_id, 0, 1),
        (older.export_id, 0, 2),
    ]
    assert [each.project_id for each in pages] == [ids[2], None]
    listed = await client.ask(ListExports(project_id=ids[0]))
    assert [each.export_id for each in listed.items] == [older.export_id]


async def test_an_export_that_ended_says_how(site: Site) -> None:
    """One that was refused failed, and a package that was deleted with its project is erased; a day later they go."""
    await site.workers("projects", "reports")
    client = await site.client()
    [project_id, other_id] = await create(client, 2)
    ending = await begin(client, [project_id])
    await result_of(client, ending.export_id)
    await site.sql("ALTER TABLE projects.export_part ADD CONSTRAINT stopped CHECK (state = 'waiting') NOT VALID")
    failing = await begin(client, [other_id])
    assert (await error_of(client, failing.export_id))["code"] == Code.UNAVAILABLE
    await site.sql("ALTER TABLE projects.export_part DROP CONSTRAINT stopped")
    assert (await the_export(client, failing.export_id)).state is ExportState.FAILED
    await client.send(DeleteProject(project_id=project_id))
    erased = await the_export(client, ending.export_id)
    assert erased.state == ExportState.ERASED
    assert erased.bytes is None
    assert erased.included is None


async def test_an_export_is_listed_for_a_day(site: Site) -> None:
    """Then its line goes with its package; one that is still being made stays."""
    await site.worker("projects")
    client = await site.client()
    ended, pending = [await begin(client, [project_id]) for project_id in await create(client, 2)]
    await client.send(ended)
    await error_of(client, ended.export_id)
    day = timedelta(days=1)
    await site.sql("UPDATE projects.export SET taken_at = taken_at - :day, finished_at = finished_at - :day", day=day)
    await site.worker("projects")

    async def is_gone() -> bool:
        return [each.export_id for each in (await client.ask(ListExports())).items] == [pending.export_id]

    await eventually(is_gone)


async def test_whoever_lost_a_permission_still_cancels(site: Site) -> None:
    """An export is cancelled by who may export, also if its author may not see its contents any more."""
    await site.worker("projects")
    client = await site.client()
    ids = await create(client, 1)
    await site.grant("olivia", {**EXPORTER, Node.REPORTS: "manage"})
    olivia = await site.client("olivia")
    cancelling = await begin(olivia, ids)
    await until_taken(site)
    await site.grant("olivia", {Node.PROJECTS: "view", Node.EXPORT: "manage"})
    await olivia.send(cancelling)
    error = await error_of(olivia, cancelling.export_id)
    assert error["details"]["fields"][0]["kind"] == "export_cancelled"
