"""How late erasures are: projects that have expired, clean-ups after deletions, and certificates."""

import asyncio
from typing import Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.retention.certificates.files import CertificateFiles
from workers.retention.certificates.tables import DUE_SUPPLEMENTS, LAST, STATISTICS_SECONDS

_STATE: Final = text(
    f"""
    SELECT (SELECT count(*) FROM retention.destruction WHERE ended) AS waiting,
        CAST(coalesce((SELECT extract(epoch FROM now() - min(known_at)) FROM retention.destruction WHERE ended), 0)
            AS double precision) AS certificate_seconds,
        CAST(coalesce((
            SELECT extract(epoch FROM now() - min(CASE
                WHEN p.began_at >= at + interval '{STATISTICS_SECONDS} seconds' THEN greatest(at, p.quiet_until)
                ELSE at END))
            FROM (
                SELECT known_at AS at FROM retention.destruction
                UNION ALL SELECT erased_until FROM retention.certificate WHERE overwritten_at IS NULL
            ) AS erased
            LEFT JOIN retention.partial_erasure p ON true
            WHERE at + interval '{STATISTICS_SECONDS} seconds' >
                coalesce((SELECT greatest(began_at, clean_at) FROM retention.last_erasure), '-infinity')
        ), 0) AS double precision) AS erasure_seconds,
        CAST(coalesce((
            SELECT extract(epoch FROM now() - since) FROM retention.overdue
            WHERE EXISTS (SELECT FROM retention.policy)
        ), (
            SELECT extract(epoch FROM now() - p.created_at) - s.retention_days * 86400.0
            FROM published.settings s CROSS JOIN LATERAL (
                SELECT created_at FROM published.projects p
                WHERE NOT retention_exempt AND created_at < now() - make_interval(days => s.retention_days)
                    AND NOT EXISTS (SELECT FROM published.holds h WHERE h.project_id = p.project_id)
                ORDER BY created_at LIMIT 1
            ) AS p
            WHERE NOT EXISTS (SELECT FROM retention.policy)
        ), 0) AS double precision) AS expired_seconds
    """  # noqa: S608 - a constant
)
_WAITING: Final = text("SELECT EXISTS (SELECT FROM retention.destruction WHERE ended)")


class Lateness(NamedTuple):
    """Destructions without a certificate, and for how long the oldest has waited; the same of clean-ups and sweeps.

    What only the quiet hours rewrite is late from their end.

    With policies, what has expired is as the last sweep counted it: to find it out anew would read every project.
    """

    waiting: int
    certificate_seconds: float
    erasure_seconds: float
    expired_seconds: float


async def read(connection: AsyncConnection) -> Lateness:
    """Return how late everything is."""
    row = (await connection.execute(_STATE)).one()
    return Lateness(row.waiting, *(max(seconds, 0.0) for seconds in row[1:]))


async def is_any_waiting(connection: AsyncConnection, files: CertificateFiles) -> bool:
    """Return whether a destruction has no certificate, one its supplement, or a file is ahead of the database."""
    if (await connection.execute(_WAITING)).scalar_one():
        return True
    if (await connection.execute(DUE_SUPPLEMENTS, {"limit": 1})).first():
        return True
    known: int = (await connection.execute(LAST)).scalar_one()
    return bool(await asyncio.to_thread(files.ahead_of, known))
