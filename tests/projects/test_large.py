"""What is too large is not read: its size is asked first."""

from typing import Any

import pytest

from contracts.errors import Code
from contracts.permissions import Node
from contracts.projects.exports import ExportProject
from contracts.projects.queries import GetProject, ListProjects
from incidents import Refused
from tests.projects.helpers import Operator
from tests.projects.packages import fill_project
from tests.support import Site
from workers.projects.packages import sizes

pytestmark = pytest.mark.usefixtures("reports")

COMMENTS = """
    INSERT INTO projects.comment (project_id, comment_id, text, created_by, created_at)
    SELECT :project_id, gen_random_uuid(), repeat('x', 20000), 'admin', now() FROM generate_series(1, :count)
"""
HISTORY = """
    INSERT INTO projects.change_set (project_id, revision, first_place, at, by, fields, changes)
    SELECT :project_id, n + 1, 1, now(), 'admin', '{description}',
        jsonb_build_array(jsonb_build_object('field', 'description', 'new', repeat('x', 20000)))
    FROM generate_series(1000, 1000 + :count) n
"""
TRAP = (
    "ALTER FUNCTION published.project_document RENAME TO document_untrapped",
    """CREATE FUNCTION published.project_document(project uuid, sections text[]) RETURNS jsonb LANGUAGE plpgsql AS '
    BEGIN
        IF ''comments'' = ANY(sections) THEN RAISE EXCEPTION ''the comments are read''; END IF;
        RETURN published.document_untrapped(project, sections);
    END'""",
)
"""Reading comments fails."""


@pytest.fixture
async def trapped(operator: Operator, site: Site) -> Operator:
    """A project with something of every kind, whose comments must not be read."""
    await fill_project(operator)
    for statement in TRAP:
        await site.sql(statement)
    return operator


async def test_a_section_that_no_message_holds_is_not_read(trapped: Operator, site: Site) -> None:
    """A project opens without its largest section, of which nothing but the size is read."""
    await site.sql(COMMENTS, project_id=trapped.project_id, count=60)
    project = await trapped.client.ask(GetProject(project_id=trapped.project_id))
    assert project.too_large == ["comments"]
    assert project.comments is None
    assert len(project.calls or []) == 1
    assert len(project.sequences or []) == 2


async def test_what_the_caller_may_not_see_is_not_read(trapped: Operator, site: Site) -> None:
    """A withheld section is not read at all, and neither counts nor is named as too large."""
    await site.sql(COMMENTS, project_id=trapped.project_id, count=60)
    await site.grant("olga", {Node.PROJECTS: "view", Node.CALLS: "view"})
    olga = await site.client("olga")
    project = await olga.ask(GetProject(project_id=trapped.project_id))
    assert project.too_large == []
    assert "comments" in project.withheld
    assert len(project.calls or []) == 1


@pytest.mark.parametrize("count, fits", [(10, True), (60, False)])
async def test_sizes_are_never_overestimated(operator: Operator, site: Site, count: int, fits: bool) -> None:
    """What fits into a message is reported, however many parts it is made of."""
    await site.sql(COMMENTS.replace("20000", "1"), project_id=operator.project_id, count=count * 100)
    rows = await site.sql("SELECT comments FROM published.project_bytes(:p, '{comments}')", p=operator.project_id)
    values = await site.sql("SELECT published.project_document(:p, '{comments}')::text", p=operator.project_id)
    assert rows[0][0] < len(values[0][0])
    answer = await operator.client.ask(GetProject(project_id=operator.project_id))
    assert (answer.too_large == []) == fits


async def test_an_export_that_is_too_large_is_refused_before_it_is_read(trapped: Operator, site: Site) -> None:
    """A package is made in memory: what does not fit there is refused with a way out, and fewer sections are let in."""
    await site.sql(COMMENTS, project_id=trapped.project_id, count=sizes.PACKAGE_BYTES_MAX // 20_000)
    with pytest.raises(Refused) as refusal:
        await trapped.client.send(ExportProject(project_id=trapped.project_id))
    assert refusal.value.error.code is Code.INVALID
    assert too_large(refusal.value.error.details) == ("include", "package_too_large", sizes.PACKAGE_BYTES_MAX)
    fewer = await trapped.client.send(ExportProject(project_id=trapped.project_id, include=["calls", "sequences"]))
    assert fewer.package.includes == ["calls", "sequences"]


def too_large(details: dict[str, Any]) -> tuple[str, str, int]:
    """What a refusal names."""
    field = details["fields"][0]
    return field["field"], field["kind"], field["limit"]


async def test_a_long_past_counts_too(operator: Operator, site: Site) -> None:
    """The history counts for an export that holds it, and for no other."""
    await site.sql(HISTORY, project_id=operator.project_id, count=sizes.PACKAGE_BYTES_MAX // 20_000)
    with pytest.raises(Refused) as refusal:
        await operator.client.send(ExportProject(project_id=operator.project_id, include=["history"]))
    assert too_large(refusal.value.error.details)[1] == "package_too_large"
    response = await operator.client.send(ExportProject(project_id=operator.project_id, include=["comments"]))
    assert response.package.bytes


async def test_hidden_descriptions_end_no_list(operator: Operator, site: Site) -> None:
    """A list whose descriptions are hidden goes on to its end, however long they are."""
    await site.sql(
        """
        INSERT INTO projects.project (id, number, revision, description, created_by, created_at, updated_by, updated_at,
            imported, retention_exempt)
        SELECT gen_random_uuid(), 1000 + n, 1, repeat('x', 10000), 'admin', now(), 'admin', now(), false, false
        FROM generate_series(1, 150) n
        """
    )
    await site.grant("olga", {Node.PROJECTS: "view", Node.MAIN_DETAILS: "none"})
    olga, count, after = await site.client("olga"), 0, None
    while count == 0 or after:
        page = await olga.ask(ListProjects(limit=500, after=after) if after else ListProjects(limit=500))
        count, after = count + len(page.items), page.next
    assert count == 151
