"""What is defined already is defined again without an event."""

from typing import Any

import pytest

from contracts.administration import DefineRole
from contracts.message import Command
from contracts.permissions import Node
from contracts.properties import (
    AddCategoryValue,
    AddStatus,
    AddType,
    DefineCategory,
    DefineDataField,
    EditCategoryValue,
    EditStatus,
    EditType,
)
from incidents import Client
from tests.administration.conftest import Together
from tests.support import Site

CATEGORY = DefineCategory(slot=1, enabled=True, name="Place", description="Where?")


async def events(client: Client, command: Command[Any]) -> int:
    """Send a command and return how many events it led to."""
    outcome = await (await client.submit(command)).outcome()
    assert outcome.status == "applied"
    assert outcome.error is None
    return len(outcome.events or [])


@pytest.mark.parametrize(
    "first, other",
    [
        (CATEGORY, CATEGORY.model_copy(update={"enabled": False})),
        (
            DefineDataField(kind="text", slot=1, enabled=True, name="Plate"),
            DefineDataField(kind="text", slot=1, enabled=True, name="Licence plate"),
        ),
        (
            DefineRole(role_id="clerks", name="Clerks", permissions={Node.SETTINGS: "manage"}),
            DefineRole(role_id="clerks", name="Clerks", permissions={Node.SETTINGS: "view"}),
        ),
    ],
    ids=["category", "field", "role"],
)
async def test_the_same_definition_changes_nothing(admin: Client, first: Command[Any], other: Command[Any]) -> None:
    """A category, field or role that is defined as it is leaves no event; another definition does."""
    assert [await events(admin, definition) for definition in (first, first, other, first)] == [1, 0, 1, 1]


async def test_the_same_name_changes_nothing(admin: Client) -> None:
    """A type, status or value that gets the name and description that it has leaves no event."""
    await admin.send(CATEGORY)
    type_, status = await admin.send(AddType(name="Theft")), await admin.send(AddStatus(name="New"))
    value = await admin.send(AddCategoryValue(slot=1, name="Hall"))
    edits = (
        EditType(id=type_.id, name="Theft"),
        EditStatus(id=status.id, name="New"),
        EditCategoryValue(slot=1, id=value.id, name="Hall"),
    )
    assert [await events(admin, edit) for edit in edits] == [0, 0, 0]
    described = [edit.model_copy(update={"description": "As said."}) for edit in edits]
    assert [await events(admin, command) for command in described] == [1, 1, 1]


async def test_twice_in_a_batch_is_once(site: Site, together: Together) -> None:
    """Two definitions of one role in one batch are a definition and nothing."""
    role = DefineRole(role_id="clerks", name="Clerks", permissions={Node.SETTINGS: "manage"})
    outcomes = await together(role, role)
    assert [len(outcome.events or []) for outcome in outcomes] == [1, 0]
