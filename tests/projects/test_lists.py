"""Lists: filters, sorts, pages and counts against a plain model (PRJ-09, B1)."""

from datetime import timedelta
from random import Random
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.errors import Code, Refusal
from contracts.projects.queries import ListProjects, ProjectFilter, Sort, Span
from tests.projects.list_model import (
    CAMERAS,
    DAYS,
    DIGITS,
    NOON,
    PARTS,
    PEOPLE,
    ModelProjects,
    ask,
    create_projects,
    expected_ids,
    insert_projects,
    project,
    read_all_pages,
)
from tests.support import Site

MANY = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
_HOURS = st.builds(
    lambda hours, days: NOON + timedelta(hours=hours, days=days), st.integers(0, 10), st.sampled_from(DAYS)
)
_TIMES = st.none() | _HOURS
_SPANS = st.builds(lambda since, to: Span(**{"from": since, "to": to}), _TIMES, _TIMES)


def _ids(*values: Any) -> st.SearchStrategy[Any]:
    return st.lists(st.sampled_from(values), max_size=3)


FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "type_ids": _ids(None, 1, 2, 3),
        "status_ids": _ids(None, 21, 22),
        "categories": st.dictionaries(st.sampled_from(["1", "5"]), _ids(None, 11, 12, 13)),
        "created_by": _ids(*PEOPLE),
        "camera_ids": _ids(*CAMERAS),
        "numbers": st.lists(st.integers(1, 70), max_size=40),
        "created": _SPANS,
        "start_time": _SPANS,
        "updated": _SPANS,
    },
).map(lambda fields: ProjectFilter(**dict(sorted(fields.items())[:3])))


@pytest.fixture
async def projects(site: Site) -> ModelProjects:
    """Sixty projects."""
    return await create_projects(site)


QUERIES = st.builds(
    ListProjects,
    filter=FILTERS,
    sort=st.sampled_from(get_args(Sort)),
    search=st.none() | st.sampled_from(PARTS + DIGITS),
    limit=st.just(7),
)


@pytest.mark.parametrize("walked", [(0, 1, 1), (3, 10, 20), (2_000, 2_000, 2_000)])
@MANY
@given(query=QUERIES)
async def test_a_list_is_what_a_plain_model_says(
    site: Site,
    projects: ModelProjects,
    monkeypatch: pytest.MonkeyPatch,
    walked: tuple[int, int, int],
    query: ListProjects,
) -> None:
    """Any filter, sort and search gives what a recount by hand gives, walked or fetched as a set (PRJ-07, PRJ-09)."""
    for name, length in zip(("WALK_FIRST_PROJECTS", "WALK_MONTH_PROJECTS", "WALK_FULL_PROJECTS"), walked, strict=True):
        monkeypatch.setattr(f"workers.projects.queries.lists.{name}", length)
    assert await read_all_pages(site, query) == expected_ids(projects, query)


@pytest.mark.parametrize("walked", [0, 500])
@MANY
@given(query=QUERIES, limit=st.integers(1, 7))
async def test_counts_are_right(
    site: Site, projects: ModelProjects, monkeypatch: pytest.MonkeyPatch, walked: int, query: ListProjects, limit: int
) -> None:
    """A count is the number of projects on all pages, and a capped one is not above its cap (PRJ-07)."""
    monkeypatch.setattr("workers.projects.queries.lists.WALK_FIRST_PROJECTS", walked)
    monkeypatch.setattr("workers.projects.queries.lists.COUNTED_PROJECTS_MAX", 12)
    total = len(expected_ids(projects, query))
    for count, most in (("exact", total), ("capped", 12)):
        page = await ask(site, query.model_copy(update={"count": count, "limit": limit}))
        assert page.total == min(total, most)


@pytest.mark.parametrize("sort", get_args(Sort))
async def test_pages_survive_what_others_do(site: Site, projects: ModelProjects, sort: Sort) -> None:
    """Projects that come and go between two pages neither repeat nor hide any other (PRJ-09)."""
    query = ListProjects(sort=sort, limit=20)
    first = await ask(site, query)
    ids = [row.project_id for row in first.items]
    chance = Random(5)
    await insert_projects(site, [project(chance, number) for number in range(61, 91)])
    gone = {ids[3], ids[-1], *(project.id for project in chance.sample(projects, 10))}
    await site.sql("DELETE FROM projects.project WHERE id = ANY(:ids)", ids=list(gone))
    rest = await read_all_pages(site, query.model_copy(update={"after": first.next}))
    stayed = [project.id for project in projects if project.id not in gone]
    assert [each_id for each_id in [*ids, *rest] if each_id in set(stayed)] == [
        each_id for each_id in expected_ids(projects, query) if each_id in set(stayed)
    ]


async def test_a_cursor_is_good_for_its_own_order(site: Site, projects: ModelProjects) -> None:
    """The place of one order, or of no page at all, is refused by every other."""
    page = await ask(site, ListProjects(sort="start_time", limit=5))
    for after in (page.next, "junk", "AAAA"):
        with pytest.raises(Refusal) as refusal:
            await ask(site, ListProjects(sort="-created_at", after=after))
        assert refusal.value.code == Code.INVALID
        assert refusal.value.details["fields"][0]["field"] == "after"
