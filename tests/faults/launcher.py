"""A worker that reaches its servers through proxies, and whose clock may be ahead.

FAULTS_PLAN names a folder. In it, `proxies.json` names the port of the bus and the folder of the database's socket for
each instance that has proxies, and `clock-INSTANCE`, where there is one, says how many seconds the instance is ahead.
"""

import json
import os
import re
import time
from pathlib import Path
from urllib.parse import quote

from workers.local import run_worker
from workers.local.supervision.worker_spawners import Prefork

ROOT = Path(__file__).parents[2]


def use_proxies(plan: Path, instance: str) -> None:
    """Replace the addresses of the servers by the proxies of this instance."""
    proxies = json.loads((plan / "proxies.json").read_text()).get(instance)
    if proxies is None:
        return
    os.environ["INCIDENTS_NATS_URL"] = f"nats://127.0.0.1:{proxies['bus']}"
    for name in ("INCIDENTS_DATABASE_URL", "INCIDENTS_LOG_DATABASE_URL"):
        if url := os.environ.get(name):
            os.environ[name] = re.sub(r"host=[^&]*", f"host={quote(proxies['database'], safe='/')}", url)


def advance(plan: Path, instance: str) -> None:
    """Set the clock of this process ahead, for anyone who asks the module `time`."""
    ahead = plan / f"clock-{instance}"
    if not ahead.exists():
        return
    seconds = float(ahead.read_text())
    real, real_ns = time.time, time.time_ns
    time.time = lambda: real() + seconds
    time.time_ns = lambda: real_ns() + int(seconds * 1_000_000_000)


def run(instance: str) -> None:
    """Run the worker of an instance; `projects~2` is another process of `projects`."""
    plan = Path(os.environ["FAULTS_PLAN"])
    use_proxies(plan, instance)
    advance(plan, instance)
    run_worker.run(instance.partition("~")[0])


def spawner(plan: Path) -> Prefork:
    """Return what starts instances; all its processes know the plan, and where this module is, by the environment."""
    os.environ |= {"FAULTS_PLAN": str(plan), "PYTHONPATH": str(ROOT)}
    return Prefork(plan / "workers.out", "tests.faults.launcher:run")
