"""What is answered about retention, and how much is due."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.retention import PreviewRetention, RetentionPreview
from workers.retention import domain, tables
from workers.retention.worker import worker
from workers.runtime.questions import Reader


async def retention_days(connection: AsyncConnection) -> int:
    """Return the retention time that is set now."""
    days: int = (await connection.execute(tables.RETENTION_DAYS)).scalar_one()
    return days


async def count_due(connection: AsyncConnection, created_before: datetime) -> int:
    """Return how many projects were created before this moment and may go (RET-05)."""
    given = {"created_before": created_before, "at_most": domain.COUNTED}
    due: int = (await connection.execute(tables.DUE, given)).scalar_one()
    return due


@worker.answers(PreviewRetention)
async def preview_retention(query: PreviewRetention, reader: Reader) -> RetentionPreview:
    """Return what a retention time would delete now, the one that is set when none is given (AMB-6)."""
    days = query.retention_days or await retention_days(reader.connection)
    before = domain.created_before(reader.now, days)
    due = await count_due(reader.connection, before)
    return RetentionPreview(retention_days=days, created_before=before, due=due)
