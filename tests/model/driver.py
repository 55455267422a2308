"""What the rules of the machine are made of: commands and questions, put to the product and to the model alike."""

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any, TypeVar

from contracts.ids import uuid7
from contracts.licence import Licence
from tests.model.commands import Ref, Wish
from tests.model.feed import Event, happened
from tests.model.lists import in_order
from tests.model.model import Model, Token
from tests.model.project import values
from tests.model.questions import newest_first, of_each
from tests.model.rules import No, Some, Told, agree
from tests.model.system import CommandResult, SentCommand, System
from tests.model.watch import Watch

T = TypeVar("T")
UNKNOWN = 2_000_000_000
EXPIRED = "2020-01-01T00:00:00Z"
PAGED = {"projects.list", "projects.history", "audit.activity"}
PATIENCE = 200
"""How often the activity is asked for, which is recorded behind the events."""


class Driver:
    """Holds the product against the model."""

    def __init__(self, system: System) -> None:
        """Begin with a site as it is at first, and a model of it."""
        self.system = system
        self.tokens: dict[str, Token] = {}
        tokens = self.tokens
        self.model = Model(lambda token: tokens[token])
        counts = {"project": 5, "comment": 3, "call": 3, "sequence": 3}
        self.ids = {what: [str(uuid7()) for _ in range(count)] for what, count in counts.items()}
        self.history: list[tuple[SentCommand, Any]] = []
        self.watch: Watch | None = None
        system.run(system.clear())

    def do(self, wishes: Sequence[tuple[str, Wish]], project: int) -> None:
        """Send commands at once, and let the model do the same in the order in which they were accepted."""
        given = [self.sent(who, wish, project) for who, wish in wishes]
        became = self.system.run(self.system.send_together(given))
        for sent, told in sorted(zip(given, became, strict=True), key=lambda one: one[1][0]):
            self.judge(self.model, sent, told)
            self.keep(sent, told)
            self.observe(told[2])
        self.settle()

    def keep(self, sent: SentCommand, told: CommandResult) -> None:
        """Remember what became of a command."""
        self.history.append((sent, told[1]))
        self.record(told[2])

    def record(self, events: Iterable[Event]) -> None:
        """Remember events as the activity of their project."""
        for event in chain.from_iterable(map(of_each, events)):
            about = event.project_id or event.body.get("project_id")
            if about and not event.name.startswith("administration."):
                self.model.activity.setdefault(about, []).append(event)

    def observe(self, events: Iterable[Event]) -> None:
        """Let the follower expect what has happened."""
        if self.watch:
            self.watch.observe(events, self.model)

    def settle(self) -> None:
        """Let the follower's feed be compared, where it is certain that all has been told."""
        if self.watch and not self.model.licence.ran_out:
            self.watch.settle(self.model)

    def sent(self, who: str, wish: Wish, project: int) -> SentCommand:
        """Put ids in the place of references."""
        body, key = self.resolved(wish.body, project), "-"
        if wish.verb.endswith(("draft-sequences", "clear-draft")):
            key = who
        elif wish.verb.startswith("projects.") and wish.verb != "projects.import":
            key = self.ids["project"][project]
            body["project_id"] = key
            if body.get("expected_revision", 0) is None:
                del body["expected_revision"]
        return who, wish.verb, key, body

    def resolved(self, given: Any, project: int = 0) -> Any:
        """Return a body with ids in the place of references."""
        if isinstance(given, dict):
            return {name: self.resolved(value, project) for name, value in given.items()}
        if isinstance(given, list):
            return [self.resolved(item, project) for item in given]
        if not isinstance(given, Ref):
            return given
        if given.what in self.ids:
            return self.ids[given.what][given.number]
        special = {"revision": self._revision, "number": self._number, "moment": self._moment, "token": self._token}
        if given.what in special:
            return special[given.what](given.number, project)
        ever = [item for kind, _, item in self.model.properties.ever if kind == given.what]
        return ever[given.number] if given.number < len(ever) else UNKNOWN

    def _revision(self, number: int, project: int) -> int:
        there = self.model.projects.there.get(self.ids["project"][project])
        return max((there.revision if there else 1) + number, 1)

    def _number(self, number: int, _: int) -> int:
        taken = [project.number for project in self.model.projects.there.values()]
        return taken[-1] if taken and not number else self.model.projects.last_number + number

    def _moment(self, number: int, _: int) -> str:
        known = [project.updated_at for project in self.model.projects.there.values()]
        return known[number] if number < len(known) else "2026-03-01T00:00:00Z"

    def _token(self, number: int, _: int) -> str:
        """Return the token of a new licence, of one that is there already, of an expired one, or none at all."""
        good = [token for token, (_, wrong) in self.tokens.items() if wrong is None]
        if number == 1 and good and not self.model.licence.ran_out:
            return good[-1]
        said = {"version": f"1.{len(self.tokens)}", "edition": "expert", "expires_at": EXPIRED if number == 2 else None}
        token = "a.b.c" if number == 3 else self.system.token(Licence.model_validate_json(json.dumps(said)))
        self.tokens[token] = said, {2: "expired", 3: "unreadable"}.get(number)
        return token

    def judge(self, model: Model, sent: SentCommand, became: CommandResult) -> None:
        """Let a model do what was done, and compare outcome and event."""
        (who, verb, _, body), (_, outcome, events) = sent, became
        told = Told(outcome["command_id"], events[0].at if events else "", outcome.get("result") or {})
        done = told_no(lambda: model.apply(who, verb, body, told))
        if isinstance(done, No):
            wanted = Some(code=done.code, details=done.details, retryable=False)
            assert outcome["status"] == "rejected", f"{sent} must be {wanted}: {outcome}"
            assert agree(wanted, outcome["error"]), f"{sent} must be {wanted}: {outcome}"
            attempt = {"attempted": verb, "code": done.code, "project_id": body.get("project_id")}
            assert all((event.name, event.body) == ("audit.refused", attempt) for event in events), (sent, events)
            return
        assert outcome["status"] == "applied", f"{sent} must lead to {done}: {outcome}"
        assert outcome["revision"] == done.revision, f"{sent} must lead to {done}: {outcome}"
        assert bool(outcome["events"]) != done.again, f"{sent} must lead to {done}: {outcome}"
        assert agree(done.result, outcome["result"]), f"{sent} must lead to {done}: {outcome}"
        for event in events:
            told_by = (event.name, event.actor, event.cause, event.revision, event.body, event.project_id)
            said = (happened(verb), who, told.command_id, done.revision, told.result, told.result.get("project_id"))
            assert told_by == said, f"{sent} must leave {said}: {event}"

    def compare(self, who: str, wish: Wish) -> None:
        """Ask the product and the model the same."""
        body, wrong = self.resolved(wish.body), None
        for _ in range(PATIENCE if wish.verb == "audit.activity" else 1):
            told = self.pages(who, wish.verb, body) if wish.verb in PAGED else self.ask(who, wish.verb, body)
            wrong = self.disagreement(self.model, (who, wish.verb, body), told)
            if wrong is None:
                return
        raise AssertionError(wrong)

    @staticmethod
    def disagreement(model: Model, asked: tuple[str, str, Any], told: Any) -> str | None:
        """Say in what an answer is not the model's."""
        wanted = told_no(lambda: model.answer(*asked))
        if isinstance(wanted, No):
            error = Some(code=wanted.code, details=wanted.details)
            return None if agree(error, told.get("error")) else f"{asked} must be {error}: {told}"
        return None if agree(wanted, ordered(asked[1], told)) else f"{asked} must be {wanted}: {told}"

    def ask(self, who: str, verb: str, body: Any) -> Any:
        """Ask the product; what the question leaves is an event like any other."""
        told, event = self.system.run(self.system.ask(who, verb, body))
        if event:
            name = "audit.refused" if "error" in told else "projects.opened"
            about = event.project_id or event.body.get("project_id")
            assert (event.name, event.actor, about) == (name, who, body.get("project_id")), event
            self.record([event])
            self.observe([event])
        return told

    def pages(self, who: str, verb: str, body: Any) -> Any:
        """Read a list to its end, page by page."""
        first = {**body, "count": "exact"} if verb == "projects.list" else body
        page = self.ask(who, verb, first)
        whole = dict(page)
        while page.get("next"):
            assert len(page["items"]) == body["limit"], page
            page = self.ask(who, verb, {**body, "after": page["next"]})
            whole["items"] = [*whole["items"], *page["items"]]
        return whole


def told_no(work: Callable[[], T]) -> T | No:
    """Return the model's refusal as a value."""
    try:
        return work()
    except No as no:
        return no


def ordered(verb: str, told: Any) -> Any:
    """Return an answer with what has no order of its own put into one."""
    if "error" in told:
        return told
    if "withheld" in told:
        told = {**told, "withheld": sorted(told["withheld"])}
    if verb == "projects.history":
        items = [
            {**item, **{name: values(item["field"], item[name]) for name in ("old", "new")}} for item in told["items"]
        ]
        return {**told, "items": newest_first(items)}
    if verb == "projects.statistics":
        return {**told, "items": in_order(told["items"])}
    if verb == "administration.properties":
        categories = [{**category, "values": by_id(category["values"])} for category in told["categories"]]
        lists = {name: by_id(told[name]) for name in ("types", "statuses", "data_fields")}
        return {**told, **lists, "categories": sorted(categories, key=lambda one: int(one["slot"]))}
    return told


def by_id(found: list[Any]) -> list[Any]:
    """Order properties by their ids."""
    return sorted(found, key=lambda one: int(one["id"]))
