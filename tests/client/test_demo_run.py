"""The demonstration as people start it, from an empty folder to a stopped system."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from tests.client.command_line import ROOT, incidents
from tests.support import eventually

pytestmark = pytest.mark.timeout(240)


async def test_everything_is_played_once(tmp_path: Path) -> None:
    """Every step succeeds, the report is in the folder, and nothing runs afterwards."""
    ended = await incidents("demo", "--once", "--data", "d", "--json", folder=tmp_path)
    steps = [json.loads(line) for line in ended.out.splitlines()]
    assert ended.status == 0, ended.out
    assert ended.err == "", ended.out
    assert [step["step"] for step in steps if not step["done"]] == []
    assert sum(step["commands"] for step in steps) > 100
    (report,) = tmp_path.glob("incident-*-report.pdf")
    assert report.read_bytes().startswith(b"%PDF-")
    assert not (tmp_path / "d" / "runtime.json").exists()


async def test_it_leaves_a_system_until_somebody_stops_it(tmp_path: Path) -> None:
    """Anyone who plays can go on with the system; it ends, in order, with the demonstration."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "incidents", "demo", "--data", "d", "--lang", "fr"),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr
    assert "incidents projects list" in (await process.stderr.readline()).decode()
    while "continue de fonctionner" not in (await process.stderr.readline()).decode():
        assert process.returncode is None
    ended = await incidents("projects", "list", "--json", "--limit", 100, "--data", tmp_path / "d")
    assert len(ended.json["items"]) == 25
    again = await incidents("demo", "--data", "d", folder=tmp_path)
    assert again.status == 0
    assert "This terminal stays" not in again.err
    assert "keeps running" in again.err
    process.send_signal(signal.SIGINT)
    assert await process.wait() == 0

    async def stopped() -> bool:
        return (await incidents("me", "--data", tmp_path / "d")).status == 3

    await eventually(stopped)


async def test_a_system_that_cannot_start_is_told(tmp_path: Path) -> None:
    """What the system said last is shown, and the status says that none was reached."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "keys").write_text("a file where a folder belongs")
    ended = await incidents("demo", "--once", "--data", "d", folder=tmp_path)
    assert ended.status == 3
    assert "the system stopped unexpectedly" in ended.err
