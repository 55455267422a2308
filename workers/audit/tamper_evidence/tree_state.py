"""How far the trees and the witnesses of both logs are behind: for figures, and for the status of the system."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.audit.row_types import LogStateRow, WitnessStateRow
from workers.runtime.bus.backlog_metrics import Figure
from workers.runtime.storage.identity_map import rows_of

_LOGS: Final = text(
    """
    SELECT log.store, log.size AS recorded, tree.size AS in_tree, coalesce(last.size, 0) AS signed,
        CAST(CASE WHEN log.size > coalesce(last.size, 0)
            THEN extract(epoch FROM now() - coalesce(last.at, pg_postmaster_start_time())) ELSE 0
        END AS double precision) AS late_seconds
    FROM audit.log JOIN audit.tree USING (store) LEFT JOIN LATERAL (
        SELECT size, at FROM audit.checkpoint c WHERE c.store = log.store ORDER BY size DESC LIMIT 1
    ) AS last ON true ORDER BY log.store
    """
)
_WITNESSES: Final = text(
    """
    SELECT w.name, w.kind, newest.store, coalesce(last.size, 0) AS attested, w.problem,
        CAST(extract(epoch FROM now() - w.failing_since) AS double precision) AS failing_seconds,
        CAST(CASE WHEN newest.size > coalesce(last.size, 0)
            THEN extract(epoch FROM now() - coalesce(last.at, newest.first_at)) ELSE 0
        END AS double precision) AS late_seconds
    FROM audit.witness w CROSS JOIN audit.log CROSS JOIN LATERAL (
        SELECT store, size,
            (SELECT at FROM audit.checkpoint f WHERE f.store = log.store ORDER BY size LIMIT 1) AS first_at
        FROM audit.checkpoint c WHERE c.store = log.store ORDER BY size DESC LIMIT 1
    ) AS newest LEFT JOIN LATERAL (
        SELECT size, at FROM audit.attestation a WHERE a.store = newest.store AND a.witness = w.name
        ORDER BY size DESC LIMIT 1
    ) AS last ON true ORDER BY w.name, newest.store
    """
)


async def log_states(connection: AsyncConnection) -> list[LogStateRow]:
    """Return how many entries of each log are recorded, in its tree, and signed."""
    return rows_of(await connection.execute(_LOGS), LogStateRow)


async def witness_states(connection: AsyncConnection) -> list[WitnessStateRow]:
    """Return how far each witness has come with each log, and for how long and why it fails."""
    return rows_of(await connection.execute(_WITNESSES), WitnessStateRow)


async def figures(connection: AsyncConnection) -> Sequence[Figure]:
    """Return how far trees, checkpoints and witnesses are behind, as metrics; all are 0 where nothing waits."""
    return [*_of_logs(await log_states(connection)), *_of_witnesses(await witness_states(connection))]


async def status(connection: AsyncConnection) -> dict[str, Any]:
    """Return the same for the status of the process."""
    return {
        "log_trees": [dict(row) for row in await log_states(connection)],
        "witnesses": [dict(row) for row in await witness_states(connection)],
    }


def _of_logs(rows: Sequence[LogStateRow]) -> Iterator[Figure]:
    for row in rows:
        labels = {"log": row["store"]}
        waiting = max(row["recorded"] - row["in_tree"], 0)
        yield Figure("log_tree_waiting_entries", "entries that are recorded and not in the tree", waiting, labels)
        meaning = "age of the last checkpoint, while entries wait for the next one"
        yield Figure("checkpoint_late_seconds", meaning, max(row["late_seconds"], 0), labels)


def _of_witnesses(rows: Sequence[WitnessStateRow]) -> Iterator[Figure]:
    meaning = "since a witness last attested a checkpoint, while one waits for it"
    for row in rows:
        labels = {"log": row["store"], "witness": row["name"]}
        yield Figure("witness_late_seconds", meaning, max(row["late_seconds"], 0), labels)
    if not rows:  # an alert about a figure that is not there never fires
        yield Figure("witness_late_seconds", meaning, 0, {"log": "", "witness": ""})
