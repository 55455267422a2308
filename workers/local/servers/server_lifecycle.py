"""The life of an embedded server: a child process that starts in three steps."""

import subprocess
from abc import ABC, abstractmethod
from collections.abc import Sequence
from signal import Signals

from workers.local.servers import process_control


class EmbeddedServer(ABC):
    """A server that runs as a child of this process."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while the server runs."""
        running = self._process is not None and self._process.poll() is None
        return self._process.pid if self._process and running else None

    def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        self.prepare()
        self.launch()
        self.wait()

    @abstractmethod
    def prepare(self) -> None:
        """End a leftover server, and write the configuration."""

    @abstractmethod
    def launch(self) -> None:
        """Start the process; the calling thread must outlive it."""

    @abstractmethod
    def wait(self) -> None:
        """Wait until the server accepts connections."""

    def _require_launched(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            msg = "launch the server before waiting for it"
            raise RuntimeError(msg)
        return self._process

    def _end(self, signals: Sequence[Signals], seconds: float) -> None:
        if self._process is not None:
            process_control.stop(self._process, signals, seconds)
            self._process = None
