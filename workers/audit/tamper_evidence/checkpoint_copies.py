"""Copies of checkpoints outside the database: lines of a file, and messages for whoever listens."""

import asyncio
from typing import Final

import structlog
from nats.errors import Error as NatsError
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts import subjects
from contracts.envelopes import SignedCheckpoint
from contracts.message import Store
from workers.audit.tamper_evidence.attestations import Kind, read_attestations
from workers.common.logs import describe
from workers.runtime.process.running_components import RunningComponents

NOTES: Final = ".notes"
STAMPS: Final = ".stamps"
"""The ends of the names of files: those with the notes of a log, and those with a time stamp on each line."""

log = structlog.get_logger()


class CheckpointCopies:
    """Where the checkpoints of a site go, each when it is signed and again with each cosignature."""

    def __init__(self, running: RunningComponents) -> None:
        """Set the process; the files are those of its settings."""
        self._running = running
        self._folder = running.settings.checkpoints

    async def add(self, connection: AsyncConnection, store: Store, size: int, note: str) -> None:
        """Copy the note of a checkpoint, with the cosignatures that it has.

        Raises:
            OSError: The file cannot be written.
        """
        attested = await read_attestations(connection, store, size)
        cosigned = note + "".join(each["content"] for each in attested if each["kind"] == Kind.COSIGNATURE)
        await self._publish(SignedCheckpoint(log=store, size=size, note=cosigned))
        await asyncio.to_thread(self._append, f"{store}{NOTES}", cosigned)

    async def add_stamp(self, store: Store, stamp: str) -> None:
        """Copy a time stamp, in base64, into the file of those of a log.

        Raises:
            OSError: The file cannot be written.
        """
        await asyncio.to_thread(self._append, f"{store}{STAMPS}", stamp)

    async def _publish(self, checkpoint: SignedCheckpoint) -> None:
        """Publish a checkpoint; nobody has to listen, and a message that is lost is followed by another one."""
        subject = subjects.checkpoint(self._running.settings.site, checkpoint.log)
        try:
            await self._running.nats.publish(subject, checkpoint.model_dump_json().encode())
        except (NatsError, OSError) as error:
            log.warning("checkpoint_not_published", log=checkpoint.log, **describe(error))

    def _append(self, name: str, text: str) -> None:
        if self._folder:
            self._folder.mkdir(parents=True, exist_ok=True)
            with (self._folder / name).open("a", encoding="utf-8") as file:
                file.write(f"{text}\n")
