"""The three measurements: a drained backlog, end to end, and one client that waits."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

from nats.aio.client import Client as Nats
from nats.aio.msg import Msg

from benchmarks.commands import bare
from benchmarks.commands.bare import Letter
from benchmarks.commands.machine import calibrate, per_command
from benchmarks.commands.systems import Ceiling, System

WARM = 300
_LONGEST = 300.0


@dataclass(frozen=True)
class Figures:
    """What one measurement found; `figures` by name, processor time in microseconds per command and part."""

    calibration: float
    figures: dict[str, float]
    spent: dict[str, int] = field(default_factory=dict)


async def _publish(client: Nats, letters: Sequence[Letter]) -> float:
    """Publish as fast as the broker takes it; return how many it took in a second."""
    begun = time.perf_counter()
    stream = client.jetstream(publish_async_max_pending=2000)
    taken = [await stream.publish_async(one.subject, one.body, headers={"Nats-Msg-Id": str(one.id)}) for one in letters]
    async with asyncio.timeout(_LONGEST):
        await asyncio.gather(*taken)
    return len(letters) / (time.perf_counter() - begun)


async def drained(system: System) -> Figures:
    """Queue a backlog while no worker runs, then let the workers have it; what starts is not measured."""
    letters = await system.prepare()
    calibration = calibrate()
    published = await _publish(system.client, letters)
    system.start()
    tenth = await _reach(system, system.count // 10)
    heard, before, from_here = system.heard(), system.stage.spent(), time.perf_counter()
    await _reach(system, system.count)
    await system.check()
    seconds, after = time.perf_counter() - from_here, system.stage.spent()
    figures = {"rate": _rate(system), "published": published, "finished": (system.count - tenth) / seconds}
    spent = per_command(before, after, system.count - tenth)
    if heard is not None:  # audit is behind: it pays for more events than there were commands meanwhile
        theirs = per_command(before, after, system.count - heard)
        spent |= {name: theirs[name] for name in theirs if "audit" in name}
    figures |= {"worker_us": spent[system.worker], "all_us": sum(spent.values())}
    return Figures(calibration, figures, spent)


async def _reach(system: System, count: int) -> int:
    until = time.monotonic() + _LONGEST
    while time.monotonic() < until:
        found: int = system.value(f"SELECT count(*) FROM {system.inbox}")  # noqa: S608 - a constant of the class
        if found >= count:
            return found
        await asyncio.sleep(0.05)
    raise TimeoutError(f"{type(system).__name__} does not reach {count} commands\n{system.stage.told()}")


def _rate(system: System) -> float:
    """Return commands per second between two transactions: the one that passed the first tenth, and the last.

    The stamps are the starts of transactions, so what the last one decided was not decided between the two.
    """
    at, skipped = system.decided, system.count // 10
    row: Any = system.stage.database.execute(
        f"""
        WITH border AS (
            SELECT (array_agg({at} ORDER BY {at}))[{skipped + 1}] AS first, max({at}) AS last FROM {system.inbox})
        SELECT count(*) / extract(epoch FROM max(border.last) - min(border.first))
        FROM {system.inbox}, border WHERE {at} >= border.first AND {at} < border.last
        """.encode()  # noqa: S608 - constants of the class
    ).fetchone()
    return float(row[0])


class Listener:
    """Collects outcomes as they arrive."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self.arrived: set[str] = set()
        self._enough = asyncio.Event()
        self._wanted = 0

    async def listen(self) -> None:
        """Subscribe, and wait until the server knows."""
        await self._system.client.subscribe(self._system.outcomes, cb=self._on_outcome)
        await self._system.client.flush()
        await self._system.client.flush()

    async def _on_outcome(self, message: Msg) -> None:
        told = self._system.read_outcome(message)
        self.arrived.add(told)
        if waiting := self._waiting.pop(told, None):
            waiting.set_result(None)
        if len(self.arrived) >= self._wanted:
            self._enough.set()

    def expect(self, letter: Letter) -> asyncio.Future[None]:
        """Return what ends when the outcome is here."""
        waiting = self._waiting[str(letter.id)] = asyncio.get_running_loop().create_future()
        return waiting

    async def all_of(self, count: int) -> None:
        """Wait until that many outcomes have arrived since the beginning."""
        self._wanted = count
        self._enough.clear()
        if len(self.arrived) < count:
            async with asyncio.timeout(_LONGEST):
                await self._enough.wait()


async def end_to_end(system: System) -> Figures:
    """Let a warm system have everything from one client: first publish to last outcome."""
    letters = await system.prepare()
    listener = Listener(system)
    await listener.listen()
    system.start()
    await _publish(system.client, letters[:WARM])
    await listener.all_of(WARM)
    await asyncio.sleep(1)
    calibration = calibrate()
    before, begun = system.stage.spent(), time.perf_counter()
    published = await _publish(system.client, letters[WARM:])
    await listener.all_of(system.count)
    rate = (system.count - WARM) / (time.perf_counter() - begun)
    spent = per_command(before, system.stage.spent(), system.count - WARM)
    await system.check()
    return Figures(calibration, {"rate": rate, "published": published}, spent)


async def waiting_client(system: System) -> Figures:
    """Send one command after the other, each when the outcome of the one before is here; milliseconds."""
    letters = await system.prepare()
    listener = Listener(system)
    await listener.listen()
    system.start()
    await _publish(system.client, letters[:1])
    await listener.all_of(1)
    await asyncio.sleep(1)
    calibration = calibrate()
    stream = system.client.jetstream()
    whole, accepted = [], []
    for letter in letters[1:]:
        outcome, begun = listener.expect(letter), time.perf_counter()
        await stream.publish(letter.subject, letter.body, timeout=5, headers={"Nats-Msg-Id": str(letter.id)})
        accepted.append(time.perf_counter() - begun)
        await asyncio.wait_for(outcome, 20)
        whole.append(time.perf_counter() - begun)
    await system.check()
    figures = {**_spread("outcome", whole), **_spread("accepted", accepted)}
    if type(system) is Ceiling:
        figures |= _spread("echo", await _echoes(system.client, len(letters)))
    return Figures(calibration, figures)


async def _echoes(client: Nats, count: int) -> list[float]:
    took = []
    for _ in range(count):
        begun = time.perf_counter()
        await client.request(bare.ECHO, b"x" * 300, timeout=5)
        took.append(time.perf_counter() - begun)
    return took


def _spread(name: str, took: Sequence[float]) -> dict[str, float]:
    """Return median and 99th percentile in milliseconds, past the first sixth."""
    cuts = quantiles(took[len(took) // 6 :], n=100, method="inclusive")
    return {f"{name}_p50": cuts[49] * 1000, f"{name}_p99": cuts[98] * 1000}
