"""The command line as people and scripts meet it: a process with a status, an output and an error output."""

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.client import forked_command_line

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class CommandResult:
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
    *line: object,
    standard_input: str | bytes = "",
    folder: Path = ROOT,
    environment: Mapping[str, object] | None = None,
) -> CommandResult:
    """Type `incidents …` in a folder, with nothing of this machine's own INCIDENTS_ variables and locale."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("INCIDENTS_", "LC_", "LANG"))}
    ours = {name: str(value) for name, value in (environment or {}).items()}
    whole = {**clean, "PYTHONPATH": str(ROOT), "COLUMNS": "120", **ours}
    result = await asyncio.to_thread(
        forked_command_line.run,
        [str(word) for word in line],
        standard_input.encode() if isinstance(standard_input, str) else standard_input,
        folder,
        whole,
    )
    return CommandResult(result.status, result.out.decode(), result.err.decode())
