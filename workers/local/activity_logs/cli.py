"""The command that verifies the activity logs of a system."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import typer
import uvloop

from contracts.evidence.ssh_signatures import FormError, read_public_line
from contracts.message import Store
from workers.audit.tamper_evidence.log_verification import Discrepancy
from workers.common.process_settings import signing_key_of
from workers.common.signing_key import NoSigningKeyError, SigningKey
from workers.local.activity_logs import packages
from workers.local.activity_logs.verification import Databases, Result, Trusted, verify_store
from workers.local.cli_environment import DEFAULT_DATA, AsJson, Data, read_settings
from workers.local.console_output import fail, say, tell, write
from workers.local.data_directory import Home
from workers.runtime.process.preconditions import UnfitError

_VARIABLE: Final = "INCIDENTS_DATABASE_URL"
_CHANGED: Final = 1
_USAGE: Final = 2
_NOT_REACHED: Final = 3
_SHOWN_MAX: Final = 20
_NAMES: Final = {Store.INCIDENT_MANAGER: "activity of projects", Store.LOG_SERVER: "log server"}
_DISCREPANCIES: Final = {
    "changed": "changed since it was recorded",
    "removed": "removed",
    "doubled": "in the log twice",
    "rewritten": "rewritten together with the tree: they do not fit the next signed checkpoint",
    "tree-changed": "as it was, but the tree was changed",
}


class _System(NamedTuple):
    """Where the logs of a system are, and what they are verified with."""

    databases: Databases
    trust: Trusted


def verify_logs(
    data: Data = DEFAULT_DATA,
    file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Verify the activity in this package; it needs no system.")
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The site's public key, from elsewhere; that of the system by default."),
    ] = None,
    checkpoints: Annotated[
        Path | None,
        typer.Option(metavar="DIR", envvar="INCIDENTS_CHECKPOINTS", help="Checkpoints outside the database."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Verify that no entry of the activity logs was changed, removed or inserted.

    It reads the databases themselves and trusts no worker. A million entries take about half a minute. The exit status
    is 1 if anything was changed. Somebody who has the databases and the key can rewrite both: keep copies of the
    checkpoints elsewhere, and give their directory.

    With servers of your own, set INCIDENTS_DATABASE_URL, INCIDENTS_LOG_DATABASE_URL and INCIDENTS_SITE.

    With a package, it verifies each entry of the activity in it: by its proof, a signed checkpoint, and the site's key.

    Example: incidents audit verify --checkpoints /mnt/elsewhere/checkpoints
    """
    if file:
        packaged = packages.verify_file(file, _public_key(key, None) if key else None)
        packages.show(packaged, as_json=as_json)
        raise typer.Exit(0 if packaged.is_intact else _CHANGED)
    system = _system(data, key, checkpoints)
    stores = [Store.INCIDENT_MANAGER, *([Store.LOG_SERVER] if system.databases.log_server else [])]
    try:
        results = [uvloop.run(verify_store(system.databases, store, system.trust)) for store in stores]
    except UnfitError as error:
        fail(str(error), error.status)
    _show_all(results, as_json=as_json)
    if not all(result.is_intact for result in results):
        raise typer.Exit(_CHANGED)


def _system(data: Path, key: Path | None, checkpoints: Path | None) -> _System:
    home = Home(data.absolute())
    if checkpoints and not checkpoints.is_dir():
        fail(say("there is no directory {path}", path=checkpoints), _USAGE)
    if _VARIABLE in os.environ:
        settings = read_settings()
        databases = Databases(settings.database_url, settings.log_database_url)
        return _System(databases, Trusted(settings.site, _public_key(key, signing_key_of(settings)), checkpoints))
    runtime = home.runtime()
    if runtime is None:
        fail(say("{data}: no system runs here. Start it: incidents up --data {data}", data=data), _NOT_REACHED)
    databases = Databases(runtime.database_url, runtime.log_database_url)
    folder = checkpoints or home.checkpoints
    return _System(databases, Trusted(runtime.site, _public_key(key, home.signing_key), folder))


def _public_key(file: Path | None, own: Path | None) -> bytes:
    try:
        return read_public_line(file.read_text("utf-8")) if file else SigningKey.read(own).public_key
    except FormError:
        fail(say("{path} has no public key of a site: `incidents access signing-key` shows it", path=file), _USAGE)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        fail(say("{path} cannot be read: {reason}", path=file, reason=say(reason)), _USAGE)
    except NoSigningKeyError as error:
        fail(error, _USAGE)


def _show_all(results: Sequence[Result], *, as_json: bool) -> None:
    if as_json:
        write({"intact": all(result.is_intact for result in results), "logs": list(map(_document, results))})
        return
    for result in results:
        _show(result)


def _show(result: Result) -> None:
    verified, name = result.verified, say(_NAMES[result.store])
    words = "{name}: {size} entries, {signed} of them proven; signed checkpoints: {checkpoints}"
    mark = ("✓", "green") if result.is_intact else ("✗", "red")
    values = {"size": verified.size, "signed": verified.signed, "checkpoints": result.checkpoints}
    tell(mark, " ", say(words, name=name, **values))
    if count := result.unnumbered.before:
        tell((say("  {count} entries are from before the log began, and prove nothing", count=count), "dim"))
    lines = [
        f"  {_place(discrepancy)}: {say(_DISCREPANCIES[discrepancy.kind])}"
        for discrepancy in verified.discrepancies[:_SHOWN_MAX]
    ]
    if (count := len(verified.discrepancies) - _SHOWN_MAX) > 0:
        lines.append(say("  and {count} more; --json has all of them", count=count))
    if count := result.unnumbered.since:
        lines.append(say("  {count} entries were inserted: they have no number", count=count))
    if count := result.unsigned_notes:
        lines.append(say("  {count} checkpoints are not signed with the key of this site", count=count))
    for line in lines:
        tell((line, "red"))


def _place(discrepancy: Discrepancy) -> str:
    if discrepancy.first == discrepancy.last:
        return say("entry {first}", first=discrepancy.first)
    return say("entries {first} to {last}", first=discrepancy.first, last=discrepancy.last)


def _document(result: Result) -> dict[str, Any]:
    return {
        "log": result.store,
        "entries": result.verified.size,
        "proven": result.verified.signed,
        "checkpoints": result.checkpoints,
        "unsigned_checkpoints": result.unsigned_notes,
        "from_before": result.unnumbered.before,
        "inserted": result.unnumbered.since,
        "discrepancies": [discrepancy._asdict() for discrepancy in result.verified.discrepancies],
        "intact": result.is_intact,
    }
