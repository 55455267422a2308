"""The parts of the demonstration, against a real site."""

import io
from datetime import UTC, datetime

import pytest

from contracts.administration_queries import GetMe, GetProperties, GetSettings
from contracts.permissions import Node
from contracts.projects.queries import GetProject, ListProjects
from incidents.demo.administrator import ROLE, Administrator
from incidents.demo.operator import Operator
from incidents.demo.retention import expire
from incidents.demo.scenario import load
from incidents.demo.stage import Stage
from incidents.terminal.printing import Screen
from incidents.terminal.session import Session
from incidents.terminal.tables.layout import UNBOUNDED
from tests.support import Site


@pytest.fixture
def stage() -> Stage:
    """Make a stage whose lines can be read."""
    return Stage(Session("admin", out=Screen(width=200, file=io.StringIO())))


def output_of(stage: Stage) -> str:
    """Return what was shown so far."""
    file = stage.session.out.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


@pytest.fixture
async def prepared(site: Site, stage: Stage) -> Site:
    """Prepare a site as the administrator of the demonstration does."""
    for name in ("administration", "projects", "retention"):
        await site.worker(name)
    await Administrator(stage, await site.client(), load()).prepare("operator")
    return site


async def test_ids_come_out_as_in_the_scenario(prepared: Site) -> None:
    """Types have 1 to 5, values of category 1 and 2 have 11 to 15 and 16 to 21 (SCN-01, SCN-04 to SCN-10)."""
    properties = await (await prepared.client()).ask(GetProperties())
    assert [type_.id for type_ in properties.types] == [1, 2, 3, 4, 5]
    categories = sorted(properties.categories, key=lambda category: category.slot)
    assert [(category.id, category.enabled) for category in categories] == [
        (6, True),
        (7, True),
        (8, False),
        (9, False),
        (10, False),
    ]
    assert [value.id for value in categories[0].values] == [11, 12, 13, 14, 15]
    assert [value.id for value in categories[1].values] == [16, 17, 18, 19, 20, 21]
    assert [status.name for status in properties.statuses] == ["New", "In progress", "On hold", "Closed"]
    fields = {f"{field.kind}_{field.slot}" for field in properties.data_fields if field.enabled}
    assert fields == {"integer_1", "checkbox_1", "checkbox_2", "decimal_1"}


@pytest.mark.parametrize(
    "language, reason, place",
    [
        ("en", ("Reason", "What happened?"), ("Location", "Where did the incident happen?")),
        ("fr", ("Raison", "Qu'est-il arrivé ?"), ("Localisation", "Où l'incident a-t-il eu lieu ?")),
    ],
)
async def test_the_first_categories_are_reason_and_place(
    site: Site, stage: Stage, language: str, reason: tuple[str, str], place: tuple[str, str]
) -> None:
    """Category 1 asks what happened, category 2 where, in the language of the play (SCN-02, SCN-03)."""
    await site.workers("administration", "projects", "retention")
    admin = await site.client(language=language)
    stage.session.language = language
    await Administrator(stage, admin, load()).prepare("operator")
    properties = {category.slot: category for category in (await admin.ask(GetProperties())).categories}
    assert [(properties[slot].name, properties[slot].description) for slot in (1, 2)] == [reason, place]
    assert properties[1].enabled is True
    assert properties[2].enabled is True


async def test_the_administrator_repeats_nothing(prepared: Site, stage: Stage) -> None:
    """Played again, also in the other language, everything is found to be there."""
    again = Administrator(stage, await prepared.client(language="fr"), load())
    await again.prepare("operator")
    assert again.sent == 0
    assert output_of(stage).count("already there") == 7


async def test_the_operator_may_what_operators_do(prepared: Site) -> None:
    """The operator has the role and what it gives, and the site its title."""
    me = await (await prepared.client("operator")).ask(GetMe())
    assert me.roles == [ROLE]
    assert me.permissions[Node.PROJECTS] == "manage"
    settings = await (await prepared.client()).ask(GetSettings())
    assert settings.report_title == load().organisation.en


async def test_the_operator_documents_every_story(prepared: Site, stage: Stage) -> None:
    """Every story becomes a project with a type, a status, categories and data."""
    client = await prepared.client("operator")
    operator = Operator(stage, client, load(), await client.ask(GetProperties()))
    opened = await operator.document(datetime.now(UTC))
    page = await client.ask(ListProjects(count="exact"))
    assert len(opened) == 25
    assert page.total == 25
    assert {row.type_id for row in page.items} <= {1, 2, 3, 4, 5}
    details = await client.ask(GetProject(project_id=opened[0].project_id))
    assert details.status_id
    assert (details.categories or {}).keys() >= {"1", "2"}
    assert len(details.comments or []) == 3
    assert len(details.calls or []) == 2
    assert details.sequences


async def test_an_old_project_expires(prepared: Site, stage: Stage) -> None:
    """The imported project is due, swept and gone, and what is left of it is shown."""
    client = await prepared.client()
    project_id = await expire(stage, client, load(), datetime.now(UTC))
    assert project_id not in {row.project_id for row in (await client.ask(ListProjects())).items}
    assert "would delete 1 project" in output_of(stage)
    assert "gone" in output_of(stage)


async def test_a_step_that_fails_is_shown_as_such(stage: Stage) -> None:
    """A cross precedes what did not work."""
    with pytest.raises(ValueError, match="broken"), stage.step("define the statuses"):
        raise ValueError("broken")
    assert output_of(stage).startswith("✗")
    assert "define the statuses" in output_of(stage)


def test_a_rule_has_an_end_in_a_file() -> None:
    """Where the output has no width of its own, a heading is as wide as a page."""
    stage = Stage(Session("admin", out=Screen(width=UNBOUNDED, file=io.StringIO())))
    stage.scene("The administrator prepares the site")
    assert max(map(len, output_of(stage).splitlines())) <= 80
    assert "The administrator prepares the site ──" in output_of(stage)
