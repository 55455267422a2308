"""A system that is away, and credentials that are not there: two kinds, each with a title, a status and a way out."""

import fcntl
import json
import ssl
from pathlib import Path
from typing import Any

import nats
import pytest

from incidents.connection import why_unreachable
from incidents.terminal.tables.refusals import refusal_panel
from incidents.terminal.text.words import say
from tests.client.command_line import incidents
from tests.client.conftest import Bus


@pytest.mark.parametrize("content", [None, "folder", "unset"])
async def test_a_missing_credentials_file_is_a_mistake(bus: Bus, tmp_path: Path, content: str | None) -> None:
    """It has a title and the status of its own kind, and the way to a file: what names it, and what makes one."""
    file = tmp_path / "me.creds"
    if content == "folder":
        file.mkdir()
    where: dict[str, Any] = {"INCIDENTS_NATS_URL": bus.url, "INCIDENTS_NATS_CREDS": "" if content == "unset" else file}
    ended = await incidents("me", "--json", environment=where)
    assert ended.status == 2
    assert ended.json["error"]["code"] == "credentials"
    message = ended.json["error"]["message"]
    assert "INCIDENTS_NATS_CREDS" in message
    assert "`incidents access create NAME`" in message
    assert "identifiants" in (await incidents("me", "--lang", "fr", environment=where)).err


async def test_a_principal_without_credentials_is_a_mistake(bus: Bus, tmp_path: Path) -> None:
    """In a data directory the option that names the principal is named, and the command that makes its file."""
    (tmp_path / "runtime.json").write_text(json.dumps({"nats_url": bus.url, "site": "main"}))
    ended = await incidents("me", "--json", "--as", "olivia", "--data", tmp_path)
    assert ended.status == 2
    assert ended.json["error"]["code"] == "credentials"
    assert "--as or INCIDENTS_AS" in ended.json["error"]["message"]
    assert ended.json["error"]["details"] == {"type": f"incidents access create olivia --data {tmp_path}"}


@pytest.mark.parametrize(
    "url, english, french",
    [
        ("nats://127.0.0.1:1", "nothing listens there: start the system", "rien n'écoute à cette adresse"),
        ("nats://localhost:1", "nothing listens there: start the system", "rien n'écoute à cette adresse"),
        ("nats://no-such-host.invalid:1", "no machine has this name", "aucune machine ne porte ce nom"),
    ],
)
async def test_a_system_that_is_away_is_a_plain_sentence(bus: Bus, url: str, english: str, french: str) -> None:
    """The sentence has the address and what to do, and no number of an error."""
    where: dict[str, Any] = {"INCIDENTS_NATS_URL": url, "INCIDENTS_NATS_CREDS": bus.credentials("me")}
    for language, words in (("en", english), ("fr", french)):
        ended = await incidents("me", "--json", "--lang", language, environment=where)
        assert ended.status == 3
        assert ended.json["error"]["code"] == "unreachable"
        message = ended.json["error"]["message"]
        assert message.startswith(url)
        assert words in message
        assert "Errno" not in message


@pytest.mark.parametrize("line, command", [("me", "incidents status"), ("status", "")])
async def test_a_system_that_runs_is_not_to_be_started(tmp_path: Path, bus: Bus, line: str, command: str) -> None:
    """Where `up` runs, and nobody answers, it is said what happens next, and where to look."""
    (tmp_path / "runtime.json").write_text(json.dumps({"nats_url": "nats://127.0.0.1:1", "site": "main"}))
    (tmp_path / "creds").mkdir()
    for principal in ("admin", "ops"):
        bus.credentials(principal).rename(tmp_path / "creds" / f"{principal}.creds")
    with (tmp_path / "up.lock").open("w") as lock:
        ended = await incidents(line, "--json", "--data", tmp_path)
        assert "incidents up" in ended.json["error"]["details"]["type"]
        fcntl.flock(lock, fcntl.LOCK_EX)
        ended = await incidents(line, "--json", "--data", tmp_path)
    error = ended.json["error"]
    assert str(tmp_path / "logs") in error["message"]
    assert error["details"] == ({"type": f"{command} --data {tmp_path}"} if command else {})


@pytest.mark.parametrize(
    "error",
    [
        nats.errors.TimeoutError(),
        nats.errors.NoServersError(),
        nats.errors.NoRespondersError(),
        nats.errors.ConnectionClosedError(),
        nats.errors.StaleConnectionError(),
        nats.errors.UnexpectedEOF(),
        nats.errors.ProtocolError(),
        nats.errors.SecureConnRequiredError(),
        nats.js.errors.NoStreamResponseError(),
        ssl.SSLError(1, "wrong version number"),
    ],
    ids=repr,
)
def test_no_reason_is_in_the_words_of_the_client_of_the_bus(error: Exception) -> None:
    """What the library says is said in our words, in both languages, also as a detail of a refusal."""
    words = why_unreachable(error)
    assert words
    assert not {"nats:", str(error)} & {words, words[:5]}
    french = say("fr", words)
    assert french != words
    refused = {"code": "unavailable", "message": "Non.", "details": {"reason": words}}
    panel: Any = refusal_panel(refused, "fr").renderable
    rows = panel.columns[0]._cells[-1]
    assert french in [str(cell) for column in rows.columns for cell in column.cells]


@pytest.mark.parametrize("denied, remedy", [("publish", "access create NOM"), ("subscription", "--scope ops")])
def test_what_the_message_bus_denies_is_said_in_our_words(denied: str, remedy: str) -> None:
    """Somebody with credentials of another scope reads which ones are needed."""
    reason = f'nats: permissions violation for {denied} to "im.main.cmd.admin.x.-.y"'
    refused = {"code": "permission-denied", "message": "Non.", "details": {"reason": reason}}
    panel: Any = refusal_panel(refused, "fr").renderable
    shown = " ".join(str(cell) for column in panel.columns[0]._cells[-1].columns for cell in column.cells)
    assert "violation" not in shown
    assert remedy in shown
