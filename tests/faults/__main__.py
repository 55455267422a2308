"""Run a system under load and faults for as long as you like, and judge everything that happened.

The system is real: `incidents up` with all its workers, and a second process of projects beside it; with --cluster a
bus of three servers instead. Four principals send commands in several sessions, two followers hold live feeds, and a
nemesis kills, pauses and restarts processes, fills the disk, cuts, silences and slows connections, sets clocks ahead
and holds locks, one fault or two at a time. After each fault the time is taken until a fresh principal's commands have
their outcomes: more than 10 s is a failure. At the end every command, outcome, event, audit entry, row and feed is
compared with every other.

The last line is a JSON document. The status is 0 when nothing was found, else 1; then the whole history is in the
file that is named. A seed draws the same faults in the same order, but time passes differently in every run.

    make faults MINUTES=10 SEED=1
    make faults MINUTES=10 SEED=1 CLUSTER=1
    python -m tests.faults --minutes 2 --seed 7 --only 'full disk' --only pause
"""

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
from pathlib import Path

from tests.faults.cluster import ClusterSystem
from tests.faults.run import Run, RunOptions, execute, save
from tests.faults.system import SingleSystem, System

_NAMED = 30


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10.0, help="how long faults are made (default: 10)")
    parser.add_argument("--seed", type=int, default=1, help="which faults and which load (default: 1)")
    parser.add_argument("--cluster", action="store_true", help="a bus of three servers, whose nodes are the targets")
    parser.add_argument(
        "--only", action="append", default=[], metavar="KIND", help="make these kinds in turn, no others"
    )
    parser.add_argument("--rate", type=float, default=20.0, help="commands a second of each session (default: 20)")
    parser.add_argument("--longest", type=float, default=150.0, help="the longest pause in seconds (default: 150)")
    parser.add_argument("--out", type=Path, default=Path(), help="where the history is written after a failure")
    parser.add_argument("--keep", action="store_true", help="keep the system's directory with its logs")
    return parser.parse_args()


def say(line: str) -> None:
    """Tell how far the run is."""
    print(line, file=sys.stderr, flush=True)


async def main(arguments: argparse.Namespace) -> Run:
    """Start the system, run, and stop it."""
    directory = Path(tempfile.mkdtemp(prefix="faults-", dir="/tmp"))
    system: System = ClusterSystem(directory) if arguments.cluster else SingleSystem(directory)
    kinds = [[kind] for kind in arguments.only] * max(int(arguments.minutes * 4), 1)
    options = RunOptions(
        arguments.seed, arguments.minutes * 60, rate=arguments.rate, longest=arguments.longest, kinds=kinds
    )
    say(f"seed {arguments.seed}: starting {'a cluster' if arguments.cluster else 'one machine'} in {directory}")
    try:
        await system.start()
        return await execute(system, options, say)
    finally:
        if arguments.keep and system.disk.view != system.disk.folder:
            shutil.copytree(system.disk.view / "logs", directory / "logs", dirs_exist_ok=True)
        await system.stop()
        if not arguments.keep:
            shutil.rmtree(directory, ignore_errors=True)


def report(run: Run, out: Path) -> int:
    """Print what was found, the summary last, and return the status."""
    for violation in run.violations[:_NAMED]:
        say(f"VIOLATION {violation.rule}: {violation.story}")
    for fault in run.slow:
        time = f"{fault.serving_seconds:.1f} s" if fault.serving_seconds is not None else "never"
        say(f"LATE {fault.kind} {fault.what} at {fault.begun:.1f} s: serving again after {time} (last: {fault.last})")
    failed = bool(run.violations or run.slow)
    if failed:
        say(f"The whole history: {save(run, out).resolve()}")
    print(json.dumps(run.summary()), flush=True)
    return int(failed)


if __name__ == "__main__":
    options = arguments()
    sys.exit(report(asyncio.run(main(options)), options.out))
