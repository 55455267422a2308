"""Recordings in packages: copied, checked with stock tools, and stated where they are not."""

import csv
import hashlib
import io
import os
import shutil
import zipfile
from pathlib import Path

import pytest

from contracts.administration import ChangeSettings
from contracts.evidence.documents import PackagedProject
from incidents.evidence.verification import verify
from tests.projects.helpers import NOON, Operator
from tests.projects.packages import PASSWORD, read_json, unzip
from tests.projects.recordings import (
    MINUTES,
    attach,
    check_with_sha256sum,
    export,
    exported_states,
    file_name,
    record,
    sequence_of,
)
from tests.support import Site

pytestmark = pytest.mark.usefixtures("reports")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of recordings."""
    path = tmp_path / "recordings"
    path.mkdir()
    return path


@pytest.fixture
async def operator(site: Site, folder: Path) -> Operator:
    """An operator of a site whose packages contain recordings, at most a million bytes."""
    await site.worker("projects", recordings=folder, recordings_bytes=1_000_000)
    return await Operator.start(site, await site.client())


async def test_stock_tools_check_the_recordings(operator: Operator, folder: Path, tmp_path: Path) -> None:
    """They are copied byte by byte and listed in the manifest; the documents say which file covers which sequence."""
    recordings = [record(folder, minutes=minutes) for minutes in (-5, 5, 30)]
    await attach(operator, sequence_of())
    package, data = await export(operator)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(tmp_path / "bag")
    [bag] = (tmp_path / "bag").iterdir()
    check_with_sha256sum(bag)
    assert [(bag / f"data/media/{number}.mkv").read_bytes() for number in (1, 2)] == [
        path.read_bytes() for path in recordings[:2]
    ]
    assert package.media_files == 2
    assert package.media_bytes == 400_000
    assert package.media_incomplete == 0
    assert not any("media/" in entry.name for entry in package.entries)
    assert "media" in package.includes
    [sequence] = PackagedProject.model_validate_json((bag / "data/project.json").read_bytes()).sequences or []
    assert sequence.media_state == "included"
    assert [file.source for file in sequence.media_files] == [path.name for path in recordings[:2]]


async def test_the_pages_lead_to_the_recordings(operator: Operator, folder: Path) -> None:
    """The page of a project links each file, the list has its digest, and the first page says that there are some."""
    path = record(folder)
    await attach(operator, sequence_of())
    _, data = await export(operator)
    files = unzip(data)
    assert '<a href="media/1.mkv">' in files["data/index.html"].decode()
    assert "data/media/" in files["README.txt"].decode()
    assert "no video" not in " ".join(files["README.txt"].decode().split())
    [row] = csv.DictReader(io.StringIO(files["data/sequences.csv"].decode("utf-8-sig"), newline=""))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert row["media_files"] == "media/1.mkv"
    assert row["media_sha256"] == digest


@pytest.mark.parametrize("password", [None, PASSWORD])
async def test_a_flipped_byte_of_a_recording_is_found(operator: Operator, folder: Path, password: str | None) -> None:
    """Verification names the recording that was changed, with its place in the file."""
    record(folder)
    await attach(operator, sequence_of())
    _, data = await export(operator, password=password)
    assert verify(data, password=password).verified
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        [entry] = [entry for entry in archive.infolist() if entry.filename.endswith("1.mkv")]
    forged = bytearray(data)
    place = entry.header_offset + 100_000
    forged[place] ^= 1
    [finding] = [each for each in verify(bytes(forged), password=password).findings if each.name == "data/media/1.mkv"]
    assert finding.kind == "changed"
    assert (finding.first_byte or 0) <= place <= (finding.last_byte or 0)


async def test_what_is_not_there_is_stated(operator: Operator, folder: Path) -> None:
    """Each sequence says whether its recordings are in the package, whole or in part, or why not."""
    record(folder, "part")
    (folder / "huge").mkdir()
    with (folder / "huge" / file_name(NOON)).open("wb") as huge:
        huge.truncate(3_000_000_000)
    await attach(
        operator,
        sequence_of("part", minutes=20),
        sequence_of("huge"),
        sequence_of("none"),
        sequence_of("none", media_expires_at=NOON - MINUTES),
    )
    assert await exported_states(operator) == ["partial", "too-large", "missing", "expired"]


async def test_recordings_of_other_sites_are_theirs(operator: Operator, folder: Path) -> None:
    """A camera of another site is not taken for one of this site that has the same id."""
    record(folder)
    await operator.site.worker("administration")
    await operator.send(ChangeSettings(child_sites=["harbour"]))
    await attach(operator, sequence_of(site="harbour"), sequence_of(site="main"))
    assert await exported_states(operator) == ["other-site", "included"]


async def test_without_a_folder_nothing_is_promised(site: Site) -> None:
    """A site without a folder says so of each sequence, also if recordings are asked for by name."""
    await site.worker("projects")
    operator = await Operator.start(site, await site.client())
    await attach(operator, sequence_of())
    package, _ = await export(operator)
    assert "media" not in package.includes
    assert await exported_states(operator) == ["not-configured"]
    assert await exported_states(operator, include=["media"]) == ["not-configured"]


async def test_the_limit_is_that_of_a_package(operator: Operator, folder: Path) -> None:
    """What does not fit is left out and named with its size, and a smaller one behind it is included."""
    for minutes, size in ((0, 700_000), (10, 400_000), (20, 300_000)):
        record(folder, minutes=minutes, size=size)
    await attach(operator, sequence_of(minutes=30))
    package, data = await export(operator)
    [sequence] = read_json(unzip(data), "project.json")["sequences"]
    assert sequence["media_state"] == "partial"
    assert [file["bytes"] for file in sequence["media_files"]] == [700_000, 300_000]
    left_out = {"source": file_name(NOON + 10 * MINUTES), "bytes": 400_000, "reason": "too-large"}
    assert sequence["media_left_out"] == [left_out]
    assert package.media_bytes == 1_000_000
    assert package.media_incomplete == 1


async def test_no_way_leads_out_of_the_folder(operator: Operator, folder: Path, tmp_path: Path) -> None:
    """Neither a name with dots nor a symbolic link to a file or a folder is followed, and a pipe makes nobody wait."""
    outside = record(tmp_path / "outside", "cam-4")
    (folder / "linked").symlink_to(outside.parent)
    for camera in ("file", "pipe"):
        (folder / camera).mkdir()
    (folder / "file" / file_name(NOON)).symlink_to(outside)
    os.mkfifo(folder / "pipe" / file_name(NOON))
    cameras = ("../outside/cam-4", "..", "linked", "file", "pipe", str(outside.parent))
    await attach(operator, *map(sequence_of, cameras))
    states = ["missing", "missing", "unreadable", "unreadable", "unreadable", "missing"]
    assert await exported_states(operator) == states


async def test_a_camera_is_named_as_in_a_url(operator: Operator, folder: Path) -> None:
    """The folder of a camera has its id, with other characters than letters and digits in their percent form."""
    record(folder, "Gate%204%2Fnorth")
    record(folder, "%C3%89tage")
    await attach(operator, sequence_of("Gate 4/north"), sequence_of("\u00c9tage"), sequence_of("Gate 4%2Fnorth"))
    assert await exported_states(operator) == ["included", "included", "missing"]


async def test_the_caller_chooses(operator: Operator, folder: Path) -> None:
    """Recordings come with their sequences by themselves, or when they are named; with other sections they do not."""
    record(folder)
    await attach(operator, sequence_of())
    assert await exported_states(operator) == ["included"]
    assert await exported_states(operator, include=["sequences"]) == ["not-requested"]
    package, _ = await export(operator, include=["media"])
    assert package.includes == ["sequences", "media"]
    assert package.media_files == 1
    package, data = await export(operator, include=["comments"])
    assert package.media_files == 0
    assert package.media_incomplete == 0
    assert "sequences" not in read_json(unzip(data), "project.json")


async def test_a_folder_that_is_gone_is_not_an_empty_one(operator: Operator, folder: Path) -> None:
    """If the folder cannot be read, the package says so, and not that there were no recordings."""
    record(folder)
    await attach(operator, sequence_of())
    shutil.rmtree(folder)
    assert await exported_states(operator) == ["unreadable"]
