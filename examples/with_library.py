"""Document an incident with the client library: create a project, add a comment, read it back.

Start a system with `incidents up --nats-port 4222`. Then, in a second terminal:

    .venv/bin/python examples/with_library.py nats://127.0.0.1:4222 .incidents/creds/admin.creds
"""

import asyncio
from argparse import ArgumentParser

from incidents import AddComment, CreateProject, GetProject, Refused, UnreachableError, connect, uuid7


async def main(url: str, credentials: str) -> None:
    """Send two commands, ask one query, and see a command refused."""
    project_id = uuid7()
    async with connect(url, credentials) as client:
        created = await client.send(CreateProject(project_id=project_id, description="A bag was left at gate 4"))
        await client.send(AddComment(project_id=project_id, comment_id=uuid7(), text="The owner came back"))
        project = await client.ask(GetProject(project_id=project_id))
        print(f"project {created.number}: {project.description}; {len(project.comments or [])} comment")
        try:
            await client.send(CreateProject(project_id=project_id, description="Something else"))
        except Refused as refused:
            print(f"refused: {refused.code}")


if __name__ == "__main__":
    parser = ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("credentials")
    try:
        asyncio.run(main(**vars(parser.parse_args())))
    except UnreachableError as error:
        parser.exit(1, f"{error}\n")
