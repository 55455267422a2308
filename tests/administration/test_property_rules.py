"""What operators meet of the properties that administrators define."""

from typing import Any

import pytest

from contracts.administration_queries import Category, DataField, GetProperties, Property
from contracts.errors import Code
from contracts.permissions import Node
from contracts.projects.commands import CreateProject, IncidentData, UpdateProject
from contracts.projects.queries import GetProject, ListProjects, ProjectDetails, ProjectFilter
from contracts.properties import (
    AddCategoryValue,
    AddStatus,
    AddType,
    DefineCategory,
    DefineDataField,
    EditType,
    FieldKind,
)
from incidents import Client, Refused, uuid7
from tests.support import Site

VALUES: dict[FieldKind, Any] = {
    "integer": 3,
    "decimal": "12.50",
    "text": "blue",
    "checkbox": True,
    "datetime": "2026-03-01T12:00:00Z",
}


@pytest.fixture
async def operator(site: Site, admin: Client) -> Client:
    """Return an operator that is connected before anything is defined."""
    await site.worker("projects")
    await site.grant(
        "olga",
        {Node.PROPERTIES: "view", Node.PROJECTS: "manage", Node.MAIN_DETAILS: "manage", Node.CATEGORIES: "manage"},
    )
    return await site.client("olga")


async def project(client: Client, **fields: Any) -> ProjectDetails:
    """Open a project, give it these fields, and read it."""
    project_id = uuid7()
    await client.send(CreateProject(project_id=project_id))
    await client.send(UpdateProject(project_id=project_id, **fields))
    return await client.ask(GetProject(project_id=project_id))


@pytest.mark.parametrize(
    "verb, slot",
    [("define-category", 0), ("define-category", 6), ("add-category-value", 6), ("define-data-field", 4)],
)
async def test_there_is_no_sixth_category(site: Site, admin: Client, verb: str, slot: int) -> None:
    """There are five categories and three fields of a kind; a further one is refused by its slot (CAT-01, DAT-02)."""
    body: dict[str, Any] = {"slot": slot, "name": "One more"}
    body |= {} if verb.startswith("add") else {"enabled": True}
    body |= {"kind": "text"} if verb.endswith("field") else {}
    outcome = await (await site.caller()).send(f"administration.{verb}", "-", body)
    assert outcome["error"]["code"] == "invalid"
    assert [field["field"] for field in outcome["error"]["details"]["fields"]] == ["slot"]


async def test_every_property_has_a_name_and_may_have_a_description(admin: Client, operator: Client) -> None:
    """Operators read id, name and description of each kind of property (PROP-01, PROP-05, PROP-07, PROP-08)."""
    described: tuple[dict[str, Any], ...] = ({"description": "What happened?"}, {})
    for words in described:
        await admin.send(AddType(name="Theft", **words))
        await admin.send(AddStatus(name="New", **words))
        await admin.send(DefineCategory(slot=1, enabled=True, name="Reason", **words))
        await admin.send(AddCategoryValue(slot=1, name="Fall", **words))
        await admin.send(DefineDataField(kind="text", slot=1, enabled=True, name="Badge", **words))
        properties = await operator.ask(GetProperties())
        (category,), (field,) = properties.categories, properties.data_fields
        last: list[Property | Category | DataField] = [
            properties.types[-1],
            properties.statuses[-1],
            category.values[-1],
            category,
            field,
        ]
        assert [definition.name for definition in last] == ["Theft", "New", "Fall", "Reason", "Badge"]
        assert {definition.description for definition in last} == {words.get("description", "")}
        assert all(definition.id for definition in last)


async def test_changes_reach_operators_at_once(admin: Client, operator: Client) -> None:
    """Who is connected sees and uses what is defined a moment later, without a restart (PROP-10, PROP-12, TYP-04)."""
    for name in ("Theft", "Car accident", "Trespassing"):
        added = await admin.send(AddType(name=name))
        added_type = (await operator.ask(GetProperties())).types[-1]
        assert added_type == Property(id=added.id, name=name, description="")
        await admin.send(EditType(id=added.id, name=name.upper()))
        assert (await operator.ask(GetProperties())).types[-1].name == name.upper()
        created = await operator.send(CreateProject(project_id=uuid7(), type_id=added.id))
        assert created.type_id == added.id


async def test_projects_need_no_categories_and_no_data(operator: Client) -> None:
    """Where no category and no field is defined, projects are documented as well (PROP-03)."""
    created = await project(operator, description="A bag was left at gate 4.")
    assert set((created.categories or {}).values()) == set((created.data or {}).values()) == {None}


async def test_types_tell_incidents_apart(admin: Client, operator: Client) -> None:
    """Projects are listed by their type, and by having none (TYP-01)."""
    theft = (await admin.send(AddType(name="Theft"))).id
    expected = [await operator.send(CreateProject(project_id=uuid7(), type_id=assigned)) for assigned in (theft, None)]
    for created, type_id in zip(expected, (theft, None), strict=True):
        page = await operator.ask(ListProjects(filter=ProjectFilter(type_ids=[type_id])))
        assert [project.project_id for project in page.items] == [created.project_id]


async def test_statuses_follow_an_investigation(admin: Client, operator: Client) -> None:
    """A project goes from status to status, and the list follows it (STA-01, STA-04, PRJ-03)."""
    created = await project(operator, description="A bag was left at gate 4.")
    for name in ("New", "In progress", "On hold", "Closed"):
        status = (await admin.send(AddStatus(name=name))).id
        await operator.send(UpdateProject(project_id=created.project_id, status_id=status))
        page = await operator.ask(ListProjects(filter=ProjectFilter(status_ids=[status])))
        assert [(project.project_id, project.status_id) for project in page.items] == [(created.project_id, status)]


@pytest.mark.parametrize("kind", VALUES)
async def test_data_are_given_whatever_the_type(admin: Client, operator: Client, kind: FieldKind) -> None:
    """A field that is enabled later takes a value of its kind in any project (DAT-01, DAT-04, DAT-05, PRJ-16)."""
    incident_data = IncidentData.model_validate_json(f'{{"{kind}_2": {_json(VALUES[kind])}}}')
    with pytest.raises(Refused) as refusal:
        await project(operator, data=incident_data)
    assert refusal.value.code == Code.UNKNOWN_REFERENCE
    await admin.send(DefineDataField(kind=kind, slot=2, enabled=True, name=kind))
    typed = (await admin.send(AddType(name="Theft"))).id
    for fields in ({}, {"type_id": typed}):
        created = await project(operator, data=incident_data, **fields)
        assert getattr(incident_data, f"{kind}_2") == getattr(_read(created), f"{kind}_2")


async def test_a_disabled_field_keeps_what_it_holds(admin: Client, operator: Client) -> None:
    """What was given stays when its category or field is renamed and disabled; only new is refused (AMB-2, DAT-06)."""
    await admin.send(DefineCategory(slot=1, enabled=True, name="Reason"))
    value = (await admin.send(AddCategoryValue(slot=1, name="Fall"))).id
    await admin.send(DefineDataField(kind="integer", slot=1, enabled=True, name="Injured"))
    values: dict[str, Any] = {"categories": {"1": value}, "data": IncidentData(integer_1=2)}
    created = await project(operator, **values)
    await admin.send(DefineCategory(slot=1, enabled=False, name="Cause"))
    await admin.send(DefineDataField(kind="integer", slot=1, enabled=False, name="Hurt"))
    details = await operator.ask(GetProject(project_id=created.project_id))
    assert (details.categories or {})["1"] == value
    assert (details.data or {})["integer_1"] == 2
    for field, entered in values.items():
        with pytest.raises(Refused) as refusal:
            await operator.send(UpdateProject(project_id=created.project_id, **{field: entered}))
        assert refusal.value.code == Code.UNKNOWN_REFERENCE


async def test_one_value_of_an_enabled_category_is_given(admin: Client, operator: Client) -> None:
    """A category holds one value of its own list, whatever the type or status (CAT-03, CAT-06, CAT-08, PRJ-22)."""
    for slot, name in ((1, "Place"), (2, "Accomplices")):
        await admin.send(DefineCategory(slot=slot, enabled=True, name=name))
    hall, yard = [(await admin.send(AddCategoryValue(slot=1, name=name))).id for name in ("Hall", "Yard")]
    created = await project(operator, categories={"1": hall})
    await operator.send(UpdateProject(project_id=created.project_id, categories={"1": yard}))
    with pytest.raises(Refused) as refusal:
        await operator.send(UpdateProject(project_id=created.project_id, categories={"2": hall}))
    (field,) = refusal.value.details["fields"]
    assert field["field"] == "category_2"
    assert field["kind"] == "other_category"
    assert field["value"] == hall
    assert (await operator.ask(GetProject(project_id=created.project_id))).categories == {
        **dict.fromkeys("2345"),
        "1": yard,
    }


def _json(value: object) -> str:
    return str(value).lower() if isinstance(value, bool | int) else f'"{value}"'


def _read(details: ProjectDetails) -> IncidentData:
    by_name = {name: value for name, value in (details.data or {}).items() if value is not None}
    return IncidentData.model_validate(by_name, strict=False)
