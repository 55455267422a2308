"""The NATS protocol over a bare socket: no library stands between a frame and the server."""

import asyncio
import base64
import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nkeys

_SEED = re.compile(r"BEGIN USER NKEY SEED-+\s+(\S+)")
_TOKEN = re.compile(r"BEGIN NATS USER JWT-+\s+(\S+)")


class RawClient:
    """A connection with valid credentials that writes whatever bytes it is given."""

    def __init__(self, url: str, credentials: Path, principal: str) -> None:
        self._where = urlsplit(url)
        text = credentials.read_text()
        self._seed = (_SEED.search(text) or ["", ""])[1]
        self._token = (_TOKEN.search(text) or ["", ""])[1]
        self._principal = principal
        self._pongs = asyncio.Queue[None]()
        self._reading: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self.messages: list[tuple[str, bytes]] = []
        """What came for us: subjects and bodies."""

        self.errors: dict[str, int] = {}
        self.connections = 0

    async def connect(self) -> None:
        """Connect, sign the server's nonce, and listen to our inbox and our outcomes."""
        reader, self._writer = await asyncio.open_connection(self._where.hostname, self._where.port)
        info = json.loads((await reader.readline()).removeprefix(b"INFO "))
        signature = nkeys.from_seed(self._seed.encode()).sign(info["nonce"].encode())
        options = {
            "jwt": self._token,
            "sig": base64.urlsafe_b64encode(signature).rstrip(b"=").decode(),
            "headers": True,
            "verbose": False,
            "pedantic": False,
            "lang": "bytes",
            "version": "0",
        }
        self._writer.write(b"CONNECT %b\r\n" % json.dumps(options).encode())
        self._writer.write(b"SUB _INBOX_%b.> 1\r\n" % self._principal.encode())
        self._writer.write(b"SUB im.main.out.%b.* 2\r\n" % self._principal.encode())
        self._reading = asyncio.create_task(self._read(reader))
        self.connections += 1

    async def write(self, data: bytes) -> None:
        """Write bytes; a connection that the server has ended is made anew."""
        if self._reading is None or self._reading.done():
            await self.connect()
        assert self._writer
        with suppress(ConnectionError):
            self._writer.write(data)
            await self._writer.drain()

    async def settled(self) -> None:
        """Wait until the server has read all that was written, or has ended the connection."""
        while not self._pongs.empty():
            self._pongs.get_nowait()
        await self.write(b"PING\r\n")
        assert self._reading
        answered = asyncio.create_task(self._pongs.get())
        await asyncio.wait([answered, self._reading], timeout=20, return_when=asyncio.FIRST_COMPLETED)
        answered.cancel()

    async def close(self) -> None:
        """Leave."""
        if self._writer:
            self._writer.close()
        if self._reading:
            self._reading.cancel()
            await asyncio.wait([self._reading])

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while line := await reader.readline():
                await self._handle(reader, line.rstrip())

    async def _handle(self, reader: asyncio.StreamReader, line: bytes) -> None:
        kind, _, rest = line.partition(b" ")
        if kind == b"PING" and self._writer:
            self._writer.write(b"PONG\r\n")
        elif kind == b"PONG":
            self._pongs.put_nowait(None)
        elif kind == b"-ERR":
            subject = rest.decode(errors="replace").partition(" for ")[0]
            self.errors[subject] = self.errors.get(subject, 0) + 1
        elif kind in {b"MSG", b"HMSG"}:
            await self._take(reader, kind == b"HMSG", rest.split(b" "))

    async def _take(self, reader: asyncio.StreamReader, has_header: bool, parts: list[bytes]) -> None:
        whole = await reader.readexactly(int(parts[-1]) + 2)
        header = int(parts[-2]) if has_header else 0
        self.messages.append((parts[0].decode(errors="replace"), whole[header:-2]))


def stored_places(messages: list[tuple[str, bytes]]) -> dict[int, int]:
    """Return the place in COMMANDS of each frame whose PubAck came, by the number of the frame."""
    results: dict[int, int] = {}
    for subject, body in messages:
        number = subject.rpartition(".f.")[2]
        answer: Any = None
        with suppress(ValueError):
            answer = json.loads(body)
        if number.isdigit() and isinstance(answer, dict) and answer.get("stream") == "COMMANDS":
            results[int(number)] = int(answer["seq"])
    return results
