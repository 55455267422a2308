"""The history of definitions: who changed what, when, from what to what."""

import json
from typing import Any

import psycopg
import pytest

from contracts.administration import AssignRole, ChangeSettings, DefineRole, DeleteRole, UnassignRole
from contracts.administration_queries import (
    DefinitionChange,
    DefinitionKind,
    GetPropertyHistory,
    GetRoleHistory,
    GetSettingHistory,
)
from contracts.errors import Code
from contracts.message import Change
from contracts.permissions import Node
from contracts.properties import (
    AddCategoryValue,
    AddType,
    DefineCategory,
    DefineDataField,
    DeleteType,
    EditCategoryValue,
    EditType,
)
from incidents import Client, Refused
from tests.support import Site
from workers.migrations.scripts import read_sql


async def past(client: Client, kind: DefinitionKind, **fields: Any) -> list[DefinitionChange]:
    """Return the changes of a kind, the newest first."""
    if kind == "role":
        return (await client.ask(GetRoleHistory(**fields))).items
    if kind == "setting":
        return (await client.ask(GetSettingHistory(**fields))).items
    return (await client.ask(GetPropertyHistory(kind=kind, **fields))).items


async def test_a_type_keeps_what_it_was(admin: Client) -> None:
    """A type's names stand in its events and its history, from its first one to its deletion."""
    added = await admin.send(AddType(name="Theft"))
    edited = await admin.send(EditType(id=added.id, name="Larceny", description="Something is gone"))
    deleted = await admin.send(DeleteType(id=added.id))
    assert added.name == "Theft"
    assert edited.name == "Larceny"
    assert deleted.name == "Larceny"
    assert edited.changed == {
        "name": Change(old="Theft", new="Larceny"),
        "description": Change(old="", new="Something is gone"),
    }
    theft, larceny = {"name": "Theft", "description": ""}, {"name": "Larceny", "description": "Something is gone"}
    changes = await past(admin, "type", key=str(added.id))
    assert [(change.old, change.new) for change in changes] == [(larceny, None), (theft, larceny), (None, theft)]
    assert {(change.kind, change.key, change.by) for change in changes} == {("type", str(added.id), "admin")}


async def test_every_definition_has_its_history(admin: Client) -> None:
    """Fields, categories, values and roles are kept under the key by which projects and people name them."""
    results = []
    for name in ("Weight", "Mass"):
        results += [
            await admin.send(DefineDataField(kind="decimal", slot=3, enabled=True, name=name)),
            await admin.send(DefineCategory(slot=2, enabled=True, name=name)),
            await admin.send(DefineRole(role_id="guards", name=name, permissions={})),
        ]
    value = await admin.send(AddCategoryValue(slot=2, name="Weight"))
    await admin.send(EditCategoryValue(slot=2, id=value.id, name="Mass"))
    assert [result.changed for result in results[3:]] == [{"name": Change(old="Weight", new="Mass")}] * 3
    keys: dict[DefinitionKind, str] = {"data-field": "decimal_3", "category": "category_2", "role": "guards"}
    for kind, key in {**keys, "category-value": str(value.id)}.items():
        newest, first = await past(admin, kind, key=key)
        assert (newest.old or {})["name"] == "Weight"
        assert (newest.new or {})["name"] == "Mass"
        assert first.old is None


async def test_a_role_tells_its_levels_and_its_name(admin: Client) -> None:
    """A change of a role names each node with its old and new level; giving, taking and deleting it name the role."""
    await admin.send(
        DefineRole(role_id="guards", name="Guards", permissions={Node.SETTINGS: "view", Node.ROLES: "view"})
    )
    higher = DefineRole(role_id="guards", name="Guards", permissions={Node.SETTINGS: "manage"})
    changed = (await admin.send(higher)).changed
    assert changed == {"settings": Change(old="view", new="manage"), "roles": Change(old="view")}
    assert (await admin.send(AssignRole(role_id="guards", principal="ann"))).name == "Guards"
    assert (await admin.send(UnassignRole(role_id="guards", principal="ann"))).name == "Guards"
    assert (await admin.send(DeleteRole(role_id="guards"))).name == "Guards"


async def test_settings_keep_what_they_were(admin: Client) -> None:
    """Every setting has its own history, with old and new value, the report's title too."""
    expected: dict[str, Any] = {"report_title": "Museum", "retention_days": 9, "child_sites": ["north", "south"]}
    changed = (await admin.send(ChangeSettings(**expected))).changed
    assert changed == {
        "report_title": Change(old="", new="Museum"),
        "retention_days": Change(old=7, new=9),
        "child_sites": Change(old="", new="north south"),
    }
    for name, value in expected.items():
        newest, first = await past(admin, "setting", key=name)
        assert (newest.new or {})["value"] == value
        assert newest.by == "admin"
        assert first.by == "system"


async def test_a_setting_that_stays_is_not_part_of_a_change(admin: Client) -> None:
    """Of the named settings only those that differ are in the event and in the history, and the event is published."""
    outcome = await (await admin.submit(ChangeSettings(retention_days=7, report_title="Museum"))).outcome()
    assert outcome.status == "applied"
    assert len(outcome.events or []) == 1
    assert [change.by for change in await past(admin, "setting", key="retention_days")] == ["system"]
    assert [change.by for change in await past(admin, "setting", key="report_title")] == ["admin", "system"]


async def test_what_changes_nothing_leaves_no_trace(admin: Client) -> None:
    """A definition that is made again as it is leaves neither an event nor an entry."""
    same = DefineDataField(kind="text", slot=1, enabled=True, name="Badge")
    await admin.send(same)
    outcome = await (await admin.submit(same)).outcome()
    assert outcome.status == "applied"
    assert outcome.events == []
    assert len(await past(admin, "data-field")) == 1


async def test_the_history_is_read_in_pages_by_those_who_may(site: Site, admin: Client) -> None:
    """Pages hold every change once; roles and settings need view on their own nodes."""
    for name in "abc":
        await admin.send(AddType(name=name))
    page = await admin.ask(GetPropertyHistory(kind="type", limit=2))
    rest = await admin.ask(GetPropertyHistory(kind="type", limit=2, after=page.next))
    assert [(entry.new or {})["name"] for entry in (*page.items, *rest.items)] == ["c", "b", "a"]
    await site.grant("ann", {Node.PROPERTIES: "view"})
    ann = await site.client("ann")
    assert len(await past(ann, "type")) == 3
    hidden: list[DefinitionKind] = ["role", "setting"]
    for kind in hidden:
        with pytest.raises(Refused) as refusal:
            await past(ann, kind)
        assert refusal.value.code is Code.NOT_AVAILABLE


async def test_what_was_there_before_has_its_name_as_first_entry(site: Site) -> None:
    """The upgrade writes down what every definition and setting is, so that its next change has an old name."""
    await site.sql("DELETE FROM administration.definition_change")
    await site.sql("INSERT INTO administration.property VALUES (70, 'status', NULL, 'Closed', 'All done')")
    await site.sql("INSERT INTO administration.data_field VALUES ('text', 2, 71, true, 'Badge', '')")
    await site.sql("INSERT INTO administration.category VALUES (4, 72, false, 'Place', '')")
    script = read_sql("*_definitions.sql")
    with psycopg.connect(site.database_url) as connection:
        connection.execute(script[script.index("INSERT") : script.index("-- The name that")])
        connection.commit()
    rows = await site.sql("SELECT kind, key, by, old, new FROM administration.definition_change ORDER BY number")
    first_values = {(row.kind, row.key): row.new for row in rows}
    assert first_values["status", "70"] == {"name": "Closed", "description": "All done"}
    assert first_values["data-field", "text_2"] == {"name": "Badge", "description": "", "enabled": True}
    assert first_values["category", "category_4"] == {"name": "Place", "description": "", "enabled": False}
    assert first_values["role", "administrators"] == {"name": "Administrators", "permissions": {}}
    assert first_values["setting", "retention_days"] == {"value": 7}
    assert {(row.by, row.old) for row in rows} == {("system", None)}


async def test_definitions_travel_with_their_names(site: Site, admin: Client) -> None:
    """An event of administration says the old and the new name, so that the log can tell them."""
    ops = await site.overseer()
    feed = await ops.subscribe(f"im.{site.name}.evt.administration.-.data-field-defined")
    await ops.flush()
    for name in ("Weight", "Mass"):
        await admin.send(DefineDataField(kind="decimal", slot=1, enabled=True, name=name))
    _, renamed = [json.loads((await feed.next_msg(timeout=10)).data) for _ in range(2)]
    assert renamed["name"] == "Mass"
    assert renamed["changed"] == {"name": {"old": "Weight", "new": "Mass"}}
