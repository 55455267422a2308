"""Credentials are made, listed and revoked by `incidents access`, in force on a running message bus at once."""

import asyncio
import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from contracts.bus_addresses import is_listen_address
from tests.client.command_line import ROOT, incidents
from tests.local.external import Installation, answers
from tests.local.support import eventually
from tests.runtime.callers import Caller
from workers.local.access.signing_keys import Trust
from workers.local.data_directory import Home, Runtime
from workers.local.servers.nats import EmbeddedNats


class RunningBus:
    """A message bus that runs below a directory, and the command line beside it."""

    def __init__(self, home: Home, server: EmbeddedNats) -> None:
        self.home = home
        self.server = server

    async def access(self, *line: str, status: int = 0) -> str:
        """Run `incidents access`, and return what it said."""
        ended = await incidents("access", *line, "--data", str(self.home.directory))
        assert ended.status == status, ended.err
        return ended.out + ended.err

    async def connected(self, principal: str) -> Caller:
        """Connect as somebody, once."""
        caller = Caller(principal)
        await caller.connect(self.server.url, self.home.credentials(principal), allow_reconnect=False)
        return caller

    async def is_refused(self, principal: str) -> bool:
        """Tell whether the credentials of somebody are accepted no more."""
        return await Caller(principal).is_refused(self.server.url, self.home.credentials(principal))


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[RunningBus]:
    """Run a message bus as `incidents up` does, with its address in the data directory."""
    home = Home(tmp_path / "data")
    with home.lock():
        server = EmbeddedNats(home.nats, Trust.create(home.keys, "main"))
        server.start()
        home.publish(Runtime("main", server.url, "", "", "", 0))
        yield RunningBus(home, server)
        server.stop()


async def test_who_is_revoked_is_out_at_once(bus: RunningBus) -> None:
    """Revoking closes somebody's connections, for good, while everybody else goes on; new credentials count."""
    for name in ("olivia", "oscar"):
        await bus.access("create", name)
    olivia, oscar = await bus.connected("olivia"), await bus.connected("oscar")
    assert bus.server.url in await bus.access("revoke", "olivia")
    await eventually(lambda: not olivia.bus.is_connected)
    assert await bus.is_refused("olivia")
    assert oscar.bus.is_connected
    bus.server.stop()
    bus.server.start()
    assert await bus.is_refused("olivia")
    await bus.access("create", "olivia")
    assert not await bus.is_refused("olivia")
    await oscar.bus.close()


async def test_what_was_made_is_listed(bus: RunningBus) -> None:
    """The list names everybody's credentials with their scope, end, revocation and fingerprint, for programs too."""
    await bus.access("create", "olivia", "--expires", "90d")
    await bus.access("create", "watch", "--scope", "ops")
    await bus.access("revoke", "watch")
    listed: Any = json.loads(await bus.access("list", "--json"))
    assert [(credentials["name"], credentials["scope"]) for credentials in listed] == [
        ("olivia", "client"),
        ("watch", "ops"),
    ]
    olivia, watch = listed
    assert olivia["expires"] > olivia["created"]
    assert olivia["revoked"] is None
    assert watch["expires"] is None
    assert watch["revoked"] >= watch["created"]
    assert {credentials["fingerprint"][0] for credentials in listed} == {"U"}
    result = await bus.access("list")
    assert "olivia" in result
    assert "provision" not in result
    register = bus.home.keys / "access.json"
    assert register.stat().st_mode & 0o777 == 0o600


async def test_mistakes_are_told(bus: RunningBus) -> None:
    """A span that is none, and somebody without credentials, are refused with what to do instead."""
    assert "such as 90d" in await bus.access("create", "olivia", "--expires", "3 months", status=2)
    assert "access list" in await bus.access("revoke", "nobody", status=2)
    assert "cannot name a principal" in await bus.access("create", "A B", status=2)
    assert "as in 2030-01-01" in await bus.access("licence", "--expires", "then", "--out", "l.jwt", status=2)


@pytest.mark.parametrize("option", ["--listen", "--monitor"])
@pytest.mark.parametrize("address", ["10.0.0.1:99999", "10.0.0.1", "4222", "host:port", "a@h:4222", ""])
async def test_a_server_listens_at_a_host_and_a_port(tmp_path: Path, option: str, address: str) -> None:
    """An address at which no server can listen is refused before keys are made."""
    ended = await incidents("access", "init", "--out", tmp_path / "trust", option, address)
    assert ended.status == 2
    assert f"{option}: {address} is not an address: write HOST:PORT" in ended.err
    assert not (tmp_path / "trust").exists()


@pytest.mark.parametrize("address", ["10.0.0.1:4222", ":4222", "[::]:4222", "bus.example:1"])
def test_usual_addresses_are_taken(address: str) -> None:
    """A name, an address of either version, and every interface are possible."""
    assert is_listen_address(address)


async def test_a_licence_replaces_no_file_unasked(tmp_path: Path) -> None:
    """A second licence under the same name is refused, and --force writes it."""
    Trust.create(Home(tmp_path).keys, "main")
    file = tmp_path / "licence.jwt"
    line = ("access", "licence", "--out", file, "--data", tmp_path)
    assert (await incidents(*line)).status == 0
    first = file.read_text()
    refusal = await incidents(*line, "--edition", "expert")
    assert refusal.status == 2
    assert file.read_text() == first
    assert "--force replaces it" in refusal.err
    assert (await incidents(*line, "--edition", "expert", "--force")).status == 0
    assert file.read_text() != first


@pytest.mark.parametrize("typed, scope", [("exploitation", "ops"), ("Création de flux", "provision"), ("ops", "ops")])
async def test_a_scope_is_typed_as_it_is_shown(tmp_path: Path, typed: str, scope: str) -> None:
    """The words of the list are words of `create`, and so are those of the wire."""
    Trust.create(Home(tmp_path).keys, "main")
    line = ("access", "create", "olivia", "--scope", typed, "--expires", "2 semaines", "--lang", "fr", "--json")
    assert (await incidents(*line, "--data", tmp_path)).json["scope"] == scope
    listed = (await incidents("access", "list", "--csv", "--lang", "fr", "--data", tmp_path)).out
    assert ("exploitation" if scope == "ops" else "création de flux") in listed


async def test_an_unknown_scope_and_name_are_refused_in_french(tmp_path: Path) -> None:
    """The refusal names the scopes as they can be typed, and quotes a name once."""
    Trust.create(Home(tmp_path).keys, "main")
    french = ("--lang", "fr", "--data", tmp_path)
    refused = (await incidents("access", "create", "olivia", "--scope", "tout", *french)).err
    assert "client, service, exploitation, création de flux" in " ".join(refused.split())
    assert "«\u00a0Olivia\u00a0» ne peut pas être" in (await incidents("access", "create", "Olivia", *french)).err


async def test_a_bus_that_is_away_is_told_of_it_later(bus: RunningBus) -> None:
    """A revocation that no server took is kept, and the command says that it is not in force yet."""
    await bus.access("create", "olivia")
    bus.server.stop()
    assert "not in force yet" in (await bus.access("revoke", "olivia", status=3)).replace("\n", " ")
    bus.server.start()
    assert await bus.is_refused("olivia")


async def test_credentials_of_an_older_version_are_revoked(bus: RunningBus) -> None:
    """What no register knows is found by its file."""
    await bus.access("create", "olivia")
    (bus.home.keys / "access.json").unlink()
    olivia = await bus.connected("olivia")
    await bus.access("revoke", "olivia")
    await eventually(lambda: not olivia.bus.is_connected)


async def test_a_server_of_ones_own_is_told(tmp_path: Path) -> None:
    """INCIDENTS_NATS_URL names a server elsewhere, and the file that `init` writes keeps it."""
    site = Installation(tmp_path, "postgresql:///none", "postgresql:///none")
    site.bundle()
    site.start_server()
    with site.running():
        await eventually(partial(answers, site.page("monitor", "/healthz")))
        url, admin = site.settings("admin")["INCIDENTS_NATS_URL"], Home(tmp_path).credentials("admin")
        caller = Caller("admin")
        await caller.connect(url, admin, allow_reconnect=False)
        done = site.incidents("access", "revoke", "admin", "--data", str(tmp_path))
        assert done.returncode == 0, done.stderr
        await eventually(lambda: not caller.bus.is_connected)
        stop(site.processes["nats"])
        data = admin.read_bytes()
        site.bundle()
        admin.write_bytes(data)
        site.start_server()
        await eventually(partial(answers, site.page("monitor", "/healthz")))
        assert await Caller("admin").is_refused(url, admin)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server, and wait for it."""
    process.terminate()
    process.wait(15)


async def test_credentials_are_a_spreadsheet(bus: RunningBus) -> None:
    """`access list --csv` has a row for each, with the whole fingerprint; with --json it is refused."""
    await bus.access("create", "olivia", "--expires", "90d")
    head, row, *_ = (await bus.access("list", "--csv")).split("\r\n")
    assert head == "Name,Scope,Created,Expires,Revoked,Fingerprint"
    assert row.startswith("olivia,client,20")
    assert "…" not in row
    assert "exclude each other" in await bus.access("list", "--csv", "--json", status=2)


async def test_replaced_credentials_are_reported(tmp_path: Path) -> None:
    """Who makes credentials into an existing file is told that the earlier ones stay valid."""
    Trust.create(Home(tmp_path).keys, "main")
    first, second = [await incidents("access", "create", "olivia", "--data", tmp_path) for _ in range(2)]
    assert "stay valid" not in first.out
    assert "stay valid" in second.out
    third = await incidents("access", "create", "olivia", "--data", tmp_path, "--json")
    assert third.json["replaced"] is True


@pytest.mark.parametrize(
    "line, named",
    [
        ("access licence --edition expert --out licence.jwt", "licence.jwt cannot be written: "),
        ("access create olivia --out olivia.creds", "keys cannot be written: "),
        ("access init --out other", "other cannot be written: "),
        ("access init", "data cannot be written: "),
        ("access revoke admin", "keys cannot be written: "),
    ],
)
async def test_a_full_disk_is_said_in_one_sentence(tmp_path: Path, line: str, named: str) -> None:
    """What cannot be written is named, and no part of it is left under its name."""
    assert (await incidents("access", "init", "--out", tmp_path / "data")).status == 0
    shell = f"ulimit -f 0; {shlex.quote(sys.executable)} -m incidents {line}"
    ended = await asyncio.to_thread(
        partial(subprocess.run, check=False, capture_output=True, text=True, cwd=tmp_path),
        ["bash", "-c", shell],
        env={
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(ROOT),
            "INCIDENTS_DATA": "data",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
    )
    assert (ended.returncode, "Traceback" in ended.stderr, named in ended.stderr) == (2, False, True), ended.stderr
    assert not [path.name for path in tmp_path.iterdir() if path.is_file()]
