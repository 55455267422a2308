"""A witness as a process of its own, which takes checkpoints over HTTP and can be taken away."""

import asyncio
import os
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from contracts.evidence.cosignatures import LOG_KEY, Verifier
from contracts.evidence.log_entries import log_origin
from contracts.evidence.witness_requests import Submission
from contracts.message import Store
from tests.support.site import Site
from workers.common.signing_key import FILE_NAME, SigningKey
from workers.local.servers.nats import free_port

NAME = "witness.example/w1"


def site_key(site: Site) -> SigningKey:
    """Return the key that signs the checkpoints of a site."""
    return SigningKey.read(site.directory / "keys" / FILE_NAME)


def log_keys(site: Site) -> list[str]:
    """Return the keys of a site's logs, as its witnesses take them."""
    return [Verifier(log_origin(site.name, store), site_key(site).public_key, LOG_KEY).line for store in Store]


@dataclass
class WitnessProcess:
    """A running witness: where it takes checkpoints, and its key."""

    port: int
    line: str
    folder: Path

    @property
    def url(self) -> str:
        """The address below which it takes checkpoints."""
        return f"http://127.0.0.1:{self.port}"

    def write_file(self) -> Path:
        """Write the file that names this witness to a site, and return it."""
        path = self.folder / "witnesses"
        path.write_text(f"# who knows what this site has shown\n{self.url} {self.line}\n")
        return path


class Answer(NamedTuple):
    """The status, the type and the text of an answer."""

    status: int
    kind: str
    text: str


async def post(witness: WitnessProcess, body: bytes, path: str = "/add-checkpoint") -> Answer:
    """Send a request to a witness."""

    def send() -> Answer:
        try:
            with urllib.request.urlopen(f"{witness.url}{path}", body, timeout=10) as page:  # noqa: S310 - this machine
                return Answer(page.status, page.headers["Content-Type"], page.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers["Content-Type"], error.read().decode())

    return await asyncio.to_thread(send)


async def submit(witness: WitnessProcess, old: int, path: list[bytes], checkpoint: str) -> Answer:
    """Submit a checkpoint to a witness."""
    return await post(witness, Submission(old, path, checkpoint).body)


@asynccontextmanager
async def witness_process(folder: Path, keys: Iterable[str], port: int | None = None) -> AsyncIterator[WitnessProcess]:
    """Run a witness for the logs with these keys, in a folder that a later one may have again."""
    folder.mkdir(exist_ok=True)
    (folder / "logs.keys").write_text("".join(f"{key}\n" for key in keys))
    port = port or free_port()
    line = ["audit", "witness", folder, "--name", NAME, "--log", folder / "logs.keys", "--listen", f"127.0.0.1:{port}"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("INCIDENTS_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "incidents", *map(str, line)), stdout=asyncio.subprocess.PIPE, env=environment
    )
    assert process.stdout
    try:
        key_line = (await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip()
        yield WitnessProcess(port, key_line, folder)
    finally:
        process.send_signal(signal.SIGTERM)
        await process.communicate()
