"""The files of an external NATS server for a site: keys, credentials and configuration."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Annotated, Final

import typer

from contracts.bus_addresses import is_listen_address
from contracts.subjects import WORKERS
from workers.local.access.output_files import naming_what_is_not_written, write_private
from workers.local.access.signing_keys import InvalidNameError, Scope, Trust, TrustError
from workers.local.console_output import fail, say, tell
from workers.local.data_directory import Home
from workers.local.servers.nats import quote, site_configuration

_PROVISION_SECONDS: Final = 24 * 3600
"""How long the credentials that can change streams are valid; each run makes new ones."""

_EVERYWHERE: Final = "0.0.0.0:4222"
_MONITOR: Final = "127.0.0.1:8222"
_STORE_DIRECTORY: Final = re.compile(r'^ *store_dir: (".+")$', re.MULTILINE)
_FILE_STORE: Final = 16 << 30
"""Bytes of disk for the streams; the sum of their own limits is lower, and the server checks it."""

_SERVER: Final = """\
listen: {listen}
http: {monitor}
resolver {{ type: full, dir: {directory} }}
resolver_preload {{
{accounts}
}}
"""
_TLS: Final = """\
tls {{ cert_file: {certificate}, key_file: {key} }}
"""


@dataclass(frozen=True)
class Server:
    """Settings of a NATS server; its paths are those that the server sees."""

    listen: str = _EVERYWHERE
    monitor: str = _MONITOR
    store: str | None = None
    """By default the current one, or next to its configuration."""

    certificate: str | None = None
    key: str | None = None


_SIGNING: Final = ("audit", "projects", "reports", "retention")
"""The workers that sign with the key of packages: checkpoints, packages, lists of activity, certificates."""


def create(directory: Path, site: str, server: Server, apart: Path | None = None) -> list[Path]:
    """Create missing keys and credentials, write the server's configuration, and return the written files.

    Below `apart` the credentials file of each process is alone in a directory, for one container.

    `nats/server.conf` holds no secret. It is written each time, so that it matches the keys and the version.
    """
    home = Home(directory)
    home.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    trust = Trust.create(home.keys, site)
    missing = [(name, scope) for name, scope in _principals() if not home.holds(name, scope, trust)]
    for name, scope in missing:
        home.save_credentials(name, trust.mint(name, scope))
    home.save_credentials("provision", trust.mint("provision", "provision", valid_seconds=_PROVISION_SECONDS))
    home.make_pdf_identity(site)
    home.save_signing_files()
    if apart:
        distribute(home, apart)
    home.nats.mkdir(exist_ok=True)
    home.configuration.write_text(render(trust, server, server.store or _current_store(home)))
    return [*(home.credentials(name) for name, _ in missing), home.credentials("provision"), home.configuration]


def _current_store(home: Home) -> str:
    """Return the current directory of the streams, since a server with another one would start without them."""
    match = _STORE_DIRECTORY.search(home.configuration.read_text()) if home.configuration.exists() else None
    return str(json.loads(match[1])) if match else str(home.nats / "jetstream")


def distribute(home: Home, apart: Path) -> None:
    """Copy the credentials of each process into a separate directory; those of people and of ops stay here.

    Each worker that signs also gets its keys: that of packages, logs and certificates, and that of PDF files.
    """
    for name in (*WORKERS, "provision"):
        folder = apart / name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(folder / f"{name}.creds", home.credentials(name).read_text())
    package_key, *pdf_files = home.signing_files.values()
    own_keys = [*((name, package_key) for name in _SIGNING), *(("reports", path) for path in pdf_files)]
    for name, path in own_keys:
        write_private(apart / name / path.name, path.read_text())


def render(trust: Trust, server: Server, store: str) -> str:
    """Return the complete configuration of a server of this site."""
    accounts = "\n".join(f"  {key}: {quote(token)}" for key, token in trust.account_jwts.items())
    own = _SERVER.format(
        listen=quote(server.listen),
        monitor=quote(server.monitor),
        directory=quote(PurePath(store).parent / "accounts"),
        accounts=accounts,
    )
    if server.certificate and server.key:
        own += _TLS.format(certificate=quote(server.certificate), key=quote(server.key))
    return site_configuration(trust, store, _FILE_STORE) + own


def _principals() -> list[tuple[str, Scope]]:
    workers: list[tuple[str, Scope]] = [(name, "worker") for name in WORKERS]
    return [*workers, ("ops", "ops"), ("admin", "client")]


def _require_addresses(addresses: Mapping[str, str]) -> None:
    for option, address in addresses.items():
        if not is_listen_address(address):
            words = "{option}: {text} is not an address: write HOST:PORT with a port from 1 to 65535."
            fail(say(words, option=option, text=address), status=2)


def init(  # noqa: PLR0913, PLR0917 - each parameter is an option
    out: Annotated[Path, typer.Option(envvar="INCIDENTS_DATA", help="The directory to fill.")],
    site: Annotated[
        str, typer.Option(envvar="INCIDENTS_SITE", help="The site's name, part of every subject.")
    ] = "main",
    listen: Annotated[str, typer.Option(help="Where the server listens.")] = _EVERYWHERE,
    monitor: Annotated[str, typer.Option(help="The address of its monitoring pages.")] = _MONITOR,
    store: Annotated[
        str | None, typer.Option(help="The directory of its streams; the current one or OUT/nats/jetstream by default.")
    ] = None,
    apart: Annotated[
        Path | None,
        typer.Option(help="Also put the credentials of each process into a separate directory below this one."),
    ] = None,
    tls: Annotated[tuple[str, str] | None, typer.Option(metavar="CERT KEY", help="Its certificate and key.")] = None,
) -> None:
    """Create keys, credentials and a configuration for your own NATS server; existing keys are kept.

    Example: incidents access init --out trust
    """
    certificate, key = tls or (None, None)
    _require_addresses({"--listen": listen, "--monitor": monitor})
    try:
        with naming_what_is_not_written(out):
            written = create(out, site, Server(listen, monitor, store, certificate, key), apart)
    except (InvalidNameError, TrustError) as error:
        fail(error, status=2)
    for path in written:
        tell(str(path))
