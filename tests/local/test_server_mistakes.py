"""The server's commands where a server is away or a variable is wrong: a sentence, and no trace of the program."""

from pathlib import Path

import pytest

from tests.client.command_line import incidents
from workers.local.nats import EmbeddedNats
from workers.runtime.access import Trust

NOBODY = "127.0.0.1:1"


async def test_migrate_says_that_the_database_is_away() -> None:
    """The database is named without its password, and so is the variable that names it."""
    environment = {"INCIDENTS_DATABASE_URL": f"postgresql://im:secret@{NOBODY}/incident_manager"}
    ended = await incidents("migrate", environment=environment)
    assert (ended.status, "secret" in ended.err, "Traceback" in ended.err) == (3, False, False)
    assert "INCIDENTS_DATABASE_URL" in ended.err


async def test_provision_says_that_the_message_bus_is_away() -> None:
    """It waits some seconds for a bus that is just starting, and not for ever."""
    ended = await incidents("provision", environment={"INCIDENTS_NATS_URL": f"nats://{NOBODY}"})
    assert (ended.status, "Traceback" in ended.err) == (3, False)
    assert "INCIDENTS_NATS_URL" in ended.err


async def test_provision_says_that_its_credentials_are_not_accepted(tmp_path: Path) -> None:
    """The server's reason is told, and not that it closed the connection afterwards."""
    server = EmbeddedNats(tmp_path / "nats", Trust.create(tmp_path / "keys", "main"))
    stranger = tmp_path / "ops.creds"
    stranger.write_text(Trust.create(tmp_path / "others", "main").mint("ops", "ops"))
    server.start()
    try:
        ended = await incidents(
            "provision", environment={"INCIDENTS_NATS_URL": server.url, "INCIDENTS_NATS_CREDS": stranger}
        )
    finally:
        server.stop()
    assert (ended.status, "Authorization Violation" in ended.err) == (3, True)


@pytest.mark.parametrize("line", [("migrate",), ("provision",), ("worker", "projects")], ids=" ".join)
async def test_a_variable_that_cannot_be_read_is_named(line: tuple[str, ...]) -> None:
    """What a variable should be is told in a sentence, with the status of a mistake."""
    ended = await incidents(*line, environment={"INCIDENTS_HEALTH_PORT": "many"})
    assert (ended.status, "Traceback" in ended.err) == (2, False)
    assert "INCIDENTS_HEALTH_PORT" in ended.err
