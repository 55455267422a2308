"""The load: several principals, each with several sessions that tell the life of one project after another."""

import asyncio
import random
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from contracts.ids import uuid7
from tests.faults.client import Client
from tests.faults.history import APPLIED, AuditedQuery, SentCommand
from tests.faults.proxies import pause

AT = "2026-01-01T10:00:00Z"
Change: TypeAlias = tuple[str, dict[str, Any], frozenset[str]]
"""A command's subject, what its body says besides the project, and what may become of it."""

GONE = frozenset({"gone"})
SHARED = frozenset({APPLIED, "gone"})
"""What may become of a command about a project that somebody else may have deleted."""


class Session:
    """One sequential client: it publishes the next command of a key when the server keeps the one before."""

    def __init__(self, client: Client, name: str, rng: random.Random, shared: list[str], rate: float) -> None:
        self._client, self._name, self._rng = client, name, rng
        self._shared = shared
        self._pause = 1 / rate
        self._may_call = not client.principal.startswith("karl")

    async def run(self, stopping: asyncio.Event) -> None:
        """Tell story after story until it is time to stop, and the last one to its end."""
        while not stopping.is_set():
            await self._story(stopping)

    async def _story(self, stopping: asyncio.Event) -> None:
        project_id = str(uuid7())
        under_way = [await self._publish("projects.create", project_id, _creation(project_id))]
        if self._rng.random() < 0.5:
            self._shared.append(project_id)
            del self._shared[:-50]
        for sent in self._changes(project_id):
            await self._publish_again(sent)
            under_way.append(sent)
            if self._rng.random() < 0.15:
                under_way += await self._elsewhere()
            if self._rng.random() < 0.2:
                await self._read(project_id, under_way)
            if stopping.is_set():
                break
            await pause(self._rng.uniform(0.2, 1.8) * self._pause)
        if self._rng.random() < 0.3:
            under_way += await self._delete(project_id)
        for sent in under_way:
            await self._client.outcome(sent)
        if self._rng.random() < 0.3:
            await self._client.attempt(self._rng.choice(under_way))

    def _changes(self, project_id: str) -> Iterator[SentCommand]:
        comments: list[str] = []
        for turn in range(self._rng.randint(4, 14)):
            tail, body, may = self._change(comments, turn)
            yield self._new_command(tail, project_id, {**body, "project_id": project_id}, may)

    def _change(self, comments: list[str], turn: int) -> Change:
        """Choose what is done next: mostly what is right, at times what must be refused."""
        text, applied = f"Turn {turn} of {uuid7()}.", frozenset({APPLIED})
        calling = applied if self._may_call else frozenset({"permission-denied"})
        kinds: dict[str, Callable[[], Change]] = {
            "update": lambda: ("projects.update", {"description": text}, applied),
            "comment": lambda: ("projects.add-comment", _fresh(comments, text), applied),
            "call": lambda: ("projects.add-call", _call(), calling),
            "sequences": lambda: ("projects.add-sequences", {"sequences": [_sequence()]}, applied),
            "wrong": self._mistake,
        }
        if comments:
            chosen = self._rng.choice(comments)
            edited = {"comment_id": chosen, "text": text}
            kinds["edit"] = lambda: ("projects.edit-comment", edited, applied)
            kinds["remove"] = lambda: ("projects.delete-comment", _removed(comments, chosen), applied)
        return kinds[self._rng.choice((*kinds, "comment"))]()

    def _mistake(self) -> Change:
        wrong: tuple[Change, ...] = (
            ("projects.update", {"description": "No.", "expected_revision": 900_000}, frozenset({"conflict"})),
            ("projects.add-comment", {"comment_id": str(uuid7())}, frozenset({"invalid"})),
            ("projects.delete-comment", {"comment_id": str(uuid7())}, GONE),
            ("projects.update", {"type_id": 999_999_999}, frozenset({"unknown-reference"})),
        )
        return self._rng.choice(wrong)

    async def _elsewhere(self) -> list[SentCommand]:
        """Write into a project of somebody else, or ask for a report of it."""
        if not self._shared:
            return []
        project_id = self._rng.choice(self._shared)
        if self._may_call and self._rng.random() < 0.15:
            return [await self._report(project_id)]
        body = {"project_id": project_id, "comment_id": str(uuid7()), "text": f"Seen by {self._name}."}
        return [await self._publish("projects.add-comment", project_id, body, SHARED)]

    async def _report(self, project_id: str) -> SentCommand:
        report_id = str(uuid7())
        sent = await self._publish(
            "reports.generate", report_id, {"report_id": report_id, "project_id": project_id}, SHARED
        )
        if (await self._client.outcome(sent))["status"] == APPLIED:
            read = AuditedQuery(self._client.principal, project_id, "reports.downloaded")
            self._client.history.reads.append(read)
            answer = await self._client.raw("reports.download", {"report_id": report_id})
            read.answered = answer is not None and "Report-Bytes" in (answer.headers or {})
        return sent

    async def _read(self, project_id: str, under_way: list[SentCommand]) -> None:
        await self._client.outcome(under_way[0])
        read = AuditedQuery(self._client.principal, project_id, "projects.opened")
        self._client.history.reads.append(read)
        answer = await self._client.ask("projects.get", {"project_id": project_id})
        read.answered = answer is not None and "revision" in answer
        await self._client.ask("projects.list", {"limit": 20})

    async def _delete(self, project_id: str) -> list[SentCommand]:
        deleted = await self._publish("projects.delete", project_id, {"project_id": project_id})
        late = {"project_id": project_id, "comment_id": str(uuid7()), "text": "Too late."}
        return [deleted, await self._publish("projects.add-comment", project_id, late, GONE)]

    async def _publish(
        self, tail: str, key: str, body: dict[str, Any], may: frozenset[str] = frozenset({APPLIED})
    ) -> SentCommand:
        sent = self._new_command(tail, key, body, may)
        await self._client.keep(sent)
        return sent

    async def _publish_again(self, sent: SentCommand) -> None:
        await self._client.keep(sent)
        if self._rng.random() < 0.1:
            await self._client.attempt(sent)

    def _new_command(self, tail: str, key: str, body: dict[str, Any], may: frozenset[str]) -> SentCommand:
        return SentCommand(str(uuid7()), self._client.principal, self._name, tail, key, body, may)


def _creation(project_id: str) -> dict[str, Any]:
    return {"project_id": project_id, "description": "A bag was left at gate 4."}


def _fresh(comments: list[str], text: str) -> dict[str, Any]:
    comments.append(str(uuid7()))
    return {"comment_id": comments[-1], "text": text}


def _removed(comments: list[str], chosen: str) -> dict[str, Any]:
    comments.remove(chosen)
    return {"comment_id": chosen}


def _call() -> dict[str, Any]:
    return {"call_id": str(uuid7()), "direction": "made", "at": AT, "party": "Gate 4"}


def _sequence() -> dict[str, Any]:
    return {"sequence_id": str(uuid7()), "camera_id": "7", "camera_name": "Gate", "start": AT, "end": AT}
