"""Events, and what of them a follower sees, as the published interface says."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from tests.model.lists import matches
from tests.model.people import PROJECTS, People
from tests.model.project import CATEGORIES, DATA, MAIN, Project
from tests.model.rules import Body

_HAPPENED = {
    "create": "created",
    "update": "updated",
    "delete": "deleted",
    "import": "imported",
    "draft-sequences": "sequences-drafted",
    "undraft-sequences": "sequences-undrafted",
    "clear-draft": "draft-cleared",
    "remove-all-sequences": "sequences-removed",
    "change-settings": "settings-changed",
    "activate-licence": "licence-activated",
}
_PAST = {
    "add": "added",
    "edit": "edited",
    "mark": "marked",
    "delete": "deleted",
    "define": "defined",
    "assign": "assigned",
    "unassign": "unassigned",
    "remove": "removed",
}
SECTION_OF = {"comment": "comments", "call": "calls", "sequences": "sequences", "draft": "sequences"}
_OWN = {"projects.sequences-drafted", "projects.sequences-undrafted", "projects.draft-cleared"}
_NAMED = {"type_ids": "type_id", "status_ids": "status_id", "references": "reference", "start_time": "start_time"}


def happened(command: str) -> str:
    """Return the name of the event to which a command leads."""
    worker, _, verb = command.partition(".")
    action, _, part = verb.partition("-")
    return f"{worker}.{_HAPPENED.get(verb) or f'{part}-{_PAST[action]}'}"


@dataclass
class Event:
    """Something that happened; `views` are the bodies in which a follower may get it, None if it may not."""

    id: str
    at: str
    name: str
    actor: str
    body: Body
    project_id: str | None = None
    revision: int | None = None
    cause: str | None = None
    views: list[Body | None] = field(default_factory=list)

    def see(self, view: Body | None) -> None:
        """Remember one more view that is right."""
        if view not in self.views:
            self.views.append(view)


def view(event: Event, principal: str, filters: Body, people: People, projects: dict[str, Project]) -> Body | None:
    """Return the body in which a follower sees an event now, or None."""
    worker, _, name = event.name.partition(".")
    part = "activity-logs" if name == "opened" else SECTION_OF.get(name.partition("-")[0])
    permitted = people.level(principal, f"{PROJECTS}/{part}" if part else PROJECTS)
    if worker != "projects" or not permitted or (event.name in _OWN and event.actor != principal):
        return None
    if filters and not _passes_filter(event, filters, projects):
        return None
    return redacted(event, people.hidden_fields(principal), sequences=people.sees(principal, "sequences"))


def redacted(event: Event, hidden: Collection[str], *, sequences: bool) -> Body | None:
    """Return the body of an event for a follower to whom these fields, and sequences perhaps, are not shown."""
    body = dict(event.body)
    if event.name == "projects.created":
        body["sequence_ids"] = body["sequence_ids"] if sequences else []
        body["type_id"] = None if "type_id" in hidden else body["type_id"]
    if event.name == "projects.updated" and body["changed"]:
        body["changed"] = {name: value for name, value in body["changed"].items() if name not in hidden}
        return body if body["changed"] else None
    return body


def variants(event: Event) -> list[Body | None]:
    """Return every body in which a follower may get an event, and None."""
    fields = ((), MAIN, (*CATEGORIES, *DATA), (*MAIN, *CATEGORIES, *DATA))
    return [None, *(redacted(event, hidden, sequences=visible) for hidden in fields for visible in (True, False))]


def needed(filters: Body) -> set[str]:
    """Return the nodes on which a filter needs view: a filter by what is hidden would reveal it."""
    filtered = {name for name, value in filters.items() if value not in ({}, None)}
    nodes = {
        "main-details": filtered & _NAMED.keys(),
        "categories": filtered & {"categories"},
        "sequences": filtered & {"camera_ids"},
    }
    return {f"{PROJECTS}/{name}" for name, node in nodes.items() if node}


def _passes_filter(event: Event, filters: Body, projects: dict[str, Project]) -> bool:
    """Tell whether a filter lets an event pass: by what its projects are now, or because it tells what left it."""
    project_ids = event.body["project_ids"] if event.name == "projects.imported" else [event.project_id]
    project_ids = [
        project_id
        for project_id in project_ids
        if project_id is not None and project_id in filters.get("project_ids", [project_id])
    ]
    left = {
        "projects.deleted": True,
        "projects.updated": "updated" in filters
        or bool(set(event.body.get("changed", ())) & _filtered_fields(filters)),
        "projects.sequences-removed": "camera_ids" in filters,
    }
    if project_ids and left.get(event.name):
        return True
    return any(
        project_id in projects and matches(project_id, projects[project_id], filters) for project_id in project_ids
    )


def _filtered_fields(filters: Body) -> set[str]:
    """Return the fields that a filter names."""
    columns: set[Any] = {name for key, name in _NAMED.items() if key in filters}
    return columns | {f"category_{slot}" for slot in filters.get("categories", {})}
