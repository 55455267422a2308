"""What the rules of the machine are made of: commands and questions, put to the product and to the model alike."""

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any, TypeVar

from contracts.audit import PAGE
from contracts.ids import uuid7
from contracts.licence import Licence
from tests.model.commands import Ref, Wish
from tests.model.feed import Event, happened
from tests.model.lists import in_order
from tests.model.model import Model, Token
from tests.model.project import values
from tests.model.questions import newest_first, of_each
from tests.model.rules import No, ProductChoice, Subset, agree
from tests.model.system import CommandResult, SentCommand, System
from tests.model.watch import Watch

T = TypeVar("T")
UNKNOWN = 2_000_000_000
EXPIRED = "2020-01-01T00:00:00Z"
PAGED = {"projects.list", "projects.history", "audit.activity"}
ACTIVITY_LOOKS_MAX = 200
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
        self.ids = {kind: [str(uuid7()) for _ in range(count)] for kind, count in counts.items()}
        self.history: list[tuple[SentCommand, Any]] = []
        self.watch: Watch | None = None
        system.run(system.clear())

    def do(self, wishes: Sequence[tuple[str, Wish]], project: int) -> None:
        """Send commands at once, and let the model do the same in the order in which they were accepted."""
        commands = [self.resolve_references(principal, wish, project) for principal, wish in wishes]
        became = self.system.run(self.system.send_together(commands))
        for sent, result in sorted(zip(commands, became, strict=True), key=lambda pair: pair[1][0]):
            self.judge(self.model, sent, result)
            self.keep(sent, result)
            self.observe(result[2])
        self.compare_feed()

    def keep(self, sent: SentCommand, result: CommandResult) -> None:
        """Remember what became of a command."""
        self.history.append((sent, result[1]))
        self.record(result[2])

    def record(self, events: Iterable[Event]) -> None:
        """Remember events as the activity of their project."""
        for event in chain.from_iterable(map(of_each, events)):
            project_id = event.project_id or event.body.get("project_id")
            if project_id and not event.name.startswith("administration."):
                self.model.activity.setdefault(project_id, []).append(event)

    def observe(self, events: Iterable[Event]) -> None:
        """Let the follower expect what has happened."""
        if self.watch:
            self.watch.observe(events, self.model)

    def compare_feed(self) -> None:
        """Let the follower's feed be compared, where it is certain that all has been told."""
        if self.watch and not self.model.licence.ran_out:
            self.watch.compare_feed(self.model)

    def resolve_references(self, principal: str, wish: Wish, project: int) -> SentCommand:
        """Put ids in the place of references."""
        body, key = self.resolved(wish.body, project), "-"
        if wish.verb.endswith(("draft-sequences", "clear-draft")):
            key = principal
        elif wish.verb.startswith("projects.") and wish.verb != "projects.import":
            key = self.ids["project"][project]
            body["project_id"] = key
            if body.get("expected_revision", 0) is None:
                del body["expected_revision"]
        return principal, wish.verb, key, body

    def resolved(self, wish: Any, project: int = 0) -> Any:
        """Return a body with ids in the place of references."""
        if isinstance(wish, dict):
            return {name: self.resolved(value, project) for name, value in wish.items()}
        if isinstance(wish, list):
            return [self.resolved(part, project) for part in wish]
        if not isinstance(wish, Ref):
            return wish
        if wish.what in self.ids:
            return self.ids[wish.what][wish.number]
        special = {"revision": self._revision, "number": self._number, "moment": self._moment, "token": self._token}
        if wish.what in special:
            return special[wish.what](wish.number, project)
        ever = [part for kind, _, part in self.model.properties.ever if kind == wish.what]
        return ever[wish.number] if wish.number < len(ever) else UNKNOWN

    def _revision(self, number: int, project: int) -> int:
        there = self.model.projects.by_id.get(self.ids["project"][project])
        return max((there.revision if there else 1) + number, 1)

    def _number(self, number: int, _: int) -> int:
        taken = [project.number for project in self.model.projects.by_id.values()]
        return taken[-1] if taken and not number else self.model.projects.last_number + number

    def _moment(self, number: int, _: int) -> str:
        known = [project.updated_at for project in self.model.projects.by_id.values()]
        return known[number] if number < len(known) else "2026-03-01T00:00:00Z"

    def _token(self, number: int, _: int) -> str:
        """Return the token of a new licence, of one that is there already, of an expired one, or none at all."""
        good = [token for token, (_, wrong) in self.tokens.items() if wrong is None]
        if number == 1 and good and not self.model.licence.ran_out:
            return good[-1]
        claims = {
            "version": f"1.{len(self.tokens)}",
            "edition": "expert",
            "expires_at": EXPIRED if number == 2 else None,
        }
        token = "a.b.c" if number == 3 else self.system.token(Licence.model_validate_json(json.dumps(claims)))
        self.tokens[token] = claims, {2: "expired", 3: "unreadable"}.get(number)
        return token

    def judge(self, model: Model, sent: SentCommand, became: CommandResult) -> None:
        """Let a model do what was done, and compare outcome and event."""
        (principal, verb, _, body), (_, outcome, events) = sent, became
        result = ProductChoice(outcome["command_id"], events[0].at if events else "", outcome.get("result") or {})
        done = told_no(lambda: model.apply(principal, verb, body, result))
        if isinstance(done, No):
            expected = Subset(code=done.code, details=done.details, retryable=False)
            assert outcome["status"] == "rejected", f"{sent} must be {expected}: {outcome}"
            assert agree(expected, outcome["error"]), f"{sent} must be {expected}: {outcome}"
            attempt = {"attempted": verb, "code": done.code, "project_id": body.get("project_id")}
            assert all((event.name, event.body) == ("audit.refused", attempt) for event in events), (sent, events)
            return
        assert outcome["status"] == "applied", f"{sent} must lead to {done}: {outcome}"
        assert outcome["revision"] == done.revision, f"{sent} must lead to {done}: {outcome}"
        assert bool(outcome["events"]) != done.again, f"{sent} must lead to {done}: {outcome}"
        assert agree(done.result, outcome["result"]), f"{sent} must lead to {done}: {outcome}"
        for event in events:
            told_by = (event.name, event.actor, event.cause, event.revision, event.body, event.project_id)
            record = (
                happened(verb),
                principal,
                result.command_id,
                done.revision,
                result.result,
                result.result.get("project_id"),
            )
            assert told_by == record, f"{sent} must leave {record}: {event}"

    def compare(self, principal: str, wish: Wish) -> None:
        """Ask the product and the model the same."""
        body, wrong = self.resolved(wish.body), None
        for _ in range(ACTIVITY_LOOKS_MAX if wish.verb == "audit.activity" else 1):
            answer = (
                self.pages(principal, wish.verb, body) if wish.verb in PAGED else self.ask(principal, wish.verb, body)
            )
            wrong = self.disagreement(self.model, (principal, wish.verb, body), answer)
            if wrong is None:
                return
        raise AssertionError(wrong)

    @staticmethod
    def disagreement(model: Model, question: tuple[str, str, Any], answer: Any) -> str | None:
        """Say in what an answer is not the model's."""
        expected = told_no(lambda: model.answer(*question))
        if isinstance(expected, No):
            error = Subset(code=expected.code, details=expected.details)
            return None if agree(error, answer.get("error")) else f"{question} must be {error}: {answer}"
        return None if agree(expected, ordered(question[1], answer)) else f"{question} must be {expected}: {answer}"

    def ask(self, principal: str, verb: str, body: Any) -> Any:
        """Ask the product; what the question leaves is an event like any other."""
        answer, event = self.system.run(self.system.ask(principal, verb, body))
        if event:
            name = "audit.refused" if "error" in answer else "projects.opened"
            project_id = event.project_id or event.body.get("project_id")
            assert (event.name, event.actor, project_id) == (name, principal, body.get("project_id")), event
            self.record([event])
            self.observe([event])
        return answer

    def pages(self, principal: str, verb: str, body: Any) -> Any:
        """Read a list to its end, page by page."""
        first = {**body, "count": "exact"} if verb == "projects.list" else body
        page = self.ask(principal, verb, first)
        whole = dict(page)
        while page.get("next"):
            assert len(page["items"]) == body["limit"], page
            page = self.ask(principal, verb, {**body, "after": page["next"]})
            whole["items"] = [*whole["items"], *page["items"]]
        return whole


def told_no(work: Callable[[], T]) -> T | No:
    """Return the model's refusal as a value."""
    try:
        return work()
    except No as no:
        return no


def ordered(verb: str, answer: Any) -> Any:
    """Return an answer with what has no order of its own put into one."""
    if "error" in answer:
        return answer
    if "withheld" in answer:
        answer = {**answer, "withheld": sorted(answer["withheld"])}
    if verb == "audit.activity":  # who asked is recorded with a delay, and once in a minute
        answer = {**answer, "items": [entry for entry in answer["items"] if entry["activity"] != PAGE]}
    if verb == "projects.history":
        entries = [
            {**entry, **{name: values(entry["field"], entry[name]) for name in ("old", "new")}}
            for entry in answer["items"]
        ]
        return {**answer, "items": newest_first(entries)}
    if verb == "projects.statistics":
        return {**answer, "items": in_order(answer["items"])}
    if verb == "administration.properties":
        categories = [{**category, "values": by_id(category["values"])} for category in answer["categories"]]
        lists = {name: by_id(answer[name]) for name in ("types", "statuses", "data_fields")}
        return {**answer, **lists, "categories": sorted(categories, key=lambda in_slot: int(in_slot["slot"]))}
    return answer


def by_id(definitions: list[Any]) -> list[Any]:
    """Order properties by their ids."""
    return sorted(definitions, key=lambda definition: int(definition["id"]))
