"""Backup and restore: one file for the data, another one for the keys.

They apply to the system that `incidents up` runs, or to external servers that `INCIDENTS_*` variables name.
"""

import asyncio
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, Final

import nats
import typer

from contracts.figures import size
from workers.common.process_settings import Settings
from workers.local import start_errors
from workers.local.access.signing_keys import Trust, TrustError
from workers.local.backup import archive, data_directories, external_servers, journal_copies
from workers.local.backup.archive import NoBackupError
from workers.local.backup.database_dumps import DumpError
from workers.local.backup.stream_snapshots import SnapshotError
from workers.local.cli_environment import (
    DEFAULT_DATA,
    AsJson,
    Data,
    read_settings,
    remedy,
    require_holder,
    require_runtime,
)
from workers.local.console_output import decimal, emphasise, fail, language, say, tell, translate, write
from workers.local.data_directory import Home
from workers.local.servers import process_control
from workers.migrations.upgrade import NoRoleError
from workers.runtime.process.preconditions import UnfitError

Keys = Annotated[Path | None, typer.Option("--keys", metavar="FILE", help="The file of the keys and credentials.")]
_DATABASES: Final = ("incident_manager", "log_server")
_PROVISION: Final = "provision"
_PROVISION_SECONDS: Final = 3_600
_KEY_FOLDERS: Final = ("keys", "creds")
_NOT_REACHED: Final = 3
_USAGE: Final = 2
_FAILURES: Final = (
    *(DumpError, SnapshotError, external_servers.UnfinishedError, NoRoleError),
    *(OSError, nats.errors.Error),
)


def backup(
    out: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The file to write; private.")],
    keys: Keys = None,
    journal: journal_copies.JournalCopy = None,
    data: Data = DEFAULT_DATA,
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
    as_json: AsJson = False,
) -> None:
    """Save a running system in one file; the keys go into another file, to be kept elsewhere.

    The streams are saved before the databases: a message in both has the same id and takes effect once.

    The erasure journal is in no backup, because a restore needs the newest one. With --journal FILE it is copied to a
    file of its own, in which an older copy of the same journal is replaced, and never a newer one. With servers of
    your own, set INCIDENTS_ERASURES for it.

    With servers of your own, set INCIDENTS_OWNER_DATABASE_URL, INCIDENTS_OWNER_LOG_DATABASE_URL if there is a log
    server, INCIDENTS_NATS_CREDS (credentials of `provision`), INCIDENTS_NATS_URL unless the message bus is on this
    machine, and INCIDENTS_SITE unless it is main. Then these servers are saved.

    Example: incidents backup -o incidents-2026-11-26.tar --keys keys.tar
    """
    home = Home(data.absolute())
    _require_apart(home, out, keys, force=force)
    own = _external_servers(home, data)
    if own is None:
        require_runtime(data)
    began = time.monotonic()
    _finish(_save_both(home, external_servers.save(*own, out) if own else data_directories.save(home, out), keys), own)
    copied = journal_copies.save(home, own[0] if own else None, journal)
    seconds = round(time.monotonic() - began, 1)
    if as_json:
        apart = {"keys": str(keys) if keys else None, "journal": str(copied) if copied else None}
        write({"file": str(out), "bytes": out.stat().st_size, **apart, "seconds": seconds})
        return
    values = {"file": out, "size": size(out.stat().st_size, language()), "seconds": decimal(seconds)}
    tell(*emphasise("Saved in {file}: {size}, {seconds} s", "file", **values))
    words = "The keys are in {file}" if keys else "The keys are not in it: save them once with --keys FILE"
    tell((say(words, file=keys), "dim"))
    _tell_of_journal(copied)


def _tell_of_journal(file: Path | None) -> None:
    words = "The erasure journal is not in it: copy it each time with --journal FILE"
    tell((say("The erasure journal is in {file}", file=file) if file else say(words), "dim"))


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of `incidents backup`.")],
    keys: Keys = None,
    journal: journal_copies.Journal = None,
    without_journal: journal_copies.WithoutJournal = False,
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Create a data directory from a backup; `incidents up` of this or a newer version then starts it.

    What was erased since the backup is erased again: the newest erasure journal says what that is. With the keys all
    credentials stay valid; without them `incidents up` makes new ones.

    With servers of your own, set the variables that `incidents backup --help` names, and also INCIDENTS_DATABASE_URL
    and INCIDENTS_LOG_DATABASE_URL with the role of the workers. Then these servers are restored instead; they must be
    empty, and no worker may have been started.

    Example: incidents restore incidents-2026-11-26.tar --keys keys.tar --journal erasures.journal --data /srv/incidents
    """
    home = Home(data.absolute())
    own = _external_servers(home, data)
    if own and keys:
        fail(say("The keys come first: tar -xf {keys} -C DIR, then incidents access init --out DIR", keys=keys), _USAGE)
    _require_files(file, keys)
    if own is None and home.restoring.exists():
        data_directories.remove_unfinished(home)
    if own is None and (home.nats.exists() or home.postgres.exists()):
        fail(say("{data} holds a system already: name another directory with --data.", data=data), _USAGE)
    is_without_keys = not (own or keys or (home.keys.exists() and not home.restoring.exists()))
    _finish(_restoring(home, own, (file, keys), (journal, without_journal)), own)
    if as_json:
        write({"data": None if own else str(data), "file": str(file), "keys": str(keys) if keys else None})
    elif own:
        tell(say("Restored into the servers that INCIDENTS_* variables name. The workers can be started."))
    else:
        tell(*emphasise("Restored in {data}. To start it: incidents up --data {data}", "data", data=data))
    if is_without_keys and not as_json:
        _tell_without_keys(file)


def _restoring(
    home: Home,
    own: tuple[Settings, str] | None,
    files: tuple[Path, Path | None],
    journal: tuple[Path | None, bool],
) -> Coroutine[Any, Any, None]:
    """Put the journal in its place, and return the work that is left."""
    file, keys = files
    copy, is_without = journal
    is_without = journal_copies.prepare(home, own[0] if own else None, copy, is_without=is_without)
    if own:
        return external_servers.restore(*own, file, is_without_journal=is_without)
    return data_directories.restore(home, file, keys, is_without_journal=is_without)


def _require_files(file: Path, keys: Path | None) -> None:
    """Refuse a file that is not there before anything is made."""
    for option, path in (("", file), ("--keys", keys)):
        if path is None or path.is_file():
            continue
        why = say("there is no file {path}", path=path)
        fail(say("{label}: {value}", label=option, value=why) if option else why, _USAGE)


def _tell_without_keys(file: Path) -> None:
    """Say what a restore without the keys means, while the slip can still be corrected."""
    words = (
        "The keys were not restored: all credentials must be created anew, and packages are signed with a new key. "
        "To keep the old ones, restore into a new directory: incidents restore {file} --keys FILE --data DIR"
    )
    tell((say(words, file=file), "dim"), err=True)


def _external_servers(home: Home, data: Path) -> tuple[Settings, str] | None:
    """Return the settings of external servers and the principal that connects; None for a data directory."""
    if not external_servers.are_named():
        return None
    if home.runtime():
        words = (
            "A system runs in {data}, and INCIDENTS_DATABASE_URL names another one: unset it, or name another --data"
        )
        fail(say(words, data=data), _USAGE)
    settings = read_settings()
    return settings, require_holder(settings, _PROVISION, exactly=False)


def _finish(work: Coroutine[Any, Any, None], own: tuple[Settings, str] | None) -> None:
    """Run a command, or end with a sentence that explains its failure."""
    try:
        asyncio.run(work)
    except UnfitError as error:
        fail(str(error), error.status)
    except (NoBackupError, TrustError) as error:
        fail(str(error), _USAGE)
    except process_control.StartError as error:
        fail(str(error))
    except nats.errors.Error as error:
        cause = error.__cause__ or error
        if own is None:
            fail(start_errors.reason_of(error))
        settings, who = own
        fail(f"{settings.nats_url}: {translate(start_errors.reason_of(cause))}. {remedy(cause, who)}", _NOT_REACHED)
    except _FAILURES as error:
        fail(start_errors.reason_of(error))


def _require_apart(home: Home, out: Path, keys: Path | None, *, force: bool) -> None:
    """Refuse, in advance, output files that exist, cannot be written, are identical, or are in the saved directory."""
    inside = home.directory.resolve()
    for file in filter(None, (out, keys)):
        if file.resolve().is_relative_to(inside):
            fail(say("{path} is inside the saved directory: name a file elsewhere", path=file), _USAGE)
        if file.is_dir():
            fail(say("{path} is a directory: name a file in it", path=file), _USAGE)
        if file.exists() and not file.is_file():
            fail(say("{path} is not a file: name another one", path=file), _USAGE)
        if file.exists() and not force:
            fail(say("{path} already exists; --force replaces it", path=file), _USAGE)
        if not file.resolve().parent.is_dir():
            words = "{path} has no directory: make {directory} first"
            fail(say(words, path=file, directory=file.parent), _USAGE)
    if keys and keys.resolve() == out.resolve():
        fail(say("{path} cannot hold both: name another file for the keys", path=keys), _USAGE)


async def _save_both(home: Home, saving: Coroutine[Any, Any, None], keys: Path | None) -> None:
    try:
        if keys:
            Trust.load(home.keys)  # fail early if there are none
        await saving
    finally:
        saving.close()
    if keys:
        _save_keys(home, keys)


def _save_keys(home: Home, keys: Path) -> None:
    files = [path for name in _KEY_FOLDERS for path in sorted((home.directory / name).rglob("*")) if path.is_file()]
    archive.pack(keys, files, home.directory)
