"""What questions are answered, as the published interface says."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid3

from tests.model.feed import SECTION_OF, Event, needed, redacted
from tests.model.lists import listed, statistics
from tests.model.people import PROJECTS, People
from tests.model.project import CATEGORIES, DATA, MAIN, SECTIONS, Change, Project, values
from tests.model.projects import Projects
from tests.model.properties import Properties
from tests.model.rules import ABSENT, Body, Some, moment
from tests.model.settings import Licence, Settings

GROUPED = {
    "type": "main-details",
    "status": "main-details",
    "category_1": "categories",
    "camera": "sequences",
}
NODES = {
    "administration.properties": "incident-properties",
    "administration.roles": "roles",
    "administration.settings": "settings",
    "administration.licence": "settings",
    "projects.draft": f"{PROJECTS}/sequences",
    "audit.activity": f"{PROJECTS}/activity-logs",
}


@dataclass
class QueryDispatcher:
    """Reads the model for somebody who asks."""

    people: People
    projects: Projects
    properties: Properties
    settings: Settings
    licence: Licence

    def answer(self, who: str, verb: str, body: Body, activity: dict[str, list[Event]]) -> Any:
        """Answer a question, or refuse."""
        if verb == "administration.me":
            return self.people.me(who)
        told = GROUPED.get(body.get("group_by", ""), "")
        if verb == "projects.list" and body.get("sort", "").removeprefix("-") in MAIN:
            told = "main-details"
        nodes = {self._node(who, verb), *needed(body.get("filter", {})), *([f"{PROJECTS}/{told}"] if told else [])}
        self.people.need(who, nodes, "view", "not-available")
        if verb == "audit.activity":
            return Some(items=[self._entry(who, item) for item in in_time(activity.get(body["project_id"], []))])
        answers: dict[str, Any] = {
            "get": lambda: self._document(who, body["project_id"]),
            "list": lambda: self._page(who, body),
            "draft": lambda: Some(
                sequences=[Some(item, media="available") for item in self.projects.drafts.listed(who)]
            ),
            "history": lambda: self._history(who, body),
            "statistics": lambda: self._figures(who, body),
            "roles": self.people.listed,
            "properties": self.properties.listed,
            "settings": lambda: Some(self.settings.now),
            "licence": self.licence.state,
        }
        return answers[verb.rpartition(".")[2]]()

    def _hidden(self, who: str) -> list[str]:
        return [name for name, section in SECTIONS.items() if not self.people.sees(who, section)]

    def _details(self, who: str) -> list[str]:
        """Name the details that somebody may not see."""
        return [name for name in ("categories", "main-details") if not self.people.sees(who, name)]

    def _node(self, who: str, verb: str) -> str:
        """Return what a question needs: who sees projects may know the names of properties."""
        names = verb == "administration.properties" and self.people.level(who, PROJECTS)
        return PROJECTS if names else NODES.get(verb, PROJECTS)

    def _document(self, who: str, project_id: str) -> Some:
        project, hidden = self.projects.need(project_id), self._hidden(who)
        whole = Some(
            row(project_id, project),
            updated_by=project.updated_by,
            retention_exempt=project.retention_exempt,
            categories={name[-1]: project.fields[name] for name in CATEGORIES},
            data={name: project.fields[name] for name in DATA},
            hold=None,
            **{name: in_order(map(Some, getattr(project, name).values())) for name in SECTIONS.values()},
        )
        hold = [] if self.people.sees(who, "retention") else ["hold"]
        withheld = [*self._details(who), *(SECTIONS[name] for name in hidden), *hold]
        keys = {
            *withheld,
            *(MAIN if "main-details" in withheld else ()),
            *(["data"] if "categories" in withheld else ()),
        }
        return Some(whole, withheld=sorted(withheld), **dict.fromkeys(keys - {"main-details"}, ABSENT))

    def _page(self, who: str, body: Body) -> Some:
        hidden, unseen = self._hidden(who), self._details(who)
        details = [name for name in unseen if name == "main-details"]
        found = listed(self.projects.there, body, [*hidden, *unseen])
        searched = [*unseen, *(SECTIONS[name] for name in hidden)] if "search" in body else details
        withheld = list(dict.fromkeys(searched))
        blank = dict.fromkeys(MAIN) if details else {}
        items = [Some(row(*item), **blank) for item in found]
        return Some(items=items, total=len(found), withheld=sorted(withheld))

    def _figures(self, who: str, body: Body) -> Some:
        told = statistics(self.projects.there, body, self.settings.now["timezone"], self.properties.closing)
        if self.people.sees(who, "main-details"):
            return Some(told, withheld=[])
        told["closing_status_ids"] = []
        blank = dict.fromkeys({name for item in told["items"] for name in item} - {"group", "starting", "count"})
        return Some(told, withheld=["main-details"], items=[{**item, **blank} for item in told["items"]])

    def _entry(self, who: str, event: Event) -> Some:
        """Return an event as the activity of its project tells it: without details of parts that one may not see."""
        told, section = entry(event), SECTION_OF.get(event.name.removeprefix("projects.").partition("-")[0])
        if section and not self.people.sees(who, section):
            return Some(told, details={})
        shown = redacted(event, self.people.hidden_fields(who), sequences=self.people.sees(who, "sequences"))
        return Some(told, details={name: value for name, value in (shown or {}).items() if name != "project_id"})

    def _history(self, who: str, body: Body) -> Some:
        project, hidden = self.projects.need(body["project_id"]), self._hidden(who)
        fields = self.people.hidden_fields(who)
        items = [
            past(change, fields)
            for change in project.history
            if change.past.name not in {*hidden, *fields}
            and body.get("field") in {None, change.past.name}
            and body.get("part_id") in {None, change.past.part_id}
        ]
        withheld = [*self._details(who), *(SECTIONS[name] for name in hidden)]
        return Some(items=newest_first(items), withheld=sorted(withheld))


def row(project_id: str, project: Project) -> Some:
    """Return a project as a list shows it."""
    told = ("number", "revision", "created_by", "created_at", "updated_at", "imported")
    details = {name: project.fields[name] for name in MAIN} | {name: getattr(project, name) for name in told}
    return Some(details, project_id=project_id)


def past(one: Change, hidden: Collection[str]) -> Some:
    """Return a change as the history tells it, an opening without hidden fields."""
    name, part_id, old, new = one.past
    if name == "project":
        new = Some(new, **dict.fromkeys(set(new) & set(hidden), ABSENT))
    return Some(
        revision=one.revision,
        by=one.by,
        at=one.at,
        field=name,
        part_id=part_id,
        old=values(name, old),
        new=values(name, new),
    )


def newest_first(items: list[Any]) -> list[Any]:
    """Order entries by revision, the newest first; those of one command have no order of their own."""
    return sorted(items, key=lambda one: (-one["revision"], one["field"], one["part_id"] or ""))


def of_each(event: Event) -> list[Event]:
    """Return an import as the activity of each of its projects has it: under an id of its own, about that one alone."""
    if event.name != "projects.imported":
        return [event]
    beside: Body = {"already_there": [], "refused": []}
    return [
        replace(
            event,
            id=str(uuid3(UUID(event.id), project_id)),
            project_id=project_id,
            body={**beside, "project_ids": [project_id], "numbers": [number]},
        )
        for project_id, number in zip(event.body["project_ids"], event.body["numbers"], strict=True)
    ]


def entry(event: Event) -> Some:
    """Return an event as the activity of its project tells it."""
    details = {name: value for name, value in event.body.items() if name != "project_id"}
    return Some(
        event_id=event.id,
        at=event.at,
        actor=event.actor,
        activity=event.name,
        project_id=event.project_id or event.body.get("project_id"),
        command_id=event.cause,
        revision=event.revision,
        details=Some(details),
    )


def in_time(events: list[Event]) -> list[Event]:
    """Order events, the newest first; those of one moment by their ids."""
    return sorted(events, key=lambda one: (moment(one.at), one.id), reverse=True)


def in_order(parts: Iterable[Some]) -> list[Some]:
    """Order comments, calls or sequences by their own times, those of one time as they were accepted."""
    return sorted(parts, key=lambda one: moment(one.get("at") or one.get("start") or "2000-01-01"))
