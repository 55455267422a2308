"""The check that the message bus runs JetStream with `strict: true`.

A PubAck goes to the client's reply subject, even to JetStream's own API. Only a strict server refuses it there, because
of its unknown fields. Without strict mode, anybody who may send a command can purge a stream.
"""

from typing import Final

from nats.aio.client import Client

from workers.runtime.bus import streams

_UNKNOWN_FIELD: Final = {"a_field_that_no_request_has": True}
_INVALID_JSON: Final = 10025


class NotStrictError(RuntimeError):
    """The server accepts requests with unknown fields."""

    def __init__(self) -> None:
        """Name the danger and the remedy."""
        super().__init__(
            "JetStream runs without `strict: true`: anybody who may send a command could purge a stream. "
            "Start every server with the configuration that `incidents access init` writes."
        )


async def is_strict(nats: Client, verb: str = f"STREAM.INFO.{streams.COMMANDS}") -> bool:
    """Send a harmless request with an unknown field, and return whether the server refuses it."""
    answer = await streams.api(nats, verb, _UNKNOWN_FIELD)
    return bool(answer.get("error", {}).get("err_code") == _INVALID_JSON)
