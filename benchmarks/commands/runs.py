"""The three measurements: a backlog, end to end, and one waiting client."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

from nats.aio.client import Client as Nats
from nats.aio.msg import Msg

from benchmarks.commands import bare
from benchmarks.commands.bare import Publication
from benchmarks.commands.machine import calibrate, per_command
from benchmarks.commands.systems import Ceiling, System

WARM_UP_COMMANDS = 300
_LIMIT_SECONDS = 300.0


@dataclass(frozen=True)
class Figures:
    """The result of one measurement: figures by name, and microseconds of processor time per command and part."""

    calibration: float
    figures: dict[str, float]
    spent: dict[str, int] = field(default_factory=dict)


async def _publish(client: Nats, publications: Sequence[Publication]) -> float:
    """Publish as fast as the broker accepts, and return the rate per second."""
    since = time.perf_counter()
    stream = client.jetstream(publish_async_max_pending=2000)
    acknowledgements = [
        await stream.publish_async(publication.subject, publication.body, headers=_headers(publication))
        for publication in publications
    ]
    async with asyncio.timeout(_LIMIT_SECONDS):
        await asyncio.gather(*acknowledgements)
    return len(publications) / (time.perf_counter() - since)


def _headers(publication: Publication) -> dict[str, str]:
    return {"Nats-Msg-Id": str(publication.id)}


async def measure_backlog(system: System) -> Figures:
    """Queue a backlog while no worker runs, then measure the workers on it, without their start."""
    publications = await system.prepare()
    calibration = calibrate()
    published = await _publish(system.client, publications)
    system.start()
    reached = await _wait_for(system, system.count // 10)
    audited, before, since = system.audited_events(), system.testbed.processor_seconds(), time.perf_counter()
    await _wait_for(system, system.count)
    await system.check()
    seconds, after = time.perf_counter() - since, system.testbed.processor_seconds()
    figures = {"rate": _rate(system), "published": published, "finished": (system.count - reached) / seconds}
    spent = per_command(before, after, system.count - reached)
    if audited is not None:  # audit is behind: it pays for more events than there were commands meanwhile
        audit_spent = per_command(before, after, system.count - audited)
        spent |= {name: audit_spent[name] for name in audit_spent if "audit" in name}
    figures |= {"worker_us": spent[system.worker], "all_us": sum(spent.values())}
    return Figures(calibration, figures, spent)


async def _wait_for(system: System, count: int) -> int:
    until = time.monotonic() + _LIMIT_SECONDS
    while time.monotonic() < until:
        reached: int = system.value(f"SELECT count(*) FROM {system.inbox}")  # noqa: S608 - a constant of the class
        if reached >= count:
            return reached
        await asyncio.sleep(0.05)
    raise TimeoutError(f"{type(system).__name__} does not reach {count} commands\n{system.testbed.log_tails()}")


def _rate(system: System) -> float:
    """Return commands per second between two transactions: the one at the first tenth, and the last.

    The stamps are the starts of transactions, so the commands of the last transaction do not count.
    """
    at, skipped = system.decided, system.count // 10
    row: Any = system.testbed.database.execute(
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
        self._expected = 0

    async def listen(self) -> None:
        """Subscribe, and wait for the server's confirmation."""
        await self._system.client.subscribe(self._system.outcomes, cb=self._on_outcome)
        await self._system.client.flush()
        await self._system.client.flush()

    async def _on_outcome(self, message: Msg) -> None:
        command_id = self._system.read_outcome(message)
        self.arrived.add(command_id)
        if waiting := self._waiting.pop(command_id, None):
            waiting.set_result(None)
        if len(self.arrived) >= self._expected:
            self._enough.set()

    def expect(self, publication: Publication) -> asyncio.Future[None]:
        """Return a future that ends with the outcome."""
        waiting = self._waiting[str(publication.id)] = asyncio.get_running_loop().create_future()
        return waiting

    async def all_of(self, count: int) -> None:
        """Wait until that many outcomes have arrived."""
        self._expected = count
        self._enough.clear()
        if len(self.arrived) < count:
            async with asyncio.timeout(_LIMIT_SECONDS):
                await self._enough.wait()


async def measure_end_to_end(system: System) -> Figures:
    """Measure a warm system with one client, from the first publish to the last outcome."""
    publications = await system.prepare()
    listener = Listener(system)
    await listener.listen()
    system.start()
    await _publish(system.client, publications[:WARM_UP_COMMANDS])
    await listener.all_of(WARM_UP_COMMANDS)
    await asyncio.sleep(1)
    calibration = calibrate()
    before, since = system.testbed.processor_seconds(), time.perf_counter()
    published = await _publish(system.client, publications[WARM_UP_COMMANDS:])
    await listener.all_of(system.count)
    rate = (system.count - WARM_UP_COMMANDS) / (time.perf_counter() - since)
    spent = per_command(before, system.testbed.processor_seconds(), system.count - WARM_UP_COMMANDS)
    await system.check()
    return Figures(calibration, {"rate": rate, "published": published}, spent)


async def measure_waiting_client(system: System) -> Figures:
    """Send commands one after the other, each after the outcome of the previous one; figures in milliseconds."""
    publications = await system.prepare()
    listener = Listener(system)
    await listener.listen()
    system.start()
    await _publish(system.client, publications[:1])
    await listener.all_of(1)
    await asyncio.sleep(1)
    calibration = calibrate()
    stream = system.client.jetstream()
    waited, accepted = [], []
    before = system.testbed.processor_seconds()
    for publication in publications[1:]:
        outcome, since = listener.expect(publication), time.perf_counter()
        await stream.publish(
            publication.subject, publication.body, timeout=5, headers={"Nats-Msg-Id": str(publication.id)}
        )
        accepted.append(time.perf_counter() - since)
        await asyncio.wait_for(outcome, 20)
        waited.append(time.perf_counter() - since)
    spent = per_command(before, system.testbed.processor_seconds(), len(waited))
    await system.check()
    figures = {**_spread("outcome", waited), **_spread("accepted", accepted), "all_us": sum(spent.values())}
    if type(system) is Ceiling:
        figures |= _spread("echo", await _echoes(system.client, len(publications)))
    return Figures(calibration, figures, spent)


async def _echoes(client: Nats, count: int) -> list[float]:
    seconds = []
    for _ in range(count):
        since = time.perf_counter()
        await client.request(bare.ECHO, b"x" * 300, timeout=5)
        seconds.append(time.perf_counter() - since)
    return seconds


def _spread(name: str, seconds: Sequence[float]) -> dict[str, float]:
    """Return median and 99th percentile in milliseconds, without the first sixth."""
    cuts = quantiles(seconds[len(seconds) // 6 :], n=100, method="inclusive")
    return {f"{name}_p50": cuts[49] * 1000, f"{name}_p99": cuts[98] * 1000}
