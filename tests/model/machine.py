"""Random commands of several people, one by one and at once, on the product and on the model."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from contracts.ids import uuid7
from tests.model.commands import (
    ADMINISTRATION,
    EVERY_QUESTION,
    OPENING,
    PEOPLE,
    PROJECT,
    QUESTION,
    WHO,
    Ref,
    Wish,
)
from tests.model.model import SECTIONS, Model, sorted_parts
from tests.model.rules import No, Some, agree
from tests.model.stage import Stage

T = TypeVar("T")
UNKNOWN = 2_000_000_000
PROJECTS = st.integers(0, 2)
Sent = tuple[str, str, str, Any]
"""Who, verb, key and body."""


class Machine(RuleBasedStateMachine):
    """Holds the product against the model, step by step."""

    def __init__(self, stage: Stage) -> None:
        """Begin with a site as it is at first, and a model of it."""
        super().__init__()
        self.stage = stage
        self.model = Model()
        self.ids = {what: [str(uuid7()) for _ in range(3)] for what in ("project", "comment", "call", "sequence")}
        self.history: list[tuple[UUID, Sent, Any]] = []
        stage.run(stage.clear())

    @initialize()
    def begin(self) -> None:
        """Define roles, properties and a first project, as an administrator does."""
        for wish in OPENING:
            self.do([("admin", wish)], 0)

    @rule(who=WHO, wish=PROJECT, project=PROJECTS)
    def project_command(self, who: str, wish: Wish, project: int) -> None:
        """One command about a project."""
        self.do([(who, wish)], project)

    @rule(who=st.sampled_from(("admin", "admin", "admin", "olga")), wish=ADMINISTRATION)
    def administration_command(self, who: str, wish: Wish) -> None:
        """One command of administration."""
        self.do([(who, wish)], 0)

    @rule(wishes=st.lists(st.tuples(WHO, PROJECT), min_size=2, max_size=6), project=PROJECTS)
    def at_once_on_a_project(self, wishes: list[tuple[str, Wish]], project: int) -> None:
        """Several people at once on one project: as if one after the other, in the order of acceptance."""
        self.do(wishes, project)

    @rule(wishes=st.lists(st.tuples(WHO, ADMINISTRATION), min_size=2, max_size=4))
    def at_once_in_administration(self, wishes: list[tuple[str, Wish]]) -> None:
        """Several people at once in administration, roles included."""
        self.do(wishes, 0)

    @rule(who=WHO, wish=QUESTION)
    def question(self, who: str, wish: Wish) -> None:
        """One question."""
        self.compare(who, wish)

    @rule(back=st.integers(0, 9), who=WHO)
    def again(self, back: int, who: str) -> None:
        """A command that is sent again changes nothing; its outcome is told to its sender alone."""
        command_id, (sender, verb, key, body), outcome = self.history[-1 - back % len(self.history)]
        speakers = self.stage.speakers
        kept = self.stage.run(speakers[sender].publish(verb, key, body, command_id))
        assert kept["duplicate"], kept
        asked = self.stage.run(speakers[who].ask("projects.outcome", {"command_id": str(command_id)}))
        assert asked == outcome if who == sender else asked["error"]["code"] == "gone", asked

    def teardown(self) -> None:
        """Let everybody read everything at the end."""
        for who in PEOPLE:
            for wish in EVERY_QUESTION:
                self.compare(who, wish)

    def do(self, wishes: Sequence[tuple[str, Wish]], project: int) -> None:
        """Send commands at once, and let the model do the same in the order in which they were accepted."""
        given = [self.sent(who, wish, project) for who, wish in wishes]
        told = self.stage.run(self.stage.together(given))
        for (_, outcome), sent in sorted(zip(told, given, strict=True), key=lambda one: one[0][0]):
            self.judge(sent, outcome)
            self.history.append((UUID(outcome["command_id"]), sent, outcome))

    def sent(self, who: str, wish: Wish, project: int) -> Sent:
        """Put ids in the place of references."""
        body, key = self.resolved(wish.body, project), "-"
        if wish.verb.startswith("projects."):
            key = self.ids["project"][project]
            body["project_id"] = key
            if body.get("expected_revision", 0) is None:
                del body["expected_revision"]
        return who, wish.verb, key, body

    def resolved(self, given: Any, project: int = 0) -> Any:
        """Return a body with ids in the place of references."""
        if isinstance(given, dict):
            return {name: self.resolved(one, project) for name, one in given.items()}
        if isinstance(given, list):
            return [self.resolved(one, project) for one in given]
        if not isinstance(given, Ref):
            return given
        if given.what in self.ids:
            return self.ids[given.what][given.number]
        if given.what == "revision":
            there = self.model.projects.there.get(self.ids["project"][project])
            return (there.revision if there else 1) + given.number
        ever = [one for kind, _, one in self.model.properties.ever if kind == given.what]
        return ever[given.number] if given.number < len(ever) else UNKNOWN

    def judge(self, sent: Sent, outcome: Any) -> None:
        """Let the model do what was done, and compare."""
        who, verb, _, body = sent
        done = self.told_no(lambda: self.model.apply(who, verb, body, outcome.get("result") or {}))
        if isinstance(done, No):
            wanted = Some(code=done.code, details=done.details, retryable=False)
            assert outcome["status"] == "rejected", f"{sent} must be {wanted}: {outcome}"
            assert agree(wanted, outcome["error"]), f"{sent} must be {wanted}: {outcome}"
            return
        assert outcome["status"] == "applied", f"{sent} must lead to {done}: {outcome}"
        assert outcome["revision"] == done.revision, f"{sent} must lead to {done}: {outcome}"
        assert bool(outcome["events"]) != done.again, f"{sent} must lead to {done}: {outcome}"
        assert agree(done.result, outcome["result"]), f"{sent} must lead to {done}: {outcome}"

    def compare(self, who: str, wish: Wish) -> None:
        """Ask the product and the model the same."""
        body = self.resolved(wish.body)
        told = self.pages(who, body) if wish.verb == "projects.list" else self.ask(who, wish.verb, body)
        wanted = self.told_no(lambda: self.model.answer(who, wish.verb, body))
        if isinstance(wanted, No):
            error = Some(code=wanted.code, details=wanted.details)
            assert agree(error, told.get("error")), f"{who} {wish} must be {error}: {told}"
            return
        assert agree(wanted, ordered(wish.verb, told)), f"{who} {wish} must be {wanted}: {told}"

    @staticmethod
    def told_no(work: Callable[[], T]) -> T | No:
        """Return the model's refusal as a value."""
        try:
            return work()
        except No as no:
            return no

    def ask(self, who: str, verb: str, body: Any) -> Any:
        """Ask the product."""
        return self.stage.run(self.stage.speakers[who].ask(verb, body))

    def pages(self, who: str, body: Any) -> Any:
        """Read a list to its end, page by page."""
        page = self.ask(who, "projects.list", {**body, "count": "exact"})
        whole = dict(page)
        while page.get("next"):
            assert len(page["items"]) == body["limit"], page
            page = self.ask(who, "projects.list", {**body, "after": page["next"]})
            whole["items"] = [*whole["items"], *page["items"]]
        return whole


def ordered(verb: str, told: Any) -> Any:
    """Return an answer with what has no order of its own put into one."""
    if verb == "projects.get" and "error" not in told:
        parts = {name: sorted_parts(told[name]) for name in SECTIONS if name in told}
        return {**told, **parts, "withheld": sorted(set(told["withheld"]) & set(SECTIONS))}
    if verb == "administration.properties" and "error" not in told:
        values = [{**one, "values": by_id(one["values"])} for one in told["categories"]]
        lists = {name: by_id(told[name]) for name in ("types", "statuses", "data_fields")}
        return {**told, **lists, "categories": sorted(values, key=lambda one: int(one["slot"]))}
    return told


def by_id(found: list[Any]) -> list[Any]:
    """Order properties by their ids."""
    return sorted(found, key=lambda one: int(one["id"]))
