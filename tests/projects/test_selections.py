"""Selections: what a filter selects for another slice is what the list shows."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.projects.queries import ListProjects, ProjectFilter, Sort
from tests.projects.list_model import ModelProjects, read_all_pages
from tests.projects.test_lists import FILTERS, MANY, projects
from tests.support import Site
from workers.projects.background_work.selections import read_filter, select_ids

__all__ = ["projects"]


async def selected_ids(site: Site, query: ListProjects, limit: int = 100) -> list[object]:
    """Return what the background work selects."""
    async with site.engine.connect() as connection:
        return list(await select_ids(connection, query, limit))


@MANY
@given(FILTERS, st.sampled_from(get_args(Sort)))
async def test_a_filter_selects_what_the_list_shows(
    site: Site, projects: ModelProjects, criteria: ProjectFilter, sort: Sort
) -> None:
    """The same projects in the same order, whatever the filter and the order (PRJ-09)."""
    assert projects
    query = ListProjects(filter=criteria, sort=sort)
    assert await selected_ids(site, query) == await read_all_pages(site, query)


async def test_a_selection_ends_at_its_limit(site: Site, projects: ModelProjects) -> None:
    """No more ids are read than were asked for."""
    assert len(projects) > 7
    assert len(await selected_ids(site, ListProjects(), limit=7)) == 7


@pytest.mark.parametrize("criteria", [{"created": {"from": "2026-03-01T12:00:00Z"}}, {"categories": {"1": [None]}}, {}])
def test_a_stored_filter_is_read_as_it_was(criteria: dict[str, object]) -> None:
    """What is stored as JSON is the same filter again."""
    stored = read_filter(criteria)
    assert read_filter(stored.model_dump(mode="json", by_alias=True, exclude_defaults=True)) == stored
