"""Exports of projects, and the files in their packages."""

import io
import json
from typing import Any

import pyzipper

from contracts.ids import uuid7
from contracts.projects.commands import AddSequences, UpdateProject
from contracts.projects.exports import DownloadPackage, ExportProject, Package
from contracts.projects.parts import AddCall, AddComment
from incidents import Client
from tests.projects.helpers import NOON, Operator, sequence

PASSWORD = "correct horse"
COMMENT = "Seen by the guard of the night."
EVERY_SECTION = ["comments", "calls", "sequences", "history"]


async def fill_project(operator: Operator) -> None:
    """Give a project a value of every kind."""
    project_id = operator.project_id
    await operator.send(UpdateProject(project_id=project_id, reference="INC0000060"))
    await operator.send(AddComment(project_id=project_id, comment_id=uuid7(), text=COMMENT))
    call = AddCall(project_id=project_id, call_id=uuid7(), direction="made", at=NOON, party="Police", notes="Coming.")
    await operator.send(call)
    await operator.send(AddSequences(project_id=project_id, sequences=[sequence(), sequence("Hall")]))


async def fetch(client: Client, package: Package) -> bytes:
    """Download a package."""
    return b"".join([part async for part in client.download(DownloadPackage(package_id=package.package_id))])


def unzip(archive_bytes: bytes, password: str | None = None) -> dict[str, bytes]:
    """Return the files of a package by their names in its folder, in their order."""
    with pyzipper.AESZipFile(io.BytesIO(archive_bytes)) as archive:
        archive.setpassword(password.encode() if password else None)
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


async def export(operator: Operator, **fields: Any) -> dict[str, bytes]:
    """Export a project and return the files of its package."""
    response = await operator.send(ExportProject(project_id=operator.project_id, **fields))
    return unzip(await fetch(operator.client, response.package), fields.get("password"))


def read_json(files: dict[str, bytes], name: str) -> dict[str, Any]:
    """Read one JSON file of a package."""
    document: dict[str, Any] = json.loads(files[f"data/{name}"])
    return document
