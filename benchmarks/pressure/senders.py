"""Clients that send at a rate of their own, whatever comes back."""

import asyncio
import json
import random
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import quantiles
from typing import Final

from nats.aio.client import Client as Nats
from nats.aio.msg import Msg

from benchmarks.commands import bare
from benchmarks.commands.testbed import SITE
from contracts import subjects
from contracts.ids import uuid7

_TICK_SECONDS: Final = 0.002
_RESEND_SECONDS: Final = 0.1
_KNOWN_PROJECTS: Final = 2_000
_UPDATES_PER_CREATION: Final = 3


@dataclass(slots=True)
class SentCommand:
    """A command: when it was to be sent, when the broker stored it, and when its outcome came."""

    due_at: float
    subject: str
    body: bytes
    accepted: bool = False
    outcome_at: float = 0.0
    answer: int = 0
    """The hash of its outcome, which may arrive again, but never differ."""


class Sender:
    """A client that sends each command when it is due, however late the earlier ones are.

    A client that waited would send less while the system is slow, and so hide how long others would have waited.
    Waiting times count from the time at which a command is due, not from the one at which it leaves.
    """

    def __init__(self, connection: Nats, principal: str, rate: float, *, resends: bool = False) -> None:
        """Set the rate in commands a second; with `resends` a refusal of the broker is tried again."""
        self.principal = principal
        self.rate = rate
        self.commands: dict[str, SentCommand] = {}
        self.waiting: dict[str, SentCommand] = {}
        self.refusals = 0
        self.faults: list[str] = []
        self._connection = connection
        self._resends = resends
        self._resending: set[asyncio.Task[None]] = set()
        self._projects: deque[str] = deque(maxlen=_KNOWN_PROJECTS)
        self._commands = self._mix() if principal == "supply" else self._creations()

    async def listen(self) -> None:
        """Subscribe to acknowledgements and outcomes, and wait for the server's confirmation."""
        await self._connection.subscribe(f"{subjects.inbox(self.principal)}.*", cb=self._on_acknowledgement)
        await self._connection.subscribe(subjects.outcome(SITE, self.principal, "*"), cb=self._on_outcome)
        await self._connection.flush()

    async def run(self) -> None:
        """Send at the rate until cancelled; the rate may change meanwhile."""
        due_at = time.time()
        while True:
            now = time.time()
            while due_at <= now:
                await self.send(due_at)
                due_at += 1 / self.rate
            await asyncio.sleep(max(due_at - time.time(), _TICK_SECONDS))

    async def keep_waiting(self, commands: int) -> None:
        """Send whenever fewer commands wait, until cancelled."""
        while True:
            for _ in range(commands - len(self.waiting)):
                await self.send(time.time())
            await asyncio.sleep(_TICK_SECONDS)

    async def send(self, due_at: float) -> None:
        """Send a command, without waiting for anything."""
        subject, body = next(self._commands)
        command_id = str(uuid7())
        self.commands[command_id] = self.waiting[command_id] = SentCommand(due_at, subject, body)
        await self._publish(command_id)

    def waits(self, since: float, until: float) -> list[float]:
        """Return the waiting times, in milliseconds, of the commands due in a span."""
        return [
            (command.outcome_at - command.due_at) * 1000
            for command in self.commands.values()
            if since <= command.due_at < until and command.outcome_at
        ]

    async def _publish(self, command_id: str) -> None:
        command = self.commands[command_id]
        reply = f"{subjects.inbox(self.principal)}.{command_id}"
        await self._connection.publish(command.subject, command.body, reply, {"Nats-Msg-Id": command_id})

    async def _on_acknowledgement(self, message: Msg) -> None:
        command_id = message.subject.rpartition(".")[2]
        if b'"error"' not in message.data:
            self.commands[command_id].accepted = True
        elif self._resends:
            again = asyncio.create_task(self._resend(command_id))
            self._resending.add(again)
            again.add_done_callback(self._resending.discard)
        else:
            self.refusals += 1
            del self.commands[command_id], self.waiting[command_id]

    async def _resend(self, command_id: str) -> None:
        await asyncio.sleep(_RESEND_SECONDS)
        await self._publish(command_id)

    async def _on_outcome(self, message: Msg) -> None:
        command_id, answer = message.subject.rpartition(".")[2], hash(message.data)
        command = self.commands.get(command_id)
        if command is None or command.answer not in {0, answer} or b'"status":"applied"' not in message.data:
            self.faults.append(message.data.decode())
        elif self.waiting.pop(command_id, None):
            command.outcome_at, command.answer = time.time(), answer
            if command.subject.endswith(".create"):
                self._projects.append(command.subject.split(".")[5])

    def _creations(self) -> Iterator[tuple[str, bytes]]:
        chance = random.Random(2)
        while True:
            yield self._command("create", str(uuid7()), chance)

    def _mix(self) -> Iterator[tuple[str, bytes]]:
        """Create projects, and update each some times once its creation is known to be applied."""
        chance = random.Random(1)
        while True:
            yield self._command("create", str(uuid7()), chance)
            for _ in range(_UPDATES_PER_CREATION if self._projects else 0):
                yield self._command("update", chance.choice(self._projects), chance)

    def _command(self, verb: str, project_id: str, chance: random.Random) -> tuple[str, bytes]:
        body = {"project_id": project_id, "description": bare.description(chance)}
        return subjects.command(SITE, self.principal, f"projects.{verb}", project_id), json.dumps(body).encode()


def percentiles(waits: list[float]) -> tuple[float, float, float]:
    """Return p50, p99 and the longest of waiting times."""
    if len(waits) < 2:
        return float("nan"), float("nan"), float("nan")
    cuts = quantiles(waits, n=100, method="inclusive")
    return cuts[49], cuts[98], max(waits)
