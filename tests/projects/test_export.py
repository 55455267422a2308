"""Exporting a project: what is in its package."""

import csv
import hashlib
import io
import json
import zipfile
from typing import Any
from uuid import UUID

import pytest
import pyzipper

from contracts.errors import Code
from contracts.evidence import bag
from contracts.evidence.documents import PackagedProject, PackagedSequence
from contracts.ids import uuid7
from contracts.projects.commands import CreateProject, DeleteProject, UpdateProject
from contracts.projects.exports import ExportProject, Package
from contracts.projects.history import GetHistory
from contracts.projects.parts import AddComment
from contracts.projects.queries import AttachedSequence, ProjectDetails
from tests.evidence.second_reader import verifies
from tests.projects.helpers import Operator, activities_of
from tests.projects.packages import COMMENT, EVERY_SECTION, PASSWORD, export, fetch, fill_project, read_json, unzip
from tests.support import Site, eventually
from workers.common.signing_key import FILE_NAME, SigningKey
from workers.local.run_worker import slice_of
from workers.runtime.process.assembly import run_here

pytestmark = pytest.mark.usefixtures("reports")

UNNAMED = {"created_by": "", "updated_by": ""}


def details_of(files: dict[str, bytes]) -> ProjectDetails:
    """Return the project in a package as `projects.get` answers it."""
    project = PackagedProject.model_validate_json(files["data/project.json"])
    details = project.model_dump(include=set(ProjectDetails.model_fields))
    for sequence in details["sequences"] or ():
        for name in PackagedSequence.model_fields.keys() - AttachedSequence.model_fields.keys():
            del sequence[name]
    return ProjectDetails.model_validate(details)


async def test_a_package_holds_what_the_project_holds(operator: Operator) -> None:
    """With user names, a package says word for word what `projects.get` and `projects.history` say (PRJ-06, PRJ-20)."""
    await fill_project(operator)
    files = await export(operator, include=[*EVERY_SECTION, "user-names"])
    past = await operator.client.ask(GetHistory(project_id=operator.project_id))
    assert details_of(files) == await operator.project()
    assert read_json(files, "project.json")["reference"] == "INC0000060"
    assert read_json(files, "history.json")["items"] == [entry.model_dump(mode="json") for entry in past.items]
    assert read_json(files, "project.json")["package"]["exported_by"] == "admin"


async def test_user_names_are_hidden_unless_they_are_asked_for(operator: Operator) -> None:
    """By default a package names nobody, as a report does, and holds everything else."""
    await fill_project(operator)
    files = await export(operator)
    project, details = details_of(files), await operator.project()
    assert project.model_dump(exclude={"comments", "calls", "sequences"}) == details.model_copy(
        update=UNNAMED
    ).model_dump(exclude={"comments", "calls", "sequences"})
    assert [comment.text for comment in project.comments or ()] == [COMMENT]
    assert not [name for name, content in files.items() if b"admin" in content and not name.endswith(".schema.json")]
    assert "exported_by" not in read_json(files, "project.json")["package"]


async def test_sequences_are_listed_for_the_recording_system(operator: Operator) -> None:
    """A package has a list of recordings and no recording: exporting those is the video system's (SEQ-06, SEQ-11)."""
    await fill_project(operator)
    files = await export(operator)
    rows = list(csv.DictReader(io.StringIO(files["data/sequences.csv"].decode("utf-8-sig"))))
    assert [(row["camera_name"], row["site"], row["start"]) for row in rows] == [
        (sequence.camera_name, "main", sequence.start.isoformat())
        for sequence in (await operator.project()).sequences or ()
    ]
    assert [(row["operator"], row["exporting_unit"], row["state"]) for row in rows] == [("", "main", "available")] * 2
    assert b"no video and no audio" in files["README.txt"]


async def test_a_package_can_be_verified(operator: Operator, site: Site) -> None:
    """The outcome names the package and each file with size and SHA-256; the package is a bag signed by the site."""
    package = (await operator.send(ExportProject(project_id=operator.project_id))).package
    content = await fetch(operator.client, package)
    files = unzip(content)
    digests = {name: (len(each), hashlib.sha256(each).hexdigest()) for name, each in files.items()}
    assert package.bytes == len(content)
    assert package.sha256 == hashlib.sha256(content).hexdigest()
    assert {entry.name: (entry.bytes, entry.sha256) for entry in package.entries} == digests
    assert list(files)[:3] == ["README.txt", "data/index.html", "data/project.json"]
    assert bag.differences(bag.digests(files), files) == []
    key = SigningKey.read(site.directory / "keys" / FILE_NAME)
    signature = files["tagmanifest-sha256.txt.sig"].decode()
    assert verifies(key.public_line, signature, bag.NAMESPACE, files["tagmanifest-sha256.txt"])


async def test_a_password_encrypts_every_file(operator: Operator) -> None:
    """A package with a password opens with it, and no file but README.txt without it or with another (B5)."""
    response = await operator.send(ExportProject(project_id=operator.project_id, password=PASSWORD))
    content = await fetch(operator.client, response.package)
    assert response.package.encrypted
    assert b"A bag was left" in unzip(content, PASSWORD)["data/project.json"]
    with zipfile.ZipFile(io.BytesIO(content)) as plain:
        strengths = {entry.extra[8] for entry in plain.infolist() if entry.flag_bits & 1}
        assert strengths == {3}
        assert [entry.filename.partition("/")[2] for entry in plain.infolist() if not entry.flag_bits & 1] == [
            "README.txt"
        ]
    with pyzipper.AESZipFile(io.BytesIO(content)) as archive:
        archive.setpassword(b"incorrect horse")
        for name in archive.namelist()[1:]:
            with pytest.raises(RuntimeError, match="password"):
                archive.read(name)


async def test_only_what_is_named_is_in_the_package(operator: Operator) -> None:
    """Who names sections gets these, and of the past what belongs to them; the page says what was left out."""
    await fill_project(operator)
    files = await export(operator, include=["calls", "history"])
    document = read_json(files, "project.json")
    assert "calls" in document
    assert "comments" not in document
    assert "sequences" not in document
    assert document["withheld"] == []
    assert {entry["field"] for entry in read_json(files, "history.json")["items"]} == {"project", "reference", "call"}
    assert "data/sequences.csv" not in files
    assert b"Left out by whoever made the copy: comments, sequences, activity, report." in files["data/index.html"]


async def test_a_package_speaks_the_language_of_the_caller(operator: Operator, site: Site) -> None:
    """The page that explains a package is in the language that the caller asks for."""
    french = Operator(site, await site.client(language="fr"), operator.project_id)
    assert "Projet d'incident 1" in (await export(french))["data/index.html"].decode()


async def test_nothing_of_another_project_is_in_a_package(operator: Operator) -> None:
    """A package is about one project: no byte of another one is in it."""
    other = uuid7()
    await operator.send(CreateProject(project_id=other, description="Elsewhere."))
    await operator.send(AddComment(project_id=other, comment_id=uuid7(), text="Elsewhere."))
    files = await export(operator)
    assert not [name for name, content in files.items() if b"Elsewhere" in content or str(other).encode() in content]


async def test_what_was_accepted_before_is_in_the_package(site: Site) -> None:
    """A package has what every earlier command wrote, and says which of the later ones, though all are in one batch."""
    caller, client, ids = await site.caller(), await site.client(), {"project_id": str(uuid7())}
    async with run_here(slice_of("projects"), site.settings("projects")):
        await caller.send("projects.create", ids["project_id"], ids)

    async def publish(verb: str, **body: str) -> UUID:
        return await caller.publish(f"projects.{verb}", ids["project_id"], {**ids, **body})

    await publish("add-comment", comment_id=str(uuid7()), text="before")
    command_id = await publish("export")
    await publish("add-comment", comment_id=str(uuid7()), text="after")
    await site.worker("projects")

    async def outcomes() -> list[dict[str, Any]]:
        return caller.outcomes.get(command_id, [])

    (outcome,) = await eventually(outcomes)
    package = Package.model_validate_json(json.dumps(outcome["result"]["package"]))
    comments = read_json(unzip(await fetch(client, package)), "project.json")["comments"]
    assert [comment["text"] for comment in comments] == ["before", "after"][: outcome["revision"] - 1]
    assert [project.revision for project in package.projects] == [outcome["revision"]]


async def test_an_export_changes_nothing_and_is_recorded(operator: Operator, site: Site) -> None:
    """An export leaves the project and its revision as they are, and an entry in its activity log (PRJ-20, B4)."""
    await site.worker("audit")
    before = await operator.project()
    await operator.send(ExportProject(project_id=operator.project_id))
    assert await operator.project() == before
    assert await activities_of(site, "projects.exported") == [("admin", operator.project_id)]
    assert await site.sql("SELECT 1 FROM audit.waiting WHERE entry ->> 'activity' = 'projects.exported'") == []


async def test_the_same_command_makes_one_package(operator: Operator, site: Site) -> None:
    """A command id means one package, however often it is sent."""
    await site.forget_quickly()
    command, command_id = ExportProject(project_id=operator.project_id), uuid7()
    first = await operator.client.send(command, command_id=command_id)
    assert await operator.client.send(command, command_id=command_id) == first
    assert await site.count("projects.package") == 1


async def test_an_export_of_another_state_is_refused(operator: Operator) -> None:
    """A principal who expects a revision exports that one, or learns who changed it."""
    await operator.send(UpdateProject(project_id=operator.project_id, description="Changed."))
    refusal = await operator.refusal(ExportProject(project_id=operator.project_id, expected_revision=1))
    assert refusal.error.code == Code.CONFLICT
    assert refusal.error.details["changed_by"] == "admin"


async def test_a_deleted_project_is_not_exported(operator: Operator) -> None:
    """Exporting what somebody deleted tells when and by whom (PRJ-23)."""
    await operator.send(DeleteProject(project_id=operator.project_id))
    refusal = await operator.refusal(ExportProject(project_id=operator.project_id))
    assert refusal.error.code == Code.GONE
    assert refusal.error.details["deleted_by"] == "admin"
