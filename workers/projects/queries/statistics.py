"""Counts and trends over projects, in one statement each."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Subquery, extract, func, null, select, text
from sqlalchemy.orm import InstrumentedAttribute

from contracts.permissions import Level, Node
from contracts.statistics import MOST_GROUPS, Figures, ProjectStatistics, Statistics
from workers.projects.queries.filtering import every_condition
from workers.projects.tables import Camera, Project
from workers.projects.worker import worker
from workers.runtime.questions import Reader

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
_TIMED: Final = ("closed", "median_seconds", "average_seconds")
"""Figures that tell about start and end."""


@worker.answers(ProjectStatistics)
async def project_statistics(query: ProjectStatistics, reader: Reader) -> Statistics:
    """Return figures by interval and group; the commonest groups first where no interval was asked for."""
    execute = reader.connection.execute
    timezone = str((await execute(_TIMEZONE)).scalar_one())
    counted = select(func.count()).select_from(Project).where(*every_condition(query.filter))
    found = (await execute(_figures(query, timezone))).mappings().all()
    hidden = {} if reader.grants.allow(Node.MAIN_DETAILS, Level.VIEW) else dict.fromkeys(_TIMED)
    items = [Figures.model_validate({**row, **hidden}, strict=False) for row in found[:MOST_GROUPS]]
    total = (await execute(counted)).scalar_one()
    return Statistics(
        timezone=timezone,
        total=total,
        items=items,
        truncated=len(found) > MOST_GROUPS,
        withheld=["main-details"] if hidden else [],
    )


def _figures(query: ProjectStatistics, timezone: str) -> Select[Any]:
    each = _each(query, timezone)
    took = each.c.took
    return (
        select(
            each.c.group,
            each.c.starting,
            func.count().label("count"),
            func.count(took).label("closed"),
            func.percentile_cont(0.5).within_group(took).label("median_seconds"),
            func.avg(took).label("average_seconds"),
        )
        .group_by(each.c.group, each.c.starting)
        .order_by(each.c.starting, func.count().desc(), each.c.group)
        .limit(MOST_GROUPS + 1)
    )


def _each(query: ProjectStatistics, timezone: str) -> Subquery:
    """Return one row for each project and group that it counts in."""
    group: ColumnElement[Any] = _GROUPS[query.group_by].expression if query.group_by else null()
    counted = select(
        group.label("group"),
        _starting(query.interval, timezone).label("starting"),
        extract("epoch", Project.end_time - Project.start_time).label("took"),
    ).where(*every_condition(query.filter))
    if query.group_by == "camera":
        counted = counted.outerjoin(Camera, Camera.project_id == Project.id)
    return counted.subquery()


def _starting(interval: str, timezone: str) -> ColumnElement[Any]:
    """Return when the interval of a project's creation begins, by the clock of the site."""
    return null() if interval == "none" else func.date_trunc(interval, Project.created_at, timezone)
