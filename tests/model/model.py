"""The whole system as plain dictionaries: who may do what, what a command leads to, what a question is answered.

Written from the published interface, without anything of the product. Where that page does not say which of several
refusals is told, this is the order: the body fits, you may, it is there, it is as you expected, what you refer to is
defined, it fits what is there.
"""

from functools import partial
from typing import Any

from tests.model.people import PROJECTS, People
from tests.model.projects import CATEGORIES, DATA, MAIN, Project, Projects
from tests.model.properties import Properties
from tests.model.rules import Body, Done, No, Some, before

SECTIONS = ("comments", "calls", "sequences")
_PARTS = {"comment": f"{PROJECTS}/comments", "call": f"{PROJECTS}/calls", "sequences": f"{PROJECTS}/sequences"}


class Model:
    """What the product must agree with."""

    def __init__(self) -> None:
        """Begin as a fresh site does."""
        self.people = People()
        self.projects = Projects()
        self.properties = Properties(self.projects.uses)
        self.projects.usable = self.properties.usable

    def apply(self, who: str, verb: str, body: Body, told: Any) -> Done:
        """Carry out a command, or refuse; `told` is the product's result, for the numbers that it chose."""
        worker, _, verb = verb.partition(".")
        if before(body.get("end_time"), body.get("start_time")):
            raise No("invalid")
        self.people.need(who, needs(worker, verb, body), "manage", "permission-denied")
        if worker == "projects":
            return self._project_command(who, verb, body, told)
        kind = verb.partition("-")[2]
        if kind in {"type", "status", "category-value"}:
            function = partial(getattr(self.properties, verb.partition("-")[0]), kind)
        else:
            function = getattr(self.people if kind == "role" else self.properties, verb.replace("-", "_"))
        done: Done = function(body, told)
        return done

    def _project_command(self, who: str, verb: str, body: Body, told: Any) -> Done:
        what, _, which = verb.partition("-")
        if which in {"comment", "call"}:
            function = partial(getattr(self.projects, f"{what}_part"), which)
        else:
            function = getattr(self.projects, verb.replace("-", "_"))
        done: Done = function(who, body, told)
        return done

    def answer(self, who: str, verb: str, body: Body) -> Some:
        """Answer a question, or refuse."""
        if verb == "administration.me":
            return self.people.me(who)
        node = {"administration.properties": "incident-properties", "administration.roles": "roles"}
        self.people.need(who, {node.get(verb, PROJECTS)}, "view", "not-available")
        if verb == "projects.get":
            return self._document(who, body["project_id"])
        if verb == "projects.list":
            return self._page(body)
        return self.people.listed() if verb == "administration.roles" else self.properties.listed()

    def _document(self, who: str, project_id: str) -> Some:
        project = self.projects.need(project_id)
        seen = {name for name in SECTIONS if self.people.level(who, f"{PROJECTS}/{name}")}
        return Some(
            row(project_id, project),
            updated_by=project.updated_by,
            categories={name[-1]: project.fields[name] for name in CATEGORIES},
            data={name: project.fields[name] for name in DATA},
            withheld=sorted(set(SECTIONS) - seen),
            **{name: sorted_parts(map(Some, getattr(project, name).values())) for name in SECTIONS if name in seen},
        )

    def _page(self, body: Body) -> Some:
        found = [
            row(project_id, one)
            for project_id, one in self.projects.there.items()
            if all(one.fields[name[:-1]] in ids for name, ids in body.get("filter", {}).items())
        ]
        return Some(items=found if body.get("sort") == "created_at" else found[::-1], total=len(found))


def row(project_id: str, project: Project) -> Some:
    """Return a project as a list shows it."""
    details = {name: project.fields[name] for name in MAIN}
    return Some(
        details,
        project_id=project_id,
        number=project.number,
        revision=project.revision,
        created_by=project.created_by,
        imported=False,
    )


def sorted_parts(parts: Any) -> list[Any]:
    """Order comments, calls or sequences by their ids, because several may have one time."""
    return sorted(parts, key=lambda one: str(one.get("comment_id") or one.get("call_id") or one.get("sequence_id")))


def needs(worker: str, verb: str, body: Body) -> set[str]:
    """Return the nodes on which a command needs manage."""
    if worker == "administration":
        return {"roles" if verb.endswith("-role") else "incident-properties"}
    if verb == "update":
        given = body.keys() - {"project_id", "expected_revision"}
        below = {"categories" if name in {"categories", "data"} else "main-details" for name in given}
        return {f"{PROJECTS}/{name}" for name in below}
    if verb == "create":
        return {PROJECTS, f"{PROJECTS}/sequences"} if body.get("sequences") else {PROJECTS}
    return {_PARTS.get(verb.rpartition("-")[2], PROJECTS)}
