"""Bring a database into the cache, as on a server that has answered lists for hours."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_TABLES = ("project", "search", "camera")
_BY_ITSELF = text("SELECT set_config('max_parallel_workers_per_gather', '0', true)")
_BY_INDEX = text(
    "SELECT set_config('enable_seqscan', 'off', true), set_config('enable_sort', 'off', true), "
    "set_config('enable_bitmapscan', 'off', true)"
)
_BY_BITMAP = text("SELECT set_config('enable_bitmapscan', 'on', true), set_config('work_mem', '512MB', true)")
_INDEXES = text(
    """
    SELECT i.indrelid::regclass::text AS table, coalesce(pg_get_expr(i.indpred, i.indrelid), 'true') AS condition,
        (SELECT string_agg(pg_get_indexdef(i.indexrelid, place, true), ', ' ORDER BY place)
         FROM generate_series(1, i.indnkeyatts) place) AS key
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
    WHERE a.amname = 'btree' AND i.indrelid::regclass::text = ANY(:tables)
    """
)


async def warm(connection: AsyncConnection) -> None:
    """Read the tables of lists and all of their indexes.

    The process that answers must read them itself: it maps each page of the cache when it first reads it.
    """
    tables = [f"projects.{table}" for table in _TABLES]
    await connection.execute(_BY_ITSELF)
    for table in tables:  # `ctid` needs the rows themselves, but not their long values
        await connection.execute(text(f"SELECT count(ctid) FROM {table}"))  # noqa: S608 - our tables
    await connection.execute(_BY_INDEX)
    for row in await connection.execute(_INDEXES, {"tables": tables}):
        ordered = f"SELECT {row.key} FROM {row.table} WHERE {row.condition} ORDER BY {row.key} OFFSET 0"  # noqa: S608 - our index
        await connection.execute(text(f"SELECT count(*) FROM ({ordered}) AS everything"))  # noqa: S608 - our index
    await connection.execute(_BY_BITMAP)
    await connection.execute(text("SELECT count(*) FROM projects.search WHERE grams @> '{}'"))
