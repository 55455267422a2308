"""What a witness has seen: the last checkpoint of each log, in one file, compared and replaced in one transaction."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from contracts.evidence.checkpoints import Checkpoint, NoteError
from contracts.evidence.consistency import require_consistent
from contracts.evidence.cosignatures import Parts, Verifier, is_signed_by, parts_of
from contracts.evidence.merkle_tree import ProofError
from contracts.evidence.witness_requests import Submission, read_submission
from workers.common.signing_key import is_signature

_REFUSALS_MAX: Final = 100
"""Notes of one log that are kept as proof that it showed two histories."""

_WAIT_SECONDS: Final = 10.0
_TABLES: Final = """
    CREATE TABLE IF NOT EXISTS seen (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT);
    CREATE TABLE IF NOT EXISTS refused (origin TEXT, note TEXT, at TEXT DEFAULT CURRENT_TIMESTAMP,
        PRIMARY KEY (origin, note));
"""
_SEE: Final = """
    INSERT INTO seen (origin, size, root, note) VALUES (?, ?, ?, ?)
    ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root, note = excluded.note
"""
_REFUSE: Final = """
    INSERT INTO refused (origin, note) SELECT ?1, ?2
    WHERE (SELECT count(*) FROM refused WHERE origin = ?1) < ?3 ON CONFLICT DO NOTHING
"""


class NotCosignedError(Exception):
    """A checkpoint that is not cosigned: the status of HTTP that says why, and the size that was seen last."""

    def __init__(self, status: int, size: int | None = None) -> None:
        super().__init__(status, size)
        self.status = status
        self.size = size


class ObservedLogs:
    """The logs that a witness knows by their keys, and what it has seen of them."""

    def __init__(self, path: Path, logs: Mapping[str, Verifier]) -> None:
        """Open the file, and make it if there is none; `logs` are the keys by the name of each log."""
        self._path = path
        self._logs = logs
        with self._connect() as connection:
            connection.executescript(_TABLES)

    def observe(self, body: bytes) -> str:
        """Return the text to cosign of a submitted checkpoint, which is from now on the last one that was seen.

        Raises:
            NotCosignedError: It is not signed by a known log, or no continuation of what was seen of it.
        """
        submission, parts = _read(body)
        checkpoint = parts.checkpoint
        log = self._logs.get(checkpoint.origin)
        if log is None:
            raise NotCosignedError(404)
        if not is_signed_by(parts, log, is_signature):
            raise NotCosignedError(403)
        if submission.old_size > checkpoint.size:
            raise NotCosignedError(400)
        with self._connect() as connection:
            connection.execute("BEGIN IMMEDIATE")  # nobody else reads what was seen until this has replaced it
            try:
                self._require_continuation(connection, submission, checkpoint)
            except NotCosignedError as error:
                if error.size is None:
                    connection.execute(_REFUSE, (checkpoint.origin, submission.note, _REFUSALS_MAX))
                raise
            else:
                connection.execute(_SEE, (checkpoint.origin, checkpoint.size, checkpoint.root, submission.note))
            finally:
                connection.execute("COMMIT")
        return parts.text

    def _require_continuation(
        self, connection: sqlite3.Connection, submission: Submission, checkpoint: Checkpoint
    ) -> None:
        seen = _Seen(*(self._row(connection, checkpoint.origin) or (0, b"")))
        if submission.old_size != seen.size:
            raise NotCosignedError(409, seen.size)
        if seen.size == checkpoint.size and seen.size and seen.root != checkpoint.root:
            raise NotCosignedError(409)
        try:
            require_consistent(seen.size, checkpoint.size, (seen.root, checkpoint.root), submission.proof)
        except ProofError as error:
            raise NotCosignedError(422) from error

    @staticmethod
    def _row(connection: sqlite3.Connection, origin: str) -> tuple[int, bytes] | None:
        row: tuple[int, bytes] | None = connection.execute(
            "SELECT size, root FROM seen WHERE origin = ?", (origin,)
        ).fetchone()
        return row

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one request; what is committed is on the disk before the answer leaves."""
        with closing(sqlite3.connect(self._path, timeout=_WAIT_SECONDS, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            yield connection


class _Seen(NamedTuple):
    """The last checkpoint of a log that was cosigned."""

    size: int
    root: bytes


def _read(body: bytes) -> tuple[Submission, Parts]:
    try:
        submission = read_submission(body)
        return submission, parts_of(submission.note)
    except NoteError as error:
        raise NotCosignedError(400) from error
