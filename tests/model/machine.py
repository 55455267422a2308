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
    PRINCIPALS,
    PROJECT,
    ROLES,
    TAKING_OVER,
    Ref,
    Wish,
)
from tests.model.driver import Driver
from tests.model.orders import Order, explained
from tests.model.strategies import EVERY_QUESTION, FIRST_WISHES, QUESTION, WATCHED
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
        for wish in FIRST_WISHES:
            self.do([("admin", wish)], 0)
        self.do([("olga", FIRST_WISHES[-1])], 1)

    @rule(wishes=st.lists(st.tuples(PRINCIPALS, PROJECT, PROJECTS), min_size=4, max_size=8))
    def project_commands(self, wishes: list[tuple[str, Wish, int]]) -> None:
        """Some commands about projects, one after the other."""
        for principal, wish, project in wishes:
            self.do([(principal, wish)], project)

    @rule(wishes=st.lists(st.tuples(PRINCIPALS, DRAFT | DRAFT | TAKING_OVER, PROJECTS), min_size=2, max_size=6))
    def draft_commands(self, wishes: list[tuple[str, Wish, int]]) -> None:
        """Some commands about draft lists, and taking them over."""
        for principal, wish, project in wishes:
            self.do([(principal, wish)], project)

    @rule(wishes=st.lists(st.tuples(PRINCIPALS, IMPORT), min_size=1, max_size=2))
    def imports(self, wishes: list[tuple[str, Wish]]) -> None:
        """Some projects of another system."""
        for wish in wishes:
            self.do([wish], 0)

    @rule(wishes=st.lists(st.tuples(MOSTLY_ADMIN, ADMINISTRATION), min_size=2, max_size=5))
    def administration_commands(self, wishes: list[tuple[str, Wish]]) -> None:
        """Some commands of administration, one after the other."""
        for wish in wishes:
            self.do([wish], 0)

    @rule(wishes=st.lists(st.tuples(PRINCIPALS, PROJECT), min_size=3, max_size=8), project=PROJECTS)
    def at_once_on_a_project(self, wishes: list[tuple[str, Wish]], project: int) -> None:
        """Several people at once on one project: as if one after the other, in the order of acceptance."""
        self.do(wishes, project)

    @rule(wishes=st.lists(st.tuples(PRINCIPALS, ADMINISTRATION), min_size=2, max_size=4))
    def at_once_in_administration(self, wishes: list[tuple[str, Wish]]) -> None:
        """Several people at once in administration, roles included."""
        self.do(wishes, 0)

    @rule(
        wishes=st.lists(st.tuples(PRINCIPALS, ANYTHING, PROJECTS), min_size=2, max_size=5),
        beside=st.none() | st.tuples(MOSTLY_ADMIN, ADMINISTRATION),
    )
    def at_once_everywhere(self, wishes: list[tuple[str, Wish, int]], beside: tuple[str, Wish] | None) -> None:
        """Several people at once on projects, drafts and imports, and one in administration: in some order.

        Only those of one key have an order of their own; one command of administration is read as a whole or not.
        """
        commands = [self.resolve_references(*wish) for wish in wishes] + (
            [self.resolve_references(*beside, 0)] if beside else []
        )
        became = self.system.run(self.system.send_together(commands))
        done = sorted(zip(commands, became, strict=True), key=lambda pair: pair[1][0])
        if self.watch:
            self.watch.observe([event for _, (_, _, events) in done for event in events], self.model, loose=True)
        orders = explained(self.model, done, self.judge)
        order, self.model = orders[0] if len(orders) == 1 else self.told_apart(orders)
        for sent, result in order:
            self.keep(sent, result)
        self.observe([])
        self.compare_feed()

    def told_apart(self, orders: list[Order]) -> Order:
        """Return the order after which the projects and draft lists are as they are now."""
        questions = [(self.holder(), "projects.get", {"project_id": project_id}) for project_id in self.ids["project"]]
        for principal, verb, body in [*questions, *((principal, "projects.draft", {}) for principal in PEOPLE)]:
            answer = self.ask(principal, verb, body)
            orders = [order for order in orders if self.disagreement(order[1], (principal, verb, body), answer) is None]
        assert orders, "no order leads to what there is now"
        return orders[0]

    @rule(principal=PRINCIPALS, wishes=st.lists(QUESTION, min_size=1, max_size=4))
    def questions(self, principal: str, wishes: list[Wish]) -> None:
        """Some questions."""
        for wish in wishes:
            self.compare(principal, wish)

    @rule(
        wishes=st.lists(st.tuples(PRINCIPALS, PROJECT | ADMINISTRATION | IMPORT | DRAFT), min_size=2, max_size=5),
        principal=PRINCIPALS,
        question=QUESTION,
    )
    def licence_runs_out(self, wishes: list[tuple[str, Wish]], principal: str, question: Wish) -> None:
        """An expired licence stops every command but a new licence, and no question."""
        holder = self.holder()
        self.do([(holder, Wish("administration.activate-licence", {"token": Ref("token", 0)}))], 0)
        self.system.run(self.system.expire_licence())
        self.model.licence.ran_out = True
        for wish in wishes:
            self.do([wish], 0)
        self.compare(principal, question)
        self.compare(self.holder(), Wish("administration.licence", {}))
        self.do([(self.holder(), Wish("administration.activate-licence", {"token": Ref("token", 0)}))], 0)

    @rule(principal=PRINCIPALS, filters=WATCHED)
    def somebody_follows(self, principal: str, filters: dict[str, Any]) -> None:
        """Somebody follows what happens, instead of who did."""
        self.follow(principal, filters)

    def follow(self, principal: str, filters: dict[str, Any]) -> None:
        """Open a feed and hold it against the model from now on."""
        if self.watch:
            self.watch.leave()
        self.watch = Watch(self.system, principal, self.resolved(filters))
        self.watch.open(self.model)

    @rule(
        principal=PRINCIPALS,
        filters=WATCHED,
        wishes=st.lists(st.tuples(PRINCIPALS, ANYTHING, PROJECTS), min_size=1, max_size=5),
    )
    def hang_up(self, principal: str, filters: dict[str, Any], wishes: list[tuple[str, Wish, int]]) -> None:
        """The follower is disconnected, and goes on later from where it was."""
        if self.watch is None:
            self.follow(principal, filters)
        assert self.watch
        self.watch.leave()
        for follower, wish, project in wishes:
            self.do([(follower, wish)], project)
        self.watch.open(self.model)

    @rule(
        principal=st.sampled_from(("olga", "carl")),
        filters=WATCHED,
        role=NARROWED | ROLES,
        wishes=st.lists(st.tuples(PROJECT | DRAFT, PROJECTS), min_size=1, max_size=4),
    )
    def roles_of_followers(
        self, principal: str, filters: dict[str, Any], role: Wish, wishes: list[tuple[Wish, int]]
    ) -> None:
        """A role changes while somebody follows, and counts from the next event on."""
        if not self.watch or not self.watch.follower or self.watch.principal == "admin":
            self.follow(principal, filters)
        self.do([(self.holder(), role)], 0)
        for wish, project in wishes:
            self.do([(self.holder(), wish)], project)

    def holder(self) -> str:
        """Return somebody who may do everything."""
        return min(self.model.people.members["administrators"])

    @rule(back=st.integers(0, 9), principal=PRINCIPALS)
    def again(self, back: int, principal: str) -> None:
        """A command that is sent again changes nothing; its outcome is told to its sender alone."""
        (sender, verb, key, body), outcome = self.history[-1 - back % len(self.history)]
        command_id = UUID(outcome["command_id"])
        acknowledgement = self.system.run(self.system.speakers[sender].publish(verb, key, body, command_id))
        assert "error" not in acknowledgement, acknowledgement
        answer = self.ask(principal, "projects.outcome", {"command_id": str(command_id)})
        assert answer == outcome if principal == sender else answer["error"]["code"] == "gone", answer

    def teardown(self) -> None:
        """Let everybody read everything at the end; what went wrong before is said, should it not happen again."""
        if error := sys.exception():
            print(f"{type(error).__name__}: {error}")
            return
        if self.watch and not self.watch.follower:
            self.watch.open(self.model)
        self.compare_feed()
        for principal in PEOPLE:
            for wish in EVERY_QUESTION:
                self.compare(principal, wish)
        if self.watch:
            self.compare_feed()
            self.watch.leave()
