"""The folder of recordings: which files it has, by their names."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.projects.helpers import NOON
from tests.projects.recordings import file_name, record
from workers.common.recordings.folder import NoRecordingsError, RecordingFolder, camera_folder

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)


@given(NAMES)
def test_the_folder_of_a_camera_is_a_plain_name(camera_id: str) -> None:
    """Whatever a camera is called, its folder has a name of plain characters, and no two cameras share one."""
    name = camera_folder(camera_id)
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%")
    assert camera_folder(camera_id + "x") != name
    assert (camera_folder(name) == name) == ("%" not in name)


def test_files_are_known_by_their_names(tmp_path: Path) -> None:
    """A name says from when to when, in UTC; what has another form, or no possible times, is not a recording."""
    path = record(tmp_path, size=10)
    for name in (
        "notes.txt",
        "20260230T000000Z_20260230T001000Z.mkv",
        "20260301T120000Z_20260301T110000Z.mkv",
        path.stem,
    ):
        (path.parent / name).touch()
    [file] = RecordingFolder(tmp_path, 1).files_of("cam-4")
    assert file.name == path.name
    assert file.start == NOON
    assert file.end == NOON + timedelta(minutes=10)
    assert file.bytes == 10
    assert file.ending == ".mkv"


def test_no_camera_is_outside(tmp_path: Path) -> None:
    """A camera without a folder has no files, also one that is called like the folder above."""
    (tmp_path / file_name(NOON)).touch()
    folder = RecordingFolder(tmp_path / "recordings", 1)
    folder.path.mkdir()
    for camera_id in ("cam-4", "", ".", "..", "../recordings", "x" * 300, "/", "\x00"):
        assert folder.files_of(camera_id) == []


def test_a_link_is_not_a_folder(tmp_path: Path) -> None:
    """A folder that is a link, or that may not be read, is not taken for an empty one."""
    outside = record(tmp_path / "outside")
    folder = RecordingFolder(tmp_path / "recordings", 1)
    with pytest.raises(NoRecordingsError):
        folder.files_of("cam-4")
    folder.path.mkdir()
    (folder.path / "cam-4").symlink_to(outside.parent)
    with pytest.raises(NoRecordingsError):
        folder.files_of("cam-4")


def test_a_file_is_opened_where_it_was_found(tmp_path: Path) -> None:
    """A file that becomes a link after it was found is not opened, and no open file is left behind."""
    path, outside = record(tmp_path / "recordings"), record(tmp_path / "outside")
    folder = RecordingFolder(tmp_path / "recordings", 1)
    [file] = folder.files_of("cam-4")
    path.unlink()
    path.symlink_to(outside)
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(OSError, match="symbolic"):
        folder.open(file)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
