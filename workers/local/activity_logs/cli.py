"""The command that verifies the activity logs of a system."""

import os
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer
import uvloop

from contracts.evidence.checkpoints import NoteError
from contracts.evidence.cosignatures import WITNESS_KEY, read_verifier
from contracts.evidence.ssh_signatures import FormError, read_public_line
from contracts.message import Store
from workers.audit.tamper_evidence.log_verification import Discrepancy
from workers.audit.tamper_evidence.witnesses.witness_list import WitnessesFileError, read_witnesses
from workers.common.process_settings import signing_key_of
from workers.common.signing_key import NoSigningKeyError, SigningKey
from workers.local.activity_logs import packages
from workers.local.activity_logs.result_documents import document_of
from workers.local.activity_logs.verification import Databases, Result, Trusted, verify_store
from workers.local.cli_environment import (
    DATABASE_VARIABLE,
    DEFAULT_DATA,
    AsJson,
    Data,
    read_day,
    read_settings,
    require_runtime,
)
from workers.local.console_output import fail, say, tell, translate, write
from workers.local.data_directory import Home
from workers.runtime.process.preconditions import UnfitError

_FINGERPRINT: Final = re.compile("[0-9A-F]{64}")
_CHANGED: Final = 1
_USAGE: Final = 2
_SHOWN_MAX: Final = 20
_NAMES: Final = {Store.INCIDENT_MANAGER: "activity of projects", Store.LOG_SERVER: "log server"}
_DISCREPANCIES: Final = {
    "changed": "changed since it was recorded",
    "removed": "removed",
    "doubled": "in the log twice",
    "rewritten": "rewritten together with the tree: they do not fit the next signed checkpoint",
    "tree-changed": "as it was, but the tree was changed",
    "dropped-changed": "dropped under retention, but not all of them were as recorded by then",
}


class _System(NamedTuple):
    """Where the logs of a system are, and what they are verified with."""

    databases: Databases
    trust: Trusted


PackageFile = Annotated[
    Path | None, typer.Option("--file", metavar="FILE", help="Verify the activity in this package; it needs no system.")
]
KeyFile = Annotated[
    Path | None,
    typer.Option("--key", metavar="FILE", help="The site's public key, from elsewhere; that of the system by default."),
]
Checkpoints = Annotated[
    Path | None,
    typer.Option(
        "--checkpoints", metavar="DIR", envvar="INCIDENTS_CHECKPOINTS", help="Checkpoints outside the database."
    ),
]
WitnessFile = Annotated[
    Path | None,
    typer.Option(
        "--witnesses", metavar="FILE", envvar="INCIDENTS_WITNESSES", help="Witnesses, which are asked now, too."
    ),
]
WitnessKeys = Annotated[
    list[str] | None,
    typer.Option(
        "--witness-key",
        metavar="KEY",
        help="The key of a witness whose cosignatures count, in one line. Repeatable.",
    ),
]
AuthorityPrint = Annotated[
    str | None,
    typer.Option(
        "--authority", metavar="FINGERPRINT", help="The certificate of the authority whose time stamps count."
    ),
]
Since = Annotated[
    str | None,
    typer.Option("--since", metavar="DAY", help="Read only entries after the last checkpoint before this day (UTC)."),
]


def verify_logs(  # noqa: PLR0913, PLR0917 - each parameter is an option
    data: Data = DEFAULT_DATA,
    file: PackageFile = None,
    key: KeyFile = None,
    checkpoints: Checkpoints = None,
    witnesses: WitnessFile = None,
    witness_key: WitnessKeys = None,
    authority: AuthorityPrint = None,
    since: Since = None,
    as_json: AsJson = False,
) -> None:
    """Verify that no entry of the activity logs was changed, removed or inserted.

    It reads the databases themselves and trusts no worker. A million entries take about half a minute. The exit status
    is 1 if anything was changed. Somebody who has the databases and the key can rewrite both: keep copies of the
    checkpoints elsewhere, and give their directory; or have witnesses, who know what they saw.

    With servers of your own, set INCIDENTS_DATABASE_URL, INCIDENTS_LOG_DATABASE_URL and INCIDENTS_SITE.

    With a package, it verifies each entry of the activity in it: by its proof, a signed checkpoint, and the site's key.

    Example: incidents audit verify --checkpoints /mnt/elsewhere/checkpoints
    """
    if file:
        packaged = packages.verify_file(file, _public_key(key, None) if key else None)
        packages.show(packaged, as_json=as_json)
        raise typer.Exit(0 if packaged.is_intact else _CHANGED)
    moment, stamping = _moment(since), _fingerprint(authority)
    system = _witnessed(_system(data, key, checkpoints), witnesses, witness_key or [])
    system = system._replace(trust=system.trust._replace(authority=stamping))
    stores = [Store.INCIDENT_MANAGER, *([Store.LOG_SERVER] if system.databases.log_server else [])]
    try:
        results = [uvloop.run(verify_store(system.databases, store, system.trust, moment)) for store in stores]
    except UnfitError as error:
        fail(str(error), error.status)
    _show_all(results, as_json=as_json)
    if not all(result.is_intact for result in results):
        raise typer.Exit(_CHANGED)


def _system(data: Path, key: Path | None, checkpoints: Path | None) -> _System:
    home = Home(data.absolute())
    if checkpoints and not checkpoints.is_dir():
        fail(say("there is no directory {path}", path=checkpoints), _USAGE)
    if DATABASE_VARIABLE in os.environ:
        settings = read_settings()
        databases = Databases(settings.database_url, settings.log_database_url)
        return _System(databases, Trusted(settings.site, _public_key(key, signing_key_of(settings)), checkpoints))
    runtime = require_runtime(data)
    databases = Databases(runtime.database_url, runtime.log_database_url)
    folder = checkpoints or home.checkpoints
    return _System(databases, Trusted(runtime.site, _public_key(key, home.signing_key), folder))


def _witnessed(system: _System, file: Path | None, lines: Sequence[str]) -> _System:
    """Add the witnesses of a file, who are asked, and those of which only the keys are given."""
    try:
        asked = read_witnesses(file)
    except WitnessesFileError as error:
        fail(say("{path} cannot be read: {reason}", path=error.path, reason=translate(error.reason)), _USAGE)
    try:
        keys = [read_verifier(line, WITNESS_KEY) for line in lines]
    except NoteError:
        fail(say("--witness-key takes the line that a witness shows: NAME+ID+KEY"), _USAGE)
    known = [*(each.key for each in asked), *keys]
    return system._replace(trust=system.trust._replace(witnesses=known, asked=asked))


def _fingerprint(text: str | None) -> str | None:
    """Return the fingerprint of a certificate in the form in which they are compared."""
    if text is None:
        return None
    digits = text.upper().removeprefix("SHA256:").replace(":", "")
    if not _FINGERPRINT.fullmatch(digits):
        fail(say("--authority: “{text}” is not a fingerprint: write it as SHA256:AB:CD:…", text=text), _USAGE)
    return f"SHA256:{bytes.fromhex(digits).hex(':').upper()}"


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    if day := read_day(text):
        return day.replace(tzinfo=UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        fail(say("--since: “{text}” is not a date: write it as 2026-03-31", text=text), _USAGE)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


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
        write({"intact": all(result.is_intact for result in results), "logs": list(map(document_of, results))})
        return
    for result in results:
        _show(result)


def _show(result: Result) -> None:
    verified, name = result.verified, say(_NAMES[result.store])
    words = "{name}: {size} entries, {signed} of them proven; signed checkpoints: {checkpoints}"
    mark = ("✓", "green") if result.is_intact else ("✗", "red")
    values = {"size": verified.size, "signed": verified.signed, "checkpoints": result.checkpoints}
    tell(mark, " ", say(words, name=name, **values))
    if result.first:
        tell((say("  read from entry {first} on; those before fit a signed checkpoint", first=result.first), "dim"))
    if dropped := result.dropped:
        words = "  {count} entries before {date} were dropped under retention, statement ok"
        tell((say(words, count=dropped.end, date=f"{dropped.before:%Y-%m-%d}"), "dim"))
    if count := result.unnumbered.before:
        tell((say("  {count} entries are from before the log began, and prove nothing", count=count), "dim"))
    for line, style in [*_witness_lines(result), *_stamp_lines(result)]:
        tell((line, style))
    for line in _problems(result):
        tell((line, "red"))


def _witness_lines(result: Result) -> Iterator[tuple[str, str]]:
    """Yield what witnesses say, with the style of each line."""
    if result.witnessed is None:
        return
    if last := result.witnessed.last:
        words = "  witnessed: {count} entries, by {witness} on {at}"
        yield say(words, count=last.checkpoint.size, witness=last.witness, at=f"{last.at:%Y-%m-%d %H:%M} UTC"), "dim"
    elif result.verified.size:
        yield say("  no witness has cosigned a state of this log"), "red"
    for answer in result.witnessed.answers:
        if answer.verdict == "refuses":
            words = "  {witness} refuses this log: {reason}"
            yield say(words, witness=answer.witness, reason=translate(answer.reason)), "red"
        elif answer.verdict == "away":
            words = "  {witness} did not say whether it knows this log: {reason}"
            yield say(words, witness=answer.witness, reason=translate(answer.reason)), "yellow"


def _stamp_lines(result: Result) -> Iterator[tuple[str, str]]:
    """Yield what authorities have stamped, with the style of each line."""
    if last := result.stamped:
        words = "  stamped: {count} entries on {at}, by the certificate {authority}"
        values = {"count": last.checkpoint.size, "at": f"{last.at:%Y-%m-%d %H:%M} UTC", "authority": last.authority}
        yield say(words, **values), "dim"
    elif result.is_unstamped:
        yield say("  this authority has stamped no state of this log"), "red"
    if count := result.other_stamps:
        yield say("  {count} time stamps are of no checkpoint that is here, or were changed", count=count), "red"


def _problems(result: Result) -> Iterator[str]:
    discrepancies = result.verified.discrepancies
    for discrepancy in discrepancies[:_SHOWN_MAX]:
        yield f"  {_place(discrepancy)}: {say(_DISCREPANCIES[discrepancy.kind])}"
    if (count := len(discrepancies) - _SHOWN_MAX) > 0:
        yield say("  and {count} more; --json has all of them", count=count)
    if count := result.unnumbered.since:
        yield say("  {count} entries were inserted: they have no number", count=count)
    if count := result.other_statements:
        yield say("  {count} statements about dropped entries are not signed with the key of this site", count=count)
    if count := result.unsigned_notes:
        yield say("  {count} checkpoints are not signed with the key of this site", count=count)


def _place(discrepancy: Discrepancy) -> str:
    if discrepancy.first == discrepancy.last:
        return say("entry {first}", first=discrepancy.first)
    return say("entries {first} to {last}", first=discrepancy.first, last=discrepancy.last)
