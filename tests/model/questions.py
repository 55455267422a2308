"""What questions are answered, as the published interface says."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid3

from contracts import catalogue
from tests.model.feed import SECTION_OF, Event, needed, redacted
from tests.model.lists import listed, statistics
from tests.model.people import PROJECTS, People
from tests.model.project import CATEGORIES, DATA, MAIN, SECTIONS, Project, Revision, values
from tests.model.projects import Projects
from tests.model.properties import Properties
from tests.model.rules import ABSENT, Body, Subset, moment
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

    def answer(self, principal: str, verb: str, body: Body, activity: dict[str, list[Event]]) -> Any:
        """Answer a question, or refuse."""
        if verb == "administration.me":
            return self.people.me(principal)
        section = GROUPED.get(body.get("group_by", ""), "")
        if verb == "projects.list" and body.get("sort", "").removeprefix("-") in MAIN:
            section = "main-details"
        nodes = {
            self._node(principal, verb),
            *needed(body.get("filter", {})),
            *([f"{PROJECTS}/{section}"] if section else []),
        }
        self.people.need(principal, nodes, "view", "not-available")
        if verb == "audit.activity":
            return Subset(
                items=[self._entry(principal, entry) for entry in in_time(activity.get(body["project_id"], []))]
            )
        answers: dict[str, Any] = {
            "get": lambda: self._document(principal, body["project_id"]),
            "list": lambda: self._page(principal, body),
            "draft": lambda: Subset(
                sequences=[Subset(entry, media="available") for entry in self.projects.drafts.listed(principal)]
            ),
            "history": lambda: self._history(principal, body),
            "statistics": lambda: self._figures(principal, body),
            "roles": self.people.listed,
            "properties": self.properties.listed,
            "settings": lambda: Subset(self.settings.now),
            "licence": self.licence.state,
        }
        return answers[verb.rpartition(".")[2]]()

    def _hidden(self, principal: str) -> list[str]:
        return [name for name, section in SECTIONS.items() if not self.people.sees(principal, section)]

    def _details(self, principal: str) -> list[str]:
        """Name the details that somebody may not see."""
        return [name for name in ("categories", "main-details") if not self.people.sees(principal, name)]

    def _node(self, principal: str, verb: str) -> str:
        """Return what a question needs: who sees projects may know the names of properties."""
        names = verb == "administration.properties" and self.people.level(principal, PROJECTS)
        return PROJECTS if names else NODES.get(verb, PROJECTS)

    def _document(self, principal: str, project_id: str) -> Subset:
        project, hidden = self.projects.need(project_id), self._hidden(principal)
        whole = Subset(
            row(project_id, project),
            updated_by=project.updated_by,
            retention_exempt=project.retention_exempt,
            categories={name[-1]: project.fields[name] for name in CATEGORIES},
            data={name: project.fields[name] for name in DATA},
            hold=None,
            **{name: in_order(map(Subset, getattr(project, name).values())) for name in SECTIONS.values()},
        )
        hold = [] if self.people.sees(principal, "retention") else ["hold"]
        withheld = [*self._details(principal), *(SECTIONS[name] for name in hidden), *hold]
        keys = {
            *withheld,
            *(MAIN if "main-details" in withheld else ()),
            *(["data"] if "categories" in withheld else ()),
        }
        return Subset(whole, withheld=sorted(withheld), **dict.fromkeys(keys - {"main-details"}, ABSENT))

    def _page(self, principal: str, body: Body) -> Subset:
        hidden, unseen = self._hidden(principal), self._details(principal)
        details = [name for name in unseen if name == "main-details"]
        rows = listed(self.projects.by_id, body, [*hidden, *unseen])
        searched = [*unseen, *(SECTIONS[name] for name in hidden)] if "search" in body else details
        withheld = list(dict.fromkeys(searched))
        blank = dict.fromkeys(MAIN) if details else {}
        items = [Subset(row(*row_parts), **blank) for row_parts in rows]
        return Subset(items=items, total=len(rows), withheld=sorted(withheld))

    def _figures(self, principal: str, body: Body) -> Subset:
        figures = statistics(self.projects.by_id, body, self.settings.now["timezone"], self.properties.closing)
        if self.people.sees(principal, "main-details"):
            return Subset(figures, withheld=[])
        figures["closing_status_ids"] = []
        blank = dict.fromkeys({name for entry in figures["items"] for name in entry} - {"group", "starting", "count"})
        return Subset(figures, withheld=["main-details"], items=[{**entry, **blank} for entry in figures["items"]])

    def _entry(self, principal: str, event: Event) -> Subset:
        """Return an event as the activity of its project tells it: without details of parts that one may not see."""
        activity, section = entry(event), SECTION_OF.get(event.name.removeprefix("projects.").partition("-")[0])
        if section and not self.people.sees(principal, section):
            return Subset(activity, details={})
        shown = redacted(
            event, self.people.hidden_fields(principal), sequences=self.people.sees(principal, "sequences")
        )
        # Values go with their project, and are not recorded where projects are kept for a short time.
        left_out = {"project_id", *catalogue.events()[event.name].project_values}
        return Subset(
            activity, details=Subset({name: value for name, value in (shown or {}).items() if name not in left_out})
        )

    def _history(self, principal: str, body: Body) -> Subset:
        project, hidden = self.projects.need(body["project_id"]), self._hidden(principal)
        fields = self.people.hidden_fields(principal)
        items = [
            past(change, fields)
            for change in project.history
            if change.past.name not in {*hidden, *fields}
            and body.get("field") in {None, change.past.name}
            and body.get("part_id") in {None, change.past.part_id}
        ]
        withheld = [*self._details(principal), *(SECTIONS[name] for name in hidden)]
        return Subset(items=newest_first(items), withheld=sorted(withheld))


def row(project_id: str, project: Project) -> Subset:
    """Return a project as a list shows it."""
    names = ("number", "revision", "created_by", "created_at", "updated_at", "imported")
    details = {name: project.fields[name] for name in MAIN} | {name: getattr(project, name) for name in names}
    return Subset(details, project_id=project_id)


def past(change: Revision, hidden: Collection[str]) -> Subset:
    """Return a change as the history tells it, an opening without hidden fields."""
    name, part_id, old, new = change.past
    if name == "project":
        new = Subset(new, **dict.fromkeys(set(new) & set(hidden), ABSENT))
    return Subset(
        revision=change.revision,
        by=change.by,
        at=change.at,
        field=name,
        part_id=part_id,
        old=values(name, old),
        new=values(name, new),
    )


def newest_first(changes: list[Any]) -> list[Any]:
    """Order entries by revision, the newest first; those of one command have no order of their own."""
    return sorted(changes, key=lambda change: (-change["revision"], change["field"], change["part_id"] or ""))


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


def entry(event: Event) -> Subset:
    """Return an event as the activity of its project tells it."""
    details = {name: value for name, value in event.body.items() if name != "project_id"}
    return Subset(
        event_id=event.id,
        at=event.at,
        actor=event.actor,
        activity=event.name,
        project_id=event.project_id or event.body.get("project_id"),
        command_id=event.cause,
        revision=event.revision,
        details=Subset(details),
    )


def in_time(events: list[Event]) -> list[Event]:
    """Order events, the newest first; those of one moment by their ids."""
    return sorted(events, key=lambda event: (moment(event.at), event.id), reverse=True)


def in_order(parts: Iterable[Subset]) -> list[Subset]:
    """Order comments, calls or sequences by their own times, those of one time as they were accepted."""
    return sorted(parts, key=lambda part: moment(part.get("at") or part.get("start") or "2000-01-01"))
