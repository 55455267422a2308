"""A restore that was interrupted is begun again, and nobody works with half of a system."""

from pathlib import Path

import pytest

from tests.client.command_line import incidents
from workers.local.data_directory import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A data directory as an interrupted restore leaves it."""
    home = Home(tmp_path / "data")
    home.make()
    for directory in (home.nats, home.postgres):
        directory.mkdir()
        (directory / "half").touch()
    home.restoring.touch()
    return home


async def test_half_of_a_system_is_not_started(home: Home) -> None:
    """`up` says what is missing and how to complete it."""
    ended = await incidents("up", "--data", home.directory)
    assert ended.status == 2, ended.err
    assert "was not completely restored. Run the same `incidents restore` again." in " ".join(ended.err.split())


async def test_the_same_line_begins_again(home: Home, tmp_path: Path) -> None:
    """What an interrupted restore left is removed; what nobody was restoring is not."""
    (tmp_path / "none.tar").write_bytes(b"not a backup")
    line = ("restore", tmp_path / "none.tar", "--data", home.directory)
    assert "holds a system already" not in (await incidents(*line)).err
    assert not (home.nats / "half").exists()
    home.restoring.unlink()
    home.nats.mkdir(exist_ok=True)
    assert "holds a system already" in (await incidents(*line)).err


async def test_keys_that_are_not_there_are_a_mistake(tmp_path: Path) -> None:
    """The option is named before anything is made."""
    (tmp_path / "backup.tar").touch()
    ended = await incidents("restore", tmp_path / "backup.tar", "--keys", "none.tar", "--data", tmp_path / "data")
    assert ended.status == 2
    assert ended.err.strip() == "--keys: there is no file none.tar"
    assert not (tmp_path / "data").exists()
