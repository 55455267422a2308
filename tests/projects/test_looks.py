"""How often a search looks: what it costs grows neither with the months nor with what is counted."""

import json
from typing import Any

import pytest
from sqlalchemy import event, text

from contracts.permissions import EVERYTHING
from contracts.projects.queries import ListProjects, ProjectFilter
from tests.projects.list_model import ModelProjects, ask, create_projects
from tests.support import Site
from workers.projects.queries.keyset_walks import PageRequest
from workers.projects.queries.lists import by_month
from workers.projects.queries.search_conditions import SearchRequest
from workers.projects.queries.sort_order import Order
from workers.projects.search.ngrams import month_of


@pytest.fixture
async def projects(site: Site) -> ModelProjects:
    """Projects of two years."""
    return await create_projects(site)


async def statements(site: Site, query: ListProjects) -> int:
    """Return how many statements a page takes."""
    results: list[str] = []
    event.listen(site.engine.sync_engine, "before_cursor_execute", lambda *arguments: results.append(arguments[2]))
    await ask(site, query)
    return sum("projects." in result for result in results)


@pytest.mark.parametrize(
    "query, most",
    [
        (ListProjects(search="nothing"), 3),
        (ListProjects(search="ladder", limit=50), 3),
        (ListProjects(search="ladder", sort="number", limit=50), 4),
        (ListProjects(search="nothing", count="exact"), 3),
        (ListProjects(search="gate bag", count="capped", limit=50), 3),
        (ListProjects(search="ladder", count="exact", limit=2), 3),
        (ListProjects(filter=ProjectFilter(numbers=[1, 2, 3, 90]), count="exact"), 1),
        (ListProjects(filter=ProjectFilter(created_by=["alice"]), count="exact", limit=50), 1),
    ],
)
async def test_a_page_takes_few_statements(site: Site, projects: ModelProjects, query: ListProjects, most: int) -> None:
    """All months are looked at in one statement, and what is on one page is counted there (PRJ-07)."""
    assert await statements(site, query) <= most


@pytest.mark.parametrize("sort", ["created_at", "-created_at"])
async def test_what_a_page_has_counted_is_not_counted_again(
    site: Site, projects: ModelProjects, monkeypatch: pytest.MonkeyPatch, sort: Any
) -> None:
    """A page tells how many matches its months have, and if those reach the cap, nothing else is counted."""
    monkeypatch.setattr("workers.projects.queries.lists.WALK_FIRST_PROJECTS", 0)
    monkeypatch.setattr("workers.projects.queries.lists.COUNTED_PROJECTS_MAX", 2)
    assert await statements(site, ListProjects(search="ladder", sort=sort, count="capped", limit=1)) <= 3


@pytest.mark.parametrize("sort", ["created_at", "-created_at"])
async def test_months_are_looked_at_until_a_page_is_full(site: Site, projects: ModelProjects, sort: Any) -> None:
    """In the order of time, the months beyond those that fill a page are not looked at."""
    order, search = Order.of(sort), SearchRequest.of("ladder", EVERYTHING)
    of = [month_of(project.row["created_at"]) for project in projects]
    months = range(min(of), max(of) + 1)[:: -1 if order.backward else 1]
    selection = PageRequest(ProjectFilter(), search, order, order.sections(None)[0])
    statement = by_month(selection, 1, search.by_month(months)).compile(dialect=site.engine.dialect)
    async with site.engine.connect() as connection:
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        explained = await connection.exec_driver_sql(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.string}", statement.params
        )
    looked_at = [node["Actual Rows"] for node in nodes(explained.scalar_one()) if node["Node Type"] == "Function Scan"]
    assert looked_at == [1]
    assert len(months) > len(set(of)) > 1


def nodes(plan: Any) -> list[dict[str, Any]]:
    """Return every node of an explained plan."""
    plan = json.loads(plan) if isinstance(plan, str) else plan
    left, results = [plan[0]["Plan"]], list[dict[str, Any]]()
    while left:
        results.append(node := left.pop())
        left += node.get("Plans", [])
    return results
