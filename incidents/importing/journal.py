"""The journal of a file's imports, row by row, in a file next to it; it contains no texts of people."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

from incidents.importing.sending import Done, Tally
from incidents.importing.translating import Fault

_SUFFIX: Final = ".import.ndjson"


@dataclass
class Run:
    """One import: when and by whom it was started, the results of its rows, and when it ended, if it did."""

    began_at: str
    principal: str
    site: str
    source: str
    ended_at: str | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)

    def count(self, fate: str) -> int:
        """Count the rows with this result."""
        return sum(row["fate"] == fate for row in self.rows)


def journal_path(file: Path) -> Path:
    """Return the default path of a file's journal."""
    return file.with_name(f"{file.name}{_SUFFIX}")


class Journal:
    """Writes the results of one import's rows."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def start(self, *, principal: str, site: str, source: str) -> None:
        """Write the start of an import."""
        self._write({"began_at": _now(), "principal": principal, "site": site, "source": source})

    def row(self, done: Done) -> None:
        """Write the result of a row."""
        entry: dict[str, Any] = {"line": done.line, "fate": done.fate}
        if done.project:
            entry |= {"number": done.project.number, "project_id": str(done.project.project_id)}
        if done.refused:
            faults = [_fault(fault) for fault in done.refused.faults]
            entry |= {**faults[0], "number": done.refused.number, "faults": faults}
        self._write(entry)

    def end(self, tally: Tally) -> None:
        """Write the end of an import."""
        self._write({"ended_at": _now(), "rows": tally.done})

    def _write(self, entry: dict[str, Any]) -> None:
        self._file.write(json.dumps(entry) + "\n")
        self._file.flush()


def _fault(fault: Fault) -> dict[str, Any]:
    return {"field": fault.field, "column": fault.cell.column, "kind": fault.kind, **fault.limit}


def faults_of(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the faults of a refused row, of which the journals of older versions have the first one only."""
    names = ("field", "column", "kind")
    return row.get("faults") or ([{name: row[name] for name in names}] if row.get("kind") else [])


def runs(path: Path) -> list[Run]:
    """Read a journal, without a last line that an interruption cut off."""
    runs_: list[Run] = []
    for entry in _lines(path):
        if "began_at" in entry:
            runs_.append(Run(**entry))
        elif runs_ and "ended_at" in entry:
            runs_[-1].ended_at = entry["ended_at"]
        elif runs_ and "fate" in entry:
            runs_[-1].rows.append(entry)
    return runs_


def document_of(run: Run) -> dict[str, Any]:
    """Return a run as a document for programs."""
    fates = {fate: run.count(fate) for fate in ("imported", "already_there", "completed", "refused")}
    return {**asdict(run), **fates, "rows": sorted(run.rows, key=lambda row: int(row["line"]))}


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict):
                yield entry


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
