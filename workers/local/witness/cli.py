"""The command that is a witness for other sites, and the one that shows the keys of a site's logs."""

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer
import uvloop

from contracts.bus_addresses import is_listen_address
from contracts.evidence.checkpoints import NoteError
from contracts.evidence.cosignatures import LOG_KEY, Verifier, read_verifier
from contracts.evidence.log_entries import log_origin
from contracts.message import Store
from workers.common import logs
from workers.common.http_server import HttpServer, PortForbiddenError, PortInUseError
from workers.common.signing_key import NoSigningKeyError, SigningKey
from workers.local.access.output_files import write_private
from workers.local.cli_environment import DEFAULT_DATA, AsJson, Data
from workers.local.console_output import fail, say, tell, write
from workers.local.data_directory import Home
from workers.local.witness.observed_logs import ObservedLogs
from workers.local.witness.pages import WitnessPages

_USAGE: Final = 2
_KEY_FILE: Final = "witness.key"
_SEEN_FILE: Final = "seen.sqlite"
_LISTEN: Final = "127.0.0.1:8090"


def serve_witness(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Its key, and what it has seen: never lose it.")],
    name: Annotated[str, typer.Option(metavar="NAME", help="The name of the witness, as witness.example.org/w1.")],
    log: Annotated[list[Path], typer.Option("--log", metavar="FILE", help="Keys of logs, one a line. Repeatable.")],
    listen: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where it takes checkpoints.")] = _LISTEN,
) -> None:
    """Be a witness for other sites: cosign their checkpoints, as long as their logs only grow, until Ctrl-C.

    It speaks C2SP tlog-witness over HTTP; put a proxy with TLS before it. The first start makes its key. It prints the
    line of that key, which the other site writes into its file of witnesses.

    Example: incidents audit witness /srv/witness --name witness.example.org/w1 --log other-site.keys
    """
    if not is_listen_address(listen):
        words = "{option}: {text} is not an address: write HOST:PORT with a port from 1 to 65535."
        fail(say(words, option="--listen", text=listen), _USAGE)
    if not name or "+" in name or name.split() != [name]:
        fail(say("{name} cannot name a witness: use no spaces and no +", name=repr(name)), _USAGE)
    keys = [each for path in log for each in _read_keys(path)]
    logs.configure("witness", None)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    pages = WitnessPages(name, _own_key(directory / _KEY_FILE), _observed(directory / _SEEN_FILE, keys))
    host, _, port = listen.rpartition(":")
    try:
        uvloop.run(_serve(pages, host.strip("[]"), int(port)))
    except (PortInUseError, PortForbiddenError) as error:
        fail(error, _USAGE)


def show_log_keys(
    data: Data = DEFAULT_DATA,
    key: Annotated[
        Path | None,
        typer.Option(metavar="FILE", envvar="INCIDENTS_SIGNING_KEY", help="A private key of your own."),
    ] = None,
    site: Annotated[
        str | None, typer.Option(envvar="INCIDENTS_SITE", help="The site's name, part of every subject.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the public keys of the activity logs, as witnesses take them: one line for each log.

    Example: incidents audit keys
    """
    home = Home(data.absolute())
    try:
        public = SigningKey.read(key or home.signing_key).public_key
    except NoSigningKeyError as error:
        fail(error, _USAGE)
    own = home.keys / "site"
    name = site or (own.read_text("utf-8").strip() if own.exists() else "main")
    lines = {store.value: Verifier(log_origin(name, store), public, LOG_KEY).line for store in Store}
    if as_json:
        write(lines)
        return
    for line in lines.values():
        tell(line)


async def _serve(pages: WitnessPages, host: str, port: int) -> None:
    server = HttpServer(pages, host, port)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    server.open()
    tell(pages.verifier.line)
    await stopped.wait()
    await server.close()


def _own_key(path: Path) -> SigningKey:
    if not path.exists():
        write_private(path, SigningKey.generate("incidents witness").text())
    try:
        return SigningKey.read(path)
    except NoSigningKeyError as error:
        fail(error, _USAGE)


def _observed(path: Path, keys: Sequence[Verifier]) -> ObservedLogs:
    return ObservedLogs(path, {key.name: key for key in keys})


def _read_keys(path: Path) -> list[Verifier]:
    """Return the keys in a file; a line that begins with `#` is a comment."""
    try:
        lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
        return [read_verifier(line, LOG_KEY) for line in lines if line and not line.startswith("#")]
    except NoteError:
        fail(say("{path} has a line that is not the key of a log: `incidents audit keys` shows it", path=path), _USAGE)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        fail(say("{path} cannot be read: {reason}", path=path, reason=say(reason)), _USAGE)
