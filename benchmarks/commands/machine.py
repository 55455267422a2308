"""The speed of this machine, and the processor time of each part."""

import subprocess
import time
from collections.abc import Mapping
from typing import TypeAlias

import psutil
import psycopg

Seconds: TypeAlias = dict[str, float]

_STEPS = 3_000_000
_BACKENDS = "SELECT pid, application_name FROM pg_stat_activity WHERE application_name <> ''"


def calibrate() -> float:
    """Return the seconds of a fixed loop, as a measure of this noisy machine's current speed."""
    since = time.perf_counter()
    total = 0
    for step in range(_STEPS):
        total += step
    return time.perf_counter() - since


class Meter:
    """Reads the processor time of workers, servers, and the database's processes by their worker."""

    def __init__(self, connection: psycopg.Connection[tuple[int, str]], broker: int, postmaster: int) -> None:
        self._connection = connection
        self._broker = psutil.Process(broker)
        self._postmaster = psutil.Process(postmaster)

    def read(self, workers: Mapping[str, list[subprocess.Popen[bytes]]]) -> Seconds:
        """Return the seconds spent so far, by part."""
        names = dict(self._connection.execute(_BACKENDS).fetchall())
        seconds = {"broker": _seconds(self._broker)}
        for backend in self._postmaster.children():
            part = f"database of {names[backend.pid]}" if backend.pid in names else "database itself"
            seconds[part] = seconds.get(part, 0.0) + _seconds(backend)
        for name, processes in workers.items():
            seconds[name] = sum(_seconds(psutil.Process(worker.pid)) for worker in processes)
        return seconds


def _seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def per_command(before: Seconds, after: Seconds, commands: int) -> dict[str, int]:
    """Return microseconds of processor time per command, by part."""
    differences = {name: after[name] - before.get(name, 0.0) for name in after}
    return {name: round(seconds / max(commands, 1) * 1e6) for name, seconds in differences.items()}
