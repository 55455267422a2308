"""Commands for credentials: create, list, revoke, licence, and the files of an external message bus."""

import os
import time
from datetime import UTC, datetime
from gettext import pgettext
from pathlib import Path
from typing import Annotated, Final, get_args

import typer
import uvloop
from pydantic import ValidationError

from contracts.licence import Edition, Licence
from workers.common.operators_time import local_minute
from workers.common.signing_key import NoSigningKeyError, SigningKey
from workers.local import credential_revocation, external_nats_files
from workers.local.access.credentials_register import Credential
from workers.local.access.output_files import naming_what_is_not_written, require_place, write_out
from workers.local.access.signing_keys import InvalidNameError, Scope, Trust, TrustError
from workers.local.cli_environment import DEFAULT_DATA, AsJson, read_expiry, read_moment, read_scope, require_future
from workers.local.console_output import emphasise, fail, fail_invalid, say, table, tell, write, write_rows
from workers.local.data_directory import Home
from workers.runtime.bus import nats_jwt

Data = Annotated[
    Path, typer.Option("--data", metavar="DIR", envvar="INCIDENTS_DATA", help="Where keys and credentials are kept.")
]
AsCsv = Annotated[bool, typer.Option("--csv", help="Answer with the table as CSV, for a spreadsheet.")]
_NOT_IN_FORCE: Final = 3
_USAGE: Final = 2
_EDITIONS: Final = ", ".join(get_args(Edition))
_HEAD: Final = ("Name", "Scope", "Created", "Expires", "Revoked", "Fingerprint")

access = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Create, list and revoke credentials. Credentials identify a principal; roles give its permissions.",
)


@access.command("create")
def create(
    principal: Annotated[
        str, typer.Argument(metavar="PRINCIPAL", help="The principal's name: 1 to 64 of a-z, 0-9, _ and -.")
    ],
    scope: Annotated[
        str,
        typer.Option(
            metavar="client|worker|ops|provision",
            help="client: sends commands and queries. ops: reads streams, events and dead letters. "
            "provision: creates and changes streams. worker: one of the workers.",
        ),
    ] = "client",
    expires: Annotated[
        str | None, typer.Option(metavar="SPAN", help="How long they are valid: 90d, 12h; unlimited by default.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The file to write; DATA/creds/PRINCIPAL.creds unless given.")
    ] = None,
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Create credentials offline; the server accepts them without a change. `incidents roles grant` gives roles.

    When they expire, the server closes their connections. An existing file is replaced. Other credentials with the
    same name stay valid: `incidents access list` shows them, `incidents access revoke` revokes them.

    Example: incidents access create olivia --expires 90d --out olivia.creds
    """
    home, seconds, chosen = Home(data.absolute()), read_expiry(expires), read_scope(scope)
    where = out or home.credentials(principal)
    is_replaced = where.is_file()
    credential = _create(home, principal, chosen, seconds, out)
    if as_json:
        write({**_document(credential), "file": str(where), "replaced": is_replaced})
        return
    _tell_where(credential, where)
    if is_replaced:
        replaced = "They replace those that the file contained, which stay valid: `incidents access list` shows them."
        tell((say(replaced), "dim"))


def _tell_where(credential: Credential, file: Path) -> None:
    until = say(", until {time}", time=_minute(credential.expires)) if credential.expires else ""
    words = "Credentials of {principal} ({scope}{until}) are in {file}"
    scope = pgettext("scope", credential.scope)
    tell(*emphasise(words, "principal", principal=credential.name, scope=scope, until=until, file=file))


def _create(home: Home, principal: str, scope: Scope, seconds: int | None, out: Path | None) -> Credential:
    trust = _trust(home)
    require_place(home.keys, out)
    try:
        with naming_what_is_not_written(home.keys):
            text = trust.mint(principal, scope, valid_seconds=seconds)
    except InvalidNameError as error:
        fail(str(error), _USAGE)
    if out is not None:
        write_out(out, text)
    else:
        with naming_what_is_not_written(home.credentials(principal)):
            home.save_credentials(principal, text)
    return trust.register.all()[-1]


@access.command("list")
def show(data: Data = DEFAULT_DATA, as_json: AsJson = False, as_csv: AsCsv = False) -> None:
    """Show all credentials that were created here: name, scope, validity and fingerprint.

    Credentials of an older version are not listed; `revoke` finds those in DATA/creds.

    Example: incidents access list --csv > credentials.csv
    """
    if as_json and as_csv:
        fail("--json and --csv exclude each other: write one of them", _USAGE)
    credentials = _trust(Home(data.absolute())).register.all()
    if as_json:
        write([_document(credential) for credential in credentials])
        return
    head = [say(column) for column in _HEAD]
    if as_csv:
        write_rows(head, map(_cells, credentials))
        return
    table(
        head,
        [_row(credential) for credential in credentials],
        ["" if credential.counts(time.time()) else "dim" for credential in credentials],
        [datetime.fromtimestamp(at, UTC) for credential in credentials for at in _times(credential) if at],
    )


@access.command("revoke")
def revoke(
    principal: Annotated[
        str, typer.Argument(metavar="PRINCIPAL", help="The principal whose credentials are all revoked.")
    ],
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Revoke the credentials of somebody who left or lost them; the server closes their connections at once.

    The message bus that runs here, or at INCIDENTS_NATS_URL, applies it without a restart. Credentials that `create`
    makes later for the same principal are valid.

    Example: incidents access revoke olivia
    """
    home = Home(data.absolute())
    trust = _trust(home)
    with naming_what_is_not_written(home.keys):
        ended = trust.revoke(principal, _keys(home, principal))
    if not ended and not any(credential.name == principal for credential in trust.register.all()):
        words = "There are no credentials of {principal}: `incidents access list` shows all."
        fail(say(words, principal=principal), _USAGE)
    where = _enforce(home, trust)
    if as_json:
        write({"revoked": [_document(credential) for credential in ended], "in_force_at": where})
        return
    since = say("in force at {where}", where=where) if where else say("in force when the message bus starts")
    words = "Credentials of {principal} revoked: {count}, {since}"
    tell(*emphasise(words, "principal", principal=principal, count=len(ended), since=since))


def _keys(home: Home, principal: str) -> list[str]:
    """Return a key that the register may lack, because an older version made it."""
    path = home.credentials(principal)
    key = nats_jwt.public_part(path.read_text()).get("sub") if path.exists() else None
    return [str(key)] if key else []


def _enforce(home: Home, trust: Trust) -> str | None:
    runtime = home.runtime()
    url = runtime.nats_url if runtime else os.environ.get("INCIDENTS_NATS_URL")
    external = home.configuration.exists() and "resolver_preload" in home.configuration.read_text()
    if external:
        credential_revocation.write(home.configuration, trust)
    if url is None:
        if external:
            fail(
                str(credential_revocation.NotInForceError("The message bus", "INCIDENTS_NATS_URL is not set")),
                _NOT_IN_FORCE,
            )
        return None
    try:
        uvloop.run(credential_revocation.push(url, trust))
    except credential_revocation.NotInForceError as error:
        fail(str(error), _NOT_IN_FORCE)
    return url


access.command("init")(external_nats_files.init)


@access.command("licence")
def sign_licence(
    out: Annotated[Path, typer.Option(help="The file to write.")],
    edition: Annotated[str, typer.Option(help=f"One of {_EDITIONS}.")] = "corporate",
    version: Annotated[str, typer.Option(help="The release that it is issued for.")] = "1",
    expires: Annotated[
        str | None, typer.Option(metavar="TIME", help="A day, RFC 3339, or a span such as 90d; unlimited by default.")
    ] = None,
    data: Data = DEFAULT_DATA,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Sign a licence of the site with the NATS operator key, offline; `incidents licence activate` activates it.

    Example: incidents access licence --edition expert --expires 2030-01-01T00:00:00Z --out licence.jwt
    """
    if edition not in get_args(Edition):
        fail(say("There is no edition {text}. Choose one of {known}.", text=edition, known=_EDITIONS), _USAGE)
    try:
        licence = Licence.model_validate({"edition": edition, "version": version, "expires_at": read_moment(expires)})
    except ValidationError as error:
        names = {"edition": "--edition", "version": "--version", "expires_at": "--expires"}
        fail_invalid(error, names.__getitem__, {"expires_at": "2030-01-01T00:00:00Z"})
    require_future(licence.expires_at, expires)
    home = Home(data.absolute())
    trust = _trust(home)
    require_place(home.keys, out)
    if out.is_file() and not force:
        fail(say("{path} already exists; --force replaces it", path=out), _USAGE)
    write_out(out, trust.account_token(licence) + "\n")
    tell(say("The licence is in {file}", file=out))


@access.command("signing-key")
def show_signing_key(
    data: Data = DEFAULT_DATA,
    key: Annotated[
        Path | None,
        typer.Option(metavar="FILE", envvar="INCIDENTS_SIGNING_KEY", help="A private key of your own."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the public half of the key that signs packages, for those who will receive some, and its fingerprint.

    Give it to them beforehand, in person or by another way than the packages: `incidents verify --key` takes both.

    Example: incidents access signing-key > signing-key.pub
    """
    try:
        signing_key = SigningKey.read(key or Home(data.absolute()).signing_key)
    except NoSigningKeyError as error:
        fail(error, _USAGE)
    if as_json:
        write({"key": signing_key.public_line.strip(), "fingerprint": signing_key.fingerprint})
        return
    tell(signing_key.public_line.strip())
    tell((signing_key.fingerprint, "dim"), err=True)


def _trust(home: Home) -> Trust:
    try:
        return Trust.load(home.keys)
    except TrustError as error:
        fail(str(error), _USAGE)


def _document(credential: Credential) -> dict[str, str | None]:
    return {
        "name": credential.name,
        "scope": credential.scope,
        "created": _time(credential.created),
        "expires": _time(credential.expires) or None,
        "revoked": _time(credential.revoked) or None,
        "fingerprint": credential.key,
    }


def _times(credential: Credential) -> tuple[int | None, ...]:
    return credential.created, credential.expires, credential.revoked


def _cells(credential: Credential) -> tuple[str, ...]:
    return (credential.name, pgettext("scope", credential.scope), *map(_time, _times(credential)), credential.key)


def _row(credential: Credential) -> tuple[str, ...]:
    times = map(_minute, _times(credential))
    return (credential.name, pgettext("scope", credential.scope), *times, f"{credential.key[:8]}…{credential.key[-4:]}")


def _minute(at: int | None) -> str:
    return local_minute(at) if at else ""  # for people, in the local time zone


def _time(at: int | None) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z") if at is not None else ""
