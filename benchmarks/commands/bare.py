"""The tables and commands of the two systems of comparison: the ceiling's loop and FastStream's form."""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from pydantic_core import to_json

from contracts.ids import uuid7

TABLES = """
CREATE TABLE inbox (
    id uuid PRIMARY KEY, result jsonb NOT NULL, at timestamptz NOT NULL DEFAULT now());
CREATE TABLE projects (
    id uuid PRIMARY KEY, number bigint GENERATED ALWAYS AS IDENTITY, type_id int NOT NULL, status_id int NOT NULL,
    description text NOT NULL, created_by text NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(), version int NOT NULL DEFAULT 1);
CREATE INDEX ON projects (created_at DESC, id);
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, subject text NOT NULL, payload jsonb NOT NULL);
"""
STREAM = "CMD"
SUBJECT = "cmd.a"
OUTCOMES = "out.c1"
ECHO = "echo"
_WORDS = """camera hall porte nord sud agent ronde alarme incident parking badge visiteur verre casse police
appel video zone acces secours""".split()  # noqa: SIM905 - twenty lines of quotes say no more


@dataclass(frozen=True)
class Publication:
    """A command ready to publish."""

    id: UUID
    subject: str
    body: bytes


def description(chance: random.Random) -> str:
    """Make up seventeen words."""
    return " ".join(chance.choices(_WORDS, k=17))


def publications(count: int) -> Iterator[Publication]:
    """Make up commands of about 300 bytes."""
    chance = random.Random(1)
    for _ in range(count):
        command_id = uuid7()
        body = {
            "id": command_id,
            "kind": "insert",
            "project_id": uuid7(),
            "type_id": chance.randint(1, 20),
            "status_id": chance.randint(1, 5),
            "author": f"user{chance.randint(1, 400)}",
            "reply": OUTCOMES,
            "description": description(chance),
        }
        yield Publication(command_id, SUBJECT, to_json(body))


def environment(nats_url: str, credentials: str, database_url: str) -> dict[str, str]:
    """Return the environment variables of a worker of these systems."""
    return {"BENCH_NATS": nats_url, "BENCH_CREDS": credentials, "BENCH_DATABASE": database_url}


def read_variable(name: str) -> str:
    """Read a variable of `environment`."""
    return os.environ[f"BENCH_{name}"]
