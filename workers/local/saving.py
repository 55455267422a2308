"""Backup and restore of a system that `incidents up` runs: one file for the data, another one for the keys."""

import asyncio
import json
import os
import subprocess
import tarfile
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Final

import nats
import typer
from nats.aio.client import Client as Nats
from pydantic_core import from_json

from contracts import subjects
from workers.local import mistakes, process, snapshots
from workers.local.home import Home
from workers.local.nats import EmbeddedNats
from workers.local.postgres import APP_ROLE, EmbeddedPostgres, binary
from workers.local.printing import decimal, emphasised, fail, say, tell, write
from workers.local.snapshots import Snapshot, SnapshotError
from workers.local.trust import Trust, TrustError

Data = Annotated[Path, typer.Option("--data", envvar="INCIDENTS_DATA", help="Where everything is kept.")]
Keys = Annotated[Path | None, typer.Option("--keys", metavar="FILE", help="The file of the keys and credentials.")]
AsJson = Annotated[bool, typer.Option("--json", help="Say it for programs, as one JSON document.")]
_DATA: Final = Path(".incidents")
_DATABASES: Final = ("incident_manager", "log_server")
_PROVISION: Final = "provision"
_PROVISION_SECONDS: Final = 3_600
_KEPT_APART: Final = ("keys", "creds")
_NOT_REACHED: Final = 3
_USAGE: Final = 2


class SavingError(RuntimeError):
    """A program of PostgreSQL failed."""


def backup(
    out: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The file to write; private.")],
    keys: Keys = None,
    data: Data = _DATA,
    as_json: AsJson = False,
) -> None:
    """Save a running system in one file, while it runs; the keys go into another one, to be kept elsewhere.

    The streams are saved before the databases: what is in both is known by its id and takes effect once.

    Example: incidents backup -o incidents-2026-11-26.tar --keys keys.tar
    """
    home = Home(data.absolute())
    if home.runtime() is None:
        fail(say("{data}: no system runs here. Start it: incidents up --data {data}", data=data), _NOT_REACHED)
    _require_apart(home, out, keys)
    began = time.monotonic()
    try:
        asyncio.run(_save(home, out))
        if keys:
            _save_keys(home, keys)
    except (SavingError, SnapshotError, OSError, TrustError, nats.errors.Error) as error:
        fail(mistakes.why(error))
    seconds = round(time.monotonic() - began, 1)
    if as_json:
        write({"file": str(out), "bytes": out.stat().st_size, "keys": str(keys) if keys else None, "seconds": seconds})
        return
    told = {"file": out, "size": out.stat().st_size, "seconds": decimal(seconds)}
    tell(*emphasised("Saved in {file}: {size} bytes, {seconds} s", "file", **told))
    apart = say("The keys are in {file}", file=keys)
    tell((apart if keys else say("The keys are not in it: save them once with --keys FILE"), "dim"))


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `incidents backup` wrote.")],
    keys: Keys = None,
    data: Data = _DATA,
    as_json: AsJson = False,
) -> None:
    """Make a data directory of a backup; `incidents up` then starts it, on a newer version, too.

    With the keys everybody's credentials go on counting; without them `incidents up` makes new ones.

    Example: incidents restore incidents-2026-11-26.tar --keys keys.tar --data /srv/incidents
    """
    home = Home(data.absolute())
    if home.nats.exists() or home.postgres.exists():
        fail(say("{data} holds a system already: name another directory with --data.", data=data), _USAGE)
    try:
        asyncio.run(_restore(home, file, keys))
    except (SavingError, SnapshotError, OSError, TrustError, tarfile.TarError, nats.errors.Error) as error:
        fail(mistakes.why(error))
    except process.StartError as error:
        fail(str(error))
    if as_json:
        write({"data": str(data), "file": str(file)})
        return
    tell(*emphasised("Restored in {data}. To start it: incidents up --data {data}", "data", data=data))


def _require_apart(home: Home, out: Path, keys: Path | None) -> None:
    """Refuse files that cannot be written, are one, or lie in what is saved: asked before anything is saved."""
    inside = home.directory.resolve()
    for file in filter(None, (out, keys)):
        if file.resolve().is_relative_to(inside):
            fail(say("{path} lies in what is saved: name a file elsewhere", path=file), _USAGE)
        if file.is_dir():
            fail(say("{path} is a directory: name a file in it", path=file), _USAGE)
        if not file.resolve().parent.is_dir():
            words = "{path} has no directory: make {directory} first"
            fail(say(words, path=file, directory=file.parent), _USAGE)
    if keys and keys.resolve() == out.resolve():
        fail(say("{path} cannot hold both: name another file for the keys", path=keys), _USAGE)


async def _save(home: Home, out: Path) -> None:
    runtime = home.runtime()
    if runtime is None:
        raise SavingError(f"{home.directory}: the system has stopped.")
    trust = Trust.load(home.keys)
    with tempfile.TemporaryDirectory(dir=home.directory) as folder:
        draft = Path(folder)
        async with _provisioning(trust, runtime.nats_url, draft) as bus:
            for stream in snapshots.SAVED:
                saved = await snapshots.save(bus, stream, _PROVISION)
                (draft / f"{stream}.json").write_bytes(snapshots.described(saved))
                (draft / f"{stream}.stream").write_bytes(saved.content)
        for name, url in zip(_DATABASES, (runtime.database_url, runtime.log_database_url), strict=True):
            await _run("pg_dump", "--format=custom", f"--file={draft / f'{name}.dump'}", f"--dbname={url}")
        (draft / "site.json").write_text(json.dumps({"site": runtime.site}))
        _pack(out, [path for path in sorted(draft.iterdir()) if path.suffix != ".creds"], draft)


async def _restore(home: Home, file: Path, keys: Path | None) -> None:
    home.make()
    with tempfile.TemporaryDirectory(dir=home.directory) as folder:
        draft = Path(folder)
        _unpack(file, draft)
        if keys:
            _unpack(keys, home.directory)
        site = str(json.loads((draft / "site.json").read_text())["site"])
        trust = Trust.create(home.keys, site)
        postgres = EmbeddedPostgres(home.postgres, home.logs / "postgres.log")
        await _restore_databases(postgres, draft)
        bus = EmbeddedNats(home.nats, trust, log=home.logs / "nats.log")
        bus.start()
        try:
            async with _provisioning(trust, bus.url, draft) as connection:
                for stream in snapshots.SAVED:
                    told = from_json((draft / f"{stream}.json").read_bytes())
                    saved = Snapshot(told["config"], told["state"], (draft / f"{stream}.stream").read_bytes())
                    await snapshots.restore(connection, stream, saved)
        finally:
            bus.stop()


async def _restore_databases(postgres: EmbeddedPostgres, draft: Path) -> None:
    postgres.start()
    try:
        postgres.ensure_role(APP_ROLE)
        for name in _DATABASES:
            postgres.ensure_database(name)
            dump = str(draft / f"{name}.dump")
            options = ("--no-owner", "--no-privileges", "--exit-on-error")
            await _run("pg_restore", *options, f"--dbname={postgres.url(name)}", dump)
    finally:
        postgres.stop()


@asynccontextmanager
async def _provisioning(trust: Trust, url: str, folder: Path) -> AsyncIterator[Nats]:
    """Connect as who may save and restore streams, with credentials that end within the hour."""
    credentials = folder / "provision.creds"
    credentials.write_text(trust.mint(_PROVISION, "provision", valid_seconds=_PROVISION_SECONDS))
    connection = await nats.connect(url, user_credentials=str(credentials), inbox_prefix=subjects.inbox(_PROVISION))
    try:
        yield connection
    finally:
        await connection.close()


async def _run(program: str, *arguments: str) -> None:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    running = await asyncio.create_subprocess_exec(
        str(binary(program)), *arguments, env=ours, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    _, said = await running.communicate()
    if running.returncode:
        raise SavingError(f"{program}: {said.decode(errors='replace').strip()}")


def _save_keys(home: Home, keys: Path) -> None:
    found = [path for name in _KEPT_APART for path in sorted((home.directory / name).rglob("*")) if path.is_file()]
    _pack(keys, found, home.directory)


def _pack(out: Path, files: list[Path], folder: Path) -> None:
    """Write an archive that its owner alone can read; it is there when all of it is."""
    draft = out.with_name(f"{out.name}.part")
    draft.unlink(missing_ok=True)
    try:
        made = os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        with made as opened, tarfile.open(fileobj=opened, mode="w") as archive:
            for path in files:
                archive.add(path, str(path.relative_to(folder)))
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)


def _unpack(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
