"""The ceiling: fetch 200, one transaction of INSERT … SELECT unnest(), ack, outcome, in its own process."""

import asyncio
import signal
from collections.abc import Sequence
from typing import Any

import nats
import psycopg
import uvloop
from nats.aio.client import Client as Nats
from nats.aio.msg import Msg
from pydantic_core import from_json, to_json

from benchmarks.commands.bare import ECHO, STREAM, read_variable

BATCH_COMMANDS = 200
_INBOX = """INSERT INTO inbox (id, result) SELECT i, '{"ok":true}' FROM unnest(%s::uuid[]) i
    ON CONFLICT DO NOTHING RETURNING id"""
_PROJECTS = """INSERT INTO projects (id, type_id, status_id, description, created_by)
    SELECT * FROM unnest(%s::uuid[], %s::int[], %s::int[], %s::text[], %s::text[])"""
_OUTBOX = "INSERT INTO outbox (subject, payload) SELECT 'e.project', x FROM unnest(%s::jsonb[]) x"
_COLUMNS = ("project_id", "type_id", "status_id", "description", "author")

Connection = psycopg.AsyncConnection[tuple[Any, ...]]


async def apply(database: Connection, commands: Sequence[dict[str, Any]]) -> None:
    """Apply a batch in one transaction, each command once."""
    async with database.transaction():
        cursor = await database.execute(_INBOX, [[command["id"] for command in commands]])
        fresh = {str(row[0]) for row in await cursor.fetchall()}
        new = [command for command in commands if command["id"] in fresh]
        async with database.pipeline():
            await database.execute(_PROJECTS, [[command[name] for command in new] for name in _COLUMNS])
            await database.execute(_OUTBOX, [[to_json(command).decode() for command in new]])


async def run(stop: asyncio.Event) -> None:
    """Apply batches until `stop` is set."""
    bus = await nats.connect(read_variable("NATS"), user_credentials=read_variable("CREDS"), pending_size=64 << 20)
    database = await psycopg.AsyncConnection.connect(read_variable("DATABASE"), autocommit=True)
    await bus.subscribe(ECHO, cb=_echo)
    pull = await bus.jetstream().pull_subscribe("cmd.>", "w", stream=STREAM)
    while not stop.is_set():
        try:
            messages = await pull.fetch(BATCH_COMMANDS, timeout=1)
        except TimeoutError:
            continue
        commands = [from_json(message.data) for message in messages]
        await apply(database, commands)
        await _acknowledge(bus, messages, commands)
    await bus.close()


async def _acknowledge(bus: Nats, messages: Sequence[Msg], commands: Sequence[dict[str, Any]]) -> None:
    for message, command in zip(messages, commands, strict=True):
        await message.ack()
        await bus.publish(command["reply"], b'{"id":"%s","ok":true}' % command["id"].encode())
    if len(messages) < BATCH_COMMANDS:
        await bus.flush()


async def _echo(message: Msg) -> None:
    await message.respond(message.data)


async def main() -> None:
    """Run until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await run(stop)


if __name__ == "__main__":
    uvloop.run(main())
