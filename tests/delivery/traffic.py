"""A morning's traffic: commands of several principals, each published twice, and what must come of them."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from contracts.ids import uuid7
from tests.delivery.helpers import command_subject, comment, creation
from tests.support import Caller

AT = "2026-01-01T10:00:00Z"
BOTH = {"created", "generated", "refused"}
"""Activities that both stores hold; of the rest, each store holds one worker's."""


@dataclass(frozen=True)
class SentCommand:
    """A command as it is published."""

    id: UUID
    caller: Caller
    tail: str
    key: str
    body: dict[str, Any]

    async def publish(self) -> None:
        """Publish it, however often that has been done."""
        subject, payload = command_subject(self.caller.principal, self.tail, self.key), json.dumps(self.body).encode()
        answer = await self.caller.nats.request(subject, payload, timeout=10, headers={"Nats-Msg-Id": str(self.id)})
        assert "error" not in json.loads(answer.data), answer.data


def project_commands(caller: Caller, number: int) -> Iterator[SentCommand]:
    """Return a project's life: its creation, then `number` commands that change it."""
    project_id = str(uuid7())
    yield SentCommand(uuid7(), caller, "projects.create", project_id, creation(project_id))
    for turn in range(number):
        tail, body = _change(turn)
        yield SentCommand(uuid7(), caller, f"projects.{tail}", project_id, {**body, "project_id": project_id})


def _change(turn: int) -> tuple[str, dict[str, Any]]:
    call = {"call_id": str(uuid7()), "direction": "made", "at": AT, "party": "Gate 4"}
    sequence = {"sequence_id": str(uuid7()), "camera_id": "7", "camera_name": "Gate", "start": AT, "end": AT}
    return (
        ("update", {"description": f"Turn {turn}."}),
        ("add-comment", comment(uuid7(), f"Turn {turn}.")),
        ("add-call", call),
        ("add-sequences", {"sequences": [sequence]}),
    )[turn % 4]


def type_definition(caller: Caller) -> SentCommand:
    """Return the definition of a type."""
    return SentCommand(uuid7(), caller, "administration.add-type", "-", {"name": "Theft"})


def report_request(caller: Caller, project_id: str) -> SentCommand:
    """Return the wish for a report."""
    report_id = str(uuid7())
    return SentCommand(
        uuid7(), caller, "reports.generate", report_id, {"report_id": report_id, "project_id": project_id}
    )


async def publish_all(commands: list[SentCommand], at_once: int = 20) -> None:
    """Publish in order, some at a time, as several programs do."""
    for start in range(0, len(commands), at_once):
        await asyncio.gather(*(command.publish() for command in commands[start : start + at_once]))


Entries = Counter[tuple[str, str]]


def expected_entries(commands: list[SentCommand], outcomes: dict[UUID, dict[str, Any]]) -> tuple[Entries, Entries]:
    """Return the entries (command id, activity) that each of the two stores must hold, once each."""
    incident_manager, log_server = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for command in commands:
        outcome = outcomes[command.id]
        if outcome["status"] == "rejected" and outcome["error"]["code"] == "gone":
            assert command.tail == "reports.generate", "a report may be asked for before its project is there"
            continue
        worker, happened = _happened(command, outcome)
        entry = (str(command.id), f"{worker}.{happened}")
        if happened in BOTH or worker == "projects":
            incident_manager[entry] += 1
        if happened in BOTH or worker == "administration":
            log_server[entry] += 1
    return incident_manager, log_server


def _happened(command: SentCommand, outcome: dict[str, Any]) -> tuple[str, str]:
    if outcome["status"] == "rejected":
        assert outcome["error"]["code"] == "permission-denied", outcome
        return "audit", "refused"
    worker, verb = command.tail.split(".")
    happened = {
        "create": "created",
        "update": "updated",
        "add-comment": "comment-added",
        "add-call": "call-added",
        "add-sequences": "sequences-added",
        "add-type": "type-added",
        "generate": "generated",
    }
    return worker, happened[verb]
