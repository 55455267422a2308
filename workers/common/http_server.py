"""A small HTTP server for health pages, in the background of a process."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn


class PortInUseError(Exception):
    """Another program already listens on the port."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        """Name the port."""
        super().__init__(f"Port {port} of {host} is in use: stop that program or choose another port.")


class PortForbiddenError(Exception):
    """The machine does not allow this user to listen there."""

    def __init__(self, port: int, host: str, why: str) -> None:
        """Name the address and the machine's reason."""
        super().__init__(f"Nothing can listen on port {port} of {host} ({why}): choose another port or address.")


class HttpServer(uvicorn.Server):
    """Serves an ASGI application on a port of this machine (0 = a free one)."""

    def __init__(self, app: Any, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen at once, so that the address is known; `open` starts to answer.

        Raises:
            PortInUseError: Another program listens there.
            PortForbiddenError: This user may not listen there, or the machine has no such address.
        """
        config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1)
        super().__init__(config)
        self._host = host
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._socket = socket.create_server((host, port), family=family)
        except UnicodeError as error:
            raise PortForbiddenError(port, host, "Name or service not known") from error
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortInUseError(port, host) from error
            why = (error.strerror or type(error).__name__).partition(" (while attempting")[
                0
            ]  # Python repeats the address
            raise PortForbiddenError(port, host, why) from error
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where the pages are."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._socket.getsockname()[1]}"

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the process, which stops its parts in order."""
        yield

    def open(self) -> None:
        """Serve in the background."""
        self._task = asyncio.create_task(self.serve(sockets=[self._socket]))

    async def close(self) -> None:
        """Stop serving."""
        self.should_exit = True
        if self._task:
            await self._task
        self._socket.close()
