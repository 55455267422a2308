"""Beginning another erasure journal, where the one that the database knows is lost or refused."""

from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# A database of an earlier version has no such table: its migration lets everything wait.
_FORGET: Final = text(
    """
    DO $$ BEGIN
        IF to_regclass('runtime.erasure_journal') IS NULL THEN RETURN; END IF;
        DELETE FROM runtime.erasure_journal;
        INSERT INTO runtime.erasure (kind, project_id, number, erased_at)
        SELECT CASE WHEN t.expired THEN 'expired' ELSE 'deleted' END, t.project_id, t.number, t.deleted_at
        FROM projects.tombstone t
        WHERE coalesce(to_jsonb(t) ->> 'erase_after', to_jsonb(t) ->> 'restricted', 'false') = 'false'
            AND NOT EXISTS (SELECT FROM runtime.erasure e WHERE e.project_id = t.project_id AND e.revision IS NULL)
        ORDER BY t.deleted_at, t.project_id;
        INSERT INTO runtime.erasure (kind, project_id, erased_at, ids, revision)
        SELECT kind, project_id, erased_at, ids, revision FROM projects.redaction_to_note r
        WHERE NOT EXISTS (
            SELECT FROM runtime.erasure e WHERE (e.project_id, e.revision) = (r.project_id, r.revision))
        ORDER BY erased_at, project_id, revision;
    END $$
    """
)


async def forget_journal(connection: AsyncConnection) -> None:
    """Forget the place in the journal, and let everything that was erased wait for another one."""
    await connection.execute(_FORGET)
