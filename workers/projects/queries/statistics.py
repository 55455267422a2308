"""Counts and trends over projects, in one statement each."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    Text,
    and_,
    case,
    cast,
    extract,
    func,
    literal_column,
    null,
    select,
    text,
)
from sqlalchemy.orm import InstrumentedAttribute

from contracts.permissions import Level, Node
from contracts.projects.statistics import MOST_GROUPS, Figures, ProjectStatistics, Statistics
from workers.projects.queries.filters import every_condition
from workers.projects.search.lookup_tables import Camera
from workers.projects.tables import History, Project
from workers.projects.worker import worker
from workers.runtime.queries.query_service import QueryContext

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
_TIMED: Final = tuple(name for name in Figures.model_fields if name not in {"group", "starting", "count"})
"""Figures that tell about status, start and end."""


@worker.answers(ProjectStatistics)
async def project_statistics(query: ProjectStatistics, context: QueryContext) -> Statistics:
    """Return figures by interval and group; the commonest groups first where no interval was asked for."""
    execute = context.connection.execute
    timezone = str((await execute(_TIMEZONE)).scalar_one())
    closing = list((await execute(_CLOSING)).scalars())
    counted = select(func.count()).select_from(Project).where(*every_condition(query.filter))
    rows = (await execute(_figures(query, timezone, closing))).mappings().all()
    hidden = {} if context.grants.allow(Node.MAIN_DETAILS, Level.VIEW) else dict.fromkeys(_TIMED)
    items = [Figures.model_validate({**row, **hidden}, strict=False) for row in rows[:MOST_GROUPS]]
    total = (await execute(counted)).scalar_one()
    return Statistics(
        timezone=timezone,
        total=total,
        items=items,
        truncated=len(rows) > MOST_GROUPS,
        closing_status_ids=[] if hidden else closing,
        withheld=["main-details"] if hidden else [],
    )


def _figures(query: ProjectStatistics, timezone: str, closing: Sequence[int]) -> Select[Any]:
    each = _each(query, timezone, closing)
    return (
        select(
            each.c.group,
            each.c.starting,
            func.count().label("count"),
            func.count().filter(each.c.is_closed).label("closed"),
            *_times(each.c.closing, "closing"),
            func.count(each.c.end_time).label("ended"),
            *_times(each.c.duration, "duration"),
        )
        .group_by(each.c.group, each.c.starting)
        .order_by(each.c.starting, func.count().desc(), each.c.group)
        .limit(MOST_GROUPS + 1)
    )


def _times(took: ColumnElement[Any], name: str) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    middle = func.percentile_cont(0.5).within_group(took)
    return middle.label(f"median_{name}_seconds"), func.avg(took).label(f"average_{name}_seconds")


def _each(query: ProjectStatistics, timezone: str, closing: Sequence[int]) -> Subquery:
    """Return one row for each project and group that it counts in."""
    group: ColumnElement[Any] = _GROUPS[query.group_by].expression if query.group_by else null()
    is_closed = Project.status_id.in_(closing)
    counted = select(
        group.label("group"),
        _starting(query.interval, timezone).label("starting"),
        is_closed.label("is_closed"),
        Project.end_time,
        extract("epoch", case((is_closed, _since(closing))) - Project.created_at).label("closing"),
        extract("epoch", Project.end_time - Project.start_time).label("duration"),
    ).where(*every_condition(query.filter))
    if query.group_by == "camera":
        counted = counted.outerjoin(Camera, Camera.project_id == Project.id)
    return counted.subquery()


def _since(closing: Sequence[int]) -> ColumnElement[Any]:
    """Return since when a closed project is closed: when it last went from a status that does not close to one.

    One that another system had closed before it was imported has no such time.
    """
    ids = [str(status_id) for status_id in closing]
    old, new = (cast(column, Text) for column in (History.old, History.new))
    of_status = and_(History.project_id == Project.id, History.field == literal_column("'status_id'"))
    closed = and_(new.in_(ids), func.coalesce(old, "").not_in(ids))
    earlier = select(func.max(History.at)).where(of_status, closed).correlate(Project).scalar_subquery()
    return case((Project.status_before.in_(closing), earlier), else_=Project.status_since)


def _starting(interval: str, timezone: str) -> ColumnElement[Any]:
    """Return when the interval of a project's creation begins, by the clock of the site."""
    return null() if interval == "none" else func.date_trunc(interval, Project.created_at, timezone)
