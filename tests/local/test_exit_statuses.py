"""The exit statuses of the server's commands: the same as those of all others."""

from pathlib import Path

import pytest

from tests.client.command_line import incidents
from workers.local.access.signing_keys import Trust

CREDS = {"INCIDENTS_NATS_CREDS": "nobody.creds"}


@pytest.mark.parametrize(
    "line",
    [
        "access create",
        "access create bob --data none",
        "access create bob --data d --out none/bob.creds",
        "access create bob --data d --out d",
        "access create Bob! --data d",
        "access create bob --data d --expires soon",
        "access create bob --data d --scope king",
        "access revoke nobody --data d",
        "access revoke nobody --data none",
        "access list --data none",
        "access list --data d --json --csv",
        "access init --out d --site SITE!",
        "access init --out d --site another",
        "access licence --data none --out licence.jwt",
        "access licence --data d --out none/licence.jwt",
        "access licence --data d --edition none --out licence.jwt",
        "access licence --data d --expires then --out licence.jwt",
        "worker nobody",
        "worker projects",
        "provision",
        "backup -o none/backup.tar --data d",
        "restore none.tar --data e",
        "up --data d --site another",
        "up --health-port 99999",
    ],
)
async def test_a_mistake_ends_with_2(line: str, tmp_path: Path) -> None:
    """Whatever is wrong in the line or its surroundings is one sentence and the status of mistakes."""
    Trust.create(tmp_path / "d" / "keys", "main")
    ended = await incidents(*line.split(), folder=tmp_path, environment=CREDS)
    assert "Traceback" not in ended.err
    assert ended.status == 2, ended.err


async def test_a_server_that_is_away_ends_with_3(tmp_path: Path) -> None:
    """What is not reachable has the status of that, and the sentence has no number of an error."""
    trust = Trust.create(tmp_path / "d" / "keys", "main")
    (tmp_path / "p.creds").write_text(trust.mint("provision", "provision"))
    trust.mint("olivia", "client")
    where = {"INCIDENTS_NATS_URL": "nats://127.0.0.1:1", "INCIDENTS_NATS_CREDS": "p.creds"}
    for line in ("provision", "access revoke olivia --data d", "me"):
        ended = await incidents(*line.split(), folder=tmp_path, environment=where)
        assert ended.status == 3, ended.err
        assert "Errno" not in ended.err


@pytest.mark.parametrize("option", ["--output", "--keys"])
async def test_a_backup_replaces_nothing_unasked(tmp_path: Path, option: str) -> None:
    """An existing file is refused before anything is saved; --force replaces it."""
    (existing := tmp_path / "b.tar").write_text("earlier")
    files = {"--output": tmp_path / "new.tar", option: existing}
    line = [word for pair in files.items() for word in pair]
    refused, forced = [
        await incidents("backup", *line, "--data", tmp_path / "x", *force) for force in ((), ("--force",))
    ]
    assert refused.status == 2
    assert "already exists; --force replaces it" in refused.err
    assert forced.status == 3
    assert "no system runs here" in forced.err
    assert existing.read_text() == "earlier"
