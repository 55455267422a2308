"""One client floods with commands: the waiting time of another one before, during and after.

python -m benchmarks.attacks.commands [ATTACK …] [--seconds 8]
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import median
from typing import Final
from uuid import UUID, uuid4

import nats
from nats.aio.client import Client as Nats
from nats.aio.msg import Msg

from benchmarks.commands.testbed import SITE, Testbed, TestbedFactory
from contracts import subjects
from contracts.ids import uuid7
from workers.runtime.bus import streams

BEFORE_SECONDS: Final = 6.0
AFTER_SECONDS: Final = 20.0
RECOVERY_SECONDS: Final = 10.0
"""Time after the attack from which the honest client should wait at most twice as long as before."""

_PATIENCE_SECONDS: Final = 120.0
_PAUSE_SECONDS: Final = 0.1
_PER_FLUSH: Final = 200
_PASSWORD: Final = "correct horse battery"
_BYSTANDERS: Final = ("projects", "audit")
_ROLE: Final = """
    INSERT INTO administration.role VALUES ('bob', 'bob', '{"incident-projects": "manage"}');
    INSERT INTO administration.member VALUES ('bob', 'bob');
"""


@dataclass(frozen=True)
class Attack:
    """Who sends what, and at which rate; 0 is full speed."""

    what: str
    principal: str
    verb: str
    body: Callable[[str], dict[str, object]]
    per_second: int = 0
    named: bool = True


def _creation(project_id: str) -> dict[str, object]:
    return {"project_id": project_id, "description": "nothing happened"}


def _export(project_id: str) -> dict[str, object]:
    return {"project_id": project_id, "password": _PASSWORD}


ATTACKS: Final[Mapping[str, Attack]] = {
    "exports": Attack("200 exports with a password a second, no role", "mallory", "export", _export, 200),
    "refused": Attack("creations at full speed, no role", "mallory", "create", _creation),
    "allowed": Attack("creations at full speed, with a role", "bob", "create", _creation),
    "nameless": Attack("commands without an id at full speed", "mallory", "create", _creation, named=False),
}


def frames(attack: Attack) -> Iterator[bytes]:
    """Yield commands as bytes on the connection."""
    while True:
        key = str(uuid4())
        subject = subjects.command(SITE, attack.principal, f"projects.{attack.verb}", key).encode()
        body = json.dumps(attack.body(key)).encode()
        name = b"Nats-Msg-Id: %b\r\n" % str(uuid7()).encode() if attack.named else b""
        head = b"NATS/1.0\r\n%b\r\n" % name
        yield b"HPUB %b %d %d\r\n%b%b\r\n" % (subject, len(head), len(head + body), head, body)


async def flood(attack: Attack, url: str, credentials: str, seconds: float) -> int:
    """Send as an attacker, and return how many commands were sent."""
    connection = await nats.connect(url, user_credentials=credentials, inbox_prefix=subjects.inbox(attack.principal))
    waiting, sent, since = frames(attack), 0, time.monotonic()
    while (passed := time.monotonic() - since) < seconds:
        if attack.per_second and sent >= passed * attack.per_second:
            await asyncio.sleep(0.005)
            continue
        burst = 1 if attack.per_second else _PER_FLUSH
        await connection._send_command(b"".join(next(waiting) for _ in range(burst)))
        await connection.flush(60)
        sent += burst
    await connection.close()
    return sent


@dataclass
class Honest:
    """A client that sends one command after the other, and the waiting time of each by its start."""

    connection: Nats
    waits: list[tuple[float, float]] = field(default_factory=list)
    outcomes: dict[UUID, asyncio.Future[None]] = field(default_factory=dict)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    under_way: float = 0

    async def listen(self) -> None:
        """Subscribe to outcomes."""
        await self.connection.subscribe(subjects.outcome(SITE, "admin", "*"), cb=self._on_outcome)
        await self.connection.flush()

    async def _on_outcome(self, message: Msg) -> None:
        outcome = json.loads(message.data)
        if outcome["status"] != "applied":
            raise AssertionError(outcome)
        if waiting := self.outcomes.pop(UUID(outcome["command_id"]), None):
            waiting.set_result(None)

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            project_id, command_id = str(uuid7()), uuid7()
            self.under_way = begun = time.monotonic()
            done = self.outcomes[command_id] = asyncio.get_running_loop().create_future()
            subject = subjects.command(SITE, "admin", "projects.create", project_id)
            headers = {"Nats-Msg-Id": str(command_id)}
            body = json.dumps(_creation(project_id)).encode()
            for _ in count():
                if (
                    b'"error"'
                    not in (await self.connection.request(subject, body, _PATIENCE_SECONDS, headers=headers)).data
                ):
                    break
                await asyncio.sleep(_PAUSE_SECONDS)
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await done
            self.waits.append((begun, time.monotonic() - begun))
            self.begun.set()

    def median(self, start: float, end: float) -> float:
        """Return the median waiting time, in milliseconds, of the commands in progress in a span of time."""
        now = time.monotonic()
        waits = [*self.waits, (self.under_way, now - self.under_way)]
        waits_in_span = [wait for begun, wait in waits if begun < end and begun + wait >= start]
        return median(waits_in_span) * 1_000


async def count_waiting(ops: Nats) -> int:
    """Return how many commands are in the stream: pending and just handled ones."""
    information = await streams.api(ops, f"STREAM.INFO.{streams.COMMANDS}", {})
    return int(information["state"]["messages"])


def start_workers(testbed: Testbed) -> None:
    """Start the product's own processes."""
    for name in _BYSTANDERS:
        testbed.spawn_worker(name)


async def measure(testbed: Testbed, name: str, seconds: float) -> str:
    """Run one attack, and return its row."""
    attack = ATTACKS[name]
    testbed.database.execute(_ROLE.encode())
    await streams.provision(await testbed.connect("provision", "provision"), SITE)
    ops = await testbed.connect("ops", "ops")
    honest = Honest(await testbed.connect("admin", "client"))
    await honest.listen()
    start_workers(testbed)
    sending = asyncio.create_task(honest.run())
    await honest.begun.wait()
    begun = time.monotonic()
    await asyncio.sleep(BEFORE_SECONDS)
    credentials = str(testbed.credentials(attack.principal, "client"))
    attacked = time.monotonic()
    line = [sys.executable, "-m", "benchmarks.attacks.commands", name, "--seconds", str(seconds)]
    attacker = await asyncio.create_subprocess_exec(
        *line, "--against", testbed.nats_url, credentials, stdout=asyncio.subprocess.PIPE
    )
    sent = int((await attacker.communicate())[0])
    ended, left = time.monotonic(), await count_waiting(ops)
    await asyncio.sleep(RECOVERY_SECONDS)
    later = await count_waiting(ops)
    await asyncio.sleep(AFTER_SECONDS - RECOVERY_SECONDS)
    recovered, finished = ended + RECOVERY_SECONDS, ended + AFTER_SECONDS
    spans = ((begun, attacked), (attacked, ended), (ended, recovered), (recovered, finished))
    medians = " | ".join(f"{honest.median(*span):,.1f}" for span in spans)
    sending.cancel()
    return f"| {attack.what} | {sent:,} | {medians} | {left:,} | {later:,} |"


async def play(factory: TestbedFactory, names: Sequence[str], seconds: float) -> None:
    """Run attacks, each on its own servers."""
    print("| attack | sent | before, ms | during | 10 s after | then | waiting at the end | 10 s later |", flush=True)
    print("| --- | --- | --- | --- | --- | --- | --- | --- |", flush=True)
    for name in names:
        async with factory.testbed() as testbed:
            print(await measure(testbed, name, seconds), flush=True)


def main() -> None:
    """Measure the named attacks, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("attacks", nargs="*", help=", ".join(ATTACKS))
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--against", nargs=2, metavar=("URL", "CREDENTIALS"), help="only attack, and say how often")
    options = parser.parse_args()
    if options.against:
        print(asyncio.run(flood(ATTACKS[options.attacks[0]], options.against[0], options.against[1], options.seconds)))
        return
    with tempfile.TemporaryDirectory(prefix="attacks-") as directory:
        factory = TestbedFactory(Path(directory))
        with factory.open():
            asyncio.run(play(factory, options.attacks or list(ATTACKS), options.seconds))


if __name__ == "__main__":
    main()
