"""Log files: rotated into an archive at a size that the settings say, without anybody's words."""

import contextlib
import json
import logging
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from contracts.administration import ChangeSettings
from tests.client.hostile import HOSTILE, raw_characters
from tests.support import Site, eventually
from workers.common import logs


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder into which this process logs; afterwards it logs as before."""
    root = logging.root
    handlers, level, config = root.handlers, root.level, structlog.get_config()
    logs.configure("projects", tmp_path)
    # A logger that is kept would write as here for as long as this process lives, whatever is configured later.
    structlog.configure(**{**structlog.get_config(), "cache_logger_on_first_use": False})
    yield tmp_path
    for handler in root.handlers:
        handler.close()
    root.handlers = handlers
    root.setLevel(level)
    structlog.configure(**config)


def test_a_full_file_is_archived(folder: Path) -> None:
    """A file that has reached its size moves into `Archive` whole, and entries go on in a new one (SYS-02)."""
    logs.set_archive_bytes(2_000)
    log = structlog.get_logger("rotation")
    for number in range(100):
        log.info("lane_taken", lane=number)
    files = [*sorted((folder / "Archive").iterdir()), folder / "projects.log"]
    lanes = [json.loads(line)["lane"] for path in files for line in path.read_text().splitlines()]
    assert len(files) > 3
    assert lanes == list(range(100))
    assert max(path.stat().st_size for path in files) <= 2_000


def test_the_size_is_ten_megabytes_unless_told(folder: Path) -> None:
    """Without a setting a file is archived at 10 MB (SYS-02)."""
    files = [handler for handler in logging.root.handlers if isinstance(handler, logs.ArchivingHandler)]
    assert [file.maxBytes for file in files] == [10_000_000]


async def test_the_size_follows_the_setting(site: Site, folder: Path) -> None:
    """A changed setting reaches the log files of running workers without a restart (SYS-03)."""
    await site.worker("administration", housekeeping_seconds=0.1)
    await (await site.client()).send(ChangeSettings(log_archive_bytes=123_456))
    (handler,) = [handler for handler in logging.root.handlers if isinstance(handler, logs.ArchivingHandler)]

    async def followed() -> bool:
        return handler.maxBytes == 123_456

    await eventually(followed)


def test_a_logged_error_tells_its_place_and_not_its_words(folder: Path) -> None:
    """An exception's message may quote what a person wrote; only its type and place are logged."""
    words = "A bag was left at gate 4."
    try:
        int(words)
    except ValueError:
        structlog.get_logger("errors").exception("query_failed")
    (line,) = (folder / "projects.log").read_text().splitlines()
    assert "gate 4" not in line
    assert json.loads(line)["error"] == "ValueError"
    assert "test_logs.py" in json.loads(line)["traceback"]


PROGRAM = """
import logging, sys, structlog
from workers.common import logs
logs.configure("projects", None)
structlog.get_logger("test").warning("message_dropped", subject=sys.argv[1], header={"X": sys.argv[1]})
logging.getLogger("test").warning("dropped %s", sys.argv[1])
"""


def test_a_log_on_a_terminal_is_clean() -> None:
    """What a client wrote into a subject or a header does not act on the terminal of anyone who reads the log (LOG)."""
    master, terminal = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", PROGRAM, HOSTILE], stderr=terminal) as running:
        os.close(terminal)
        output = b""
        with contextlib.suppress(OSError):
            while part := os.read(master, 65_536):
                output += part
    os.close(master)
    assert running.returncode == 0
    assert b"[U+0001]" in output
    assert raw_characters(output.decode()) == set()
