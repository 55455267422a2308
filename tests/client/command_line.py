"""The command line as people and scripts meet it: a process with a status, an output and an error output."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """Read its output, which is one JSON document."""
        document: dict[str, Any] = json.loads(self.out)
        return document


async def incidents(
    *line: object, given: str | bytes = "", folder: Path = ROOT, environment: Mapping[str, object] | None = None
) -> Ended:
    """Type `incidents …` in a folder, with nothing of this machine's own INCIDENTS_ variables."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("INCIDENTS_")}
    ours = {name: str(value) for name, value in (environment or {}).items()}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "client",
        *map(str, line),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder,
        env={**clean, "PYTHONPATH": str(ROOT), "COLUMNS": "120", **ours},
    )
    out, err = await process.communicate(given.encode() if isinstance(given, str) else given)
    return Ended(process.returncode or 0, out.decode(), err.decode())
