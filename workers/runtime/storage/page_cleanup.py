"""Removing the bytes of deleted rows from the database's files.

A deleted row stays in its page, its keys stay in index pages, and both stay in the write-ahead log, whose segments are
used again without being cleared. A table with people's words is one that has a column without statistics.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg
from sqlalchemy import Row, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

REWRITE_BYTES_MAX: Final = 32 * 1024 * 1024
"""Bytes of a table, without indexes, that is rewritten at any hour: nobody can use it meanwhile, about 0.3 seconds."""

_SEGMENTS_MAX: Final = 80
"""Segments of the write-ahead log that are overwritten at most; by default there are less than 64 of 16 MB."""

_SEGMENT_PAUSE_SECONDS: Final = 0.05
LOCK_ATTEMPTS_MAX: Final = 5
"""Attempts to lock a table, half a second apart, before it is left for the next clean-up."""

_LOCK_PAUSE_SECONDS: Final = 0.5
HORIZON_ATTEMPTS_MAX: Final = 20
"""Looks, half a second apart, at whether older transactions have ended, before the clean-up is left incomplete."""

_TABLES: Final = text(
    """
    SELECT c.oid::regclass::text AS name, pg_table_size(c.oid)::bigint AS bytes,
        coalesce(s.n_tup_del, 0)::bigint AS deleted, coalesce(s.n_tup_upd, 0)::bigint AS updated,
        coalesce(s.autovacuum_count, 0)::bigint AS vacuumed,
        (coalesce(s.n_tup_ins, 0) * (c.oid = to_regclass('projects.redaction'))::int)::bigint AS redacted,
        has_table_privilege(c.oid, :privilege) AS is_permitted
    FROM pg_class c LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
    WHERE c.relkind = 'r' AND EXISTS (
        SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attstattarget = 0 AND NOT a.attisdropped)
        OR c.oid = 'pg_catalog.pg_statistic'::regclass
    ORDER BY bytes
    """
)
_STATISTICS: Final = "pg_statistic"
"""Analyses of earlier versions have left words in it, so it is rewritten once by each process."""

_NEXT_TRANSACTION: Final = text("SELECT CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text)")
# Who may still see rows that transactions before this one deleted: they survive a rewriting. Sessions of other
# databases see none of this one.
_OLDER: Final = text(
    """
    WITH horizon AS (SELECT age(CAST(CAST(:next AS xid8) AS xid)) AS age)
    SELECT a.pid::text AS name FROM pg_stat_activity a, horizon
        WHERE a.pid <> pg_backend_pid() AND (a.datname = current_database() OR a.datname IS NULL)
            AND greatest(age(a.backend_xmin), age(a.backend_xid)) > horizon.age
    UNION ALL SELECT p.gid FROM pg_prepared_xacts p, horizon
        WHERE p.database = current_database() AND age(p.transaction) > horizon.age
    UNION ALL SELECT s.slot_name FROM pg_replication_slots s, horizon WHERE age(s.xmin) > horizon.age
    ORDER BY name
    """
)
_SERVER_VERSION: Final = text("SELECT current_setting('server_version_num')::int")
_SEGMENTS: Final = text(
    """
    SELECT count(*) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$' AND name >= pg_walfile_name(pg_current_wal_lsn())
    """
)
_TURN: Final = text("SELECT pg_switch_wal() FROM pg_logical_emit_message(false, 'erasure', 'end of a segment')")
_CHECKPOINT: Final = text("CHECKPOINT")
_NO_CHANGES: Final = (0, 0, 0)
_MAINTAIN_SINCE: Final = 170_000
_LOCK_TIMEOUT: Final = "55P03"
_NO_RIGHT: Final = "42501"


@dataclass(frozen=True, slots=True)
class PageCleanup:
    """What a clean-up did and what it left."""

    rewritten: list[str] = field(default_factory=list)
    large: list[str] = field(default_factory=list)
    """Tables too large to be rewritten: rows were removed, and their pages are overwritten when they are used again."""

    locked: list[str] = field(default_factory=list)
    """Tables that somebody used all the time."""

    missing_rights: list[str] = field(default_factory=list)
    held_back: list[str] = field(default_factory=list)
    """Sessions, prepared transactions and replication slots that may still see what was deleted."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing that was deleted before is in the database's files."""
        return not (self.large or self.failures)

    @property
    def failures(self) -> dict[str, list[str]]:
        """What it could not do, by cause; nothing if it could do everything that it does at this hour."""
        left = {"locked": self.locked, "missing_rights": self.missing_rights, "held_back": self.held_back}
        return left if any(left.values()) else {}


@dataclass
class PageCleaner:
    """Cleans the pages of one database; it remembers what it cleaned, and looks only at what changed since."""

    _cleaned: dict[str, tuple[int, ...]] = field(default_factory=dict)
    _deleted: int | None = None
    _is_held_back: bool = False

    async def is_needed(self, connection: AsyncConnection) -> bool:
        """Return whether words were deleted or redacted since the last complete clean-up."""
        rows = (await connection.execute(_TABLES, {"privilege": "SELECT"})).all()
        return _deletions(rows) != self._deleted

    async def clean(self, connection: AsyncConnection, *, is_quiet: bool = False) -> PageCleanup:
        """Rewrite the tables that changed, and overwrite the write-ahead log; `connection` commits each statement.

        Large tables are rewritten only while it `is_quiet`: nobody can use one meanwhile, perhaps for minutes.
        """
        version = (await connection.execute(_SERVER_VERSION)).scalar_one()
        privilege = "MAINTAIN" if version >= _MAINTAIN_SINCE else "TRUNCATE"  # before, only the owner may vacuum
        rows = (await connection.execute(_TABLES, {"privilege": privilege})).all()
        result = PageCleanup(held_back=await _older_transactions(connection))
        # What they keep, they keep until they end: meanwhile the tables are rewritten once.
        was_held_back, self._is_held_back = self._is_held_back, bool(result.held_back)
        if was_held_back and self._is_held_back:
            return result
        for row in rows:
            state = (row.deleted, row.updated, row.vacuumed) if row.name != _STATISTICS else (1,)
            if self._cleaned.get(row.name, _NO_CHANGES) == state:
                continue
            if not row.is_permitted:
                result.missing_rights.append(row.name)
            elif row.bytes > REWRITE_BYTES_MAX and not is_quiet:
                await connection.execute(text(f"VACUUM (INDEX_CLEANUP ON, SKIP_LOCKED) {row.name}"))
                result.large.append(row.name)
            elif await _rewrite(connection, row.name):
                if not result.held_back:
                    self._cleaned[row.name] = state
                result.rewritten.append(row.name)
            else:
                result.locked.append(row.name)
        result.missing_rights.extend(await overwrite_log(connection))
        if result.is_complete:
            self._deleted = _deletions(rows)
        return result


def _deletions(rows: Sequence[Row[Any]]) -> int:
    return sum(row.deleted + row.redacted for row in rows if row.name != _STATISTICS)


async def _older_transactions(connection: AsyncConnection) -> list[str]:
    """Wait for the transactions that have begun by now, and return what has not ended after a while.

    A rewriting keeps the deleted rows that one of them can see.
    """
    parameters = {"next": (await connection.execute(_NEXT_TRANSACTION)).scalar_one()}
    older = list((await connection.execute(_OLDER, parameters)).scalars())
    for _ in range(HORIZON_ATTEMPTS_MAX if older else 0):
        await asyncio.sleep(_LOCK_PAUSE_SECONDS)
        older = list((await connection.execute(_OLDER, parameters)).scalars())
        if not older:
            break
    return older


async def _rewrite(connection: AsyncConnection, table: str) -> bool:
    """Rewrite a table with its indexes, and return whether nobody else held it all the time."""
    for _ in range(LOCK_ATTEMPTS_MAX):
        try:
            await connection.execute(text(f"VACUUM (FULL) {table}"))
        except DBAPIError as error:
            if _state_of(error) != _LOCK_TIMEOUT:
                raise
            await asyncio.sleep(_LOCK_PAUSE_SECONDS)
        else:
            return True
    return False


async def overwrite_log(connection: AsyncConnection) -> list[str]:
    """Overwrite every segment of the write-ahead log from before, and return the rights that are missing for it.

    A turn before the first checkpoint ends the current segment, whose beginning would stay otherwise. The checkpoint
    makes all earlier segments free to be used again. Each further turn fills a whole one with zeros, and the last
    checkpoint makes the pages in the cache durable.
    """
    try:
        await connection.execute(_TURN)
        await connection.execute(_CHECKPOINT)
        segments = (await connection.execute(_SEGMENTS)).scalar_one()
        for _ in range(min(segments, _SEGMENTS_MAX)):
            await connection.execute(_TURN)
            await asyncio.sleep(_SEGMENT_PAUSE_SECONDS)
        await connection.execute(_CHECKPOINT)
    except DBAPIError as error:
        if _state_of(error) != _NO_RIGHT:
            raise
        return ["write-ahead log"]
    return []


def _state_of(error: DBAPIError) -> str | None:
    return error.orig.sqlstate if isinstance(error.orig, psycopg.Error) else None
