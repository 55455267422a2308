"""Exporting several projects at once: what is in their package, and what is not."""

import hashlib
import io
import re
from uuid import UUID

import pytest
from pypdf import PdfReader

from contracts.errors import Code
from contracts.evidence import bag
from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import CreateProject, DeleteProject
from contracts.projects.exports import DownloadPackage, ExportProject, ProjectExported
from contracts.projects.parts import AddComment
from incidents import Client, Refused
from tests.projects.feeds import event_names, follow, next_events, wait_for_events
from tests.projects.helpers import activities_of, refusal_of
from tests.projects.packages import fetch, read_json, unzip
from tests.support import Site, eventually

pytestmark = pytest.mark.usefixtures("reports")


async def create(client: Client, count: int) -> list[UUID]:
    """Create projects that differ in their texts."""
    ids = [uuid7() for _ in range(count)]
    for number, project_id in enumerate(ids, 1):
        await client.send(CreateProject(project_id=project_id, description=f"Bag {number} at gate {number}"))
    return ids


def text_of(pdf: bytes) -> str:
    """Return the text of the first page of a report."""
    return " ".join(PdfReader(io.BytesIO(pdf)).pages[0].extract_text().split())


async def export(client: Client, ids: list[UUID], **fields: object) -> tuple[ProjectExported, dict[str, bytes]]:
    """Export projects, and return the result with the files of the package."""
    exported = await client.send(ExportProject.model_validate({"project_ids": ids, **fields}))
    return exported, unzip(await fetch(client, exported.package))


async def test_each_project_has_a_folder(site: Site) -> None:
    """A package of several projects has a folder with data and report for each, and a page that leads to all."""
    await site.worker("projects")
    client = await site.client()
    exported, files = await export(client, await create(client, 2))
    for number in (1, 2):
        assert read_json(files, f"{number}/project.json")["description"] == f"Bag {number} at gate {number}"
        assert f"Bag {number} at gate {number}" in text_of(files[f"data/{number}/report.pdf"])
        assert b'<a href="../index.html">' in files[f"data/{number}/index.html"]
    targets = re.findall(r'href="([^"]+)"', files["data/index.html"].decode())
    assert targets == ["1/index.html", "1/report.pdf", "2/index.html", "2/report.pdf"]
    assert bag.differences(bag.digests(files), files) == []
    assert [(each.folder, each.revision, each.report_revision) for each in exported.package.projects] == [
        ("data/1/", 1, 1),
        ("data/2/", 1, 1),
    ]


async def test_a_package_of_several_names_the_files_around_them(site: Site) -> None:
    """The outcome has the digest of each file outside the folders; the manifest among them has those of all others."""
    await site.worker("projects")
    client = await site.client()
    exported, files = await export(client, await create(client, 2))
    outside = {name for name in files if not name.startswith(("data/1/", "data/2/"))}
    digests = {name: hashlib.sha256(files[name]).hexdigest() for name in outside}
    assert {entry.name: entry.sha256 for entry in exported.package.entries} == digests
    listed = bag.read_manifest(files["manifest-sha256.txt"].decode())
    assert listed["data/2/report.pdf"] == hashlib.sha256(files["data/2/report.pdf"]).hexdigest()


async def test_what_is_gone_is_named(site: Site) -> None:
    """A deleted project and one that never was are named in the outcome and in the package; the others are in it."""
    await site.worker("projects")
    client = await site.client()
    here, deleted = await create(client, 2)
    await client.send(DeleteProject(project_id=deleted))
    unknown = uuid7()
    exported, files = await export(client, [deleted, here, unknown])
    left_out = [(each.project_id, each.reason, each.number) for each in exported.package.left_out]
    assert left_out == [(deleted, "deleted", 2), (unknown, "unknown", None)]
    assert [each.project_id for each in exported.package.projects] == [here]
    page = files["data/index.html"].decode()
    assert [word for word in ("Not in this copy", str(unknown), "deleted", "does not exist") if word not in page] == []
    assert f"Left-Out: 2 (deleted), {unknown} (unknown)" in files["bag-info.txt"].decode()


async def test_nothing_is_made_of_nothing(site: Site) -> None:
    """If none of the projects is there, the export is refused, and so is a line that cannot be meant."""
    await site.worker("projects")
    client, project_id = await site.client(), uuid7()
    cases = {
        "no_projects": {"project_ids": [project_id]},
        "missing": {},
        "named_twice": {"project_ids": [project_id, project_id]},
        "one_and_several": {"project_id": project_id, "project_ids": [project_id]},
        "revision_of_several": {"project_ids": [project_id], "expected_revision": 1},
    }
    for kind, fields in cases.items():
        error = (await refusal_of(client.send(ExportProject.model_validate(fields)))).error
        assert error.code == Code.INVALID
        assert error.details["fields"][0]["kind"] == kind


async def test_each_project_has_its_entry(site: Site) -> None:
    """The export and the download of a package are recorded with each of its projects, with recipient and digest."""
    await site.workers("projects", "audit")
    client = await site.client()
    ids = await create(client, 2)
    exported, _ = await export(client, ids, recipient="Police")
    for activity in ("projects.exported", "projects.downloaded"):

        async def are_recorded(activity: str = activity) -> bool:
            return len(await activities_of(site, activity)) == len(ids)

        await eventually(are_recorded)
        assert sorted(await activities_of(site, activity)) == sorted(("admin", project_id) for project_id in ids)
    details = await site.sql("SELECT details FROM audit.activity WHERE activity = 'projects.exported'")
    assert {each["package"]["sha256"] for (each,) in details} == {exported.package.sha256}
    assert {each["recipient"] for (each,) in details} == {"Police"}
    assert sorted(len(each["package"]["projects"]) for (each,) in details) == [1, 1]


async def test_who_follows_projects_sees_each_export(site: Site) -> None:
    """A feed has the export of several projects as one event for each of them."""
    await site.worker("projects")
    client = await site.client()
    ids = await create(client, 2)
    await wait_for_events(site, len(ids))
    async with follow(client) as watch:
        await client.send(ExportProject(project_ids=ids))
        events = event_names(await next_events(watch, 2))
    assert events == [("exported", str(project_id)) for project_id in ids]


async def test_a_package_dies_with_each_of_its_projects(site: Site) -> None:
    """When one project of a package is deleted, no byte of the package is left."""
    await site.worker("projects")
    client = await site.client()
    ids = await create(client, 2)
    exported, _ = await export(client, ids)
    await client.send(DeleteProject(project_id=ids[1]))
    assert await site.count("projects.package_chunk") == 0
    refusal = await refusal_of(client.ask(DownloadPackage(package_id=exported.package.package_id)))
    assert refusal.error.code is Code.GONE


async def test_one_that_is_too_large_is_left_out(site: Site) -> None:
    """A project with more text than fits is named as too large; the others are in the package."""
    await site.worker("projects")
    client = await site.client()
    ids = await create(client, 2)
    await site.sql(
        "INSERT INTO projects.comment (project_id, comment_id, text, created_by, created_at, revision, place)"
        " SELECT :one, gen_random_uuid(), repeat('x', 1000000), 'admin', now(), 1, 1 FROM generate_series(1, 21)",
        one=ids[0],
    )
    exported, _ = await export(client, ids)
    left_out = [(each.project_id, each.reason, each.number) for each in exported.package.left_out]
    assert left_out == [(ids[0], "too-large", 1)]
    assert [each.project_id for each in exported.package.projects] == [ids[1]]


async def test_a_report_is_in_it_only_for_those_who_may_make_reports(site: Site) -> None:
    """Without the permission the report is withheld, and who names it is refused with what is missing."""
    await site.worker("projects")
    client = await site.client()
    ids = await create(client, 1)
    await site.grant("clerk", {Node.PROJECTS: "view", Node.EXPORT: "manage", Node.REPORTS: "view"})
    clerk = await site.client("clerk")
    exported, files = await export(clerk, ids)
    assert "report" in exported.package.withheld
    assert "data/1/report.pdf" not in files
    refusal = await refusal_of(clerk.send(ExportProject(project_ids=ids, include=["report"])))
    assert refusal.error.details["nodes"] == ["incident-projects/reports"]


async def test_a_report_shows_no_more_when_it_is_fetched(site: Site) -> None:
    """A package whose report shows comments needs their permission at the download, though no section has them."""
    await site.worker("projects")
    client = await site.client()
    [project_id] = await create(client, 1)
    await client.send(AddComment(project_id=project_id, comment_id=uuid7(), text="Seen."))
    permissions = {Node.PROJECTS: "view", Node.EXPORT: "manage", Node.REPORTS: "manage"}
    await site.grant("clerk", {**permissions, Node.COMMENTS: "view"})
    clerk = await site.client("clerk")
    exported = await clerk.send(ExportProject(project_id=project_id, include=["report"]))
    await site.grant("clerk", permissions)
    with pytest.raises(Refused) as refusal:
        await clerk.ask(DownloadPackage(package_id=exported.package.package_id))
    assert refusal.value.error.details["nodes"] == ["incident-projects/comments"]
