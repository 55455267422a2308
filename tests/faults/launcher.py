"""Become a worker that reaches its servers through wires, and whose clock may be ahead.

    launcher.py PLAN INSTANCE

PLAN is a folder. In it, `wires.json` names the port of the bus and the folder of the database's socket for each
instance that has wires, and `clock-INSTANCE`, where there is one, says how many seconds the instance is ahead.
"""

import json
import os
import re
import runpy
import sys
import time
from pathlib import Path
from urllib.parse import quote


def rewire(plan: Path, instance: str) -> None:
    """Replace the addresses of the servers by those of this instance's wires."""
    wires = json.loads((plan / "wires.json").read_text()).get(instance)
    if wires is None:
        return
    os.environ["INCIDENTS_NATS_URL"] = f"nats://127.0.0.1:{wires['bus']}"
    for name in ("INCIDENTS_DATABASE_URL", "INCIDENTS_LOG_DATABASE_URL"):
        if url := os.environ.get(name):
            os.environ[name] = re.sub(r"host=[^&]*", f"host={quote(wires['database'], safe='/')}", url)


def advance(plan: Path, instance: str) -> None:
    """Set the clock of this process ahead, for whoever asks the module `time`."""
    ahead = plan / f"clock-{instance}"
    if not ahead.exists():
        return
    seconds = float(ahead.read_text())
    real, real_ns = time.time, time.time_ns
    time.time = lambda: real() + seconds
    time.time_ns = lambda: real_ns() + int(seconds * 1_000_000_000)


if __name__ == "__main__":
    rewire(Path(sys.argv[1]), sys.argv[2])
    advance(Path(sys.argv[1]), sys.argv[2])
    sys.argv = ["workers", "worker", sys.argv[2].partition("~")[0]]
    runpy.run_module("workers", run_name="__main__")
