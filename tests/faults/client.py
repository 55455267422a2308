"""A client in any language: it repeats a command until it is kept, and asks when it hears nothing."""

import asyncio
import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import nats
from nats.aio.client import Client as Nats
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from tests.faults.history import History, SentCommand
from tests.faults.proxies import pause
from tests.support.overseer import OVERSEER, overseer
from workers.local.access.signing_keys import Trust

ATTEMPT_SECONDS = 2.0
SILENCE_SECONDS = 2.0
PENDING = "pending"
"""The status of a command that was taken and has no outcome yet."""


class Clock:
    """Seconds since the run began."""

    def __init__(self) -> None:
        self._zero = time.monotonic()

    def __call__(self) -> float:
        return time.monotonic() - self._zero


class Client:
    """One principal's connection, and what it has under way."""

    def __init__(self, principal: str, history: History, clock: Clock) -> None:
        self.principal = principal
        self.history = history
        self.clock = clock
        self._decided: dict[str, asyncio.Event] = {}
        self.nats = Nats()

    async def connect(self, urls: list[str], credentials: Path, *, within: float = 600.0) -> "Client":
        """Connect, however long the server is away, and hear outcomes from then on."""
        deadline = self.clock() + within
        while True:
            try:
                self.nats = await nats.connect(
                    urls,
                    user_credentials=str(credentials),
                    inbox_prefix=f"_INBOX_{self.principal}",
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=0.2,
                    connect_timeout=2,
                    ping_interval=2,
                    max_outstanding_pings=2,
                    error_cb=_ignore,
                )
                await self.nats.subscribe(f"im.main.out.{self.principal}.*", cb=self._on_outcome)
                await self.nats.flush(timeout=2)
            except (NatsError, OSError, TimeoutError):
                await self.close()
                if self.clock() > deadline:
                    raise
                await pause(0.1)
            else:
                return self

    async def close(self) -> None:
        """Leave."""
        with suppress(NatsError, OSError, TimeoutError):
            await self.nats.close()

    async def _on_outcome(self, message: Msg) -> None:
        self._learn(json.loads(message.data))

    def _learn(self, outcome: dict[str, Any]) -> None:
        if outcome.get("status") == PENDING:
            return
        if sent := self.history.commands.get(str(outcome.get("command_id"))):
            if len(sent.outcomes) < 10:
                sent.outcomes.append(outcome)
            self._event(sent).set()

    def _event(self, sent: SentCommand) -> asyncio.Event:
        return self._decided.setdefault(sent.id, asyncio.Event())

    async def keep(self, sent: SentCommand, attempt_seconds: float = ATTEMPT_SECONDS) -> None:
        """Publish a command until the server says that it keeps it, always under the same id."""
        self.history.commands.setdefault(sent.id, sent)
        wait = 0.05
        while not await self.attempt(sent, attempt_seconds):
            await pause(wait)
            wait = min(wait * 2, 1.0)

    async def attempt(self, sent: SentCommand, attempt_seconds: float = ATTEMPT_SECONDS) -> bool:
        """Publish a command once, and tell whether the server keeps it."""
        sent.attempts.append(self.clock())
        subject = f"im.main.cmd.{self.principal}.{sent.tail.replace('.', f'.{sent.key}.')}"
        headers = {"Nats-Msg-Id": sent.id}
        try:
            answer = await self.nats.request(subject, json.dumps(sent.body).encode(), attempt_seconds, headers=headers)
            reply = json.loads(answer.data or b"{}")
        except (NatsError, OSError, TimeoutError, ValueError) as error:
            sent.refusals.append(type(error).__name__)
            return False
        if "stream" not in reply or "error" in reply:
            sent.refusals.append(str(reply.get("error", {}).get("description", "no stream")))
            return False
        sent.kept_at = sent.kept_at or self.clock()
        return True

    async def outcome(self, sent: SentCommand, silence: float = SILENCE_SECONDS) -> dict[str, Any]:
        """Wait for what became of a command; ask for it when there is silence."""
        decided = self._event(sent)
        while not decided.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(decided.wait(), silence)
            if not decided.is_set():
                answer = await self.ask("projects.outcome", {"command_id": sent.id})
                if answer and answer.get("command_id") == sent.id:
                    self._learn(answer)
        self._decided.pop(sent.id, None)
        return sent.outcomes[0]

    async def ask(self, tail: str, body: dict[str, Any], seconds: float = ATTEMPT_SECONDS) -> dict[str, Any] | None:
        """Ask once; None where nobody answered, or not with JSON."""
        answer = await self.raw(tail, body, seconds)
        if answer is None:
            return None
        try:
            reply: dict[str, Any] = json.loads(answer.data)
        except ValueError:
            return None
        return reply

    async def raw(self, tail: str, body: dict[str, Any], seconds: float = ATTEMPT_SECONDS) -> Msg | None:
        """Ask once, and return the answer as it came; None where nobody answered."""
        subject = f"im.main.qry.{self.principal}.{tail}"
        try:
            return await self.nats.request(subject, json.dumps(body).encode(), timeout=seconds)
        except (NatsError, OSError, TimeoutError):
            return None


async def _ignore(_: Exception) -> None:
    """What fails is seen by its effect."""


class Connector:
    """Mints credentials and opens connections for the driver."""

    def __init__(self, trust: Trust, folder: Path, urls: list[str], history: History, clock: Clock) -> None:
        self._trust, self._folder, self._urls = trust, folder, urls
        self.history, self.clock = history, clock

    async def client(self, principal: str) -> Client:
        """Connect a principal."""
        return await Client(principal, self.history, self.clock).connect(self._urls, self.credentials(principal))

    def credentials(self, principal: str, scope: Any = "client") -> Path:
        """Mint credentials and return their file."""
        path = self._folder / f"{principal}.creds"
        if not path.exists():
            path.write_text(overseer(self._trust) if scope == OVERSEER else self._trust.mint(principal, scope))
        return path
