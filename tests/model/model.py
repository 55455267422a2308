"""The whole system as plain dictionaries: who may do what, what a command leads to, what a question is answered.

Written from the published interface, without anything of the product. Where that page does not say which of several
refusals is told, this is the order: the body fits, you may, the site is licensed, it is there, it is as you expected,
what you refer to is defined, it fits what is there.
"""

from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import Any

from tests.model import drafts, imports
from tests.model.feed import Event
from tests.model.people import PROJECTS, People
from tests.model.project import SECTIONS
from tests.model.projects import Projects
from tests.model.properties import Properties
from tests.model.questions import QueryDispatcher
from tests.model.rules import Applied, Body, No, ProductChoice, before
from tests.model.settings import Licence, Settings

_PARTS = {"comment": "comments", "call": "calls", "sequences": "sequences"}
Token = tuple[dict[str, Any], str | None]
"""What a token says of the licence, and what is wrong with it."""


class Model:
    """What the product must agree with."""

    def __init__(self, tokens: Callable[[str], Token]) -> None:
        """Begin as a fresh site does; `tokens` reads the tokens that are given to this model."""
        self.people = People()
        self.projects = Projects()
        self.settings = Settings()
        self.licence = Licence()
        self.properties = Properties(self.projects.uses)
        self.projects.usable = self.properties.usable
        self.activity: dict[str, list[Event]] = {}
        self._tokens = tokens

    def copied(self) -> "Model":
        """Return another model that may go its own way; what was done so far is remembered together."""
        return deepcopy(self, {id(self.activity): self.activity})

    def described(self) -> str:
        """Return all that the model knows but for the activity, the same for the same state."""
        known = (self.projects.by_id, self.projects.deleted, self.projects.drafts.lists)
        rest = (self.people, self.properties, self.settings, self.licence)
        return repr([*(sorted(each.items(), key=lambda pair: pair[0]) for each in known), *map(vars, rest)])

    def apply(self, principal: str, command: str, body: Body, outcome: ProductChoice) -> Applied:
        """Carry out a command, or refuse; `outcome` has the times and numbers that the product chose."""
        worker, _, verb = command.partition(".")
        self._fits(verb, body)
        self.people.need(principal, needs(worker, verb, body), "manage", "permission-denied")
        if verb == "activate-licence":
            return self.licence.activate_licence(principal, *self._tokens(body["token"]))
        self.licence.need()
        return (
            self._project_command(principal, verb, body, outcome)
            if worker == "projects"
            else self._other(principal, verb, body, outcome)
        )

    @staticmethod
    def _fits(verb: str, body: Body) -> None:
        if before(body.get("end_time"), body.get("start_time")):
            raise No("invalid")
        if verb == "import":
            imports.fits(body)
        if verb == "draft-sequences":
            drafts.fits(body)
        if verb == "add-sequences" and not body.get("sequences") and not body.get("from_draft"):
            raise No("invalid")

    def _project_command(self, principal: str, verb: str, body: Body, outcome: ProductChoice) -> Applied:
        if verb == "import":
            return imports.take_over(self.projects, principal, body, outcome)
        if verb in {"draft-sequences", "undraft-sequences", "clear-draft"}:
            return self._called(self.projects.drafts, verb)(principal, body, outcome)
        if verb == "create":
            return self.projects.create(principal, body, outcome)
        hidden = {name for name, section in SECTIONS.items() if not self.people.sees(principal, section)}
        hidden |= self.people.hidden_fields(principal)
        project = self.projects.existing(body, hidden)
        action, _, part = verb.partition("-")
        if part in {"comment", "call"}:
            return self._called(self.projects, f"{action}-part", part)(principal, body, outcome, project)
        return self._called(self.projects, verb)(principal, body, outcome, project)

    def _other(self, principal: str, verb: str, body: Body, outcome: ProductChoice) -> Applied:
        kind = verb.partition("-")[2]
        if kind in {"type", "status", "category-value"} and verb != "mark-status":
            return self._called(self.properties, verb.partition("-")[0], kind)(body, outcome)
        if verb == "change-settings":
            done = self.settings.change_settings(body, outcome)
            self.projects.drafts.children = self.settings.now["child_sites"]
            return done
        if kind == "role":
            return self._called(self.people, verb, principal)(body, outcome)
        return self._called(self.properties, verb)(body, outcome)

    @staticmethod
    def _called(there: object, verb: str, *first: str) -> Callable[..., Applied]:
        return partial(getattr(there, verb.replace("-", "_")), *first)

    def answer(self, principal: str, verb: str, body: Body) -> Any:
        """Answer a question, or refuse."""
        return QueryDispatcher(self.people, self.projects, self.properties, self.settings, self.licence).answer(
            principal, verb, body, self.activity
        )


def needs(worker: str, verb: str, body: Body) -> set[str]:
    """Return the nodes on which a command needs manage."""
    if worker == "administration":
        if verb in {"change-settings", "activate-licence"}:
            return {"settings"}
        return {"roles" if verb.endswith("-role") else "incident-properties"}
    fields = body.keys() - {"project_id", "expected_revision"}
    ignored = {
        "update": {"categories" if name in {"categories", "data"} else "main-details" for name in fields},
        "create": {"", *(["sequences"] if body.get("sequences") or body.get("from_draft") else [])},
        "import": {"", *(["retention"] if imports.needs_retention(body) else [])},
        "clear-draft": {"sequences"},
    }
    below = ignored.get(verb) or {_PARTS.get(verb.rpartition("-")[2], "")}
    return {f"{PROJECTS}/{name}".rstrip("/") for name in below}
