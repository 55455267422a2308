"""A client that changes many projects for as long as a test likes, and what must have come of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from uuid import UUID

from contracts.ids import uuid7
from tests.delivery.helpers import Inspector, comment, creation
from tests.support import Caller, Site

PROJECTS = 24
COMMENTS = "SELECT text FROM projects.comment WHERE project_id = :k ORDER BY revision, place"


class ProjectLoad:
    """Changes to some projects, those of each project one after the other."""

    def __init__(self, caller: Caller) -> None:
        """Set who sends."""
        self.caller = caller
        self.command_ids: dict[str, list[UUID]] = {str(uuid7()): [] for _ in range(PROJECTS)}
        self._stop = asyncio.Event()
        self._decided = 0

    @asynccontextmanager
    async def publishing(self) -> AsyncIterator[None]:
        """Publish for as long as the block lasts."""
        async with asyncio.TaskGroup() as tasks:
            for key in self.command_ids:
                tasks.create_task(self._publish(key))
            try:
                yield
            finally:
                self._stop.set()

    async def _publish(self, key: str) -> None:
        self.command_ids[key].append(await self.caller.publish("projects.create", key, creation(key)))
        for number in count(2):
            if self._stop.is_set():
                return
            body = comment(key, str(number))
            self.command_ids[key].append(await self.caller.publish("projects.add-comment", key, body))

    async def has_gone_on(self, number: int = 200) -> bool:
        """Tell whether so many more commands have an outcome than the last time that this was true."""
        decided = len(self.caller.outcomes)
        if decided < self._decided + number:
            return False
        self._decided = decided
        return True

    async def ask_for_lost_outcomes(self) -> None:
        """Ask for the outcomes that a killed process has committed and not published."""
        for command_id in (each for ids in self.command_ids.values() for each in ids):
            if command_id not in self.caller.outcomes:
                answer, status = await self.caller.ask("projects.outcome", {"command_id": str(command_id)})
                assert status == ""
                self.caller.outcomes[command_id] = [answer]

    async def require_all_kept(self, site: Site, inspector: Inspector) -> None:
        """Compare outcomes, effects and events with what was published: each is there once, in order."""
        outcomes = self.caller.outcomes
        assert len(outcomes) == sum(map(len, self.command_ids.values()))
        assert all(copy == copies[0] for copies in outcomes.values() for copy in copies)
        assert {copies[0]["status"] for copies in outcomes.values()} == {"applied"}
        expected = {key: list(range(1, len(ids) + 1)) for key, ids in self.command_ids.items()}
        assert {
            key: [outcomes[each][0]["revision"] for each in ids] for key, ids in self.command_ids.items()
        } == expected
        for key, revisions in expected.items():
            texts = [text for (text,) in await site.sql(COMMENTS, k=key)]
            assert texts == list(map(str, revisions[1:]))
        assert await self._revisions_of_events(inspector) == expected

    async def _revisions_of_events(self, inspector: Inspector) -> dict[str, list[int]]:
        revisions: dict[str, list[int]] = {key: [] for key in self.command_ids}
        for event in await inspector.messages_in("EVENTS"):
            headers = event.headers or {}
            if headers.get("ce-subject") in revisions and "ce-revision" in headers:
                revisions[headers["ce-subject"]].append(int(headers["ce-revision"]))
        return revisions
