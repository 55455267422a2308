"""Watch the events of projects and reports live; continue from a cursor without missing any.

Start a system with `incidents up --nats-port 4222`. Then, in a second terminal:

    .venv/bin/python examples/watch.py nats://127.0.0.1:4222 .incidents/creds/admin.creds

Create a project in a third one (`incidents projects create`). Stop with Ctrl-C. With the last cursor as another
argument, it continues after that event.
"""

import asyncio
from argparse import ArgumentParser

from incidents import UnreachableError, connect


async def main(url: str, credentials: str, since: str | None = None) -> None:
    """Print each event with the cursor from which to continue."""
    async with connect(url, credentials) as client, client.feed(since=since) as feed:
        print("watching", flush=True)
        async for event in feed:
            print(f"{event.time:%H:%M:%S} {event.actor} {event.happened} {event.subject} {event.cursor}", flush=True)


if __name__ == "__main__":
    parser = ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("credentials")
    parser.add_argument("since", nargs="?")
    try:
        asyncio.run(main(**vars(parser.parse_args())))
    except UnreachableError as error:
        parser.exit(1, f"{error}\n")
    except KeyboardInterrupt:
        parser.exit()
