"""The directory of one installation: its files, and the process that runs it."""

import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from workers.common import signing_key
from workers.common.pdf_signing import identity
from workers.common.pdf_signing.identity import PdfIdentity
from workers.local.access.output_files import write_private
from workers.local.access.signing_keys import Scope, Trust

_OWN_NAMES: Final = {
    "keys",
    "creds",
    "nats",
    "postgres",
    "logs",
    "up.lock",
    "runtime.json",
    "demo.out",
    "restoring",
    "erasures",
}


@dataclass(frozen=True)
class Runtime:
    """The addresses of a running installation."""

    site: str
    nats_url: str
    database_url: str
    log_database_url: str
    health_url: str
    pid: int


class AlreadyRunningError(Exception):
    """Another process runs this installation."""

    def __init__(self, directory: Path, runtime: Runtime | None) -> None:
        how = (
            f"process {runtime.pid}, bus {runtime.nats_url}, health {runtime.health_url}"
            if runtime
            else "it is starting or stopping"
        )
        super().__init__(f"{directory} is already running ({how}). Stop it first, or use it.")
        self.runtime = runtime


class UnfinishedRestoreError(Exception):
    """What is in a data directory was not completely restored."""

    def __init__(self, directory: Path) -> None:
        super().__init__(f"{directory} was not completely restored. Run the same `incidents restore` again.")


class Home:
    """The layout below the directory of an installation."""

    def __init__(self, directory: Path, *, lock_seconds: float = 1.0) -> None:
        """Name the files; `lock` waits `lock_seconds` for callers, whose check of the lock holds it for a moment."""
        self.directory = directory.resolve()
        self.keys = self.directory / "keys"
        self.signing_key = self.keys / signing_key.FILE_NAME
        self.nats = self.directory / "nats"
        self.postgres = self.directory / "postgres"
        self.logs = self.directory / "logs"
        self.checkpoints = self.directory / "checkpoints"
        self.erasures = self.directory / "erasures"
        self.restoring = self.directory / "restoring"
        """A file that is there until a restore is complete."""

        self.configuration = self.nats / "server.conf"
        self._credentials = self.directory / "creds"
        self._lock_seconds = lock_seconds
        self._runtime = self.directory / "runtime.json"

    def credentials(self, principal: str) -> Path:
        """Return the path of a principal's credentials."""
        return self._credentials / f"{principal}.creds"

    def holds(self, principal: str, scope: Scope, trust: Trust) -> bool:
        """Return whether the credentials of a principal exist and a server accepts them."""
        path = self.credentials(principal)
        return path.exists() and trust.accepts(path.read_text(), scope)

    @property
    def signing_files(self) -> Mapping[str, Path]:
        """The files with which packages and PDF files are signed, by the variables that may name others."""
        key, certificate = self.keys / identity.KEY_NAME, self.keys / identity.CERTIFICATE_NAME
        own = {"INCIDENTS_PDF_KEY": key, "INCIDENTS_PDF_CERTIFICATE": certificate}
        return {"INCIDENTS_SIGNING_KEY": self.signing_key, **own}

    def make_pdf_identity(self, site: str) -> None:
        """Make the key that signs PDF files, and its certificate, if there is none."""
        key, certificate = list(self.signing_files.values())[1:]
        if key.exists() and certificate.exists():
            return
        pdf_identity = PdfIdentity.generate(f"incident-manager-{site}", datetime.now(UTC))
        certificate.unlink(missing_ok=True)  # that of another key
        write_private(key, pdf_identity.key_text())
        write_private(certificate, pdf_identity.certificate_text())

    def save_signing_files(self) -> None:
        """Copy these files next to the credentials, where a worker looks for them."""
        _make_private(self._credentials)
        for path in self.signing_files.values():
            write_private(self._credentials / path.name, path.read_text())

    def save_credentials(self, principal: str, text: str) -> None:
        """Write a private credentials file."""
        _make_private(self._credentials)
        write_private(self.credentials(principal), text)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Lock the installation for this process; the lock ends with the process."""
        self.make()
        # Anybody who can open the file can lock it, and so prevent a start.
        lock = os.open(self.directory / "up.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            os.fchmod(lock, 0o600)
            self._take(lock)
            self.withdraw()  # left by a killed process
            yield
        finally:
            os.close(lock)

    def make(self) -> None:
        """Create private directories; the mode of a directory with other files in it stays."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if {path.name for path in self.directory.iterdir()} <= _OWN_NAMES:
            _make_private(self.directory)
        _make_private(self.logs)

    def _take(self, lock: int) -> None:
        deadline = time.monotonic() + self._lock_seconds
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                running = self._read()
                if running or time.monotonic() > deadline:
                    raise AlreadyRunningError(self.directory, running) from error
                time.sleep(0.02)
            else:
                return

    def publish(self, runtime: Runtime) -> None:
        """Publish the addresses of this installation, which is ready."""
        write_private(self._runtime, json.dumps(asdict(runtime), indent=2) + "\n")

    def withdraw(self) -> None:
        """Remove the addresses of this installation."""
        self._runtime.unlink(missing_ok=True)

    def runtime(self) -> Runtime | None:
        """Return the addresses of this installation; None if it does not run."""
        try:
            with (self.directory / "up.lock").open() as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return self._read()
        except FileNotFoundError:
            pass
        return None

    def _read(self) -> Runtime | None:
        try:
            return Runtime(**json.loads(self._runtime.read_text()))
        except FileNotFoundError:
            return None


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid == os.geteuid():
        folder.chmod(0o700)
