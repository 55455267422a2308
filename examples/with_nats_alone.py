"""Document an incident with nats-py alone; docs/wire.md explains every subject and header.

Start a system with `incidents up --nats-port 4222`. Then, in a second terminal:

    .venv/bin/python examples/with_nats_alone.py nats://127.0.0.1:4222 .incidents/creds/admin.creds
"""

import asyncio
import json
from argparse import ArgumentParser
from pathlib import Path
from uuid import uuid4

import nats

SITE = "main"


async def main(url: str, credentials: str) -> None:
    """Publish a command, wait for its outcome, and ask a query."""
    principal = Path(credentials).stem  # the file is named after its principal
    connection = await nats.connect(url, user_credentials=credentials, inbox_prefix=f"_INBOX_{principal}")
    project_id, command_id = str(uuid4()), str(uuid4())

    outcomes = await connection.subscribe(f"im.{SITE}.out.{principal}.{command_id}")
    await connection.flush()  # the outcome may come before the publish returns
    command = json.dumps({"project_id": project_id, "description": "A bag was left at gate 4"}).encode()
    subject = f"im.{SITE}.cmd.{principal}.projects.{project_id}.create"
    await connection.jetstream().publish(subject, command, headers={"Nats-Msg-Id": command_id})
    outcome = json.loads((await outcomes.next_msg(timeout=30)).data)
    print(f"{outcome['status']}: project {outcome['result']['number']}")

    query = json.dumps({"project_id": project_id}).encode()
    answer = await connection.request(f"im.{SITE}.qry.{principal}.projects.get", query, timeout=10)
    print(json.loads(answer.data)["description"])
    await connection.close()


if __name__ == "__main__":
    parser = ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("credentials")
    asyncio.run(main(**vars(parser.parse_args())))
