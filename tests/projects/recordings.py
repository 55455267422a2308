"""Recordings of a site in a folder, and what packages say of them."""

import csv
import io
import random
import shutil
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from contracts.ids import uuid7
from contracts.projects.commands import AddSequences
from contracts.projects.exports import ExportProject, Package
from contracts.projects.recordings import Sequence
from tests.projects.helpers import NOON, Operator
from tests.projects.packages import fetch, read_json, unzip

CHANCE = random.Random(8)
MINUTES = timedelta(minutes=1)


def file_name(start: datetime, minutes: int = 10, ending: str = "mkv") -> str:
    """Return the name of a recording, as the page about packages describes it."""
    form = "%Y%m%dT%H%M%SZ"
    return f"{start:{form}}_{start + minutes * MINUTES:{form}}.{ending}"


def record(folder: Path, camera: str = "cam-4", minutes: int = 0, size: int = 200_000) -> Path:
    """Write a recording of ten minutes that begins so many minutes after noon, and return its path."""
    path = folder / camera / file_name(NOON + minutes * MINUTES)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(CHANCE.randbytes(size))
    return path


def sequence_of(camera: str = "cam-4", minutes: int = 10, **changed: Any) -> Sequence:
    """Return a sequence of a camera that begins at noon."""
    values = {"camera_name": "Gate 4", "start": NOON, "end": NOON + minutes * MINUTES, **changed}
    return Sequence(sequence_id=uuid7(), camera_id=camera, **values)


def check_with_sha256sum(folder: Path) -> None:
    """Check an extracted package with the program that the page in it names."""
    program = shutil.which("sha256sum") or ""
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        subprocess.run([program, "--quiet", "-c", manifest], cwd=folder, check=True)


async def attach(operator: Operator, *sequences: Sequence) -> None:
    """Attach sequences to the project of an operator."""
    await operator.send(AddSequences(project_id=operator.project_id, sequences=list(sequences)))


async def export(operator: Operator, **fields: Any) -> tuple[Package, bytes]:
    """Export the project, and return its package."""
    package = (await operator.send(ExportProject(project_id=operator.project_id, **fields))).package
    return package, await fetch(operator.client, package)


async def exported_states(operator: Operator, **fields: Any) -> list[str]:
    """Export the project, and return what the package says of the recordings of each sequence, the same everywhere."""
    package, data = await export(operator, **fields)
    files = unzip(data)
    sequences = read_json(files, "project.json")["sequences"]
    states = [sequence["media_state"] for sequence in sequences]
    rows = list(csv.DictReader(io.StringIO(files["data/sequences.csv"].decode("utf-8-sig"), newline="")))
    assert [row["media_state"] for row in rows] == states
    listed = [file["name"] for sequence in sequences for file in sequence["media_files"]]
    assert {f"data/{name}" for name in listed} == {name for name in files if name.startswith("data/media/")}
    assert package.media_files == len(set(listed))
    return states
