"""The reaction of audit to events."""

from contracts.message import Event
from workers.audit.worker import ActivityUnit, worker
from workers.runtime.commands.reaction_dispatch import ReceivedEvent


@worker.hears(Event)
async def keep_activity(heard: ReceivedEvent[Event], unit: ActivityUnit) -> None:
    """Keep an entry of the event, in the stores that it names (LOG-T1 to LOG-T5)."""
    unit.rows.add(heard)
