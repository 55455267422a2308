"""`incidents import` against somebody who refuses whole commands."""

import json
from pathlib import Path

from tests.client.command_line import CommandResult, incidents
from tests.client.conftest import Bus, Peer

ROWS = [{"number": n, "created_by": "ann", "created_at": "2009-05-17T08:30:00Z"} for n in range(1, 5)]


async def imported(bus: Bus, folder: Path) -> CommandResult:
    """Import four projects as alice."""
    (folder / "p.ndjson").write_text("\n".join(map(json.dumps, ROWS)))
    environment = {"INCIDENTS_NATS_URL": bus.url, "INCIDENTS_NATS_CREDS": bus.credentials("alice")}
    return await incidents("import", folder / "p.ndjson", "--json", folder=folder, environment=environment)


async def test_a_command_refused_as_a_whole_is_halved(bus: Bus, peer: Peer, tmp_path: Path) -> None:
    """Where a site refuses a whole command, it is sent again in halves until every bad row is alone (RET-05)."""
    peer.error = {"code": "invalid", "message": "No."}
    ended = await imported(bus, tmp_path)
    assert ended.status == 1
    assert ended.json["refused"] == 4
    assert {(error["line"], error["number"], error["kind"]) for error in ended.json["errors"]} == {
        (n, n, "invalid") for n in range(1, 5)
    }
    assert sorted(len(json.loads(command.data)["projects"]) for command in peer.commands) == [1, 1, 1, 1, 2, 2, 4]


async def test_an_import_ends_where_no_row_can_succeed(bus: Bus, peer: Peer, tmp_path: Path) -> None:
    """A site without a licence is reported once and not row by row (LIC-05)."""
    peer.error = {"code": "not-licensed", "message": "No."}
    ended = await imported(bus, tmp_path)
    assert ended.status == 1
    assert ended.json["error"]["code"] == "not-licensed"
    assert len(peer.commands) == 1
