"""Questions as hypothesis makes them, what everybody asks at the end, and how a model's site begins."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from contracts.permissions import Node
from tests.model.commands import PEOPLE, SLOT, Ref, Wish, ref, wish

COLUMNS = (
    *("created_at", "number", "type_id", "status_id", "description"),
    *("start_time", "end_time", "updated_at", "created_by"),
)
SORTS = st.sampled_from([f"{sign}{name}" for name in COLUMNS for sign in ("", "-")])
MOMENTS = st.sampled_from((Ref("moment", 0), Ref("moment", 1), "2009-06-01T00:00:00Z", "2026-03-01T12:30:00Z"))
SPANS = st.fixed_dictionaries({}, optional={"from": MOMENTS, "to": MOMENTS})
VALUES = st.lists(ref("category-value", 2) | st.none(), max_size=2)
ASSIGNED: dict[str, Any] = {
    "type_ids": st.lists(ref("type", 2) | st.none(), max_size=2),
    "status_ids": st.lists(ref("status", 2) | st.none(), max_size=2),
    "categories": st.dictionaries(SLOT.map(str), VALUES, max_size=2),
    "created_by": st.lists(st.sampled_from(("olga", "zoe")), max_size=2),
    "references": st.lists(st.sampled_from(("INC7", "2020-001", "2020")), max_size=2),
    "camera_ids": st.lists(st.sampled_from(("cam-4", "cam-5")), max_size=2),
}


def few(fields: dict[str, Any]) -> Any:
    """Make filters of two conditions at most, so that something is left."""
    names = st.lists(st.sampled_from(sorted(fields)), max_size=2, unique=True)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({name: fields[name] for name in chosen}))


FILTERS = few(
    {
        **ASSIGNED,
        "numbers": st.lists(ref("number", 3), max_size=2),
        "created": SPANS,
        "start_time": SPANS,
        "updated": SPANS,
    }
)
WATCHED = st.just({}) | few({**ASSIGNED, "project_ids": st.just([Ref("project", 0), Ref("project", 2)])})
SEARCHES = st.sampled_from(("bag", "SEE", "ete", "te", "Été seen", "--"))
GROUPS = ("type", "status", "category_1", "creator", "camera", "imported", None)
PARTS = ref("comment", 1) | ref("call", 1) | ref("sequence", 2)

QUESTION = st.one_of(
    wish("projects.get", {"project_id": ref("project", 4)}),
    wish(
        "projects.history",
        {"project_id": ref("project", 3), "limit": st.integers(1, 4)},
        {"field": st.sampled_from(("description", "comment", "call", "sequence", "type_id")), "part_id": PARTS},
    ),
    wish("projects.list", {"filter": FILTERS, "sort": SORTS, "limit": st.integers(1, 3)}, {"search": SEARCHES}),
    wish("projects.list", {"sort": SORTS, "limit": st.integers(1, 3)}),
    wish(
        "projects.statistics",
        {"group_by": st.sampled_from(GROUPS), "interval": st.sampled_from(("none", "day", "week", "month"))},
        {"filter": FILTERS},
    ),
    wish("projects.draft", {}),
    wish("audit.activity", {"project_id": ref("project", 3), "limit": st.just(40)}),
    st.sampled_from(
        [Wish(f"administration.{verb}", {}) for verb in ("properties", "roles", "me", "settings", "licence")]
    ),
)
EVERY_QUESTION = (
    *(Wish("projects.get", {"project_id": Ref("project", number)}) for number in range(5)),
    *(Wish("projects.history", {"project_id": Ref("project", number), "limit": 20}) for number in range(3)),
    Wish("projects.list", {"sort": "-created_at", "limit": 2}),
    Wish("projects.list", {"sort": "type_id", "limit": 2, "search": "ete"}),
    Wish("projects.statistics", {"group_by": "camera", "interval": "month"}),
    Wish("projects.draft", {}),
    *(Wish(f"administration.{verb}", {}) for verb in ("properties", "roles", "me", "settings", "licence")),
    *(Wish("audit.activity", {"project_id": Ref("project", number), "limit": 100}) for number in range(2)),
)


def role(role_id: str, permissions: Mapping[Node, str]) -> Wish:
    """Define a role."""
    return Wish(
        "administration.define-role", {"role_id": role_id, "name": role_id.title(), "permissions": {**permissions}}
    )


FIRST_WISHES = (
    role(
        "operators",
        {
            **dict.fromkeys((Node.PROPERTIES, Node.ACTIVITY_LOGS), "view"),
            **dict.fromkeys((Node.PROJECTS, Node.MAIN_DETAILS, Node.CATEGORIES, Node.COMMENTS), "manage"),
            **dict.fromkeys((Node.CALLS, Node.SEQUENCES, Node.RETENTION), "manage"),
        },
    ),
    role("clerks", {Node.PROJECTS: "view", Node.COMMENTS: "manage", Node.ACTIVITY_LOGS: "view"}),
    role("fences", {Node.PROJECTS: "manage"}),
    *(
        Wish("administration.assign-role", {"role_id": role_id, "principal": principal})
        for role_id, principal in (("operators", PEOPLE[1]), ("clerks", PEOPLE[2]), ("fences", "fence"))
    ),
    *(Wish(f"administration.add-{kind}", {"name": kind}) for kind in ("type", "type", "status")),
    *(Wish("administration.define-category", {"slot": slot, "enabled": True, "name": "Place"}) for slot in (1, 2)),
    *(Wish("administration.add-category-value", {"slot": slot, "name": "Hall"}) for slot in (1, 1, 2)),
    *(
        Wish("administration.define-data-field", {"kind": kind, "slot": 1, "enabled": True, "name": kind})
        for kind in ("integer", "decimal", "text", "checkbox", "datetime")
    ),
    Wish("administration.change-settings", {"child_sites": ["harbour"]}),
    Wish("projects.create", {"type_id": Ref("type", 0)}),
)
