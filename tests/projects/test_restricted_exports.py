"""Packages of restricted projects: for those with that right, who say why, and for nobody else."""

import asyncio
from pathlib import Path
from typing import Any

from contracts.errors import Code
from contracts.permissions import Node
from contracts.projects.exports import DownloadPackage, ExportProject
from contracts.projects.queries import ListProjects
from contracts.projects.set_aside import LiftRestriction
from incidents import Client
from tests.projects.helpers import Operator, refusal_of
from tests.projects.packages import fetch, read_json, unzip
from tests.projects.recordings import attach, record, sequence_of
from tests.projects.test_export_many import text_of
from tests.projects.test_set_aside import WORD, set_aside, start
from tests.retention.helpers import connect_manager
from tests.support import Site, eventually

COURT = "A court asks."
EXPORTING = {Node.EXPORT: "manage", Node.MAIN_DETAILS: "view", Node.COMMENTS: "view", Node.SEQUENCES: "view"}


async def restricted(site: Site) -> tuple[Operator, Client]:
    """Return the operator of a restricted project, and somebody who may export it."""
    operator = await start(site, undo_days=0)
    await set_aside(operator, "restricted")
    return operator, await connect_manager(site, "rita", {**EXPORTING, Node.RESTRICTED: "view"})


async def test_a_restricted_project_is_exported_with_the_right_and_a_reason(site: Site) -> None:
    """The package has its texts; it is recorded with the reason; afterwards the project is hidden."""
    operator, rita = await restricted(site)
    exported = await rita.send(ExportProject(project_id=operator.project_id, access_reason=COURT))
    assert exported.access_reason == COURT
    files = unzip(await fetch(rita, exported.package))
    project = read_json(files, "project.json")
    assert WORD in project["description"]
    assert WORD in str(project["comments"])
    assert WORD in str(project["sequences"])
    assert COURT.encode() not in b"".join(files.values())
    assert (await operator.client.ask(ListProjects())).items == []

    async def reasons() -> list[Any]:
        return await site.sql(
            "SELECT actor, details ->> 'access_reason' FROM audit.activity WHERE activity = 'projects.exported'"
        )

    assert await eventually(reasons) == [("rita", COURT)]


async def test_nobody_else_exports_it(site: Site) -> None:
    """Without a reason it is gone; without the right or among several the export is refused."""
    operator, rita = await restricted(site)
    project_id = operator.project_id
    otto = await connect_manager(site, "otto", EXPORTING)
    assert (await refusal_of(rita.send(ExportProject(project_id=project_id)))).error.code == Code.GONE
    export = ExportProject(project_id=project_id, access_reason=COURT)
    assert (await refusal_of(otto.send(export))).error.details["nodes"] == [Node.RESTRICTED]
    several = ExportProject(project_ids=[project_id], access_reason=COURT)
    [field] = (await operator.refusal(several)).error.details["fields"]
    assert field["field"] == "access_reason"
    assert field["kind"] == "access_reason_of_several"
    assert (await operator.client.ask(ListProjects())).items == []


async def test_its_report_is_in_the_package(site: Site) -> None:
    """A report of what its author may see is made for the package alone, and nobody else sees the project for that."""
    await site.worker("reports")
    operator, rita = await restricted(site)
    await connect_manager(site, "rita", {**EXPORTING, Node.RESTRICTED: "view", Node.REPORTS: "manage"})
    exported = await rita.send(ExportProject(project_id=operator.project_id, access_reason=COURT))
    assert "report" in exported.package.includes
    files = unzip(await fetch(rita, exported.package))
    [report] = [content for name, content in files.items() if name.endswith(".pdf")]
    assert WORD in text_of(report)
    assert COURT not in text_of(report)
    assert (await operator.client.ask(ListProjects())).items == []


async def test_its_report_needs_the_right_when_it_is_made(site: Site) -> None:
    """An export of somebody who meanwhile may not see restricted projects is refused, and no report is made for it."""
    operator, rita = await restricted(site)
    await connect_manager(site, "rita", {**EXPORTING, Node.RESTRICTED: "view", Node.REPORTS: "manage"})
    export = asyncio.create_task(rita.send(ExportProject(project_id=operator.project_id, access_reason=COURT)))

    async def is_waiting() -> bool:
        return await site.count("published.requested_package_reports") == 1

    await eventually(is_waiting)
    await connect_manager(site, "rita", {**EXPORTING, Node.REPORTS: "manage"})
    await site.worker("reports")

    async def states() -> list[Any]:
        return await site.sql("SELECT state FROM reports.package_report")

    assert await eventually(states) == [("hidden",)]
    assert (await refusal_of(export)).error.details["nodes"] == [Node.RESTRICTED]


async def test_its_package_is_for_those_who_still_have_the_right(site: Site) -> None:
    """Whoever may no longer see restricted projects downloads no package of one, made before or being made."""
    operator, rita = await restricted(site)
    exported = await rita.send(ExportProject(project_id=operator.project_id, access_reason=COURT))
    download = DownloadPackage(package_id=exported.package.package_id, offset=0)
    await connect_manager(site, "rita", EXPORTING)
    assert (await refusal_of(rita.ask(download))).error.details["nodes"] == [Node.RESTRICTED]
    await operator.send(LiftRestriction(project_id=operator.project_id))
    assert [each.project_id for each in (await operator.client.ask(ListProjects())).items] == [operator.project_id]


async def test_its_recordings_are_in_the_package(site: Site, tmp_path: Path) -> None:
    """Recordings are selected in a step of their own, which sees the project, too, and leaves it hidden."""
    await site.worker("reports")
    await site.worker("projects", recordings=tmp_path)
    await site.worker("retention")
    operator = await Operator.start(site, await site.client())
    record(tmp_path)
    await attach(operator, sequence_of())
    await set_aside(operator, "restricted")
    exported = await operator.send(ExportProject(project_id=operator.project_id, access_reason=COURT))
    assert exported.package.media_files == 1
    assert exported.package.media_incomplete == 0
    assert (await operator.client.ask(ListProjects())).items == []
