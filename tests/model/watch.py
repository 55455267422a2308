"""A feed that somebody follows, held against what the model says that it must tell."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from contracts.ids import uuid7
from tests.model.feed import Event, needed, variants, view
from tests.model.model import Model
from tests.model.people import PROJECTS
from tests.model.rules import Body
from tests.model.system import System
from tests.model.wire import Follower

FENCES = 150


class Watch:
    """One follower: the events that it got, and those that it should have.

    It may be told what was done a moment before it asked for the first time.
    """

    def __init__(self, system: System, principal: str, filters: dict[str, Any]) -> None:
        """Remember who follows what; nothing is open yet."""
        self.principal = principal
        self.filters: Body = filters
        self.follower: Follower | None = None
        self.cursor: str | None = None
        self._system = system
        self._fences: list[str] = []
        self._fenced: set[str] = set()
        self._before: set[str] = set()
        self._expected: list[Event] = []
        self._lost_right: set[bool] = set()

    def open(self, model: Model) -> None:
        """Open the feed, or go on from the cursor; it is refused to whom the projects are not shown."""
        self._fences = [str(uuid7()) for _ in range(FENCES)]
        filters = dict(self.filters)
        if "project_ids" in filters:
            filters["project_ids"] = [*filters["project_ids"], *self._fences]
        if self.cursor is None:
            self._expected, self._before = [], self._system.event_ids()
        may = self._may(model)
        self.follower, refused = self._system.run(self._system.follow(self.principal, filters, self.cursor))
        assert (self.follower is not None) == may, (self.principal, refused)
        assert may or refused["code"] == "not-available", refused
        if self.follower:
            self._lost_right = {False}
            self._see(model)
            self.compare_feed(model)

    def leave(self) -> None:
        """Listen no more; what happens now must be told when the feed is opened again."""
        if self.follower:
            self.cursor = self.follower.cursor
            self._system.run(self.follower.leave())
            self.follower = None

    def observe(self, events: Iterable[Event], model: Model, *, loose: bool = False) -> None:
        """Expect events, and see all that is expected as it stands now; `loose` if they may have been judged before."""
        new = [replace(event, views=[]) for event in events]
        self._expected += new
        if self.follower:
            for expected in new:
                for body in variants(expected) if loose else ():
                    expected.see(body)
            self._see(model)

    def _see(self, model: Model) -> None:
        for event in self._expected:
            event.see(view(event, self.principal, self.filters, model.people, model.projects.by_id))
        self._lost_right.add(not self._may(model))

    def _may(self, model: Model) -> bool:
        return all(model.people.level(self.principal, node) for node in (PROJECTS, *needed(self.filters)))

    def compare_feed(self, model: Model) -> None:
        """Wait until all has been told, and compare; a feed has ended if its follower lost its right."""
        if self.follower is None:
            return
        follower, lost_right = self.follower, self._lost_right
        fence = self._fences.pop()
        self._fenced.add(fence)
        self._system.run(self._system.fenced(follower, fence))
        ended = follower.end is not None
        assert follower.is_whole, "a message of the feed was lost"
        assert ended in lost_right, f"{self.principal} may follow: {follower.end}"
        assert not ended or follower.end["code"] == "not-available", follower.end
        assert ended or self._may(model), f"{self.principal} may not follow any more"
        self._compare(follower.received, ended=ended)
        follower.received.clear()
        self._expected, self._lost_right = ([] if not ended else self._expected), {not self._may(model)}
        if ended or not self._fences:
            self.leave()

    def _compare(self, messages: list[Event], *, ended: bool) -> None:
        """Let each project's events be those that are expected, in their order, in one of the right bodies."""
        expected = {event.id: event for event in self._expected}
        messages = [
            event for event in messages if event.project_id not in self._fenced and event.id not in self._before
        ]
        received = {event.id: event for event in messages}
        for event in received.values():
            right = expected.get(event.id)
            assert right, f"{self.principal} {self.filters} must not be told {event}"
            assert event.body in right.views, f"{self.principal} {self.filters} must be told {right}: {event}"
            assert replace(right, views=[], body={}) == replace(event, body={}), (right, event)
        missing = [event for event in self._expected if None not in event.views and event.id not in received]
        assert ended or not missing, f"{self.principal} {self.filters} must be told {missing}"
        for project_id in {event.project_id for event in received.values() if event.project_id}:
            order = [event.id for event in self._expected if event.project_id == project_id and event.id in received]
            assert order == [event.id for event in received.values() if event.project_id == project_id], (
                order,
                messages,
            )
