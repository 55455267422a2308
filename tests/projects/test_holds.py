"""Lists, statistics and feeds by whether a project is under hold."""

from random import Random

import pytest

from contracts.errors import Code
from contracts.projects.queries import ListProjects, ProjectFilter
from contracts.projects.statistics import ProjectStatistics
from contracts.projects.watching import WatchedProjects, WatchProjects
from tests.projects.helpers import refusal_of
from tests.projects.list_model import ask, expected_ids, insert_projects, project, read_all_pages
from tests.retention.helpers import Holder, connect_manager
from tests.support import Site


@pytest.mark.parametrize("has_hold", [True, False])
async def test_a_list_of_what_is_held_and_one_of_the_rest(site: Site, has_hold: bool) -> None:
    """Whatever else is asked, a list holds the held projects, or all others, in its order (PRJ-07)."""
    chance = Random(11)
    stock = [project(chance, number) for number in range(1, 61)]
    await insert_projects(site, stock)
    ids = set(chance.sample([project.id for project in stock], 20))
    for project_id in ids:
        await site.sql("INSERT INTO retention.hold VALUES (gen_random_uuid(), :id, 'x', 'ann', now())", id=project_id)
        await site.sql(
            "INSERT INTO retention.hold VALUES (gen_random_uuid(), :id, 'x', 'ann', now(), 'ann', now(), 'y')",
            id=chance.choice(stock).id,
        )
    for sort in ("-created_at", "type_id", "-updated_at"):
        for more in ({}, {"type_ids": [1, None]}, {"camera_ids": ["cam-1"]}, {"created_by": ["bob"]}):
            filter_ = ProjectFilter.model_validate({"has_hold": has_hold, **more})
            query = ListProjects.model_validate({"filter": filter_, "sort": sort, "limit": 7, "count": "exact"})
            expected = [each_id for each_id in expected_ids(stock, query) if (each_id in ids) is has_hold]
            assert await read_all_pages(site, query) == expected
            assert (await ask(site, query)).total == len(expected)


async def test_statistics_of_what_is_held(site: Site) -> None:
    """Statistics count the held projects, or all others."""
    holder = await Holder.start(site)
    await holder.create_held_project()
    for _ in range(2):
        await holder.create_project()
    for has_hold, total in ((True, 1), (False, 2), (None, 3)):
        filter_ = ProjectFilter(has_hold=has_hold)
        assert (await holder.client.ask(ProjectStatistics(filter=filter_))).total == total


async def test_a_list_is_no_way_around_the_permission(site: Site) -> None:
    """Who may not see holds is refused to ask by them, in lists and in statistics alike (PERM-05, PERM-09)."""
    holder = await Holder.start(site)
    await holder.create_held_project()
    nora = await connect_manager(site, "nora")
    filter_ = ProjectFilter(has_hold=True)
    for query in (ListProjects(filter=filter_), ProjectStatistics(filter=filter_)):
        refusal = await refusal_of(nora.ask(query))
        assert refusal.code == Code.NOT_AVAILABLE
        assert refusal.error.details["level"] == "view"
        assert refusal.error.details["nodes"] == ["incident-projects/retention"]


async def test_no_feed_is_filtered_by_holds(site: Site) -> None:
    """A feed that asks for holds is refused with the reason, since no feed tells when they change."""
    await site.worker("projects")
    query = WatchProjects(filter=WatchedProjects()).model_dump(mode="json", by_alias=True)
    query["filter"]["has_hold"] = True
    answer, status = await (await site.caller()).ask("projects.watch", query, headers={"Accept-Language": "en"})
    (field,) = answer["error"]["details"]["fields"]
    assert status == "400"
    assert field["field"] == "filter.has_hold"
    assert field["kind"] == "not_watched"
    assert field["reason"].startswith("cannot be followed")
