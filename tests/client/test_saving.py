"""Files that commands write: whole or not at all, and nothing else is replaced by them."""

import asyncio
import json
import os
import shlex
import stat
import sys
from pathlib import Path

import pytest

from incidents.terminal.saving import whole_file
from tests.client.command_line import ROOT
from tests.client.conftest import Bus, Peer
from tests.client.test_certificates import WHOLE, row_of
from tests.client.test_commands import RunLine, run_line
from tests.client.test_report_summaries import FILE, making

__all__ = ["making", "run_line"]


async def test_a_pipe_is_written_to_and_stays(making: Peer, run_line: RunLine, tmp_path: Path) -> None:
    """A pipe or a device that is named as the file gets the bytes; a file does not take its place."""
    pipe = tmp_path / "s.pdf"
    os.mkfifo(pipe)
    reading, received = os.open(pipe, os.O_RDWR | os.O_NONBLOCK), bytearray()
    asyncio.get_running_loop().add_reader(reading, lambda: received.extend(os.read(reading, 65_536)))
    ended = await run_line("reports", "summary", "--last", "month", "-o", "s.pdf", "--force")
    assert (ended.status, stat.S_ISFIFO(pipe.stat().st_mode)) == (0, True)
    asyncio.get_running_loop().remove_reader(reading)
    os.close(reading)
    assert received == FILE


def test_a_link_stays_and_its_file_is_replaced(tmp_path: Path) -> None:
    """What a link leads to gets the new content."""
    target, link = tmp_path / "target.pdf", tmp_path / "link.pdf"
    target.write_bytes(b"old")
    link.symlink_to(target)
    with whole_file(link) as file:
        file.write(b"new")
    assert (link.is_symlink(), target.read_bytes()) == (True, b"new")


def test_a_file_that_could_not_be_written_whole_is_not_there(tmp_path: Path) -> None:
    """A fault leaves the former file, and no part of the new one."""
    path = tmp_path / "copy.zip"
    path.write_bytes(b"old")
    lines = (line.encode("ascii") for line in ("new", "é"))
    with pytest.raises(UnicodeEncodeError), whole_file(path) as file:
        file.writelines(lines)
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("copy.zip", b"old")]


async def test_a_full_disk_leaves_no_part_of_a_certificate(bus: Bus, peer: Peer, tmp_path: Path) -> None:
    """A certificate that does not fit on the disk is not there under its name, where people would file it."""
    peer.answers["retention.certificates"] = json.dumps({"items": [row_of(WHOLE)], "waiting": 0}).encode()
    line = shlex.join([sys.executable, "-m", "incidents", "retention", "certificates", "--save", str(tmp_path)])
    ours = {"INCIDENTS_NATS_URL": bus.url, "INCIDENTS_NATS_CREDS": str(bus.credentials("alice"))}
    process = await asyncio.create_subprocess_exec(
        *("bash", "-c", f"ulimit -f 0; {line}"),
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", **ours},
    )
    _, errors = await process.communicate()
    assert (process.returncode, "cannot be written" in errors.decode()) == (2, True)
    assert list(tmp_path.iterdir()) == []
