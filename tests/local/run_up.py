"""Run `up` with stand-ins for the workers, as a process that tests can kill."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from workers.local.up import Parts, Ports, Step, up


async def migrate(settings: Mapping[str, str]) -> None:
    """Fail if the test wants it."""
    if "MIGRATION_FAILS" in os.environ:
        raise RuntimeError(settings["INCIDENTS_OWNER_DATABASE_URL"])


async def provision(settings: Mapping[str, str]) -> None:
    """Find the credentials in place."""
    assert Path(settings["INCIDENTS_NATS_CREDS"]).exists()


def say(step: Step) -> None:
    """Tell the test how far it is."""
    print(f"{step.name} after {step.seconds:.2f} s", flush=True)


parts = Parts(migrate, provision, [sys.executable, str(Path(__file__).with_name("worker.py"))])
ports = Ports(health=int(os.environ.get("HEALTH_PORT", "0")))
asyncio.run(up(Path(sys.argv[1]), "main", ports, say, parts))
