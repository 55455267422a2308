"""Fetching HTTP pages of processes on this machine."""

import asyncio
from typing import Final

TIMEOUT_SECONDS: Final = 2.0
OK: Final = 200
UNAVAILABLE: Final = 503


async def fetch(port: int, path: str) -> tuple[int, str]:
    """Fetch a page; one that does not arrive in time counts as unavailable."""
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            return await _get(port, path)
    except (OSError, ValueError):
        return UNAVAILABLE, ""


async def _get(port: int, path: str) -> tuple[int, str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n".encode())
        answer = (await reader.read()).decode()
    finally:
        writer.close()
    head, _, body = answer.partition("\r\n\r\n")
    return int(head[9:12]), body
