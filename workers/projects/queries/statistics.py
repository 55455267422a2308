"""Counts and trends over projects, in one statement each."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    case,
    extract,
    func,
    null,
    or_,
    select,
    text,
)
from sqlalchemy.orm import InstrumentedAttribute

from contracts.permissions import Level, Node
from contracts.projects.statistics import GROUPS_MAX, Figures, ProjectStatistics, Statistics
from workers.projects.queries.filter_conditions import all_conditions
from workers.projects.search.index_tables import Camera
from workers.projects.tables import ChangeSet
from workers.projects.tables.projects import Project
from workers.projects.worker import worker
from workers.runtime.queries.query_dispatch import QueryContext

_TIMEZONE = text("SELECT timezone FROM published.settings")
_GROUPS: Final[dict[str, InstrumentedAttribute[Any]]] = {
    "type": Project.type_id,
    "status": Project.status_id,
    "category_1": Project.category_1,
    "category_2": Project.category_2,
    "category_3": Project.category_3,
    "category_4": Project.category_4,
    "category_5": Project.category_5,
    "creator": Project.created_by,
    "camera": Camera.camera_id,
    "imported": Project.imported,
}
_CLOSING = text("SELECT id FROM published.closing_statuses ORDER BY id")
_TIME_FIGURES: Final = tuple(name for name in Figures.model_fields if name not in {"group", "starting", "count"})
"""Figures that reveal status, start and end."""


@worker.answers(ProjectStatistics)
async def project_statistics(query: ProjectStatistics, context: QueryContext) -> Statistics:
    """Return figures by interval and group; without an interval, the most common groups first."""
    execute = context.connection.execute
    timezone = str((await execute(_TIMEZONE)).scalar_one())
    closing = list((await execute(_CLOSING)).scalars())
    total_statement = select(func.count()).select_from(Project).where(*all_conditions(query.filter))
    rows = (await execute(_figures(query, timezone, closing))).mappings().all()
    hidden = {} if context.grants.allow(Node.MAIN_DETAILS, Level.VIEW) else dict.fromkeys(_TIME_FIGURES)
    items = [Figures.model_validate({**row, **hidden}, strict=False) for row in rows[:GROUPS_MAX]]
    total = (await execute(total_statement)).scalar_one()
    return Statistics(
        timezone=timezone,
        total=total,
        items=items,
        truncated=len(rows) > GROUPS_MAX,
        closing_status_ids=[] if hidden else closing,
        withheld=["main-details"] if hidden else [],
    )


def _figures(query: ProjectStatistics, timezone: str, closing: Sequence[int]) -> Select[Any]:
    rows = _counted_rows(query, timezone, closing)
    return (
        select(
            rows.c.group,
            rows.c.starting,
            func.count().label("count"),
            func.count().filter(rows.c.is_closed).label("closed"),
            *_times(rows.c.closing, "closing"),
            func.count(rows.c.end_time).label("ended"),
            *_times(rows.c.duration, "duration"),
        )
        .group_by(rows.c.group, rows.c.starting)
        .order_by(rows.c.starting, func.count().desc(), rows.c.group)
        .limit(GROUPS_MAX + 1)
    )


def _times(seconds: ColumnElement[Any], name: str) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    median = func.percentile_cont(0.5).within_group(seconds)
    return median.label(f"median_{name}_seconds"), func.avg(seconds).label(f"average_{name}_seconds")


def _counted_rows(query: ProjectStatistics, timezone: str, closing: Sequence[int]) -> Subquery:
    """Return one row for each project in each of its groups."""
    group: ColumnElement[Any] = _GROUPS[query.group_by].expression if query.group_by else null()
    is_closed = Project.status_id.in_(closing)
    statement = select(
        group.label("group"),
        _interval_start(query.interval, timezone).label("starting"),
        is_closed.label("is_closed"),
        Project.end_time,
        extract("epoch", case((is_closed, _closed_since(closing))) - Project.created_at).label("closing"),
        extract("epoch", Project.end_time - Project.start_time).label("duration"),
    ).where(*all_conditions(query.filter))
    if query.group_by == "camera":
        statement = statement.outerjoin(Camera, Camera.project_id == Project.id)
    return statement.subquery()


def _closed_since(closing: Sequence[int]) -> ColumnElement[Any]:
    """Return when a closed project was closed: its last change from an open status to a closing one.

    A project that was imported as closed has no such time.
    """
    old, new = ChangeSet.old_status_id, ChangeSet.new_status_id
    closed = and_(new.in_(closing), or_(old.is_(None), old.not_in(closing)))
    of_project = ChangeSet.project_id == Project.id
    earlier = select(func.max(ChangeSet.at)).where(of_project, closed).correlate(Project).scalar_subquery()
    return case((Project.status_before.in_(closing), earlier), else_=Project.status_since)


def _interval_start(interval: str, timezone: str) -> ColumnElement[Any]:
    """Return the start of the interval of a project's creation, in the time zone of the site."""
    return null() if interval == "none" else func.date_trunc(interval, Project.created_at, timezone)
