"""What fields were called when their values were set: in readings, histories, packages and reports."""

from decimal import Decimal
from typing import Any

import pytest

from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import CreateProject, IncidentData, UpdateProject
from contracts.projects.history import GetHistory, HistoryEntry
from contracts.projects.imports import ImportedProject, ImportProjects
from contracts.properties import (
    AddCategoryValue,
    AddStatus,
    AddType,
    DefineCategory,
    DefineDataField,
    EditType,
    FieldKind,
)
from contracts.reports import DownloadReport, GenerateReport
from contracts.values import Language
from incidents import Client
from tests.projects.helpers import NOON, Operator
from tests.projects.packages import export, read_json
from tests.reports.readers import text_of
from tests.support import Site

pytestmark = pytest.mark.usefixtures("reports")

FILLED: dict[FieldKind, Any] = {"integer": 1, "decimal": Decimal(1), "text": "one", "checkbox": True, "datetime": NOON}
"""A value for each kind of field."""


@pytest.fixture
async def operator(site: Site) -> Operator:
    """A project whose fields were filled in under names that have changed since."""
    await site.workers("administration", "projects", "reports")
    operator = await Operator.start(site, await site.client())
    await rename_definitions(operator.client, "Place", "Weight")
    hall = (await operator.send(AddCategoryValue(slot=1, name="Hall"))).id
    incident_data = IncidentData(decimal_1=Decimal("12.5"))
    await operator.send(UpdateProject(project_id=operator.project_id, categories={"1": hall}, data=incident_data))
    await rename_definitions(operator.client, "Location", "Mass")
    return operator


async def rename_definitions(client: Client, category: str, field: str) -> None:
    """Give a category and a data field these names."""
    await client.send(DefineCategory(slot=1, enabled=True, name=category))
    await client.send(DefineDataField(kind="decimal", slot=1, enabled=True, name=field))


async def past(operator: Operator, **fields: Any) -> list[HistoryEntry]:
    """Return a project's past, the oldest entry first."""
    return (await operator.client.ask(GetHistory(project_id=operator.project_id, **fields))).items[::-1]


async def report_text(operator: Operator, language: Language) -> str:
    """Generate a report, and return what its pages say."""
    command = GenerateReport(report_id=uuid7(), project_id=operator.project_id, language=language)
    await operator.send(command)
    pdf = b"".join([part async for part in operator.client.download(DownloadReport(report_id=command.report_id))])
    return text_of(pdf)


async def test_a_project_says_what_its_fields_were_called(operator: Operator) -> None:
    """A value has the label of the time when it was set, with today's next to it where it is another one."""
    labels = (await operator.project()).labels
    by_name = {field: (label.label, label.label_now, label.value, label.value_now) for field, label in labels.items()}
    assert by_name == {"category_1": ("Place", "Location", "Hall", None), "decimal_1": ("Weight", "Mass", None, None)}
    assert labels["decimal_1"].set_at == (await past(operator, field="decimal_1"))[0].at


async def test_a_value_set_again_has_the_new_label(operator: Operator) -> None:
    """Each entry of the past has the label of its own time, and the project that of its last change."""
    incident_data = IncidentData(decimal_1=Decimal(13))
    await operator.send(UpdateProject(project_id=operator.project_id, data=incident_data))
    assert [(change.new, change.label) for change in await past(operator, field="decimal_1")] == [
        ("12.5", "Weight"),
        ("13", "Mass"),
    ]
    weight = (await operator.project()).labels["decimal_1"]
    assert weight.label == "Mass"
    assert weight.label_now is None


@pytest.mark.parametrize("slot", range(1, 6))
async def test_every_field_has_a_label_of_its_own(operator: Operator, slot: int) -> None:
    """Each category and each kind of field is reported under its own name, and what has no value under none."""
    client, project_id = operator.client, uuid7()
    await client.send(DefineCategory(slot=slot, enabled=True, name="Area"))
    value = (await client.send(AddCategoryValue(slot=slot, name="Hall"))).id
    kinds = FILLED if slot <= 3 else {}
    for kind in kinds:
        await client.send(DefineDataField(kind=kind, slot=slot, enabled=True, name=f"A {kind}"))
    incident_data = IncidentData.model_validate({f"{kind}_{slot}": example for kind, example in kinds.items()})
    operator.project_id = project_id
    await client.send(CreateProject(project_id=project_id))
    update = {"project_id": project_id, "categories": {str(slot): value}, "data": incident_data}
    await client.send(UpdateProject.model_validate(update))
    expected = {f"category_{slot}": ("Area", "Hall")} | {f"{kind}_{slot}": (f"A {kind}", None) for kind in kinds}
    labels = (await operator.project()).labels
    assert {field: (label.label, label.value) for field, label in labels.items()} == expected
    entries = await past(operator)
    assert {entry.field: entry.label for entry in entries[1:]} == {
        field: label for field, (label, _) in expected.items()
    }
    assert [entry.names for entry in entries if entry.field.startswith("category")] == [{str(value): "Hall"}]


async def test_ids_in_the_past_have_the_names_of_their_time(operator: Operator) -> None:
    """A type that was renamed after a project had left it is reported by the name that it had there."""
    theft, fire = [(await operator.send(AddType(name=name))).id for name in ("Theft", "Fire")]
    for type_id in (theft, fire):
        await operator.send(UpdateProject(project_id=operator.project_id, type_id=type_id))
    await operator.send(EditType(id=theft, name="Larceny"))
    first, second = await past(operator, field="type_id")
    assert first.names == {str(theft): "Theft"}
    assert second.names == {str(theft): "Theft", str(fire): "Fire"}
    assert (await operator.project()).labels["type_id"].value == "Fire"
    await operator.send(UpdateProject(project_id=operator.project_id, type_id=theft))
    assert (await operator.project()).labels["type_id"].value == "Larceny"


async def test_an_imported_project_has_the_names_of_its_import(operator: Operator) -> None:
    """What another system's project came with was set when it was taken over, not when it was created there."""
    closed = (await operator.send(AddStatus(name="Closed"))).id
    operator.project_id = uuid7()
    imported = ImportedProject(
        project_id=operator.project_id, number=4711, created_by="old", created_at=NOON, status_id=closed
    )
    await operator.send(ImportProjects(projects=[imported]))
    (creation,) = await past(operator)
    label = (await operator.project()).labels["status_id"]
    assert label.value == "Closed"
    assert label.set_at == creation.at
    assert creation.names == {str(closed): "Closed"}


@pytest.mark.parametrize(
    "language, phrases",
    [
        ("en", ("Weight (renamed since: Mass) 12.5", "Place (renamed since: Location) Hall")),
        ("fr", ("Weight (renommé depuis : Mass) 12,5", "Place (renommé depuis : Location) Hall")),
    ],
)
async def test_a_report_prints_what_was_meant(operator: Operator, language: Language, phrases: tuple[str, str]) -> None:
    """A report names each field as it was named when its value was set, and says what it is called today."""
    words = (await report_text(operator, language)).replace("\u00a0", " ")
    assert [phrase for phrase in phrases if phrase not in words] == []


async def test_a_report_prints_what_is_there(operator: Operator) -> None:
    """A report names type and status, and in one order the fields with a value, also the disabled ones."""
    theft, closed = [(await operator.send(command)).id for command in (AddType(name="Theft"), AddStatus(name="Closed"))]
    await operator.send(UpdateProject(project_id=operator.project_id, type_id=theft, status_id=closed))
    for slot, enabled, category, field in (
        (1, False, "Location", "Mass"),
        (2, True, "Wing", "Height"),
        (3, False, "Cellar", "Depth"),
    ):
        await operator.send(DefineCategory(slot=slot, enabled=enabled, name=category))
        await operator.send(DefineDataField(kind="decimal", slot=slot, enabled=enabled, name=field))
    words = await report_text(operator, "en")
    there = ("Type Theft", "Status Closed", "(renamed since: Location) Hall", "(renamed since: Mass) 12.5")
    assert [phrase for phrase in there if phrase not in words] == []
    assert words.index(there[2]) < words.index(there[3])
    assert [word for word in ("Wing", "Height", "Cellar", "Depth") if word in words] == []


async def test_a_package_holds_what_was_meant(operator: Operator) -> None:
    """The project and the history in a package carry the labels and names of the time, for who may see them."""
    files = await export(operator)
    assert read_json(files, "project.json")["labels"]["decimal_1"]["label"] == "Weight"
    entries = {entry["field"]: entry for entry in read_json(files, "history.json")["items"]}
    assert [entries[word]["label"] for word in ("decimal_1", "category_1")] == ["Weight", "Place"]
    assert list(entries["category_1"]["names"].values()) == ["Hall"]
    await operator.site.grant("clerk", {Node.PROJECTS: "view", Node.EXPORT: "manage"})
    clerk = await operator.site.client("clerk")
    files = await export(Operator(operator.site, clerk, operator.project_id))
    assert read_json(files, "project.json")["labels"] == {}


async def test_labels_are_withheld_with_their_fields(operator: Operator) -> None:
    """A principal who may not see main details or categories does not get the names of their values."""
    theft = (await operator.send(AddType(name="Theft"))).id
    operator.project_id = uuid7()
    await operator.send(CreateProject(project_id=operator.project_id, type_id=theft))
    assert [change.names for change in await past(operator)] == [{str(theft): "Theft"}]
    await operator.site.grant("visitor", {Node.PROJECTS: "view"})
    operator.client = await operator.site.client("visitor")
    assert (await operator.project()).labels == {}
    assert [(change.field, change.label, change.names) for change in await past(operator)] == [("project", None, {})]
