"""The nemesis: faults drawn from a seeded generator, one or two at a time."""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import psutil
import psycopg

from tests.faults.client import Clock
from tests.faults.history import Fault
from tests.faults.proxies import Proxy, pause
from tests.faults.system import INSTANCES, TEMPLATE, System

Act = Callable[[], Awaitable[None]]


async def nothing() -> None:
    """Undo what needs no undoing."""


@dataclass(frozen=True)
class Plan:
    """A fault that is about to be: what is done, for how long, and how it is undone."""

    kind: str
    what: str
    begin: Act
    seconds: float = 0.0
    end: Act = field(default=nothing)


class Nemesis:
    """Draws faults and carries them out."""

    def __init__(self, system: System, rng: random.Random, clock: Clock, longest: float) -> None:
        self._system, self._rng, self._clock = system, rng, clock
        self._longest = longest
        self._long_pause_done = False
        nodes = sorted(name for name in system.processes() if name.startswith("bus-"))
        self.kinds: dict[str, Callable[[], Plan]] = (
            {"kill": lambda: self._kill(nodes), "pause": lambda: self._pause(nodes)}
            if nodes
            else self._of_one_machine()
        )

    def _of_one_machine(self) -> dict[str, Callable[[], Plan]]:
        everything = (*INSTANCES, TEMPLATE, "nats", "database")
        kinds: dict[str, Callable[[], Plan]] = {
            "kill": lambda: self._kill(everything),
            "pause": lambda: self._pause(everything),
            "restart": lambda: self._restart(everything),
            "kill all workers": self._kill_all,
            "cut": self._cut,
            "silence": self._silence,
            "slow": self._slow,
            "clock ahead": self._clock_ahead,
            "locks": self._locks,
        }
        if not self._system.disk.why_not:
            kinds["full disk"] = self._full_disk
        return kinds

    def draw(self, kinds: Sequence[str] = ()) -> list[Plan]:
        """Draw the next fault, or two that come at once."""
        names = list(kinds) or self._rng.sample(sorted(self.kinds), 2 if self._is_double() else 1)
        return [self.kinds[name]() for name in names]

    def _is_double(self) -> bool:
        return len(self.kinds) > 2 and self._rng.random() < 0.25

    async def commit(self, plans: Sequence[Plan]) -> list[Fault]:
        """Do it, and undo it; the faults say when each ended."""
        return await asyncio.gather(*(self._commit_one(plan) for plan in plans))

    async def _commit_one(self, plan: Plan) -> Fault:
        fault = Fault(plan.kind, plan.what, self._clock())
        await plan.begin()
        await pause(plan.seconds)
        await plan.end()
        fault.ended = self._clock()
        return fault

    def _seconds(self, most: float) -> float:
        return round(self._rng.uniform(1.0, min(most, self._longest)), 1)

    def _kill(self, names: Sequence[str]) -> Plan:
        name = self._rng.choice(names)
        seconds = self._seconds(10) if name.startswith("bus-") else 0.0

        async def revive() -> None:
            await self._system.revive(name)

        return Plan("kill", name, lambda: self._send(name, signal.SIGKILL, main_only=True), seconds, revive)

    def _restart(self, names: Sequence[str]) -> Plan:
        name = self._rng.choice(names)
        kind = signal.SIGINT if name == "database" else signal.SIGTERM
        return Plan("restart", name, lambda: self._send(name, kind, main_only=True))

    def _pause(self, names: Sequence[str]) -> Plan:
        name = self._rng.choice(names)
        seconds = self._seconds(20)
        if self._longest > 100 and not self._long_pause_done:
            self._long_pause_done, seconds = True, 150.0

        async def resume() -> None:
            await self._send(name, signal.SIGCONT)

        return Plan("pause", f"{name} for {seconds} s", lambda: self._send(name, signal.SIGSTOP), seconds, resume)

    def _kill_all(self) -> Plan:
        async def kill() -> None:
            for name in INSTANCES:
                await self._send(name, signal.SIGKILL)

        return Plan("kill all workers", "at once", kill)

    async def kill_everything(self) -> None:
        """Kill all there is, as somebody does at night who has no other idea."""
        for name in self._system.processes():
            await self._send(name, signal.SIGKILL, main_only=True)
            await self._system.revive(name)

    async def _send(self, name: str, kind: signal.Signals, *, main_only: bool = False) -> None:
        """Send a signal to a part and all its processes; a part that is just being restarted has none."""
        processes = self._system.processes().get(name, [])
        for process in processes[:1] if main_only else processes:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(kind)

    def _proxies(self) -> list[Proxy]:
        """Choose one proxy, all of one server, or those of the clients."""
        proxies = list(self._system.proxies.values())
        choice = self._rng.choice(("one", "bus:", "database:", "bus:clients"))
        return (
            [self._rng.choice(proxies)]
            if choice == "one"
            else [proxy for proxy in proxies if proxy.name.startswith(choice)]
        )

    def _cut(self) -> Plan:
        return self._on_proxies("cut", Proxy.cut)

    def _silence(self) -> Plan:
        return self._on_proxies("silence", Proxy.silence)

    def _slow(self) -> Plan:
        latency, rate = self._rng.uniform(0.05, 0.4), self._rng.uniform(20_000, 200_000)
        return self._on_proxies("slow", lambda proxy: proxy.slow(latency, rate))

    def _on_proxies(self, kind: str, act: Callable[[Proxy], None]) -> Plan:
        proxies, seconds = self._proxies(), self._seconds(20)

        async def begin() -> None:
            for proxy in proxies:
                act(proxy)

        async def end() -> None:
            for proxy in proxies:
                proxy.restore()

        name = proxies[0].name if len(proxies) == 1 else f"{len(proxies)} proxies, {proxies[0].name} and others"
        return Plan(kind, f"{name} for {seconds} s", begin, seconds, end)

    def _clock_ahead(self) -> Plan:
        name, ahead = self._rng.choice(INSTANCES), self._rng.choice((-120.0, 60.0, 3_700.0, 40 * 86_400.0))
        mark, seconds = self._system.plan / f"clock-{name}", self._seconds(15)

        async def begin() -> None:
            mark.write_text(str(ahead))
            await self._send(name, signal.SIGKILL)

        async def end() -> None:
            mark.unlink()
            await self._send(name, signal.SIGKILL)

        return Plan("clock ahead", f"{name} by {ahead:.0f} s for {seconds} s", begin, seconds, end)

    def _full_disk(self) -> Plan:
        seconds = self._seconds(15)

        async def begin() -> None:
            self._system.disk.fill()

        async def end() -> None:
            self._system.disk.relieve()

        return Plan("full disk", f"for {seconds} s", begin, seconds, end)

    def _locks(self) -> Plan:
        seconds, holding = self._seconds(20), list[psycopg.AsyncConnection]()

        async def begin() -> None:
            with suppress(psycopg.Error):  # another fault has the database
                connection = await psycopg.AsyncConnection.connect(self._system.database("incident_manager"))
                holding.append(connection)
                await connection.execute(
                    "SELECT 1 FROM projects.project ORDER BY created_at DESC LIMIT 30 FOR UPDATE SKIP LOCKED"
                )

        async def end() -> None:
            for connection in holding:
                await connection.close()

        return Plan("locks", f"of 30 projects for {seconds} s", begin, seconds, end)
