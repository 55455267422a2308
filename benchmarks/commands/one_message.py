"""FastStream's one-message form, the usual way: one handler, one ORM session and one commit per message."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import uvloop
from faststream import FastStream
from faststream.nats import JStream, NatsBroker, PullSub
from faststream.nats.security import NatsCredentials
from pydantic import BaseModel, Field
from pydantic_core import from_json, to_json
from sqlalchemy import BigInteger, Identity, Text, func
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from benchmarks.commands.bare import STREAM, read_variable


class Command(BaseModel):
    """A published command."""

    id: UUID
    kind: Literal["insert"]
    project_id: UUID
    type_id: int = Field(ge=1, le=1000)
    status_id: int = Field(ge=1, le=1000)
    author: str = Field(max_length=80)
    reply: str = Field(max_length=80)
    description: str = Field(max_length=4000)


class Base(DeclarativeBase):
    """The mapped classes; the tables are those of bare.py."""


class Inbox(Base):
    """An applied command."""

    __tablename__ = "inbox"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    result: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class Project(Base):
    """A project."""

    __tablename__ = "projects"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    type_id: Mapped[int]
    status_id: Mapped[int]
    description: Mapped[str] = mapped_column(Text)
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}


class Outbox(Base):
    """An event to publish."""

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    subject: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)


async def apply(session: AsyncSession, command: Command) -> None:
    """Apply one command once."""
    entry = insert(Inbox).values(id=command.id, result={"ok": True}).on_conflict_do_nothing()
    if (await session.execute(entry.returning(Inbox.id))).scalar() is None:
        return
    project = Project(
        id=command.project_id,
        type_id=command.type_id,
        status_id=command.status_id,
        description=command.description,
        created_by=command.author,
    )
    session.add(project)
    session.add(Outbox(subject="e.project", payload=command.model_dump(mode="json")))
    await session.commit()


def application() -> FastStream:
    """Return the worker's application."""
    engine = create_async_engine(
        read_variable("DATABASE").replace("postgresql://", "postgresql+psycopg://", 1),
        json_serializer=lambda value: to_json(value).decode(),
        json_deserializer=from_json,
    )
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    broker = NatsBroker(read_variable("NATS"), security=NatsCredentials(read_variable("CREDS")))

    @broker.subscriber("cmd.>", durable="w", stream=JStream(STREAM, declare=False), pull_sub=PullSub(1))
    async def handle(command: Command) -> None:
        async with sessions() as session:
            await apply(session, command)
        await broker.publish({"id": str(command.id), "ok": True}, command.reply)

    return FastStream(broker)


if __name__ == "__main__":
    uvloop.run(application().run())
