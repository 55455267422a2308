"""A small HTTP server for health pages, beside whatever else the process does."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn


class HttpServer(uvicorn.Server):
    """Serves an ASGI application on a port of this machine (0 = a free one)."""

    def __init__(self, app: Any, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen at once, so that the address is known; `open` begins to answer."""
        config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1)
        super().__init__(config)
        self._host = host
        self._socket = socket.create_server((host, port))
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where the pages are."""
        return f"http://{self._host}:{self._socket.getsockname()[1]}"

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the process, which stops what matters first."""
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
