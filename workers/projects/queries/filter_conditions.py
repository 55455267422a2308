"""The filter of a list as conditions."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, any_, func, or_, select

from contracts.projects.queries import ProjectFilter, Span
from workers.projects.legal_hold_view import is_held
from workers.projects.queries.search_conditions import Conditions, SearchRequest
from workers.projects.search.index_tables import Camera, Search
from workers.projects.tables.projects import Project


def filter_conditions(criteria: ProjectFilter) -> Conditions:
    """Return the conditions of a filter on projects, without its cameras."""
    conditions: Conditions = []
    for column, ids in value_filters(criteria):
        named = column.in_([value for value in ids if value is not None])
        conditions.append(or_(named, column.is_(None)) if None in ids else named)
    if criteria.numbers is not None:
        conditions.append(Project.number.in_(criteria.numbers))
    if criteria.references is not None:
        named = func.lower(Project.reference).in_([func.lower(reference) for reference in criteria.references])
        conditions.append(named)
    if criteria.has_hold is not None:
        conditions.append(is_held(criteria.has_hold))
    spans = (
        (Project.start_time, criteria.start_time),
        (Project.updated_at, criteria.updated),
        (Project.created_at, criteria.created),
    )
    return conditions + [condition for column, span in spans for condition in span_conditions(column, span)]


def all_conditions(criteria: ProjectFilter) -> Conditions:
    """Return the conditions of a filter, with its cameras."""
    return filter_conditions(criteria) + lookups_by_set(criteria)


def value_filters(criteria: ProjectFilter) -> list[tuple[Any, Collection[Any]]]:
    """Return the columns for which a filter names values, the most selective first."""
    categories: list[tuple[Any, Any]] = [
        (getattr(Project, f"category_{slot}"), ids) for slot, ids in criteria.categories.items()
    ]
    named: list[tuple[Any, Any]] = [
        (Project.created_by, criteria.created_by),
        *categories,
        (Project.type_id, criteria.type_ids),
        (Project.status_id, criteria.status_ids),
    ]
    return [(column, ids) for column, ids in named if ids is not None]


def span_conditions(column: Any, span: Span) -> Conditions:
    """Return the conditions of a span of time."""
    since = [column >= span.from_] if span.from_ else []
    return since + ([column < span.to] if span.to else [])


def lookups_by_project(criteria: ProjectFilter, search: SearchRequest) -> Conditions:
    """Return the conditions that are looked up per project: OFFSET keeps the planner from making a join of them."""
    conditions: Conditions = []
    if criteria.camera_ids is not None:
        seen = select(1).where(Camera.project_id == Project.id, Camera.camera_id.in_(criteria.camera_ids))
        conditions.append(seen.offset(0).correlate(Project).exists())
    if search:
        matches = select(1).where(Search.project_id == Project.id, *search.word_conditions(Search.words.expression))
        conditions.append(matches.offset(0).correlate(Project).exists())
    return conditions


def lookups_by_set(criteria: ProjectFilter, searched: Sequence[ColumnElement[bool]] = ()) -> Conditions:
    """Return the same conditions as sets, which have indexes of their own."""
    conditions: Conditions = []
    if criteria.camera_ids is not None:
        seen = select(Camera.project_id).where(Camera.camera_id.in_(criteria.camera_ids))
        conditions.append(Project.id.in_(seen))
    if searched:
        matches = select(Search.project_id).where(*searched)
        conditions.append(Project.id == any_(func.array(matches.scalar_subquery())))
    return conditions
