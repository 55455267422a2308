"""Run the real `incidents up`, whose workers are started by the launcher beside this file.

python -m tests.faults.host DIRECTORY NATS_PORT PLAN
"""

import sys
from pathlib import Path

import uvloop

from tests.faults import launcher
from workers.common import logs
from workers.local import cli
from workers.local.up import Parts, Ports, Step, up


def say(step: Step) -> None:
    """Tell how far it is."""
    print(f"{step.name} after {step.seconds:.2f} s", flush=True)


if __name__ == "__main__":
    directory = Path(sys.argv[1])
    logs.configure("up", directory / "logs")
    parts = Parts(cli._migrate_with, cli._provision_with, launcher.spawner(Path(sys.argv[3])))
    uvloop.run(up(directory, "main", Ports(int(sys.argv[2])), say, parts))
