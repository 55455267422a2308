"""What imports of a file did, row by row, in a file beside it; nothing that people wrote stands in it."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

from incidents.importing.sending import Done, Tally

_SUFFIX: Final = ".import.ndjson"


@dataclass
class Run:
    """One import: when and by whom it was begun, what became of its rows, and when it ended, if it did."""

    began_at: str
    principal: str
    site: str
    source: str
    ended_at: str | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)

    def count(self, fate: str) -> int:
        """Count the rows that ended like this."""
        return sum(row["fate"] == fate for row in self.rows)


def beside(file: Path) -> Path:
    """Return where the journal of a file lies unless somebody says otherwise."""
    return file.with_name(f"{file.name}{_SUFFIX}")


class Journal:
    """Writes what becomes of the rows of one import."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def start(self, *, principal: str, site: str, source: str) -> None:
        """Write who imports what."""
        self._write({"began_at": _now(), "principal": principal, "site": site, "source": source})

    def row(self, done: Done) -> None:
        """Write what became of a row."""
        told: dict[str, Any] = {"line": done.line, "fate": done.fate}
        if done.project:
            told |= {"number": done.project.number, "project_id": str(done.project.project_id)}
        if done.misfit:
            told |= {"field": done.misfit.field, "kind": done.misfit.kind, "number": done.misfit.number}
        self._write(told)

    def end(self, tally: Tally) -> None:
        """Write that all rows have ended."""
        self._write({"ended_at": _now(), "rows": tally.done})

    def _write(self, told: dict[str, Any]) -> None:
        self._file.write(json.dumps(told) + "\n")
        self._file.flush()


def runs(path: Path) -> list[Run]:
    """Read a journal; a line that an interruption cut off is left out."""
    found: list[Run] = []
    for told in _lines(path):
        if "began_at" in told:
            found.append(Run(**told))
        elif found and "ended_at" in told:
            found[-1].ended_at = told["ended_at"]
        elif found and "fate" in told:
            found[-1].rows.append(told)
    return found


def told_of(run: Run) -> dict[str, Any]:
    """Return a run as a document for programs."""
    fates = {fate: run.count(fate) for fate in ("imported", "already_there", "completed", "refused")}
    return {**asdict(run), **fates, "rows": sorted(run.rows, key=lambda row: int(row["line"]))}


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                told = json.loads(line)
            except ValueError:
                continue
            if isinstance(told, dict):
                yield told


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
