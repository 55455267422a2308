"""The directory of one installation: where its files lie, and who runs it now."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Runtime:
    """How to reach a running installation."""

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


class Home:
    """The layout below the directory of an installation."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.resolve()
        self.keys = self.directory / "keys"
        self.nats = self.directory / "nats"
        self.postgres = self.directory / "postgres"
        self.logs = self.directory / "logs"
        self._credentials = self.directory / "creds"
        self._runtime = self.directory / "runtime.json"

    def credentials(self, principal: str) -> Path:
        """Where the credentials of a principal lie."""
        return self._credentials / f"{principal}.creds"

    def save_credentials(self, principal: str, text: str) -> None:
        """Write credentials that their owner alone can read."""
        self._credentials.mkdir(mode=0o700, exist_ok=True)
        _replace(self.credentials(principal), text)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Be the one process that runs this installation; the lock ends with the process."""
        for folder in (self.directory, self.logs):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.directory / "up.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise AlreadyRunningError(self.directory, self._read()) from error
            self.withdraw()  # what a killed process left
            yield

    def publish(self, runtime: Runtime) -> None:
        """Say how to reach this installation, now that it is ready."""
        _replace(self._runtime, json.dumps(asdict(runtime), indent=2) + "\n")

    def withdraw(self) -> None:
        """Say that this installation cannot be reached any more."""
        self._runtime.unlink(missing_ok=True)

    def runtime(self) -> Runtime | None:
        """Tell how to reach this installation, if it runs."""
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


def _replace(path: Path, text: str) -> None:
    """Write a private file at once, so that nobody reads half of it."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)
