"""Permissions to export a project and to fetch its package, and how long a package is kept."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest

from contracts.errors import Code
from contracts.permissions import Node
from contracts.projects.commands import DeleteProject
from contracts.projects.drafts import Draft, DraftSequences, GetDraft
from contracts.projects.exports import DownloadPackage, ExportProject, Package
from incidents import Client
from tests.delivery.helpers import Inspector
from tests.projects.helpers import Operator, refusal_of, sequence
from tests.projects.packages import COMMENT, fetch, fill_project, read_json, unzip
from tests.support import Site, eventually
from workers.local.run_worker import slice_of
from workers.runtime.process.assembly import run_here

pytestmark = pytest.mark.usefixtures("reports")

EXPORTER = {Node.PROJECTS: "view", Node.EXPORT: "manage"}


async def exporter(site: Site, permissions: Mapping[Node, str] = MappingProxyType({})) -> Client:
    """Return the client of somebody who may export, and what else is given."""
    await site.grant("clerk", {**EXPORTER, **permissions})
    return await site.client("clerk")


async def package_of(operator: Operator) -> Package:
    """Export the project and return the description of its package."""
    return (await operator.send(ExportProject(project_id=operator.project_id))).package


async def test_managing_projects_is_not_enough_to_export(operator: Operator, site: Site) -> None:
    """Exporting has a permission of its own, apart from managing projects and sequences (SEQ-11, PERM-12)."""
    await site.grant("clerk", {Node.PROJECTS: "manage", Node.SEQUENCES: "manage"})
    clerk = await site.client("clerk")
    refusal = await refusal_of(clerk.send(ExportProject(project_id=operator.project_id)))
    assert refusal.error.code == Code.PERMISSION_DENIED
    assert refusal.error.details["nodes"] == ["incident-projects/export"]


async def test_what_the_caller_may_not_see_is_withheld(operator: Operator, site: Site) -> None:
    """Without naming sections one gets what one may see; the rest is named, and in no file (PERM-12)."""
    await fill_project(operator)
    clerk = await exporter(site, {Node.CALLS: "view"})
    package = (await clerk.send(ExportProject(project_id=operator.project_id))).package
    files = unzip(await fetch(clerk, package))
    withheld = ["main-details", "categories", "comments", "sequences", "activity", "report"]
    assert package.includes == ["calls", "history"]
    assert package.withheld == withheld
    assert read_json(files, "project.json")["withheld"] == withheld
    assert read_json(files, "project.json").keys().isdisjoint({"comments", "sequences", "description", "data"})
    assert not [name for name, content in files.items() if COMMENT.encode() in content or b"Gate 4" in content]
    assert b"may not see it: main details, categories and incident data" in files["data/index.html"]


@pytest.mark.parametrize("section", ["comments", "calls", "sequences", "user-names"])
async def test_what_is_named_needs_its_permission(operator: Operator, site: Site, section: Any) -> None:
    """A principal who names what it may not see is refused, with the missing permission."""
    clerk = await exporter(site)
    refusal = await refusal_of(clerk.send(ExportProject(project_id=operator.project_id, include=[section])))
    error = (refusal.error.code, refusal.error.details["nodes"])
    assert error == (Code.PERMISSION_DENIED, [f"incident-projects/{section}"])


async def test_a_package_is_its_makers_alone(operator: Operator, site: Site) -> None:
    """Nobody else gets a byte of a package or learns that it is there, an administrator neither."""
    clerk = await exporter(site)
    package = (await clerk.send(ExportProject(project_id=operator.project_id))).package
    refusal = await refusal_of(operator.client.ask(DownloadPackage(package_id=package.package_id)))
    unknown = await refusal_of(operator.client.ask(DownloadPackage(package_id=operator.project_id)))
    assert refusal.error == unknown.error
    code_and_field = (refusal.error.code, refusal.error.details["fields"][0]["field"])
    assert code_and_field == (Code.GONE, "package_id")


async def test_a_package_needs_the_permission_when_it_is_fetched(operator: Operator, site: Site) -> None:
    """A principal who lost the export, or a section that the package holds, does not get the package any more."""
    clerk = await exporter(site, {Node.COMMENTS: "view"})
    package = (await clerk.send(ExportProject(project_id=operator.project_id))).package
    download = DownloadPackage(package_id=package.package_id)
    for left, missing in ((Node.EXPORT, Node.COMMENTS), (Node.COMMENTS, Node.EXPORT)):
        await site.grant("clerk", {Node.PROJECTS: "view", left: "manage"})
        refusal = await refusal_of(clerk.ask(download))
        assert refusal.error.code is Code.NOT_AVAILABLE
        assert refusal.error.details["nodes"] == [missing]


async def test_any_part_of_a_package_can_be_fetched(operator: Operator, site: Site) -> None:
    """Any offset and length return just those bytes, also across the stored parts, and nothing behind the end."""
    package = await package_of(operator)
    whole = b"".join(bytes([number]) * 100_000 for number in range(8))
    await site.sql("DELETE FROM projects.package_chunk")
    for number, start in enumerate(range(0, len(whole), 256 * 1024)):
        part = whole[start : start + 256 * 1024]
        await site.sql("INSERT INTO projects.package_chunk VALUES (:i, :n, :d)", i=package.package_id, n=number, d=part)
    for offset, length in ((0, 10), (262_000, 300_000), (790_000, 524_288), (900_000, 5)):
        query = DownloadPackage(package_id=package.package_id, offset=offset, length=length)
        assert await operator.client.ask(query) == whole[offset : offset + length]
    assert await fetch(operator.client, package) == whole


async def test_a_download_is_recorded(operator: Operator, site: Site) -> None:
    """Fetching a package leaves one event, with who did it, whatever the number of its parts and without the first."""
    inspector, package = Inspector(site, await site.overseer()), await package_of(operator)
    for offset in (1, 100):
        await operator.client.ask(DownloadPackage(package_id=package.package_id, offset=offset, length=100))
    await inspector.wait_until_idle()
    headers = [message.headers or {} for message in await inspector.events_of(operator.project_id)]
    recorded = [header["ce-actor"] for header in headers if header["ce-type"] == "im.projects.downloaded.v1"]
    assert recorded == ["admin"]


async def test_a_package_dies_with_its_project(operator: Operator, site: Site) -> None:
    """No byte of a package is left when its project is deleted (RET-03)."""
    package = await package_of(operator)
    await operator.send(DeleteProject(project_id=operator.project_id))
    assert await site.count("projects.package") == 0
    assert await site.count("projects.package_chunk") == 0
    refusal = await refusal_of(operator.client.ask(DownloadPackage(package_id=package.package_id)))
    assert refusal.error.code is Code.GONE


async def aged(site: Site, table: str, column: str, age: timedelta) -> None:
    """Let what is in a table have been written earlier."""
    await site.sql(f"UPDATE {table} SET {column} = now() - CAST(:age AS interval)", age=age)  # noqa: S608 - ours


async def test_a_package_can_be_fetched_for_a_day(operator: Operator, site: Site) -> None:
    """After a day a package is gone, whether it has been purged or not."""
    package = await package_of(operator)
    await aged(site, "projects.package", "created_at", timedelta(hours=23, minutes=59))
    assert await fetch(operator.client, package)
    await aged(site, "projects.package", "created_at", timedelta(days=1))
    refusal = await refusal_of(operator.client.ask(DownloadPackage(package_id=package.package_id)))
    assert refusal.error.code is Code.GONE


async def test_old_packages_and_drafts_are_purged(site: Site) -> None:
    """A worker deletes packages after a day and drafted sequences after thirty, and leaves younger ones alone."""
    async with run_here(slice_of("projects"), site.settings("projects")):
        operator = await Operator.start(site, await site.client())
        await package_of(operator)
        await operator.send(DraftSequences(sequences=[sequence("Old")]))
        await aged(site, "projects.package", "created_at", timedelta(days=1))
        await aged(site, "projects.draft", "drafted_at", timedelta(days=30))
        package = await package_of(operator)
        await operator.send(DraftSequences(sequences=[sequence("Young")]))
    await site.worker("projects")

    async def purged() -> bool:
        return await site.count("projects.package") == 1

    await eventually(purged)
    draft: Draft = await operator.client.ask(GetDraft())
    assert [sequence.camera_name for sequence in draft.sequences] == ["Young"]
    assert await fetch(operator.client, package)
