"""What lies below a data directory is its owner's alone, and nobody else can keep it from starting."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from workers.local.access.signing_keys import Trust
from workers.local.data_directory import AlreadyRunningError, Home
from workers.local.servers.nats import EmbeddedNats

OPENING = "import os, sys; os.setuid(65534); os.open(sys.argv[1], os.O_RDONLY)"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A data directory that an older version left open to everybody."""
    directory = tmp_path / "data"
    (directory / "logs").mkdir(parents=True, mode=0o755)
    (directory / "up.lock").touch(mode=0o644)
    return Home(directory)


def test_everything_is_its_owners_alone(home: Home) -> None:
    """Data, logs and the lock are closed to other users of the machine, also where they were open before."""
    with home.lock():
        EmbeddedNats(home.nats, Trust.create(home.keys, "main")).prepare()
        home.save_credentials("olivia", "secret")
        for folder in (home.directory, home.logs, home.keys, home.nats, home.credentials("olivia").parent):
            assert folder.stat().st_mode & 0o777 == 0o700, folder
        for file in (home.directory / "up.lock", home.credentials("olivia")):
            assert file.stat().st_mode & 0o777 == 0o600, file


def test_a_directory_of_others_keeps_its_mode(tmp_path: Path) -> None:
    """A directory that holds other things stays as open as it was; what is made in it is private."""
    tmp_path.chmod(0o755)
    (tmp_path / "letter.txt").touch()
    with Home(tmp_path).lock():
        assert tmp_path.stat().st_mode & 0o777 == 0o755
        assert (tmp_path / "up.lock").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_another_user_cannot_hold_the_lock(home: Home) -> None:
    """Who could open the lock could keep the installation from starting: other users cannot."""
    with home.lock():
        home.directory.chmod(0o755)  # the file alone must suffice
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", OPENING, str(home.directory / "up.lock")],
            capture_output=True,
            text=True,
            check=False,
        )
    assert "PermissionError" in done.stderr


def test_a_look_at_the_lock_stops_nobody(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller that asks whether the installation runs holds the lock for a moment: a start waits for that."""
    home.make()
    asking = os.open(home.directory / "up.lock", os.O_RDWR)
    fcntl.flock(asking, fcntl.LOCK_SH)
    monkeypatch.setattr("workers.local.data_directory.time.sleep", lambda _: fcntl.flock(asking, fcntl.LOCK_UN))
    with home.lock():
        assert home.runtime() is None
    os.close(asking)


def test_a_lock_that_is_held_is_an_error(home: Home) -> None:
    """An installation that is starting or stopping is not started a second time."""
    other = Home(home.directory, lock_seconds=0.05)
    with home.lock(), pytest.raises(AlreadyRunningError, match="starting or stopping"), other.lock():
        pytest.fail("two supervisors hold the lock")
