"""The benchmark under pressure: it runs, and it fails when something is lost, doubled, slow or growing."""

import asyncio
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.commands import testbed
from benchmarks.pressure.accounting import account
from benchmarks.pressure.cells import Result, Window
from benchmarks.pressure.soak import Look, Soak, TableHistory
from benchmarks.pressure.system import run_system

QUICK = (sys.executable, "-m", "benchmarks.pressure", "--quick", "--rate", "40", "--only", "crash", "--json")
STEADY = Window("before", 100.0, 5.0, 9.0, 12.0)
CARRIED = Result(
    cell="idle",
    what="a transaction is left idle",
    is_pressure=True,
    windows=(STEADY, STEADY, STEADY),
    behind_seconds=0.0,
    commands=3_000,
    refused=0,
    status_queries=0,
    repeated=0,
)
SOAKED = Soak(1_200.0, 1_000, [(5.0, 9.0, 12.0)] * 4, [], ({}, {}))


@pytest.mark.timeout(400)
def test_a_cell_runs() -> None:
    """A cell measures a system whose worker is killed, and accounts for every command."""
    ran = subprocess.run(QUICK, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    figures = json.loads(ran.stdout)
    assert figures["failures"] == {}
    assert [cell["cell"] for cell in figures["cells"]] == ["crash"]
    assert figures["cells"][0]["commands"] > 0


@pytest.mark.timeout(400)
def test_what_is_doubled_fails_the_measurement(tmp_path: Path) -> None:
    """A command with two effects is no figure, but a failure."""

    async def measure() -> None:
        async with factory.testbed() as servers, run_system(servers, 1.0) as system:
            await account(system)
            servers.database.execute("UPDATE projects.project SET revision = revision + 1")
            await account(system)

    factory = testbed.TestbedFactory(tmp_path)
    with factory.open(), pytest.raises(AssertionError, match="projects with a revision of"):
        asyncio.run(measure())


@pytest.mark.parametrize(
    "under,after,behind,reached",
    [(100.0, 100.0, 0.0, True), (89.0, 100.0, 0.0, False), (100.0, 97.0, 0.0, False), (100.0, 100.0, None, False)],
    ids=["carried", "slow under pressure", "slow after it", "never caught up"],
)
def test_a_cell_misses_its_bar(under: float, after: float, behind: float | None, reached: bool) -> None:
    """A rate that falls, or a backlog that stays, misses the bar."""
    first, second, third = CARRIED.windows
    windows = (first, replace(second, rate=under), replace(third, rate=after))
    assert replace(CARRIED, windows=windows, behind_seconds=behind).reached is reached


def test_a_soak_misses_its_bars() -> None:
    """Dead rows that grow from half to half, and waiting times that grow, miss the bar; vacuumed rows do not."""
    growing = [Look(8, dead, 0, 0) for dead in (500, 1_000, 1_500, 2_000)]
    vacuumed = [Look(100_000, dead, 0, 0) for dead in (5_000, 20_000, 1_000, 21_000)]
    assert SOAKED.reached
    assert replace(SOAKED, tables=[TableHistory("vacuumed", vacuumed)]).reached
    assert not replace(SOAKED, tables=[TableHistory("growing", growing)]).reached
    assert not replace(SOAKED, quarters=[*SOAKED.quarters[:3], (5.0, 11.0, 12.0)]).reached
