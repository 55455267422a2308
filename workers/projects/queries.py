"""What is answered about projects and commands."""

import base64
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, TypeAdapter
from pydantic_core import to_json
from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_

from contracts.errors import Code, Refusal
from contracts.project_queries import (
    GetOutcome,
    GetProject,
    ListProjects,
    ProjectFilter,
    ProjectPage,
    ProjectRow,
)
from contracts.projects import ProjectOpened
from workers.projects import domain, reading, tables
from workers.projects.tables import Project
from workers.projects.worker import worker
from workers.runtime.inbox import REMEMBERED
from workers.runtime.questions import Answer, Reader

CAPPED = 1_001
_PLACE = TypeAdapter(tuple[AwareDatetime, UUID])
_ROW = (
    Project.id.label("project_id"),
    Project.number,
    Project.revision,
    Project.type_id,
    Project.status_id,
    Project.description,
    Project.start_time,
    Project.end_time,
    Project.created_by,
    Project.created_at,
    Project.updated_at,
    Project.imported,
)


@worker.answers(GetProject)
async def get_project(query: GetProject, reader: Reader) -> Answer:
    """Return what the caller may see of a project, and record that it was opened."""
    given = {"project_id": query.project_id}
    row = (await reader.connection.execute(tables.DOCUMENT, given)).one_or_none()
    if row is None:
        found = await reader.connection.execute(tables.TOMBSTONES, {"ids": [query.project_id]})
        raise domain.gone(found.mappings().one_or_none(), None)
    document: dict[str, Any] = row.document
    reading.tell_media(document["sequences"], reader.now)
    withheld = domain.withheld(reader.grants)
    for name in withheld:
        del document[name]
    reader.emit(ProjectOpened(project_id=query.project_id), str(query.project_id))
    return Answer(to_json({**document, "withheld": withheld}))


@worker.answers(ListProjects)
async def list_projects(query: ListProjects, reader: Reader) -> ProjectPage:
    """Return a page by keyset, which neither inserts nor deletes can shift (PRJ-09)."""
    conditions = matching(query.filter)
    statement = select(*_ROW).where(*conditions)
    found = (await reader.connection.execute(_page(statement, query))).mappings().all()
    items = [ProjectRow.model_validate(dict(row)) for row in found[: query.limit]]
    following = _cursor(items[-1].created_at, items[-1].project_id) if len(found) > query.limit else None
    return ProjectPage(items=items, next=following, total=await _total(query, conditions, reader))


def matching(given: ProjectFilter) -> list[ColumnElement[bool]]:
    """Return the conditions of a filter."""
    conditions: list[ColumnElement[bool]] = []
    for column, ids in ((Project.type_id, given.type_ids), (Project.status_id, given.status_ids)):
        if ids is not None:
            named = column.in_([one for one in ids if one is not None])
            conditions.append(or_(named, column.is_(None)) if None in ids else named)
    if given.created.from_:
        conditions.append(Project.created_at >= given.created.from_)
    if given.created.to:
        conditions.append(Project.created_at < given.created.to)
    return conditions


def _page(statement: Select[*tuple[Any, ...]], query: ListProjects) -> Select[*tuple[Any, ...]]:
    place = tuple_(Project.created_at, Project.id)
    backward = query.sort.startswith("-")
    if query.after:
        at, project_id = read_cursor(query.after)
        statement = statement.where(place < (at, project_id) if backward else place > (at, project_id))
    order = (Project.created_at.desc(), Project.id.desc()) if backward else (Project.created_at, Project.id)
    return statement.order_by(*order).limit(query.limit + 1)


async def _total(query: ListProjects, conditions: list[ColumnElement[bool]], reader: Reader) -> int | None:
    if query.count == "none":
        return None
    counted = select(Project.id).where(*conditions)
    if query.count == "capped":
        counted = counted.limit(CAPPED)
    total = select(func.count()).select_from(counted.subquery())
    return int((await reader.connection.execute(total)).scalar_one())


def _cursor(at: datetime, project_id: UUID) -> str:
    return base64.urlsafe_b64encode(to_json([at, project_id])).decode()


def read_cursor(cursor: str) -> tuple[datetime, UUID]:
    """Read the place after which a page begins, or refuse what no page gave."""
    try:
        return _PLACE.validate_json(base64.urlsafe_b64decode(cursor.encode()))
    except ValueError:
        raise Refusal(Code.INVALID, fields=[{"field": "after", "kind": "cursor"}]) from None


@worker.answers(GetOutcome)
async def get_outcome(query: GetOutcome, reader: Reader) -> Answer:
    """Return the outcome of one of the caller's own commands."""
    since = (reader.now - REMEMBERED).date().replace(day=1)
    given = {"command_id": query.command_id, "principal": reader.principal, "since": since}
    outcome = (await reader.connection.execute(tables.OUTCOME, given)).scalar_one_or_none()
    if outcome is None:
        raise Refusal(Code.GONE, status=404, known=False, command_id=str(query.command_id))
    return Answer(outcome.encode())
