"""One client floods with commands: how long another one waits before, during and after.

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

from benchmarks.commands.stage import SITE, Stage, Theatre
from contracts import subjects
from contracts.ids import uuid7
from workers.runtime.bus import streams

BEFORE: Final = 6.0
AFTER: Final = 20.0
RECOVERED: Final = 10.0
"""Seconds after the attack from which on the honest client should wait no longer than twice as long as before."""

_PATIENCE: Final = 120.0
_PAUSE: Final = 0.1
_PER_FLUSH: Final = 200
_PASSWORD: Final = "correct horse battery"
_BYSTANDERS: Final = ("projects", "audit")
_ROLE: Final = """
    INSERT INTO administration.role VALUES ('bob', 'bob', '{"incident-projects": "manage"}');
    INSERT INTO administration.member VALUES ('bob', 'bob');
"""


@dataclass(frozen=True)
class Attack:
    """Who sends what, and how fast; 0 is as fast as it can."""

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
    """Return one command after the other, as bytes on the connection."""
    while True:
        key = str(uuid4())
        subject = subjects.command(SITE, attack.principal, f"projects.{attack.verb}", key).encode()
        body = json.dumps(attack.body(key)).encode()
        name = b"Nats-Msg-Id: %b\r\n" % str(uuid7()).encode() if attack.named else b""
        head = b"NATS/1.0\r\n%b\r\n" % name
        yield b"HPUB %b %d %d\r\n%b%b\r\n" % (subject, len(head), len(head + body), head, body)


async def flood(attack: Attack, url: str, credentials: str, seconds: float) -> int:
    """Send as an attacker does, and return how many commands left."""
    connection = await nats.connect(url, user_credentials=credentials, inbox_prefix=subjects.inbox(attack.principal))
    waiting, sent, begun = frames(attack), 0, time.monotonic()
    while (passed := time.monotonic() - begun) < seconds:
        if attack.per_second and sent >= passed * attack.per_second:
            await asyncio.sleep(0.005)
            continue
        some = 1 if attack.per_second else _PER_FLUSH
        await connection._send_command(b"".join(next(waiting) for _ in range(some)))
        await connection.flush(60)
        sent += some
    await connection.close()
    return sent


@dataclass
class Honest:
    """A client that sends one command after the other, and how long each took by when it was sent."""

    nats: Nats
    waits: list[tuple[float, float]] = field(default_factory=list)
    outcomes: dict[UUID, asyncio.Future[None]] = field(default_factory=dict)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    under_way: float = 0

    async def listen(self) -> None:
        """Hear outcomes."""
        await self.nats.subscribe(subjects.outcome(SITE, "admin", "*"), cb=self._heard)
        await self.nats.flush()

    async def _heard(self, message: Msg) -> None:
        told = json.loads(message.data)
        if told["status"] != "applied":
            raise AssertionError(told)
        if waiting := self.outcomes.pop(UUID(told["command_id"]), None):
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
                if b'"error"' not in (await self.nats.request(subject, body, _PATIENCE, headers=headers)).data:
                    break
                await asyncio.sleep(_PAUSE)
            async with asyncio.timeout(_PATIENCE):
                await done
            self.waits.append((begun, time.monotonic() - begun))
            self.begun.set()

    def median(self, start: float, end: float) -> float:
        """Return the median wait of what was under way in a span of time, in milliseconds."""
        now = time.monotonic()
        waits = [*self.waits, (self.under_way, now - self.under_way)]
        found = [wait for begun, wait in waits if begun < end and begun + wait >= start]
        return median(found) * 1_000


async def waiting(ops: Nats) -> int:
    """Return how many commands lie in the stream: those that wait, and those handled a moment ago."""
    found = await streams.api(ops, f"STREAM.INFO.{streams.COMMANDS}", {})
    return int(found["state"]["messages"])


def start_workers(stage: Stage) -> None:
    """Start the product's own processes."""
    for name in _BYSTANDERS:
        told = {
            "INCIDENTS_SITE": SITE,
            "INCIDENTS_NATS_URL": stage.nats_url,
            "INCIDENTS_NATS_CREDS": str(stage.credentials(name, "worker")),
            "INCIDENTS_DATABASE_URL": stage.database_url,
            "INCIDENTS_LOG_DATABASE_URL": stage.log_database_url,
        }
        stage.spawn(name, ["-m", "workers", "worker", name], told)


async def measure(stage: Stage, name: str, seconds: float) -> str:
    """Play one attack and return its row."""
    attack = ATTACKS[name]
    stage.database.execute(_ROLE.encode())
    await streams.provision(await stage.connect("provision", "provision"), SITE)
    ops = await stage.connect("ops", "ops")
    honest = Honest(await stage.connect("admin", "client"))
    await honest.listen()
    start_workers(stage)
    sending = asyncio.create_task(honest.run())
    await honest.begun.wait()
    begun = time.monotonic()
    await asyncio.sleep(BEFORE)
    credentials = str(stage.credentials(attack.principal, "client"))
    attacked = time.monotonic()
    line = [sys.executable, "-m", "benchmarks.attacks.commands", name, "--seconds", str(seconds)]
    attacker = await asyncio.create_subprocess_exec(
        *line, "--against", stage.nats_url, credentials, stdout=asyncio.subprocess.PIPE
    )
    sent = int((await attacker.communicate())[0])
    ended, left = time.monotonic(), await waiting(ops)
    await asyncio.sleep(RECOVERED)
    later = await waiting(ops)
    await asyncio.sleep(AFTER - RECOVERED)
    spans = ((begun, attacked), (attacked, ended), (ended, ended + RECOVERED), (ended + RECOVERED, ended + AFTER))
    medians = " | ".join(f"{honest.median(*span):,.1f}" for span in spans)
    sending.cancel()
    return f"| {attack.what} | {sent:,} | {medians} | {left:,} | {later:,} |"


async def play(theatre: Theatre, names: Sequence[str], seconds: float) -> None:
    """Play attacks, each on servers of its own."""
    print("| attack | sent | before, ms | during | 10 s after | then | waiting at the end | 10 s later |", flush=True)
    print("| --- | --- | --- | --- | --- | --- | --- | --- |", flush=True)
    for name in names:
        async with theatre.stage() as stage:
            print(await measure(stage, name, seconds), flush=True)


def main() -> None:
    """Measure the attacks that are named, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("attacks", nargs="*", help=", ".join(ATTACKS))
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--against", nargs=2, metavar=("URL", "CREDENTIALS"), help="only attack, and say how often")
    given = parser.parse_args()
    if given.against:
        print(asyncio.run(flood(ATTACKS[given.attacks[0]], given.against[0], given.against[1], given.seconds)))
        return
    with tempfile.TemporaryDirectory(prefix="attacks-") as directory:
        theatre = Theatre(Path(directory))
        with theatre.open():
            asyncio.run(play(theatre, given.attacks or list(ATTACKS), given.seconds))


if __name__ == "__main__":
    main()
