"""One run: a system, a load, followers, a nemesis, and at the end a judge."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contracts.ids import uuid7
from contracts.permissions import Node
from tests.faults import final_state as ending
from tests.faults.checker import RULES, Violation, judge
from tests.faults.client import Client, Clock, Connector
from tests.faults.followers import Follower, follow
from tests.faults.history import APPLIED, Fault, Final, History, SentCommand
from tests.faults.load import Session
from tests.faults.nemesis import Nemesis
from tests.faults.proxies import pause
from tests.faults.system import MANAGED, MORE, VIEWED, System, grant_roles
from tests.support import eventually
from tests.support.overseer import OVERSEER

SERVING_SECONDS = 10.0
"""Within this time after the end of a fault, a fresh command of a fresh principal has its outcome."""

_GIVE_UP_SECONDS = 60.0
_ENDING_SECONDS = 90.0
_QUIET_SECONDS = 60.0
_PRINCIPALS = ("admin", "olivia", "pierre", "karl")
_FRESH = 600
_KEYS = 12
"""Projects that a probe opens: it must not depend on who owns one lane."""

_EVERYTHING = ("projects.", "reports.")
_SEEN_BY_VIEWER = ("projects.created", "projects.updated", "projects.deleted", "projects.comment-")


@dataclass(frozen=True)
class RunOptions:
    """How long a run is, how much load there is, and which faults come."""

    seed: int
    seconds: float
    sessions: int = 4
    rate: float = 20.0
    longest: float = 150.0
    kinds: Sequence[Sequence[str]] = ()
    """Faults in this order, instead of drawn ones for `seconds`."""

    calm: float = 2.0


@dataclass
class Run:
    """What came of a run."""

    history: History
    final: Final = field(default_factory=Final)
    violations: list[Violation] = field(default_factory=list)

    @property
    def slow(self) -> list[Fault]:
        """The faults after which it took too long to serve again."""
        return [
            fault
            for fault in self.history.faults
            if fault.serving_seconds is None or fault.serving_seconds > SERVING_SECONDS
        ]

    def summary(self) -> dict[str, Any]:
        """Count everything."""
        sent = self.history.commands.values()
        broken = [violation.rule for violation in self.violations]
        kinds = sorted({fault.kind for fault in self.history.faults})
        times = {kind: [fault.serving_seconds for fault in self.history.faults if fault.kind == kind] for kind in kinds}
        return {
            "seed": self.history.seed,
            "commands": len(sent),
            "acknowledged": sum(command.kept_at is not None for command in sent),
            "attempts": sum(len(command.attempts) for command in sent),
            "applied": sum(decision.outcome["status"] == APPLIED for decision in self.final.inbox),
            "events": len(self.final.events),
            "followed": {
                followed.name: sum(message.kind == "event" for message in followed.received)
                for followed in self.history.followed
            },
            "faults": {kind: len(moments) for kind, moments in times.items()},
            "serving_again_seconds_max": {
                kind: None if None in seconds else round(max(second or 0.0 for second in seconds), 1)
                for kind, seconds in times.items()
            },
            "serving_again_late": len(self.slow),
            "violations": {rule: broken.count(rule) for rule in RULES},
        }


Say = Callable[[str], None]


async def execute(system: System, options: RunOptions, say: Say) -> Run:
    """Run the load and the faults against a system that was started, and judge what happened."""
    run, clock = Run(History(options.seed)), Clock()
    connector = Connector(system.trust, system.plan, system.urls, run.history, clock)
    await grant_roles(system, _roles())
    ops = await Client(OVERSEER, run.history, clock).connect(system.urls, connector.credentials(OVERSEER, OVERSEER))
    await _forget_quickly(ops)
    clients = {name: await connector.client(name) for name in (*_PRINCIPALS, "follower", "viewer")}
    await eventually(lambda: _is_serving(clients["admin"]), within=90)
    try:
        async with _following(run, clients) as followers:
            await _under_load(system, options, connector, list(clients.values())[: len(_PRINCIPALS)], say)
            answered = await ending.newest_revisions(system, clients["admin"])
            run.final = Final(answered=answered, left=await ending.wait_until_idle(system, ops.nats, _QUIET_SECONDS))
            await ending.gathered(system, ops.nats, run.final)
            await _caught_up(followers, run.final)
        run.violations = judge(run.history, run.final)
    finally:
        for client in (ops, *clients.values()):
            await client.close()
    return run


def _roles() -> dict[str, dict[Node, str]]:
    managed = dict.fromkeys(MANAGED, "manage")
    everything = managed | dict.fromkeys(MORE, "manage")
    return {
        "olivia": everything,
        "pierre": everything,
        "karl": managed,
        "follower": dict.fromkeys((*MANAGED, *MORE), "view"),
        "viewer": dict.fromkeys(VIEWED, "view"),
        **{f"fresh-{number}": managed for number in range(_FRESH)},
    }


async def _is_serving(client: Client) -> bool:
    return bool(await client.ask("administration.me", {})) and bool(await client.ask("projects.list", {}))


async def _forget_quickly(ops: Client) -> None:
    """Let the server forget message ids at once, where it may be asked: the inbox alone must then know repeats."""
    with contextlib.suppress(OSError, TimeoutError, KeyError):
        js = ops.nats.jetstream()
        info = await js.stream_info("COMMANDS")
        info.config.duplicate_window = 0.1
        await js.update_stream(info.config)


@asynccontextmanager
async def _following(run: Run, clients: dict[str, Client]) -> AsyncIterator[list[Follower]]:
    followers = [Follower(clients["follower"], _EVERYTHING), Follower(clients["viewer"], _SEEN_BY_VIEWER)]
    run.history.followed = [follower.followed for follower in followers]
    async with asyncio.TaskGroup() as tasks:
        running = await follow(followers, tasks)
        yield followers
        for task in running:
            task.cancel()


async def _caught_up(followers: list[Follower], final: Final) -> None:
    """Wait until each follower was told the last event that it may see, or for as long as one would wait."""

    async def all_have_last_event() -> bool:
        for follower in followers:
            ids = [event.id for event in final.events if event.happened.startswith(follower.followed.sees)]
            if ids and ids[-1] not in {each.event_id for each in follower.followed.received[-2_000:]}:
                return False
        return True

    with contextlib.suppress(AssertionError):
        await eventually(all_have_last_event, within=_QUIET_SECONDS)


async def _under_load(
    system: System, options: RunOptions, connector: Connector, clients: list[Client], say: Say
) -> None:
    rng, stopping, shared = random.Random(options.seed), asyncio.Event(), list[str]()
    names = [(client, f"{client.principal}-{number}") for client in clients for number in range(options.sessions)]
    async with asyncio.TaskGroup() as tasks:
        sessions = [
            tasks.create_task(
                Session(client, name, random.Random(f"{options.seed} {name}"), shared, options.rate).run(stopping)
            )
            for client, name in names
        ]
        await _faults(system, options, connector, rng, say)
        stopping.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ENDING_SECONDS):
                await asyncio.wait(sessions)
        for task in sessions:
            task.cancel()


async def _faults(system: System, options: RunOptions, connector: Connector, rng: random.Random, say: Say) -> None:
    nemesis = Nemesis(system, rng, connector.clock, options.longest)
    if system.disk.why_not:
        say(f"SKIPPED: no full disk, because {system.disk.why_not}")
    await _probe(connector, -1)
    ends = connector.clock() + options.seconds
    say(f"{connector.clock():7.1f} s  the load runs, faults come from now on")
    script, number = iter(options.kinds), 0
    while connector.clock() < ends or options.kinds:
        kinds = next(script, ()) if options.kinds else ()
        if options.kinds and not kinds:
            return
        await pause(rng.uniform(0.5, 1.5) * options.calm)
        faults = await nemesis.commit(nemesis.draw(kinds))
        connector.history.faults += faults
        ended = max(fault.ended for fault in faults)
        serving, last = await _serving_again(connector, number, ended)
        for fault in faults:
            fault.serving_seconds, fault.last = serving, last
        number += 1
        names = " + ".join(f"{fault.kind} {fault.what}" for fault in faults)
        note = f"serving again after {serving:.1f} s" if serving is not None else "NOT serving again"
        say(f"{connector.clock():7.1f} s  {len(connector.history.commands):6} commands  {names}: {note} (last: {last})")
        if serving is None:
            await nemesis.kill_everything()
            healed, last = await _serving_again(connector, number, connector.clock())
            say(f"everything was killed, and it serves {'again' if healed is not None else 'NEVER again'} ({last})")
            if healed is None:
                return


async def _serving_again(connector: Connector, number: int, ended: float) -> tuple[float | None, str]:
    """Measure from the end of a fault until a fresh principal has the outcomes of fresh commands of every worker."""
    waiting: list[str] = []
    try:
        async with asyncio.timeout(_GIVE_UP_SECONDS):
            last = await _probe(connector, number, waiting)
    except TimeoutError:
        return None, ", ".join(waiting[:3])
    return connector.clock() - ended, last


async def _probe(connector: Connector, number: int, waiting: list[str] | None = None) -> str:
    waiting = [] if waiting is None else waiting
    client = await connector.client(f"fresh-{number % _FRESH}" if number >= 0 else "fresh-0")
    last = ""

    async def decide(sent: SentCommand) -> None:
        nonlocal last
        waiting.append(f"{sent.tail} {sent.key}")
        sent.abandoned = True
        await client.keep(sent, 1.0)
        sent.abandoned = False
        await client.outcome(sent, 0.5)
        waiting.remove(f"{sent.tail} {sent.key}")
        last = sent.tail

    try:
        async with asyncio.TaskGroup() as tasks:
            for sent in _probes(client.principal):
                tasks.create_task(decide(sent))
    finally:
        await client.close()
    return last


def _probes(principal: str) -> list[SentCommand]:
    """Make commands of every worker: projects in many lanes are opened, the others are refused."""
    results = []
    for _ in range(_KEYS):
        project_id = str(uuid7())
        body = {"project_id": project_id, "description": "Is anybody there?"}
        results.append(
            SentCommand(str(uuid7()), principal, f"{principal}-{project_id}", "projects.create", project_id, body)
        )
    refused = frozenset({"permission-denied"})
    report_id, project_id = str(uuid7()), str(uuid7())
    for tail, key, body in (
        ("administration.add-type", "-", {"name": "Theft"}),
        ("reports.generate", report_id, {"report_id": report_id, "project_id": project_id}),
        ("retention.hold", project_id, {"project_id": project_id, "reason": "Police."}),
    ):
        results.append(SentCommand(str(uuid7()), principal, principal, tail, key, body, refused))
    return results


def save(run: Run, folder: Path) -> Path:
    """Write the whole history down."""
    path = folder / f"faults-{run.history.seed}.json"
    run.history.save(path, run.final)
    return path
