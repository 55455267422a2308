"""A client that does not wait for answers: python -m benchmarks.attacks.flooding URL CREDENTIALS < attack.json."""

import asyncio
import json
import sys
import time
from collections.abc import Sequence

import nats
import uvloop

from contracts.subjects import inbox

_BURSTS_PER_SECOND = 100
"""Bursts a second."""


async def flood(url: str, credentials: str, attack: dict[str, object]) -> int:
    """Publish requests at the attack's rate for its seconds, and return their number."""
    principal, rate = str(attack["principal"]), int(str(attack["rate"]))
    subject, body = str(attack["subject"]), json.dumps(attack["body"]).encode()
    connection = await nats.connect(
        url, user_credentials=credentials, inbox_prefix=inbox(principal), pending_size=1 << 20
    )
    began = time.monotonic()
    ends, sent = began + float(str(attack["seconds"])), 0
    while (now := time.monotonic()) < ends:
        for _ in range(min(int((now - began) * rate) - sent, rate // _BURSTS_PER_SECOND + 1)):
            await connection.publish(subject, body, reply=f"{inbox(principal)}.{sent}")
            sent += 1
        await connection.flush(30)
        await asyncio.sleep(max(1 / _BURSTS_PER_SECOND - (time.monotonic() - now), 0))
    await connection.close()
    return sent


def main(arguments: Sequence[str] | None = None) -> None:
    """Flood, and print how many requests were sent."""
    url, credentials = arguments or sys.argv[1:]
    print(uvloop.run(flood(url, credentials, json.load(sys.stdin))))


if __name__ == "__main__":
    main()
