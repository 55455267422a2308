"""Random commands of several people, one by one and at once, on the product and on the model."""

import sys
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.model.commands import (
    ADMINISTRATION,
    DRAFT,
    IMPORT,
    NARROWED,
    PEOPLE,
    PROJECT,
    ROLES,
    TAKING_OVER,
    WHO,
    Ref,
    Wish,
)
from tests.model.driver import Driver
from tests.model.orders import Order, explained
from tests.model.strategies import EVERY_QUESTION, OPENING, QUESTION, WATCHED
from tests.model.system import System
from tests.model.watch import Watch

PROJECTS = st.sampled_from((0, 1, 0, 1, 2, 3))
MOSTLY_ADMIN = st.sampled_from(("admin", "admin", "admin", "olga"))
ANYTHING = PROJECT | DRAFT | TAKING_OVER | IMPORT


class Machine(Driver, RuleBasedStateMachine):
    """Holds the product against the model, step by step."""

    def __init__(self, system: System) -> None:
        """Begin with a site as it is at first, and a model of it."""
        RuleBasedStateMachine.__init__(self)
        Driver.__init__(self, system)

    @initialize()
    def begin(self) -> None:
        """Define roles, properties and a first project, as an administrator does."""
        for wish in OPENING:
            self.do([("admin", wish)], 0)
        self.do([("olga", OPENING[-1])], 1)

    @rule(wishes=st.lists(st.tuples(WHO, PROJECT, PROJECTS), min_size=4, max_size=8))
    def project_commands(self, wishes: list[tuple[str, Wish, int]]) -> None:
        """Some commands about projects, one after the other."""
        for who, wish, project in wishes:
            self.do([(who, wish)], project)

    @rule(wishes=st.lists(st.tuples(WHO, DRAFT | DRAFT | TAKING_OVER, PROJECTS), min_size=2, max_size=6))
    def draft_commands(self, wishes: list[tuple[str, Wish, int]]) -> None:
        """Some commands about draft lists, and taking them over."""
        for who, wish, project in wishes:
            self.do([(who, wish)], project)

    @rule(wishes=st.lists(st.tuples(WHO, IMPORT), min_size=1, max_size=2))
    def imports(self, wishes: list[tuple[str, Wish]]) -> None:
        """Some projects of another system."""
        for wish in wishes:
            self.do([wish], 0)

    @rule(wishes=st.lists(st.tuples(MOSTLY_ADMIN, ADMINISTRATION), min_size=2, max_size=5))
    def administration_commands(self, wishes: list[tuple[str, Wish]]) -> None:
        """Some commands of administration, one after the other."""
        for wish in wishes:
            self.do([wish], 0)

    @rule(wishes=st.lists(st.tuples(WHO, PROJECT), min_size=3, max_size=8), project=PROJECTS)
    def at_once_on_a_project(self, wishes: list[tuple[str, Wish]], project: int) -> None:
        """Several people at once on one project: as if one after the other, in the order of acceptance."""
        self.do(wishes, project)

    @rule(wishes=st.lists(st.tuples(WHO, ADMINISTRATION), min_size=2, max_size=4))
    def at_once_in_administration(self, wishes: list[tuple[str, Wish]]) -> None:
        """Several people at once in administration, roles included."""
        self.do(wishes, 0)

    @rule(
        wishes=st.lists(st.tuples(WHO, ANYTHING, PROJECTS), min_size=2, max_size=5),
        beside=st.none() | st.tuples(MOSTLY_ADMIN, ADMINISTRATION),
    )
    def at_once_everywhere(self, wishes: list[tuple[str, Wish, int]], beside: tuple[str, Wish] | None) -> None:
        """Several people at once on projects, drafts and imports, and one in administration: in some order.

        Only those of one key have an order of their own; one command of administration is read as a whole or not.
        """
        given = [self.sent(*wish) for wish in wishes] + ([self.sent(*beside, 0)] if beside else [])
        became = self.system.run(self.system.send_together(given))
        done = sorted(zip(given, became, strict=True), key=lambda one: one[1][0])
        if self.watch:
            self.watch.observe([event for _, (_, _, events) in done for event in events], self.model, loose=True)
        orders = explained(self.model, done, self.judge)
        order, self.model = orders[0] if len(orders) == 1 else self.told_apart(orders)
        for sent, told in order:
            self.keep(sent, told)
        self.observe([])
        self.settle()

    def told_apart(self, orders: list[Order]) -> Order:
        """Return the order after which the projects and draft lists are as they are now."""
        asked = [(self.holder(), "projects.get", {"project_id": item}) for item in self.ids["project"]]
        for who, verb, body in [*asked, *((who, "projects.draft", {}) for who in PEOPLE)]:
            told = self.ask(who, verb, body)
            orders = [order for order in orders if self.disagreement(order[1], (who, verb, body), told) is None]
        assert orders, "no order leads to what there is now"
        return orders[0]

    @rule(who=WHO, wishes=st.lists(QUESTION, min_size=1, max_size=4))
    def questions(self, who: str, wishes: list[Wish]) -> None:
        """Some questions."""
        for wish in wishes:
            self.compare(who, wish)

    @rule(
        wishes=st.lists(st.tuples(WHO, PROJECT | ADMINISTRATION | IMPORT | DRAFT), min_size=2, max_size=5),
        who=WHO,
        question=QUESTION,
    )
    def licence_runs_out(self, wishes: list[tuple[str, Wish]], who: str, question: Wish) -> None:
        """An expired licence stops every command but a new licence, and no question."""
        holder = self.holder()
        self.do([(holder, Wish("administration.activate-licence", {"token": Ref("token", 0)}))], 0)
        self.system.run(self.system.expire_licence())
        self.model.licence.ran_out = True
        for wish in wishes:
            self.do([wish], 0)
        self.compare(who, question)
        self.compare(self.holder(), Wish("administration.licence", {}))
        self.do([(self.holder(), Wish("administration.activate-licence", {"token": Ref("token", 0)}))], 0)

    @rule(who=WHO, given=WATCHED)
    def somebody_follows(self, who: str, given: dict[str, Any]) -> None:
        """Somebody follows what happens, instead of who did."""
        self.follow(who, given)

    def follow(self, who: str, given: dict[str, Any]) -> None:
        """Open a feed and hold it against the model from now on."""
        if self.watch:
            self.watch.leave()
        self.watch = Watch(self.system, who, self.resolved(given))
        self.watch.open(self.model)

    @rule(who=WHO, given=WATCHED, wishes=st.lists(st.tuples(WHO, ANYTHING, PROJECTS), min_size=1, max_size=5))
    def hang_up(self, who: str, given: dict[str, Any], wishes: list[tuple[str, Wish, int]]) -> None:
        """The follower is disconnected, and goes on later from where it was."""
        if self.watch is None:
            self.follow(who, given)
        assert self.watch
        self.watch.leave()
        for item, wish, project in wishes:
            self.do([(item, wish)], project)
        self.watch.open(self.model)

    @rule(
        who=st.sampled_from(("olga", "carl")),
        given=WATCHED,
        role=NARROWED | ROLES,
        wishes=st.lists(st.tuples(PROJECT | DRAFT, PROJECTS), min_size=1, max_size=4),
    )
    def roles_of_followers(self, who: str, given: dict[str, Any], role: Wish, wishes: list[tuple[Wish, int]]) -> None:
        """A role changes while somebody follows, and counts from the next event on."""
        if not self.watch or not self.watch.follower or self.watch.who == "admin":
            self.follow(who, given)
        self.do([(self.holder(), role)], 0)
        for wish, project in wishes:
            self.do([(self.holder(), wish)], project)

    def holder(self) -> str:
        """Return somebody who may do everything."""
        return min(self.model.people.members["administrators"])

    @rule(back=st.integers(0, 9), who=WHO)
    def again(self, back: int, who: str) -> None:
        """A command that is sent again changes nothing; its outcome is told to its sender alone."""
        (sender, verb, key, body), outcome = self.history[-1 - back % len(self.history)]
        command_id = UUID(outcome["command_id"])
        kept = self.system.run(self.system.speakers[sender].publish(verb, key, body, command_id))
        assert "error" not in kept, kept
        asked = self.ask(who, "projects.outcome", {"command_id": str(command_id)})
        assert asked == outcome if who == sender else asked["error"]["code"] == "gone", asked

    def teardown(self) -> None:
        """Let everybody read everything at the end; what went wrong before is said, should it not happen again."""
        if error := sys.exception():
            print(f"{type(error).__name__}: {error}")
            return
        if self.watch and not self.watch.follower:
            self.watch.open(self.model)
        self.settle()
        for who in PEOPLE:
            for wish in EVERY_QUESTION:
                self.compare(who, wish)
        if self.watch:
            self.settle()
            self.watch.leave()
