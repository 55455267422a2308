import json
from pathlib import Path

import pytest

from incidents.errors import UnreachableError
from incidents.locate import DEFAULT_DATA, Place, credentials_path, data_directory, find


@pytest.fixture
def running(tmp_path: Path) -> Path:
    """Make a data directory as a running system keeps it."""
    (tmp_path / "creds").mkdir()
    (tmp_path / "creds" / "admin.creds").touch()
    (tmp_path / "runtime.json").write_text(json.dumps({"nats_url": "nats://x:1", "site": "north"}))
    return tmp_path


def test_a_running_system_is_found_in_its_directory(running: Path) -> None:
    """The data directory says where the system listens and holds the credentials."""
    target = find(running, "admin", {})
    ways = (f"incidents up --data {running}", f"incidents access create admin --data {running}")
    assert target == Place("nats://x:1", running / "creds/admin.creds", "north", *ways, target.naming, running)
    assert "--as" in target.naming


def test_the_environment_names_a_directory(running: Path) -> None:
    """INCIDENTS_DATA stands in for the option."""
    assert find(None, "admin", {"INCIDENTS_DATA": str(running)}).site == "north"


def test_a_system_elsewhere_is_found_by_its_address() -> None:
    """An address and credentials are enough; the site is main when none is named."""
    environment = {"INCIDENTS_NATS_URL": "nats://far:4222", "INCIDENTS_NATS_CREDS": "me.creds"}
    target = find(None, "admin", environment)
    assert target[:3] == Place("nats://far:4222", Path("me.creds"), "main")[:3]
    assert "INCIDENTS_NATS_URL" in target.remedy
    assert find(None, "admin", {**environment, "INCIDENTS_SITE": "south"}).site == "south"


def test_a_directory_that_is_typed_goes_before_an_address(running: Path) -> None:
    """What is typed counts more than what the environment says."""
    environment = {"INCIDENTS_NATS_URL": "nats://far:4222", "INCIDENTS_NATS_CREDS": "me.creds"}
    assert find(running, "admin", environment).url == "nats://x:1"


def test_an_address_needs_credentials() -> None:
    """Without credentials the missing variable is named."""
    with pytest.raises(UnreachableError, match="INCIDENTS_NATS_CREDS"):
        find(None, "admin", {"INCIDENTS_NATS_URL": "nats://far:4222"})


@pytest.mark.parametrize("content", [None, "", "[]", '{"site": "north"}'])
def test_a_stopped_system_says_how_to_start_it(tmp_path: Path, content: str | None) -> None:
    """Where no system runs, the sentence names the command that starts one."""
    if content is not None:
        (tmp_path / "runtime.json").write_text(content)
    with pytest.raises(UnreachableError) as caught:
        find(tmp_path, "admin", {})
    assert caught.value.remedy == f"incidents up --data {tmp_path}"


def test_missing_credentials_say_how_to_make_them(running: Path) -> None:
    """A principal without credentials learns the command that makes them."""
    with pytest.raises(UnreachableError) as caught:
        find(running, "alice", {})
    assert caught.value.remedy == f"incidents access create alice --data {running}"


def test_the_usual_directory_needs_no_option() -> None:
    """The remedy is as short as it can be."""
    assert data_directory(None, {}) == DEFAULT_DATA
    with pytest.raises(UnreachableError) as caught:
        find(Path(DEFAULT_DATA), "nobody-has-this-name", {})
    assert "--data" not in caught.value.remedy


def test_credentials_of_a_system_elsewhere_are_not_looked_for() -> None:
    """Without a data directory of its own, nobody knows who has credentials."""
    assert credentials_path(None, "olivia", {"INCIDENTS_NATS_URL": "nats://x:1"}) is None
    assert credentials_path(Path("d"), "olivia", {"INCIDENTS_NATS_URL": "nats://x:1"}) == Path("d/creds/olivia.creds")
    assert credentials_path(None, "olivia", {}) == Path(DEFAULT_DATA) / "creds" / "olivia.creds"
