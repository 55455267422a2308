"""Types, statuses and values of categories through the whole system."""

import pytest

from contracts.administration_queries import GetProperties, Property
from contracts.errors import Code
from contracts.message import Command
from contracts.permissions import Node
from contracts.properties import (
    AddCategoryValue,
    AddStatus,
    AddType,
    DefineCategory,
    DefineDataField,
    DeleteCategoryValue,
    DeleteStatus,
    DeleteType,
    EditCategoryValue,
    EditStatus,
    EditType,
    MarkStatus,
    PropertyEvent,
)
from incidents import Client, Refused
from tests.administration.conftest import Together
from tests.support import Site


async def test_ids_are_of_one_sequence(admin: Client) -> None:
    """No property of any kind has the id of another, and a later one has a higher id (PROP-09)."""
    additions: list[Command[PropertyEvent]] = [
        AddType(name="Theft"),
        AddStatus(name="New"),
        DefineCategory(slot=1, enabled=True, name="Place"),
        AddCategoryValue(slot=1, name="Car park"),
        DefineDataField(kind="text", slot=1, enabled=True, name="Badge"),
    ]
    assert [(await admin.send(addition)).id for addition in additions] == [1, 2, 3, 4, 5]


async def test_commands_decided_together_get_ids_in_their_order(together: Together) -> None:
    """Additions that are decided in one batch are numbered as they were sent."""
    outcomes = await together(*(AddType(name=f"Type {number}") for number in range(20)))
    assert [(outcome.result or {})["id"] for outcome in outcomes] == list(range(1, 21))


async def test_names_may_repeat(admin: Client) -> None:
    """Two types may have one name; their ids tell them apart (PROP-06)."""
    for _ in range(2):
        await admin.send(AddType(name="Theft", description="Something is gone"))
    types = (await admin.ask(GetProperties())).types
    assert types == [Property(id=n, name="Theft", description="Something is gone") for n in (1, 2)]


async def test_unassigned_properties_change_and_go(admin: Client) -> None:
    """What no project has can be renamed and deleted (TYP-02, STA-02, CAT-04, PROP-02, PROP-04)."""
    await admin.send(DefineCategory(slot=2, enabled=True, name="Place"))
    added = [
        (await admin.send(AddType(name="a"))).id,
        (await admin.send(AddStatus(name="b"))).id,
        (await admin.send(AddCategoryValue(slot=2, name="c"))).id,
    ]
    await admin.send(EditType(id=added[0], name="A"))
    await admin.send(EditStatus(id=added[1], name="B", description="told"))
    await admin.send(EditCategoryValue(slot=2, id=added[2], name="C"))
    properties = await admin.ask(GetProperties())
    listed = [*properties.types, *properties.statuses, *properties.categories[0].values]
    assert [(listed_type.name, listed_type.description) for listed_type in listed] == [
        ("A", ""),
        ("B", "told"),
        ("C", ""),
    ]
    await admin.send(DeleteType(id=added[0]))
    await admin.send(DeleteStatus(id=added[1]))
    await admin.send(DeleteCategoryValue(slot=2, id=added[2]))
    properties = await admin.ask(GetProperties())
    assert properties.types == []
    assert properties.statuses == []
    assert properties.categories[0].values == []


async def test_another_name_leaves_the_mark(admin: Client) -> None:
    """A closing status that gets another name goes on closing."""
    status = await admin.send(AddStatus(name="Done", closing=True))
    await admin.send(EditStatus(id=status.id, name="Finished"))
    assert [(status.name, status.closing) for status in (await admin.ask(GetProperties())).statuses] == [
        ("Finished", True)
    ]


@pytest.mark.parametrize(
    "command, field",
    [
        (EditType(id=2, name="x"), {"field": "id", "value": 2}),
        (DeleteStatus(id=99), {"field": "id", "value": 99}),
        (MarkStatus(id=1, closing=True), {"field": "id", "value": 1}),
        (MarkStatus(id=99, closing=True), {"field": "id", "value": 99}),
        (EditCategoryValue(slot=1, id=2, name="x"), {"field": "id", "value": 2}),
        (DeleteCategoryValue(slot=2, id=4), {"field": "slot", "value": 2}),
        (AddCategoryValue(slot=5, name="x"), {"field": "slot", "value": 5}),
    ],
)
async def test_what_is_not_defined_is_named(
    admin: Client, command: Command[PropertyEvent], field: dict[str, object]
) -> None:
    """A command about an id of another kind, of another category or of nobody is refused by its field (CAT-03)."""
    await admin.send(AddType(name="Theft"))
    await admin.send(AddStatus(name="New"))
    await admin.send(DefineCategory(slot=1, enabled=True, name="Place"))
    await admin.send(AddCategoryValue(slot=1, name="Car park"))
    with pytest.raises(Refused) as refusal:
        await admin.send(command)
    (named,) = refusal.value.details["fields"]
    assert refusal.value.code == Code.UNKNOWN_REFERENCE
    assert {name: named[name] for name in field} == field


async def test_a_deleted_property_stays_deleted_within_its_batch(site: Site, together: Together) -> None:
    """Commands that are decided together see what those before them did."""
    await site.sql("INSERT INTO administration.property VALUES (70, 'type', NULL, 'Theft', '')")
    outcomes = await together(DeleteType(id=70), EditType(id=70, name="x"), DeleteType(id=70))
    assert [outcome.status for outcome in outcomes] == ["applied", "rejected", "rejected"]
    assert await site.count("administration.property") == 0


async def test_only_managers_define_properties(site: Site, admin: Client) -> None:
    """View on them or on projects shows them and changes none; nobody else sees any (PERM-04, PERM-07)."""
    await admin.send(AddType(name="Theft"))
    await site.grant("ann", {Node.PROPERTIES: "view"})
    await site.grant("guard", {Node.PROJECTS: "manage"})
    bob = await site.client("bob")
    for reader in (await site.client("ann"), await site.client("guard")):
        assert [type_.name for type_ in (await reader.ask(GetProperties())).types] == ["Theft"]
        with pytest.raises(Refused) as refusal:
            await reader.send(AddType(name="Fire"))
        assert refusal.value.code == Code.PERMISSION_DENIED
    with pytest.raises(Refused) as refusal:
        await bob.ask(GetProperties())
    assert refusal.value.code == Code.NOT_AVAILABLE
