import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import nats
import pytest
from nats.js import JetStreamContext
from nats.js.api import StreamConfig

from tests.local.support import HERE, eventually, is_alive
from workers.common.http_server import PortInUseError
from workers.local.access.signing_keys import Trust
from workers.local.servers.nats import EmbeddedNats, free_port
from workers.local.servers.process_control import StartError
from workers.local.servers.system_account import health_error

STARTER = """
import os, signal, sys
from pathlib import Path
from workers.local.servers.nats import EmbeddedNats
from workers.local.access.signing_keys import Trust
directory = Path(sys.argv[1])
server = EmbeddedNats(directory, Trust.create(directory.parent / "keys", "main"))
server.start()
print(server.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedNats]:
    """Hand out a server that is not started, and stop it afterwards."""
    server = EmbeddedNats(tmp_path / "nats", Trust.create(tmp_path / "keys", "main"))
    yield server
    server.stop()


async def jetstream(server: EmbeddedNats, tmp_path: Path) -> JetStreamContext:
    """Connect with the right to make streams."""
    credentials = tmp_path / "provision.creds"
    credentials.write_text(Trust.load(tmp_path / "keys").mint("provision", "provision"))
    bus = await nats.connect(server.url, user_credentials=str(credentials), inbox_prefix="_INBOX_provision")
    return bus.jetstream()


async def test_streams_survive_a_restart(server: EmbeddedNats, tmp_path: Path) -> None:
    """What was stored is there after a stop and a start at the same address."""
    server.start()
    first = await jetstream(server, tmp_path)
    await first.add_stream(StreamConfig("KEPT", subjects=["kept"]))
    await first._nc.close()
    server.stop()
    assert server.pid is None
    server.start()
    again = await jetstream(server, tmp_path)
    assert (await again.stream_info("KEPT")).config.name == "KEPT"
    await again._nc.close()


def test_accepted_is_durable(server: EmbeddedNats) -> None:
    """The server writes each message to the disk before it says that it has it."""
    server.start()
    configuration = (server.directory / "server.conf").read_text()
    assert "sync_interval: always" in configuration
    assert "js_ack_fc_v2: false" in configuration
    assert "Strict:          true" in server.log.read_text()


def test_port_in_use_is_told(server: EmbeddedNats, tmp_path: Path) -> None:
    """Somebody else's program on the port is named as the reason, not taken for the server."""
    with socket.create_server(("127.0.0.1", server.port)):
        with pytest.raises(PortInUseError, match=f"Port {server.port} of 127.0.0.1 is in use"):
            server.start()
        assert server.pid is None


def test_a_free_port_is_given_to_no_connection() -> None:
    """A port is free, and none of those that the system gives to clients before the server listens."""
    with ExitStack() as stack:
        for _ in range(300):
            port = free_port()
            assert port < 32_768
            stack.enter_context(socket.socket()).bind(("127.0.0.1", port))


def test_reason_of_a_failed_start_is_told(server: EmbeddedNats) -> None:
    """When the server does not start, the error shows what the server said."""
    server.prepare()
    (server.directory / "server.conf").write_text("listen: nowhere")
    server.launch()
    with pytest.raises(StartError, match=r"nats-server did not start(.|\n)*nowhere"):
        server.wait()


def test_start_after_a_kill(server: EmbeddedNats) -> None:
    """A server goes with its killed starter, and the next one starts on its streams at once."""
    program = [sys.executable, "-c", STARTER, str(server.directory)]
    starter = subprocess.run(program, cwd=HERE.parents[1], stdout=subprocess.PIPE, check=False)
    server.start()
    assert not is_alive(int(starter.stdout))


async def test_live_server_is_replaced(server: EmbeddedNats) -> None:
    """Two servers never write to one directory: the one that was left is ended first."""
    server.start()
    left = server.pid
    assert left
    again = EmbeddedNats(server.directory, Trust.load(server.directory.parent / "keys"))
    again.start()
    await eventually(lambda: not is_alive(left))
    again.stop()


async def test_an_unknown_health_is_no_good_health(server: EmbeddedNats, tmp_path: Path) -> None:
    """A server that stores reports no error; one that does not answer is not taken for a healthy one."""
    trust = Trust.load(tmp_path / "keys")
    server.start()
    assert await health_error(server.url, trust) == ""
    server.stop()
    assert (await health_error(server.url, trust)).startswith("its health is unknown: ")
