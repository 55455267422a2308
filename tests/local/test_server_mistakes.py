"""The server's commands where a server is away or a variable is wrong: a sentence, and no trace of the program."""

import socket
from pathlib import Path

import pytest

from tests.client.command_line import incidents
from workers.local.access.signing_keys import Trust
from workers.local.servers import disk_space
from workers.local.servers.nats import EmbeddedNats, free_port

NOBODY = "127.0.0.1:1"


async def test_migrate_says_that_the_database_is_away() -> None:
    """The database is named without its password, and so is the variable that names it."""
    environment = {"INCIDENTS_DATABASE_URL": f"postgresql://im:secret@{NOBODY}/incident_manager"}
    ended = await incidents("migrate", environment=environment)
    assert ended.status == 3
    assert "secret" not in ended.err
    assert "Traceback" not in ended.err
    assert "INCIDENTS_DATABASE_URL" in ended.err


async def test_provision_says_that_the_message_bus_is_away(tmp_path: Path) -> None:
    """It waits some seconds for a bus that is just starting, and not for ever."""
    credentials = tmp_path / "provision.creds"
    credentials.write_text(Trust.create(tmp_path / "keys", "main").mint("provision", "provision"))
    environment = {"INCIDENTS_NATS_URL": f"nats://{NOBODY}", "INCIDENTS_NATS_CREDS": credentials}
    ended = await incidents("provision", environment=environment)
    assert ended.status == 3
    assert "Traceback" not in ended.err
    assert "Errno" not in ended.err
    assert "Connection refused" in ended.err
    assert "INCIDENTS_NATS_URL" in ended.err


async def test_provision_says_that_its_credentials_are_not_accepted(tmp_path: Path) -> None:
    """The server's reason is reported, and not that it closed the connection afterwards."""
    server = EmbeddedNats(tmp_path / "nats", Trust.create(tmp_path / "keys", "main"))
    stranger = tmp_path / "provision.creds"
    stranger.write_text(Trust.create(tmp_path / "others", "main").mint("provision", "provision"))
    server.start()
    try:
        ended = await incidents(
            "provision", environment={"INCIDENTS_NATS_URL": server.url, "INCIDENTS_NATS_CREDS": stranger}
        )
    finally:
        server.stop()
    assert ended.status == 3
    assert "Authorization Violation" in ended.err


@pytest.mark.parametrize("line", [("migrate",), ("provision",), ("worker", "projects")], ids=" ".join)
async def test_a_variable_that_cannot_be_read_is_named(line: tuple[str, ...]) -> None:
    """What a variable should be is reported in a sentence, with the status of a mistake."""
    ended = await incidents(*line, environment={"INCIDENTS_HEALTH_PORT": "many"})
    assert ended.status == 2
    assert "Traceback" not in ended.err
    assert "INCIDENTS_HEALTH_PORT" in ended.err


async def test_up_says_that_its_directory_cannot_be_made(tmp_path: Path) -> None:
    """A file that is in the way is named, with a way out."""
    (tmp_path / "file").touch()
    ended = await incidents("up", "--data", tmp_path / "file" / "data")
    assert ended.status == 2
    assert "Traceback" not in ended.err
    assert "Not a directory" in ended.err
    assert "--data" in ended.err


@pytest.mark.parametrize("option", ["--nats-port", "--health-port"])
async def test_up_says_that_its_port_is_in_use(tmp_path: Path, option: str) -> None:
    """A port that another program has is named, and nothing is left behind."""
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        ended = await incidents("up", "--data", tmp_path / "data", option, port)
    assert ended.status == 2
    assert "Traceback" not in ended.err
    assert f"Port {port}" in ended.err


@pytest.mark.parametrize("option", ["--nats-port", "--health-port"])
async def test_up_refuses_what_is_no_port(tmp_path: Path, option: str) -> None:
    """A number that no port has is refused before anything starts."""
    ended = await incidents("up", "--data", tmp_path / "data", option, 70_000)
    assert ended.status == 2
    assert "Traceback" not in ended.err
    assert not (tmp_path / "data").exists()
    assert "65535" in ended.err


async def test_a_worker_says_that_the_port_of_its_pages_is_in_use(tmp_path: Path) -> None:
    """The variable that names the port is reported, in a sentence."""
    credentials = tmp_path / "reports.creds"
    credentials.write_text(Trust.create(tmp_path / "keys", "main").mint("reports", "worker"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        variables = {"INCIDENTS_HEALTH_PORT": str(port), "INCIDENTS_NATS_CREDS": str(credentials)}
        ended = await incidents("worker", "reports", environment=variables)
    assert ended.status == 2
    assert "Traceback" not in ended.err
    assert f"INCIDENTS_HEALTH_PORT: Port {port}" in ended.err


def test_a_disk_that_is_too_small_is_told_in_a_sentence(tmp_path: Path) -> None:
    """It says what is free, what is needed and what to do; a folder that is not there yet counts as its parent."""
    with pytest.raises(
        disk_space.NoRoomError, match=r"nats has \d+ MB free, a first start needs \d+ MB: make room, or"
    ):
        disk_space.require(tmp_path / "data" / "nats", needed=1 << 60)
    disk_space.require(tmp_path / "data" / "nats", needed=1)


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, object]:
    """Return what a worker needs to come as far as its log and its pages."""
    credentials = tmp_path / "projects.creds"
    credentials.write_text(Trust.create(tmp_path / "keys", "main").mint("projects", "worker"))
    return {"INCIDENTS_NATS_URL": f"nats://{NOBODY}", "INCIDENTS_NATS_CREDS": credentials}


@pytest.mark.parametrize(
    "host, why",
    [
        ("::9", "(Cannot assign requested address)"),
        ("x" * 70, "(Name or service not known)"),
    ],
)
async def test_a_worker_says_where_it_cannot_listen(variables: dict[str, object], host: str, why: str) -> None:
    """An address that is not one of this machine is named, with the variables that choose it."""
    ended = await incidents("worker", "projects", environment={**variables, "INCIDENTS_HEALTH_HOST": host})
    assert ended.status == 2
    assert ended.err.startswith("INCIDENTS_HEALTH_HOST, INCIDENTS_HEALTH_PORT: Nothing can listen")
    assert f"of {host} {why}: choose another" in ended.err


@pytest.mark.parametrize("folder", ["file/logs", "/proc/logs", "taken"])
async def test_a_worker_says_that_its_log_cannot_be_written(
    tmp_path: Path, variables: dict[str, object], folder: str
) -> None:
    """A directory that cannot be made or written is named before anything starts, with the reason and the way out."""
    (tmp_path / "file").touch()
    (tmp_path / "taken" / "projects.log").mkdir(parents=True)
    environment = {**variables, "INCIDENTS_LOG_DIR": tmp_path / folder}
    ended = await incidents("worker", "projects", environment=environment)
    assert ended.status == 2
    assert ended.err.startswith(f"INCIDENTS_LOG_DIR: {tmp_path / folder}")
    assert ended.err.endswith("or remove the variable to log to stderr alone.\n")
    assert len(ended.err.splitlines()) == 1


async def test_up_says_that_its_log_cannot_be_written(tmp_path: Path) -> None:
    """A log of `up` that cannot be written is named, with the reason and the way out."""
    (tmp_path / "data" / "logs" / "up.log").mkdir(parents=True)
    ended = await incidents("up", "--data", tmp_path / "data")
    assert ended.status == 2
    assert ended.err == (f"{tmp_path}/data/logs/up.log: Is a directory. Choose a directory of your own with --data.\n")
