"""The leaves of a step of a sweep, whose entries the database makes from a shorter form."""

import json
from datetime import UTC, datetime

from nats.aio.client import Client
from nats.aio.msg import Msg

from contracts.evidence.log_entries import leaf_of
from contracts.evidence.merkle_tree import leaf_hash
from contracts.ids import derived_ids, uuid7
from contracts.message import Event
from contracts.projects.commands import ProjectsExpired
from workers.audit.entry_json import step_of
from workers.runtime.commands.reaction_dispatch import ReceivedEvent


def test_the_leaves_of_a_step_are_those_of_the_entries_that_the_stores_make_of_it() -> None:
    """Each entry of a step, as it is read from a store, has the hash that came into the tree."""
    ids, numbers, at = [uuid7() for _ in range(40)], list(range(7, 47)), datetime(2026, 11, 29, 7, 0, 0, 120, UTC)
    event = ProjectsExpired(sweep_id=uuid7(), chain=1, deleted=40, more=False, project_ids=ids, numbers=numbers)
    received: ReceivedEvent[Event] = ReceivedEvent(event, uuid7(), at, "system", None, None, uuid7(), Msg(Client()))
    step = step_of(received, event)
    document = json.loads(step.document)
    common = {name: document[name] for name in ("actor", "activity", "command_id")} | {"at": at, "revision": None}
    entries = [
        common | {"event_id": event_id, "project_id": project_id, "details": {"number": number, "expired": True}}
        for event_id, project_id, number in zip(
            document["event_ids"], document["project_ids"], document["numbers"], strict=True
        )
    ]
    assert step.hashes == [leaf_hash(leaf_of(entry)) for entry in entries]
    assert document["event_ids"] == sorted(derived_ids(received.id, ids))
    named = dict(zip(derived_ids(received.id, ids), zip(map(str, ids), numbers, strict=True), strict=True))
    assert {e["event_id"]: (e["project_id"], e["details"]["number"]) for e in entries} == named
