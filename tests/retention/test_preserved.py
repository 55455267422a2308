"""Under hold nothing is removed or reworded without its earlier form being kept."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import pytest

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.message import Command
from contracts.permissions import Node
from contracts.projects.commands import (
    AddSequences,
    RemoveAllSequences,
    RemoveSequences,
    UpdateProject,
)
from contracts.projects.history import GetPreserved, PreservedEntry
from contracts.projects.parts import AddCall, AddComment, DeleteCall, DeleteComment, EditCall, EditComment
from contracts.properties import AddCategoryValue, AddStatus, AddType, DefineCategory, DefineDataField
from contracts.retention import ListHolds
from incidents import Client
from tests.projects.helpers import NOON, refusal_of, sequence
from tests.retention.helpers import Holder, connect_manager
from tests.retention.test_hold_matrix import end_by_date
from tests.support import Site

ID: Final = UUID("0190a000-0000-7000-8000-000000000001")
PART: Final = UUID("0190a000-0000-7000-8000-000000000002")
OF: Final[dict[str, Any]] = {"project_id": ID}
COMMENT: Final[dict[str, Any]] = {**OF, "comment_id": PART}
CALL: Final[dict[str, Any]] = {**OF, "call_id": PART, "at": NOON, "direction": "made", "party": "Police"}
FILMED: Final = sequence("Gate 4")
DATA: Final[dict[str, tuple[Any, Any]]] = {
    "text_1": ("Blue.", "Red."),
    "integer_1": (1, 2),
    "decimal_1": ("1.5", "2"),
    "checkbox_1": (True, False),
    "datetime_1": ("2026-03-01T12:00:00Z", "2026-03-02T12:00:00Z"),
}


def update(**fields: Any) -> UpdateProject:
    """Return an update of the project."""
    return UpdateProject.model_validate({**OF, **fields}, strict=False)


BEFORE: Final[Sequence[Command[Any]]] = (
    AddComment(**COMMENT, text="Seen."),
    AddCall(**CALL),
    AddSequences(**OF, sequences=[FILMED]),
    update(description="A box.", reference="No. 1", start_time=NOON, end_time=NOON),
)
CHANGES: Final[dict[str, tuple[Command[Any], str, Any]]] = {
    "edit a comment": (EditComment(**COMMENT, text="Heard."), "comment", "Seen."),
    "delete a comment": (DeleteComment(**COMMENT), "comment", "Seen."),
    "edit a call": (EditCall(**{**CALL, "party": "Ambulance"}), "call", {"party": "Police"}),
    "delete a call": (DeleteCall(**OF, call_id=PART), "call", {"party": "Police", "direction": "made"}),
    "remove a sequence": (
        RemoveSequences(**OF, sequence_ids=[FILMED.sequence_id]),
        "sequence",
        {"camera_name": "Gate 4"},
    ),
    "remove all sequences": (RemoveAllSequences(**OF), "sequence", {"camera_name": "Gate 4"}),
    "reword the description": (update(description="A bag."), "description", "A box."),
    "clear the description": (update(description=None), "description", "A box."),
    "change the reference": (update(reference="No. 2"), "reference", "No. 1"),
    "clear the start": (update(start_time=None), "start_time", NOON.isoformat().replace("+00:00", "Z")),
}


async def preserved(client: Client, **fields: Any) -> list[PreservedEntry]:
    """Return what was preserved, page by page."""
    page = await client.ask(GetPreserved(project_id=ID, limit=1, **fields))
    items = list(page.items)
    while page.next:
        page = await client.ask(GetPreserved(project_id=ID, limit=1, after=page.next))
        items += page.items
    return items


async def start(site: Site, *workers: str) -> Holder:
    """Create the project with content."""
    holder = await Holder.start(site, *workers)
    await holder.create_project(ID)
    for command in BEFORE:
        await holder.client.send(command)
    return holder


def has(value: Any, expected: Any) -> bool:
    """Tell whether a value is what is expected, or has at least these fields."""
    if isinstance(expected, dict):
        return isinstance(value, dict) and all(value.get(name) == each for name, each in expected.items())
    return bool(value == expected)


@pytest.mark.parametrize("change", CHANGES)
async def test_every_removal_and_rewording_keeps_the_earlier_form(site: Site, change: str) -> None:
    """Whatever somebody removes or rewords of a held project is kept, with who, when, and under which hold."""
    holder = await start(site)
    hold_id = (await holder.hold(ID)).hold_id
    command, field, old = CHANGES[change]
    mallory = await connect_manager(site, "mallory", dict.fromkeys((*DETAILS, *SECTIONS), "manage"))
    await mallory.send(command)
    (entry,) = await preserved(holder.client)
    assert entry.field == field
    assert entry.by == "mallory"
    assert entry.hold_id == hold_id
    assert has(entry.old, old)


DETAILS: Final = (Node.MAIN_DETAILS, Node.CATEGORIES)
SECTIONS: Final = (Node.COMMENTS, Node.CALLS, Node.SEQUENCES)


async def define_properties(admin: Client) -> dict[str, list[int]]:
    """Define two types, two statuses and two values of a category, and one data field of each kind."""
    await admin.send(DefineCategory(slot=1, enabled=True, name="Cause"))
    for name in DATA:
        kind = name.partition("_")[0]
        await admin.send(DefineDataField.model_validate({"kind": kind, "slot": 1, "enabled": True, "name": name}))
    ids: dict[str, list[int]] = {"type_id": [], "status_id": [], "category": []}
    for name in ("One", "Two"):
        ids["type_id"].append((await admin.send(AddType(name=name))).id)
        ids["status_id"].append((await admin.send(AddStatus(name=name))).id)
        ids["category"].append((await admin.send(AddCategoryValue(slot=1, name=name))).id)
    return ids


async def test_every_value_keeps_its_earlier_one(site: Site) -> None:
    """Types, statuses, categories and data fields are kept with the names of their time, whether changed or cleared."""
    holder = await start(site, "administration")
    ids = await define_properties(holder.client)
    await holder.hold(ID)
    for at in (0, 1, None):
        values = {name: None if at is None else both[at] for name, both in DATA.items()}
        chosen = {name: None if at is None else both[at] for name, both in ids.items()}
        await holder.client.send(update(categories={"1": chosen.pop("category")}, data=values, **chosen))
    earlier: dict[str, list[Any]] = {}
    for entry in (await preserved(holder.client))[::-1]:
        earlier.setdefault(entry.field, []).append(entry.old)
    ids["category_1"] = ids.pop("category")
    assert earlier == {**ids, **{name: list(both) for name, both in DATA.items()}}


async def test_what_is_kept_is_what_was_changed_under_hold(site: Site) -> None:
    """Changes before a hold, after its end and after its release are in the history alone."""
    holder = await start(site)
    texts = iter(f"Wording {number}." for number in range(1, 9))

    async def reword() -> None:
        await holder.client.send(EditComment(**COMMENT, text=next(texts)))

    await reword()
    first = await holder.hold(ID)
    await reword()
    await holder.release(ID)
    await reword()
    second = await holder.hold(ID)
    await reword()
    await end_by_date(site, ID)
    assert [(entry.old, entry.hold_id) for entry in await preserved(holder.client)] == [
        ("Wording 3.", second.hold_id),
        ("Wording 1.", first.hold_id),
    ]


async def test_who_may_read_what_was_preserved(site: Site) -> None:
    """It needs *manage* on retention, and shows the parts that the caller may see; reading it is recorded."""
    holder = await start(site, "audit")
    await holder.hold(ID)
    for change in ("delete a comment", "reword the description"):
        await holder.client.send(CHANGES[change][0])
    vera = await connect_manager(site, "vera", {Node.RETENTION: "view", Node.COMMENTS: "view"})
    refusal = await refusal_of(vera.ask(GetPreserved(project_id=ID)))
    assert refusal.code == Code.NOT_AVAILABLE
    assert refusal.error.details["nodes"] == [Node.RETENTION]
    mona = await connect_manager(site, "mona", {Node.RETENTION: "manage", Node.COMMENTS: "view"})
    page = await mona.ask(GetPreserved(project_id=ID))
    assert [entry.field for entry in page.items] == ["comment"]
    assert page.withheld == ["main-details", "categories", "calls", "sequences"]


async def test_what_was_preserved_lives_as_long_as_the_project(site: Site) -> None:
    """A release purges nothing; with the project everything goes (RET-03)."""
    holder = await start(site)
    await holder.hold(ID)
    await holder.client.send(DeleteComment(**COMMENT))
    await holder.release(ID)
    assert [entry.old for entry in await preserved(holder.client)] == ["Seen."]
    assert [hold.in_force for hold in (await holder.client.ask(ListHolds(project_id=ID))).items] == [False]
    await holder.delete(ID)
    refusal = await refusal_of(holder.client.ask(GetPreserved(project_id=ID)))
    assert refusal.code == Code.GONE
    assert refusal.error.details["deleted_by"] == "admin"
    assert await site.count("projects.change_set") == await site.count("retention.hold") == 0
    unknown = await refusal_of(holder.client.ask(GetPreserved(project_id=uuid7())))
    assert unknown.error.details["known"] is False
